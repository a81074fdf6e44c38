mod galleries;
mod machines;
mod sharing;

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};

use super::args::{Connect, Format, Get, What};
use super::{Exit, Problem, Teller, output, print, settings};
use crate::azure::{Azure, Error, Session, Subscription, SubscriptionState};
use crate::config::Config;
use crate::estate::Trouble;
use crate::estate::survey::{self, Answer};
use crate::printable::printable;
use sharing::Known;

/// Requests that are on their way at the same time.
const AT_ONCE: usize = 24;

pub(super) async fn run(get: Get, connect: &Connect) -> Result<Exit, Problem> {
    let (paths, config) = settings(connect)?;
    let azure = config
        .azure(paths.tokens())
        .map_err(|error| Problem::new(Exit::Usage, error.to_string()))?
        .witnessed(Arc::new(Teller));
    let answers = survey::all(&azure, &config).await;
    let known = Known::of(&answers, &config);
    let (answers, others): (Vec<Answer>, Vec<Answer>) = answers
        .into_iter()
        .partition(|answer| get.wants(answer, &config));
    if answers.is_empty() && !others.is_empty() {
        return Err(Problem::new(
            Exit::Usage,
            "no tenant has that id, name or tag",
        ));
    }
    let mut troubles: Vec<String> = answers
        .iter()
        .filter_map(|answer| Some(told(answer, answer.trouble.as_ref()?)))
        .collect();
    let rows = match get.what {
        What::Tenants => answers.iter().map(tenant).collect(),
        What::Subscriptions => owned(&answers)
            .map(|owned| owned.row(owned.subscription.document(), subscription_cells(&owned)))
            .collect(),
        What::VirtualMachines => {
            machines::rows(&azure, &get, &answers, &others, &mut troubles).await
        }
        _ => contents(&azure, &get, &known, &answers, &mut troubles).await,
    };
    for line in &troubles {
        eprintln!("gallerist: {}", printable(line));
    }
    // What was read is an answer. Nothing is one only where nothing failed.
    let unanswered = rows.is_empty() && !troubles.is_empty();
    print_rows(&get, rows)?;
    Ok(if unanswered { Exit::Failed } else { Exit::Done })
}

/// What is printed of one thing: its cells for people, its document for programs.
struct Row {
    cells: Vec<String>,
    document: Value,
}

/// A subscription with the tenant that answered for it.
#[derive(Clone)]
struct Owned<'a> {
    answer: &'a Answer,
    subscription: &'a Subscription,
}

impl Owned<'_> {
    /// What Resource Manager sent, with whose it is.
    fn row(&self, document: &Value, cells: Vec<String>) -> Row {
        let mut document = document.clone();
        if let Some(object) = document.as_object_mut() {
            object.insert("tenantId".to_owned(), json!(self.answer.tenant));
            object.insert("subscriptionId".to_owned(), json!(self.subscription.id));
        }
        Row { cells, document }
    }
}

impl Get {
    fn wants(&self, answer: &Answer, config: &Config) -> bool {
        let tags = config
            .tenants
            .iter()
            .find(|tenant| tenant.id == answer.tenant);
        let tagged = |wanted: &String| tags.is_some_and(|tenant| tenant.tags.contains(wanted));
        (self.tenant.is_empty() || self.tenant.iter().any(|text| answer.is_called(text)))
            && (self.tag.is_empty() || self.tag.iter().any(tagged))
    }

    fn heads(&self) -> &'static [&'static str] {
        match self.what {
            What::Tenants => &["tenant", "route", "state", "subscriptions", "id"],
            What::Subscriptions => &["subscription", "tenant", "route", "state", "id"],
            What::Regions => &["region", "name", "geography", "subscription"],
            What::VirtualMachines => &[
                "machine", "tenant", "region", "size", "image", "version", "behind", "state",
            ],
            What::RoleAssignments => &["on", "role", "to", "type", "granted at"],
            What::SharedWith => &["gallery", "by", "with", "type", "role", "on"],
            What::Galleries => &["gallery", "tenant", "region", "sharing", "state"],
            What::Images => &["gallery", "image", "region", "os", "generation", "security"],
            What::Versions => &[
                "gallery",
                "image",
                "version",
                "state",
                "regions",
                "latest in",
            ],
        }
    }
}

fn matches(wanted: Option<&str>, name: &str, id: &str) -> bool {
    wanted.is_none_or(|text| text.eq_ignore_ascii_case(name) || text.eq_ignore_ascii_case(id))
}

