use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::path::Path;

use jiff::tz::TimeZone;

use super::args::{Audit, AuditFormat, Connect};
use super::queue::places;
use super::{Exit, Problem, output, print, settings};
use crate::azure::{ResourceId, TenantId};
use crate::engine::{self, StorageKind};
use crate::estate::resolve_tenant;
use crate::queue::{AuditQuery, Entry, History, Line, Lines};

/// Entries of a table at most: it is as wide as its widest ones, and so holds them all.
const MOST: usize = 10_000;

pub(super) fn run(audit: &Audit, connect: &Connect) -> Result<Exit, Problem> {
    let paths = places(connect)?;
    let tenant = audit.tenant.as_deref();
    let query = AuditQuery {
        since: audit.since,
        until: audit.until,
        tenant: tenant.map(|text| tenant_of(connect, text)).transpose()?,
        job: audit.job,
        group: audit.group,
        resource: audit.resource.clone(),
        note: audit.note.clone(),
        user: audit.user.clone(),
        outcome: audit.outcome,
    };
    let file = paths.audit();
    let unread = match audit.output {
        AuditFormat::Table => table(&file, &query)?,
        AuditFormat::Json => array(&file, &query)?,
        AuditFormat::Jsonl => export(&file, &query)?,
    };
    match unread {
        0 => {}
        1 => eprintln!("gallerist: 1 line of {} can't be read", file.display()),
        many => eprintln!(
            "gallerist: {many} lines of {} can't be read",
            file.display()
        ),
    }
    Ok(Exit::Done)
}

/// A tenant by id or name, as far as it is known without asking Azure.
fn tenant_of(connect: &Connect, text: &str) -> Result<TenantId, Problem> {
    let customers = settings(connect).map(|(_, config)| config.tenants);
    let customers = customers.unwrap_or_default();
    let mut named = customers.into_iter().filter(|customer| {
        let name = customer.name.as_ref();
        name.is_some_and(|name| name.eq_ignore_ascii_case(text))
    });
    if let (Some(customer), None) = (named.next(), named.next()) {
        return Ok(customer.id);
    }
    match engine::estate(&places(connect)?) {
        Ok(estate) => Ok(resolve_tenant(&estate, text)?),
        Err(error) if error.kind() == StorageKind::Absent => text
            .parse()
            .map_err(|_| Problem::new(Exit::Usage, format!("no tenant is known as {text:?}"))),
        Err(error) => Err(error.into()),
    }
}

/// The file, where there is one yet.
fn opened<T>(opened: io::Result<T>, file: &Path) -> Result<Option<T>, Problem> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn unreadable(file: &Path, error: &io::Error) -> Problem {
    let text = format!("the audit {} can't be read: {error}", file.display());
    Problem::new(Exit::Failed, text)
}

/// Prints what is meant; returns how many lines couldn't be read.
fn table(file: &Path, query: &AuditQuery) -> Result<usize, Problem> {
    let mut history = opened(History::open(file), file)?;
    let mut rows = Vec::new();
    let mut more = false;
    for entry in history.iter_mut().flatten() {
        let entry = entry.map_err(|error| unreadable(file, &error))?;
        if query.means(&entry.line) {
            more = rows.len() == MOST;
            if more {
                break;
            }
            rows.push(row(&entry));
        }
    }
    if rows.is_empty() {
        print("no write was sent\n")?;
    } else {
        let heads = ["sent", "by", "as", "job", "what", "outcome", "note", "why"];
        print(&output::table(&heads, &rows))?;
    }
    if more {
        eprintln!("gallerist: only the newest {MOST}: name a time with --until, or use -o json");
    }
    Ok(history.map_or(0, |history| history.unread))
}

fn row(Entry { line, .. }: &Entry) -> Vec<String> {
    let sent = line.at.to_zoned(TimeZone::system());
    let by = line.by.as_ref();
    let principal = &line.principal;
    let person = principal.principal.name.clone();
    let why = line.error.as_ref().map(|said| match &said.code {
        Some(code) if !said.message.contains(code) => format!("{code}: {}", said.message),
        _ => said.message.clone(),
    });
    vec![
        sent.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        by.map_or_else(String::new, |by| format!("{}@{}", by.user, by.host)),
        person.unwrap_or_else(|| principal.access.identity.clone()),
        line.job.to_string(),
        what(line),
        line.outcome.to_string(),
        line.note.clone().unwrap_or_default(),
        why.unwrap_or_default(),
    ]
}

/// `PUT acg/win11/1.4.12`; a path that is no resource's as it is.
fn what(line: &Line) -> String {
    let method = line.method.as_deref().unwrap_or_default();
    let names = |path: &str| Some(path.parse::<ResourceId>().ok()?.names());
    let resource = names(&line.resource).or_else(|| {
        let (path, action) = line.resource.rsplit_once('/')?;
        Some(format!("{}/{action}", names(path)?))
    });
    let resource = resource.unwrap_or_else(|| line.resource.clone());
    format!("{method} {resource}")
}

/// Prints what is meant as an array, an entry a line, while it reads.
fn array(file: &Path, query: &AuditQuery) -> Result<usize, Problem> {
    let mut history = opened(History::open(file), file)?;
    let mut out = Out::new();
    let mut before = "[";
    for entry in history.iter_mut().flatten() {
        let entry = entry.map_err(|error| unreadable(file, &error))?;
        if query.means(&entry.line) {
            let text = serde_json::to_string(&entry).map_err(io::Error::from)?;
            if !out.print(&[before.as_bytes(), b"\n", text.as_bytes()])? {
                break;
            }
            before = ",";
        }
    }
    let end: &[u8] = if before == "[" { b"[]\n" } else { b"\n]\n" };
    out.print(&[end])?;
    out.flush()?;
    Ok(history.map_or(0, |history| history.unread))
}

/// Prints the lines that are meant as they stand, while it reads.
fn export(file: &Path, query: &AuditQuery) -> Result<usize, Problem> {
    let mut out = Out::new();
    let mut unread = 0;
    for raw in opened(Lines::open(file), file)?.into_iter().flatten() {
        let raw = raw.map_err(|error| unreadable(file, &error))?;
        match raw.line() {
            None => unread += 1,
            Some(line) if query.means(&line) => {
                if !out.print(&[raw.bytes(), b"\n"])? {
                    break;
                }
            }
            Some(_) => {}
        }
    }
    out.flush()?;
    Ok(unread)
}

/// Standard output for much.
struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    fn new() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    /// Whether anybody reads still.
    fn print(&mut self, parts: &[&[u8]]) -> Result<bool, Problem> {
        heard(parts.iter().try_for_each(|part| self.0.write_all(part)))
    }

    fn flush(&mut self) -> Result<bool, Problem> {
        heard(self.0.flush())
    }
}

fn heard(written: io::Result<()>) -> Result<bool, Problem> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}
