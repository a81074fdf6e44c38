//! The control: what tests and demonstrations look at and change from outside of Azure.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /_simulator/state` | all resources as ARM documents by lower-case id, in order: the same bytes for the same state |
//! | `GET /_simulator/requests` | every request so far, in order |
//! | `GET /_simulator/peaks` | `[{"version","region","most"}]`: the most machines that were ever under creation at once from a version in a region |
//! | `POST /_simulator/clock` `{"advance_s":90}` | moves simulated time forward |
//! | `GET`, `POST`, `DELETE /_simulator/faults` | the faults still to come |
//! | `DELETE /_simulator/held` | lets the answers go that faults hold back |
//! | `PUT`, `DELETE /_simulator/resources?id=…` | another writer changes, creates or removes a resource |
//! | `POST /_simulator/principals` | breaks or mends the application's sign-in |
//! | `POST /_simulator/users` `{"user","tenant","sign_in"}` | breaks or mends a person's |
//! | `POST /_simulator/tenants` `{"tenant","mfa","conditional_access","writes_need_mfa"}` | what a tenant asks of people |
//! | `POST /_simulator/revocations` `{"user","tenant","sessions":true}` or `{"client_id","tenant"}` | access tokens are worth nothing any more, with `sessions` refresh tokens neither |
//! | `GET`, `POST /_simulator/device_codes` `{"user_code","user","mfa":true}` or `{"user_code","decline":true}` | the codes that wait, and what a person does with one |
//! | `POST /_simulator/resource_graph` `{"lag_s":30}` | until Resource Graph hears of a change, in simulated seconds |
//! | `POST /_simulator/paging` `{"page_size":2}` | items on a page of a list from now on |

mod identities;

use std::num::NonZeroUsize;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::Answer;
use super::clock::short_time;
use super::faults::Planned;
use super::request::Request;
use super::world::World;

/// Where the control lies.
pub(super) const PREFIX: &str = "/_simulator/";

/// Answers a request to the control. No token is needed.
pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let what = request
        .path
        .trim_start_matches(PREFIX)
        .trim_end_matches('/');
    let outcome = match (&request.method, what) {
        (&Method::GET, "state") => Ok(json!(world.resources.all())),
        (&Method::GET, "peaks") => Ok(world.creations.peaks()),
        (&Method::GET, "requests") => Ok(json!(world.requests.all())),
        (&Method::GET, "faults") => Ok(json!(world.faults.left())),
        (&Method::POST, "faults") => read(request).map(|faults: Vec<Planned>| {
            world.faults.plan(faults);
            json!(world.faults.left())
        }),
        (&Method::DELETE, "faults") => {
            world.faults.clear();
            Ok(json!([]))
        }
        (&Method::DELETE, "held") => {
            world.faults.let_go();
            Ok(json!({}))
        }
        (&Method::POST, "clock") => read(request).and_then(|clock| advance(world, &clock)),
        (&Method::PUT, "resources") => put_resource(world, request),
        (&Method::DELETE, "resources") => remove_resource(world, request),
        (&Method::POST, "resource_graph") => read(request).map(|change: LagChange| {
            world.history.set_lag(Duration::from_secs(change.lag_s));
            json!({})
        }),
        (&Method::POST, "paging") => read(request).map(|change: PageChange| {
            world.page_size = change.page_size.get();
            json!({})
        }),
        (_, "principals" | "users" | "tenants" | "revocations" | "device_codes") => {
            identities::answer(world, request, what)
        }
        _ => Err((
            StatusCode::NOT_FOUND,
            format!("{} {} is not served", request.method, request.path),
        )),
    };
    match outcome {
        Ok(body) => Answer::ok(body),
        Err((status, what)) => Answer::with(status, json!({ "error": { "message": what } })),
    }
}

type Controlled = Result<Value, (StatusCode, String)>;

fn missing(what: impl Into<String>) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, what.into())
}

fn bad(what: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, format!("{what}"))
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(&request.body).map_err(bad)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// Simulated seconds
    advance_s: f64,
}

fn advance(world: &mut World, advance: &Advance) -> Controlled {
    let by = Duration::try_from_secs_f64(advance.advance_s).map_err(bad)?;
    world.clock.advance(by);
    world.settle();
    Ok(json!({ "now": short_time(world.clock.now()) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LagChange {
    lag_s: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageChange {
    page_size: NonZeroUsize,
}

fn put_resource(world: &mut World, request: &Request) -> Controlled {
    let id = request.query("id").ok_or_else(|| bad("which id?"))?;
    let mut document: Value = read(request)?;
    if !document.is_object() {
        return Err(bad("a resource is a JSON object"));
    }
    if document["id"].is_null() {
        document["id"] = json!(id);
    }
    let own = document["id"].as_str().unwrap_or_default();
    if !own.eq_ignore_ascii_case(id) {
        return Err(bad(format!("the document is of {own}")));
    }
    world.resources.put(document.clone());
    Ok(document)
}

fn remove_resource(world: &mut World, request: &Request) -> Controlled {
    let id = request.query("id").ok_or_else(|| bad("which id?"))?;
    if world.resources.get(id).is_none() {
        return Err((StatusCode::NOT_FOUND, format!("{id} is not there")));
    }
    world.forget(id);
    Ok(json!({}))
}
