//! The operations of Azure that the client calls: `operations.txt`, a line each.

#![allow(dead_code, reason = "each test program uses its part")]

use std::sync::LazyLock;

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    /// What the specification calls it; of what follows a write, the header that tells its address.
    pub(crate) id: &'static str,
    /// The method of `Session` that calls it.
    pub(crate) called: &'static str,
    /// Its path, `{}` for any value.
    path: &'static str,
    /// The parameters that the client sends, `api-version` aside.
    query: Vec<&'static str>,
    /// The file below `specs/`; nothing of what follows a write.
    pub(crate) specification: Option<&'static str>,
}

/// All of them, in the order of the file.
pub(crate) static OPERATIONS: LazyLock<Vec<Operation>> =
    LazyLock::new(|| read(include_str!("operations.txt")));

fn read(table: &'static str) -> Vec<Operation> {
    let mut specification = None;
    let mut operations = Vec::new();
    let lines = table.lines().skip_while(|line| !line.starts_with('['));
    for line in lines {
        let columns: Vec<&str> = line.split("  ").map(str::trim).collect();
        let columns: Vec<&str> = columns.into_iter().filter(|c| !c.is_empty()).collect();
        if let Some(heading) = line.strip_prefix('[') {
            specification = heading.strip_suffix(']').filter(|file| !file.is_empty());
        } else if let [method, id, called, target] = columns[..] {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            operations.push(Operation {
                method,
                id,
                called,
                path,
                query: query.split('&').filter(|p| !p.is_empty()).collect(),
                specification,
            });
        }
    }
    operations
}

impl Operation {
    /// The operation that a request is of, `target` its path and query. Where it is asked in several
    /// ways, the line that has most of this query, else the first.
    pub(crate) fn of(method: &str, target: &str) -> Option<&'static Self> {
        let path = target.split('?').next().unwrap_or_default();
        let asked = query(target);
        let lines = OPERATIONS
            .iter()
            .filter(|line| !line.is_in_template())
            .filter(|line| line.method == method && is_of(path, line.path));
        let lines: Vec<&Self> = lines.collect();
        let fitting = lines.iter().filter(|line| line.lacks(&asked).is_empty());
        let best = fitting.max_by_key(|line| line.query.len());
        best.or(lines.first()).copied()
    }

    /// The folder that the specification lies in.
    pub(crate) fn api_version(&self) -> Option<&'static str> {
        self.specification?.rsplit('/').nth(1)
    }

    /// Parameters of the line that a query does not have.
    pub(crate) fn lacks(&self, asked: &[String]) -> Vec<&'static str> {
        let mut ours = self.query.clone();
        ours.retain(|wanted| !asked.iter().any(|parameter| fits(parameter, wanted)));
        ours
    }

    /// Parameters of a query that the line does not have.
    pub(crate) fn exceeded_by(&self, asked: &[String]) -> Vec<String> {
        let theirs = asked.iter();
        let odd = |asked: &&String| !self.query.iter().any(|wanted| fits(asked, wanted));
        theirs.filter(odd).cloned().collect()
    }

    /// The parameters that the client sends, `api-version` aside; `{}` for any value.
    pub(crate) fn parameters(&self) -> &[&'static str] {
        &self.query
    }

    /// What a resource of a deployment's template amounts to, by its type.
    pub(crate) fn in_template(kind: &str) -> Option<&'static Self> {
        let mut lines = OPERATIONS.iter().filter(|line| line.is_in_template());
        lines.find(|line| {
            let of_kind = line.path.rsplit_once("/providers/").unwrap_or_default().1;
            of_kind.trim_end_matches("/{}").eq_ignore_ascii_case(kind)
        })
    }

    /// Whether Azure does it, as the template of a deployment says.
    pub(crate) fn is_in_template(&self) -> bool {
        self.called == "template"
    }

    /// All ways in which the client asks for the same; of what follows a write there is one.
    pub(crate) fn ways(&'static self) -> Vec<&'static Self> {
        if self.follows() {
            return vec![self];
        }
        OPERATIONS
            .iter()
            .filter(|other| other.id == self.id)
            .collect()
    }

    /// Whether an operation without an address is followed by reading this.
    pub(crate) fn tells_of_operations(&self) -> bool {
        self.called == "operation" && !self.follows()
    }

    /// Whether it is what an answer to a write told to ask.
    pub(crate) fn follows(&self) -> bool {
        self.specification.is_none()
    }

    /// Its name in a table: with the query where another line has the same operation.
    pub(crate) fn label(&self) -> String {
        let same = OPERATIONS.iter().filter(|other| other.id == self.id);
        match self.query.first() {
            Some(query) if same.count() > 1 && !self.follows() => format!("{} {query}", self.id),
            _ => self.id.to_owned(),
        }
    }

    /// Whether this is the template of a specification, which names its values.
    pub(crate) fn is_at(&self, template: &str) -> bool {
        let mut unnamed = String::new();
        for (at, part) in template.split(['{', '}']).enumerate() {
            match (at % 2, part) {
                (0, text) => unnamed.push_str(text),
                (_, "scope" | "parentResourcePath") => unnamed.push_str(&format!("{{{part}}}")),
                _ => unnamed.push_str("{}"),
            }
        }
        unnamed == self.path
    }
}

/// The query's parameters but for `api-version`, percent-encoding undone.
pub(crate) fn query(target: &str) -> Vec<String> {
    let (_, query) = target.split_once('?').unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name != "api-version")
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

fn fits(text: &str, pattern: &str) -> bool {
    match pattern.split_once("{}") {
        Some((start, end)) => {
            text.len() > start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
        }
        None => text == pattern,
    }
}

/// Whether a path is of a template.
fn is_of(path: &str, template: &str) -> bool {
    let path: Vec<&str> = path.split('/').collect();
    let template: Vec<&str> = template.split('/').collect();
    fits_all(&path, &template)
}

fn fits_all(path: &[&str], template: &[&str]) -> bool {
    let Some((wanted, rest)) = template.split_first() else {
        return path.is_empty();
    };
    let mut lengths = match *wanted {
        "{scope}" => 1..=path.len(),
        "{parentResourcePath}" => 0..=path.len(),
        _ => {
            let part = path.first();
            let is_so = part.is_some_and(|part| {
                (*wanted == "{}" && !part.is_empty()) || part.eq_ignore_ascii_case(wanted)
            });
            return is_so && fits_all(&path[1..], rest);
        }
    };
    lengths.any(|length| fits_all(&path[length..], rest))
}
