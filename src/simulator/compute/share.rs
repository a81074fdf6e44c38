//! `POST …/galleries/{name}/share`: whom a gallery is shared with directly, and whether everyone
//! sees it (`SharingUpdate` of `GalleryRP 2024-03-03/gallery.json`).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::provisioning;
use super::sharing::{self, SUBSCRIPTIONS, TENANTS};
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::Admitted;
use crate::simulator::features::{self, DIRECT_SHARING};
use crate::simulator::operations::{self, End, Style, Work};
use crate::simulator::resources::text;
use crate::simulator::world::World;
use crate::simulator::writing::remove;

/// How long it takes, in simulated seconds (`vm/shared_gallery.json` of the recordings).
const SECONDS: (f64, f64) = (2.0, 3.0);

/// The most subscriptions and tenants that a gallery is shared with (Microsoft's
/// `share-gallery-direct.md`).
pub(in crate::simulator) const MOST: [(&str, usize); 2] = [(SUBSCRIPTIONS, 30), (TENANTS, 5)];

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Update {
    Add,
    Remove,
    Reset,
    EnableCommunity,
}

/// Changes whom a gallery is shared with.
pub(super) fn share(world: &mut World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "action")?;
    let gallery = admitted.find_subject(world)?.clone();
    let body = admitted.request.object()?;
    let (update, groups) = read(&body)?;
    provisioning::refuse_while_busy(world, admitted, Some(&gallery))?;
    let profile = updated(&gallery, update, &groups)?;
    if update == Update::Add {
        require_direct_sharing(world, admitted)?;
    }
    let mut sharing = gallery;
    sharing["properties"]["sharingStatus"] = sharing::status(world, &sharing, "InProgress");
    world.resources.put(sharing.clone());
    let done = json!({
        "sharingProfile": profile,
        "sharingStatus": sharing::status(world, &sharing, "Succeeded"),
    });
    let what = format!("share {}", text(&sharing, "/id").to_lowercase());
    let work = Work {
        style: Style::Galleries,
        monitored: true,
        api_version: admitted.request.api_version(),
        resource: &sharing,
        takes: world.chance.seconds(&what, SECONDS.0, SECONDS.1),
        end: End::Succeed(done),
    };
    Ok(operations::begin(
        world,
        Answer::empty(StatusCode::ACCEPTED),
        work,
    ))
}

/// Direct sharing is a preview that a subscription has to be registered for. The text is Azure's for
/// another feature (`Microsoft.Compute/EncryptionAtHost`); for this one it is unverified.
pub(super) fn require_direct_sharing(world: &World, admitted: &Admitted) -> Result<(), Refusal> {
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    if features::is_registered(world, subscription, DIRECT_SHARING) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "gallery.properties.sharingProfile",
        format!(
            "The property 'gallery.properties.sharingProfile' is not valid because the \
             '{DIRECT_SHARING}' feature is not enabled for this subscription."
        ),
    ))
}

/// The ids of a body's groups, by kind. How Azure refuses malformed ones is unverified.
type Groups = [(&'static str, Vec<String>); 2];

fn read(body: &Map<String, Value>) -> Result<(Update, Groups), Refusal> {
    let update = match body.get("operationType").and_then(Value::as_str) {
        Some("Add") => Update::Add,
        Some("Remove") => Update::Remove,
        Some("Reset") => Update::Reset,
        Some("EnableCommunity") => Update::EnableCommunity,
        Some(_) => return Err(invalid("operationType")),
        None => return Err(missing("operationType")),
    };
    let mut groups = [(SUBSCRIPTIONS, Vec::new()), (TENANTS, Vec::new())];
    let given = match body.get("groups") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(given)) => given,
        Some(_) => return Err(invalid("groups")),
    };
    for group in given {
        let kind = &group["type"];
        let known = groups.iter_mut().find(|(name, _)| kind == *name);
        let (_, ids) = known.ok_or_else(|| invalid("groups.type"))?;
        for id in group["ids"]
            .as_array()
            .ok_or_else(|| missing("groups.ids"))?
        {
            let id = id.as_str().and_then(|id| uuid::Uuid::try_parse(id).ok());
            ids.push(id.ok_or_else(|| invalid("groups.ids"))?.to_string());
        }
    }
    let names_groups = groups.iter().any(|(_, ids)| !ids.is_empty());
    match (update, names_groups) {
        (Update::Add | Update::Remove, false) => Err(missing("groups")),
        (Update::Reset | Update::EnableCommunity, true) => Err(invalid("groups")),
        _ => Ok((update, groups)),
    }
}

fn invalid(property: &str) -> Refusal {
    let target = format!("sharingUpdate.{property}");
    let message = format!("The value of parameter {target} is invalid.");
    Refusal::invalid(&target, message)
}

fn missing(property: &str) -> Refusal {
    let target = format!("sharingUpdate.{property}");
    let message = format!("Required parameter '{target}' is missing (null).");
    Refusal::invalid(&target, message)
}

/// The sharing profile that an update makes.
fn updated(gallery: &Value, update: Update, groups: &Groups) -> Result<Value, Refusal> {
    let mut profile = gallery["properties"]["sharingProfile"].clone();
    let permissions = sharing::permissions(gallery);
    match (update, permissions.as_str()) {
        (Update::Reset, _) => return Ok(json!({ "permissions": "Private" })),
        (Update::EnableCommunity, "Community") => {
            profile["communityGalleryInfo"]["communityGalleryEnabled"] = json!(true);
            return Ok(profile);
        }
        (Update::Add | Update::Remove, "Groups") => {}
        _ => return Err(not_of_this_kind(gallery, update, &permissions)),
    }
    let mut shared = Vec::new();
    for (kind, changed) in groups {
        let mut ids = sharing::shared_with(gallery, kind);
        for id in changed {
            let same = |known: &String| known.eq_ignore_ascii_case(id);
            match update {
                Update::Add if ids.iter().any(same) => {}
                Update::Add => ids.push(id.clone()),
                _ => ids.retain(|known| !same(known)),
            }
        }
        refuse_too_many(kind, ids.len())?;
        if !ids.is_empty() {
            shared.push(json!({ "type": kind, "ids": ids }));
        }
    }
    remove(&mut profile, "groups");
    if !shared.is_empty() {
        profile["groups"] = json!(shared);
    }
    Ok(profile)
}

/// Azure's text is unverified.
fn refuse_too_many(kind: &str, count: usize) -> Result<(), Refusal> {
    let most = MOST.iter().find(|(known, _)| *known == kind);
    let most = most.map_or(0, |(_, most)| *most);
    if count <= most {
        return Ok(());
    }
    Err(Refusal::invalid(
        "sharingUpdate.groups",
        format!(
            "A gallery can be shared with at most {most} groups of type '{kind}'; this update would \
             make it {count}."
        ),
    ))
}

/// How a gallery can be shared is settled at its creation. Azure's text is unverified.
fn not_of_this_kind(gallery: &Value, update: Update, permissions: &str) -> Refusal {
    let (asked, needed) = match update {
        Update::Add => ("Add", "Groups"),
        Update::Remove => ("Remove", "Groups"),
        Update::Reset => ("Reset", "Groups"),
        Update::EnableCommunity => ("EnableCommunity", "Community"),
    };
    Refusal::service(
        StatusCode::CONFLICT,
        "OperationNotAllowed",
        format!(
            "Operation '{asked}' is not allowed on gallery '{}' since its sharing profile's \
             permissions are '{permissions}' and not '{needed}'.",
            text(gallery, "/name")
        ),
    )
}
