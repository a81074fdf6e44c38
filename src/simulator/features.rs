//! Preview features of subscriptions (`Microsoft.Features 2021-07-01/features.json`).

use std::time::Duration;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome, Refusal};
use super::arm::Admitted;
use super::clock::later;
use super::paging::page;
use super::resource_path::ResourcePath;
use super::resources::{Resources, text};
use super::world::World;

/// Sharing galleries directly; without it a gallery is not shared with tenants and subscriptions
/// (Microsoft's `share-gallery-direct.md`).
pub(super) const DIRECT_SHARING: &str = "Microsoft.Compute/SIGSharing";

/// A feature that there is.
struct Feature {
    name: &'static str,
    /// Whether Microsoft decides on each request; otherwise registering is enough
    by_request: bool,
}

/// The features that galleries have to do with. That direct sharing stays Pending until Microsoft
/// answers its form is unverified.
const FEATURES: [Feature; 3] = [
    Feature {
        name: "Microsoft.Compute/EncryptionAtHost",
        by_request: false,
    },
    Feature {
        name: DIRECT_SHARING,
        by_request: true,
    },
    Feature {
        name: "Microsoft.Compute/SIGSoftDelete",
        by_request: false,
    },
];

/// How long registering and unregistering take.
const TAKES: Duration = Duration::from_secs(600);

/// States that come about with time: when, of which feature's id, and which.
#[derive(Default)]
pub(super) struct Registrations(Vec<(Timestamp, String, &'static str)>);

impl Registrations {
    /// Brings about the states that are due.
    pub(super) fn settle(&mut self, now: Timestamp, resources: &mut Resources) {
        self.0.retain(|(at, id, state)| {
            if *at > now {
                return true;
            }
            if let Some(feature) = resources.get_mut(id) {
                feature["properties"]["state"] = json!(state);
            }
            false
        });
    }
}

/// Whether a feature is registered in a subscription.
pub(super) fn is_registered(world: &World, subscription: &str, feature: &str) -> bool {
    let id = id_of(subscription, feature);
    let feature = world.resources.get(&id);
    feature.is_some_and(|feature| feature["properties"]["state"] == "Registered")
}

/// The name of a feature as it is documented, with its provider.
pub(super) fn find(name: &str) -> Option<&'static str> {
    let mut names = FEATURES.iter().map(|feature| feature.name);
    names.find(|known| known.eq_ignore_ascii_case(name))
}

/// A feature of a subscription, in a state.
pub(super) fn document(subscription: &str, feature: &str, state: &str) -> Value {
    json!({
        "properties": { "state": state },
        "id": id_of(subscription, feature),
        "type": "Microsoft.Features/providers/features",
        "name": feature,
    })
}

fn id_of(subscription: &str, feature: &str) -> String {
    let (provider, name) = feature.split_once('/').unwrap_or_default();
    format!(
        "/subscriptions/{subscription}/providers/Microsoft.Features/providers/{provider}/features/{name}"
    )
}

/// Answers a request for features.
pub(super) fn answer(world: &mut World, admitted: &Admitted) -> Outcome {
    let path = &admitted.path;
    let kind = admitted.kind.name.rsplit('/').next().unwrap_or_default();
    match (kind, &admitted.request.method, path.is_collection()) {
        ("features", &Method::GET, true) => list(world, admitted),
        ("features", &Method::GET, false) => {
            admitted.authorize(world, "read")?;
            let feature = known(path)?;
            Ok(Answer::ok(told(world, subscription(path), feature)))
        }
        ("register" | "unregister", &Method::POST, true) => register(world, admitted, kind),
        _ => Err(admitted.method_not_allowed()),
    }
}

fn subscription(path: &ResourcePath) -> &str {
    path.subscription.as_deref().unwrap_or_default()
}

/// The features of all providers, or of one.
fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let provider = admitted.path.names.first();
    let wanted = |feature: &&Feature| {
        let (of, _) = feature.name.split_once('/').unwrap_or_default();
        provider.is_none_or(|provider| provider.eq_ignore_ascii_case(of))
    };
    let features = FEATURES.iter().filter(wanted);
    let features = features.map(|feature| told(world, subscription(&admitted.path), feature));
    page(world, admitted.request, features.collect())
}

/// `POST …/register` and `…/unregister`, which answer with what begins (`resource/feature_unregister.json`
/// of the recordings).
fn register(world: &mut World, admitted: &Admitted, verb: &str) -> Outcome {
    admitted.authorize(world, "action")?;
    let feature = admitted
        .path
        .parent()
        .ok_or_else(unknown)
        .and_then(|p| known(&p))?;
    let subscription = subscription(&admitted.path);
    let now_registered = is_registered(world, subscription, feature.name);
    let (state, then) = match verb {
        "unregister" => ("Unregistering", Some("Unregistered")),
        _ if now_registered => ("Registered", None),
        _ if feature.by_request => ("Pending", None),
        _ => ("Registering", Some("Registered")),
    };
    let document = document(subscription, feature.name, state);
    let id = text(&document, "/id");
    world.registrations.0.retain(|(_, other, _)| *other != id);
    if let Some(then) = then {
        let at = later(world.clock.now(), TAKES);
        world.registrations.0.push((at, id, then));
    }
    world.resources.put(document.clone());
    Ok(Answer::ok(document))
}

fn told(world: &World, subscription: &str, feature: &Feature) -> Value {
    let kept = world.resources.get(&id_of(subscription, feature.name));
    let new = || document(subscription, feature.name, "NotRegistered");
    kept.cloned().unwrap_or_else(new)
}

/// The feature that a path ends with.
fn known(path: &ResourcePath) -> Result<&'static Feature, Refusal> {
    let name = path.names.join("/");
    let found = FEATURES.iter().find(|f| f.name.eq_ignore_ascii_case(&name));
    found.ok_or_else(unknown)
}

/// Azure's text is unverified.
fn unknown() -> Refusal {
    Refusal::gateway(
        StatusCode::NOT_FOUND,
        "FeatureNotFound",
        "The feature could not be found.",
    )
}