/// What couldn't be read of a tenant, and what to do next.
fn told(answer: &Answer, trouble: &Trouble) -> String {
    format!("{}: {trouble}", name_of(answer))
}

fn tenant(answer: &Answer) -> Row {
    let id = answer.tenant.as_str();
    let mut document = answer.tenant_document.as_ref().map_or_else(
        || json!({"id": format!("/tenants/{id}"), "displayName": answer.name}),
        |tenant| tenant.document().clone(),
    );
    if let Some(object) = document.as_object_mut() {
        object.insert("tenantId".to_owned(), json!(id));
        object.insert("route".to_owned(), json!(answer.route));
        object.insert("state".to_owned(), json!(answer.state));
    }
    let cells = vec![
        answer.name.clone().unwrap_or_else(|| id.to_owned()),
        answer.route.to_string(),
        answer.state.word().to_owned(),
        answer.subscriptions.len().to_string(),
        id.to_owned(),
    ];
    Row { cells, document }
}

fn owned(answers: &[Answer]) -> impl Iterator<Item = Owned<'_>> {
    answers.iter().flat_map(|answer| {
        answer.subscriptions.iter().map(move |subscription| Owned {
            answer,
            subscription,
        })
    })
}

fn subscription_cells(owned: &Owned<'_>) -> Vec<String> {
    vec![
        owned.subscription.name.clone(),
        name_of(owned.answer),
        owned.answer.route.to_string(),
        owned.subscription.state.to_string(),
        owned.subscription.id.to_string(),
    ]
}

fn name_of(answer: &Answer) -> String {
    answer.called().to_owned()
}

async fn contents(
    azure: &Azure,
    get: &Get,
    known: &Known,
    answers: &[Answer],
    troubles: &mut Vec<String>,
) -> Vec<Row> {
    let usable = owned(answers)
        .filter(|owned| owned.subscription.state != SubscriptionState::Deleted)
        .map(|owned| subscription(azure, get, known, owned));
    let mut read: Vec<(String, Vec<Row>, Vec<String>)> =
        usable.collect::<FuturesUnordered<_>>().collect().await;
    read.sort_by(|a, b| a.0.cmp(&b.0));
    let mut rows = Vec::new();
    for (_, found, failed) in read {
        rows.extend(found);
        troubles.extend(failed);
    }
    rows
}

/// What is wanted of one subscription, and what could not be read there.
async fn subscription(
    azure: &Azure,
    get: &Get,
    known: &Known,
    owned: Owned<'_>,
) -> (String, Vec<Row>, Vec<String>) {
    let session = azure.session(owned.answer.access.clone());
    let mut failed = Vec::new();
    let mut note = |error: Error| failed.push(told(owned.answer, &Trouble::from(&error)));
    let rows = match get.what {
        What::Regions => regions(&session, &owned).await,
        What::RoleAssignments => {
            sharing::role_assignments(&session, get, known, &owned, &mut note).await
        }
        What::SharedWith => sharing::shared_with(&session, get, known, &owned, &mut note).await,
        _ => galleries::rows(&session, get, &owned, &mut note).await,
    };
    let rows = rows.unwrap_or_else(|error| {
        note(error);
        Vec::new()
    });
    (
        format!("{}\n{}", name_of(owned.answer), owned.subscription.id),
        rows,
        failed,
    )
}

async fn regions(session: &Session, owned: &Owned<'_>) -> Result<Vec<Row>, Error> {
    let locations = session.locations(&owned.subscription.id).await?;
    let physical = locations.iter().filter(|location| location.physical);
    let rows = physical.map(|location| {
        let cells = vec![
            location.region.to_string(),
            location.display_name.clone(),
            location.geography.clone().unwrap_or_default(),
            owned.subscription.name.clone(),
        ];
        owned.row(location.document(), cells)
    });
    Ok(rows.collect())
}

fn print_rows(get: &Get, rows: Vec<Row>) -> Result<(), Problem> {
    match get.output {
        Format::Json => {
            let documents: Vec<Value> = rows.into_iter().map(|row| row.document).collect();
            print(&output::pretty(&documents.into()))
        }
        Format::Table => {
            let cells: Vec<Vec<String>> = rows.into_iter().map(|row| row.cells).collect();
            print(&output::table(get.heads(), &cells))
        }
    }
}
