//! Writing, operation by operation: what an operator has to ask for to get a recorded request.

use gallerist::azure::{
    Accepted, Error, NewRoleAssignment, PrincipalType, Region, ResourceId, Session, SharingUpdate,
};
use serde_json::{Value, json};

use super::{parent, understood};
use crate::ground_truth::Exchange;
use crate::support::operations::Operation;

/// The subscription of a question that names none.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

pub(super) async fn replay(
    operation: &Operation,
    exchange: &Exchange,
    session: &Session,
) -> Result<Option<Accepted>, Error> {
    let path = exchange.path();
    let id = || path.parse::<ResourceId>().unwrap();
    let body = sendable(operation, exchange);
    let written = match operation.id {
        "ResourceGroups_CreateOrUpdate" => {
            let region = Region::new(body["location"].as_str().unwrap());
            session.put_resource_group(&id(), &region).await
        }
        "Deployments_CreateOrUpdate" => session.put_deployment(&id(), &body).await,
        "Deployments_Validate" => {
            let asked = session.validate_deployment(&parent(path), &body).await;
            return understood(exchange, asked).map(|_| None);
        }
        "Resources" => {
            let subscription = body["subscriptions"][0].as_str().unwrap();
            let subscription = subscription.parse().unwrap();
            let asked = session.graph_image_versions(&subscription, None);
            return understood(exchange, asked.await).map(|_| None);
        }
        "RoleAssignments_Create" => {
            let (scope, name, new) = role_assignment(&id(), &body["properties"]);
            session.put_role_assignment(&scope, &name, &new).await
        }
        "RoleAssignments_Delete" => session.delete_role_assignment(&id()).await,
        "GallerySharingProfile_Update" => {
            let update: SharingUpdate = serde_json::from_value(body).unwrap();
            session.share_gallery(&parent(path), &update).await
        }
        "GalleryImageVersions_CreateOrUpdate" => session.put_image_version(&id(), &body).await,
        other => panic!("{other} has no line in the replay of writes"),
    };
    understood(exchange, written)
}

/// What of a recorded request the client sends. It leaves out what it has no verb for, and writes
/// regions and empty lists in its own way.
pub(super) fn sendable(operation: &Operation, exchange: &Exchange) -> Value {
    let mut body = exchange.request.clone();
    match operation.id {
        "ResourceGroups_CreateOrUpdate" => {
            let region = Region::new(body["location"].as_str().unwrap());
            json!({ "location": region })
        }
        "RoleAssignments_Create" => {
            let properties = body["properties"].as_object_mut().unwrap();
            for more in ["description", "condition", "conditionVersion"] {
                properties.remove(more);
            }
            body
        }
        // Whatever was asked for, the client asks for the versions of a subscription.
        "Resources" => json!({
            "subscriptions": [exchange.request["subscriptions"][0].as_str().unwrap_or(NOBODY)],
            "query": "resources | where type =~ 'Microsoft.Compute/galleries/images/versions' | \
                      project id, name, type, location, tags, properties | order by id asc",
            "options": { "resultFormat": "objectArray", "$top": 1_000 },
        }),
        "GallerySharingProfile_Update" => {
            let sharing = body.as_object_mut().unwrap();
            sharing.entry("groups").or_insert_with(|| json!([]));
            body
        }
        _ => body,
    }
}

/// What an operator would have had to ask for to get a recorded assignment.
fn role_assignment(
    id: &ResourceId,
    properties: &Value,
) -> (ResourceId, uuid::Uuid, NewRoleAssignment) {
    let text = |name: &str| properties[name].as_str().unwrap();
    let role = text("roleDefinitionId").rsplit('/').next().unwrap();
    let new = NewRoleAssignment {
        role: role.parse().unwrap(),
        principal: text("principalId").parse().unwrap(),
        principal_type: properties["principalType"]
            .as_str()
            .map(PrincipalType::from),
    };
    (id.parent().unwrap(), id.name().parse().unwrap(), new)
}
