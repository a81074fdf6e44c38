//! Reading, operation by operation: how it is called, and what its documents say.

use gallerist::azure::{Accepted, AssignmentFilter, Error, Region, ResourceId, Session};
use serde_json::{Value, json};

use super::{parent, understood};
use crate::facts;
use crate::ground_truth::Exchange;
use crate::support::operations::Operation;

#[expect(clippy::too_many_lines, reason = "a line or two an operation")]
pub(super) async fn replay(
    operation: &Operation,
    exchange: &Exchange,
    session: &Session,
) -> Result<(), Error> {
    let said = &exchange.response;
    let place = &exchange.place();
    let path = exchange.path();
    if operation.tells_of_operations() {
        let accepted = Accepted::found(path.parse().unwrap());
        if let Some(got) = understood(exchange, session.operation(&accepted).await)? {
            facts::operation(&got, said, place);
        }
        return Ok(());
    }
    let segment = |at: usize| path.split('/').nth(at).unwrap();
    let id = || path.parse::<ResourceId>().unwrap();
    let subscription = || segment(2).parse().unwrap();
    let region = || Region::new(segment(6));
    /// One document.
    macro_rules! one {
        ($call:expr, $fact:ident) => {
            if let Some(got) = understood(exchange, $call.await)? {
                facts::$fact(&got, said, place);
            }
        };
    }
    /// A list of documents.
    macro_rules! each {
        ($call:expr, $fact:ident) => {
            if let Some(got) = understood(exchange, $call.await)? {
                facts::each(&got, said, place, facts::$fact);
            }
        };
    }
    match operation.id {
        "Tenants_List" => each!(session.tenants(), tenant),
        "Subscriptions_List" => each!(session.subscriptions(), subscription),
        "Subscriptions_ListLocations" => each!(session.locations(&subscription()), location),
        "ResourceGroups_Get" => one!(session.resource_group(&id()), resource_group),
        "Deployments_Get" => one!(session.deployment(&id()), deployment),
        "DeploymentOperations_List" => {
            let group = path.rsplitn(4, '/').nth(3).unwrap();
            let group: ResourceId = group.parse().unwrap();
            let id = group.resource("Microsoft.Resources/deployments", segment(6));
            each!(
                session.deployment_operations(&id.unwrap()),
                deployment_operation
            );
        }
        "Features_Get" => one!(
            session.feature(&subscription(), segment(6), segment(8)),
            feature
        ),
        "RoleAssignments_ListForScope" => {
            let scope: ResourceId = path.rsplit_once("/providers/").unwrap().0.parse().unwrap();
            let filter = assignments(operation, exchange);
            each!(session.role_assignments(&scope, &filter), role_assignment);
        }
        "RoleAssignments_Get" => one!(session.role_assignment(&id()), role_assignment),
        "Permissions_ListForResourceGroup" | "Permissions_ListForResource" => {
            let scope: ResourceId = path.rsplit_once("/providers/").unwrap().0.parse().unwrap();
            one!(session.permitted(&scope), permitted);
        }
        "Providers_Get" => one!(
            session.registration(&subscription(), segment(4)),
            registration
        ),
        "Galleries_List" => each!(session.galleries(&subscription()), gallery),
        "Galleries_Get" => one!(session.gallery(&id()), gallery),
        "GalleryImages_ListByGallery" => {
            each!(session.image_definitions(&parent(path)), image_definition);
        }
        "GalleryImages_Get" => one!(session.image_definition(&id()), image_definition),
        "GalleryImageVersions_ListByGalleryImage" => {
            each!(session.image_versions(&parent(path)), image_version);
        }
        "GalleryImageVersions_Get" => one!(session.image_version(&id()), image_version),
        "SharedGalleries_List" => each!(
            session.shared_galleries(&subscription(), &region()),
            shared_gallery
        ),
        "SharedGalleryImageVersions_Get" => one!(
            session.shared_image_version(
                &subscription(),
                &region(),
                segment(8),
                segment(10),
                &segment(12).parse().unwrap(),
            ),
            shared_image_version
        ),
        "VirtualMachines_ListAll" => {
            each!(session.virtual_machines(&subscription()), virtual_machine);
        }
        "VirtualMachines_List" => {
            let group = path.rsplit_once("/providers/").unwrap().0.parse().unwrap();
            each!(session.virtual_machines_in(&group), virtual_machine);
        }
        "VirtualMachines_Get" => one!(session.virtual_machine(&id()), virtual_machine),
        "Usage_List" => each!(session.usages(&subscription(), &region()), usage),
        "ResourceSkus_List" => {
            let region = exchange.query().into_iter().find_map(|parameter| {
                let region = parameter.strip_prefix("$filter=location eq '")?;
                Some(Region::new(region.trim_end_matches('\'')))
            });
            let region = region.unwrap_or_else(|| Region::new("westus"));
            let got = session.sizes(&subscription(), &region).await;
            if let Some(got) = understood(exchange, got)? {
                facts::each(&got, &machines(said), place, facts::size);
            }
        }
        "VirtualNetworks_Get" => one!(session.virtual_network(&id()), virtual_network),
        "VirtualNetworks_ListUsage" => each!(session.network_usages(&parent(path)), subnet_usage),
        "NetworkInterfaces_List" => {
            let group = path.rsplit_once("/providers/").unwrap().0.parse().unwrap();
            each!(session.network_interfaces_in(&group), network_interface);
        }
        "NetworkInterfaces_Get" => one!(session.network_interface(&id()), network_interface),
        other => panic!("{other} has no line in the replay of reads"),
    }
    Ok(())
}

/// Which list of role assignments a line is of; of nobody in particular where an exchange is not
/// of one principal.
fn assignments(operation: &Operation, exchange: &Exchange) -> AssignmentFilter {
    if operation.parameters() == ["$filter=atScope()"] {
        return AssignmentFilter::AtScope;
    }
    let principal = exchange.query().into_iter().find_map(|parameter| {
        let principal = parameter.strip_prefix("$filter=principalId eq '")?;
        principal.trim_end_matches('\'').parse().ok()
    });
    let nobody = || "00000000-0000-0000-0000-000000000000".parse().unwrap();
    AssignmentFilter::Principal(principal.unwrap_or_else(nobody))
}

/// The sizes of machines among all that is sold.
fn machines(answer: &Value) -> Value {
    let skus = facts::items(answer).iter();
    let machines = skus.filter(|sku| sku["resourceType"] == "virtualMachines");
    json!(machines.collect::<Vec<_>>())
}
