//! Azure Resource Graph: one query over all subscriptions, some seconds behind
//! (`ResourceGraph 2024-04-01/resourcegraph.json`; `extensions/query.json` and its neighbours in the
//! recordings).

mod history;
mod kql;
mod scope;
mod tables;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::arm::Admitted;
use super::clock::role_time;
use super::request::Request;
use super::resource_path::ResourcePath;
use super::world::World;
pub(super) use history::History;
use kql::{Mistake, Rows};
use tables::Table;

/// Rows of one answer (Microsoft's `paging-results.md`).
const MOST_ROWS: usize = 1000;

/// `QueryRequest`
#[derive(Deserialize)]
struct Asked {
    subscriptions: Option<Vec<String>>,
    #[serde(rename = "managementGroups", default)]
    management_groups: Vec<String>,
    query: String,
    #[serde(default)]
    options: Options,
    #[serde(default)]
    facets: Vec<Value>,
}

#[derive(Default, Deserialize)]
struct Options {
    #[serde(rename = "$skipToken")]
    skip_token: Option<String>,
    #[serde(rename = "$top")]
    top: Option<usize>,
    #[serde(rename = "$skip")]
    skip: Option<usize>,
    #[serde(rename = "resultFormat")]
    format: Option<Format>,
    #[serde(rename = "authorizationScopeFilter")]
    filter: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
enum Format {
    Table,
    #[default]
    ObjectArray,
}

/// Whether a path is that of queries.
pub(super) fn is_query(path: &str) -> bool {
    let kind = ResourcePath::parse(path).map(|path| path.kind());
    kind.as_deref() == Some("microsoft.resourcegraph/resources")
}

/// Answers `POST /providers/Microsoft.ResourceGraph/resources`.
pub(super) fn answer(world: &mut World, admitted: &Admitted) -> Outcome {
    let request = admitted.request;
    if request.method != axum::http::Method::POST || !admitted.path.is_collection() {
        return Err(admitted.method_not_allowed());
    }
    let body = Value::Object(request.object()?);
    let asked: Asked = serde_json::from_value(body).map_err(|error| {
        refusal(
            world,
            request,
            &invalid("InvalidRequest", &error.to_string()),
        )
    })?;
    if !asked.management_groups.is_empty() {
        return Err(admitted.not_simulated("Queries of management groups"));
    }
    if !asked.facets.is_empty() {
        return Err(admitted.not_simulated("Facets"));
    }
    let filter = asked.options.filter.as_deref();
    if filter.is_some_and(|filter| filter != "AtScopeAndBelow") {
        return Err(admitted.not_simulated("Other filters of scopes than AtScopeAndBelow"));
    }
    let page = page(&asked.options)
        .ok_or_else(|| refusal(world, request, &invalid("InvalidOptions", "$top or $skip")))?;
    let parsed = kql::parse(&asked.query);
    let parsed = parsed.map_err(|mistake| mistaken(world, request, &mistake))?;
    let table = match &parsed.table {
        None => Table::Resources,
        Some(name) => Table::named(name).ok_or_else(|| {
            let name = name.clone();
            mistaken(world, request, &Mistake::Table { name })
        })?,
    };
    let subscriptions = scope::subscriptions(world, admitted, asked.subscriptions.as_deref())?;
    let found = scope::readable(world, admitted.caller, table, &subscriptions);
    let rows = kql::run(
        &parsed.steps,
        Table::columns(),
        found.into_iter(),
        |(tenant, document), wanted| tables::row(document, tenant, wanted),
    );
    let rows = rows.map_err(|mistake| mistaken(world, request, &mistake))?;
    Ok(Answer::ok(told(&rows, page, asked.options.format)))
}

/// A page: how many rows, from which on.
#[derive(Clone, Copy)]
struct Page {
    most: usize,
    from: usize,
}

/// The page that is asked for. `$top` and `$skip` override what a `$skipToken` says.
fn page(options: &Options) -> Option<Page> {
    let mut page = Page {
        most: MOST_ROWS,
        from: 0,
    };
    if let Some(token) = &options.skip_token {
        let token = STANDARD.decode(token).ok()?;
        let token: Value = serde_json::from_slice(&token).ok()?;
        let number = |name: &str| usize::try_from(token[name].as_u64()?).ok();
        page.most = number("MaxRows")?;
        page.from = number("RowsToSkip")?;
    }
    page.most = options.top.unwrap_or(page.most);
    page.from = options.skip.unwrap_or(page.from);
    (1..=MOST_ROWS).contains(&page.most).then_some(page)
}

/// A page of rows. What has no `id` cannot be paged: the rest is cut off.
fn told(rows: &Rows, page: Page, format: Option<Format>) -> Value {
    let total = rows.rows.len();
    let shown = rows.rows.iter().skip(page.from).take(page.most);
    let count = shown.len();
    let data = match format.unwrap_or_default() {
        Format::ObjectArray => {
            let objects = shown.map(|row| {
                let named = rows.columns.iter().zip(row);
                let members = named.map(|(column, value)| (column.name.clone(), json!(value)));
                Value::Object(members.collect::<Map<_, _>>())
            });
            objects.collect::<Vec<_>>().into()
        }
        Format::Table => {
            let columns = rows.columns.iter();
            let columns = columns.map(|c| json!({ "name": c.name, "type": c.kind.name() }));
            json!({ "columns": columns.collect::<Vec<_>>(), "rows": shown.collect::<Vec<_>>() })
        }
    };
    let more = page.from + count < total;
    let pageable = rows.columns.iter().any(|column| column.name == "id");
    let mut body = json!({
        "totalRecords": total,
        "count": count,
        "data": data,
        "facets": [],
        "resultTruncated": if more && !pageable { "true" } else { "false" },
    });
    if more && pageable {
        let token = json!({
            "$id": "1",
            "MaxRows": page.most,
            "RowsToSkip": page.from + count,
            "KustoClusterUrl": "https://arg-weu-four-sf.arg.core.windows.net",
        });
        body["$skipToken"] = json!(STANDARD.encode(token.to_string()));
    }
    body
}

/// What Resource Graph asks to be told when it is asked for support.
pub(super) fn support_message(world: &World, request: &Request) -> String {
    let own = world.chance.id(&format!("request {}", world.answers + 1));
    let correlation = request
        .header("x-ms-correlation-request-id")
        .map_or_else(|| own.to_string(), str::to_owned);
    format!(
        "Please provide below info when asking for support: timestamp = {}, correlationId = \
         {correlation}.",
        role_time(world.clock.now())
    )
}

/// A query that is none.
fn mistaken(world: &World, request: &Request, mistake: &Mistake) -> Refusal {
    refusal(world, request, &mistake.detail())
}

/// Another fault of a request; Azure's codes and texts for these are unverified.
fn invalid(code: &str, what: &str) -> Value {
    json!({ "code": code, "message": format!("The request is invalid: {what}.") })
}

fn refusal(world: &World, request: &Request, detail: &Value) -> Refusal {
    let message = support_message(world, request);
    Refusal::service(StatusCode::BAD_REQUEST, "BadRequest", message).because_of(vec![
        json!({
            "code": "InvalidQuery",
            "message": "Query is invalid. Please refer to the documentation for the Azure Resource \
                        Graph service and fix the error before retrying.",
        }),
        detail.clone(),
    ])
}
