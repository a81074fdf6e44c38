//! The client against the examples of the specification, for what nobody has recorded: it asks
//! with the method, path and query that the operation has, and understands the example's answer.

use gallerist::azure::{
    AssignmentFilter, BuiltInRole, NewRoleAssignment, PrincipalType, Region, ResourceId, Session,
    SharingGroup, SharingGroupKind, SharingOperation, SharingUpdate, SubscriptionId,
};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::signed_in::session;
use crate::spec::{self, Spec};
use crate::{facts, ground_truth};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
const AUTHORIZATION: &str = "authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/authorization-RoleAssignmentsCalls.json";
const FEATURES: &str =
    "resources/resource-manager/Microsoft.Features/stable/2021-07-01/features.json";
const RESOURCES: &str =
    "resources/resource-manager/Microsoft.Resources/stable/2024-07-01/resources.json";
const GALLERY: &str =
    "compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03/gallery.json";
const SHARED_GALLERY: &str =
    "compute/resource-manager/Microsoft.Compute/GalleryRP/stable/2024-03-03/sharedGallery.json";
const MACHINES: &str =
    "compute/resource-manager/Microsoft.Compute/ComputeRP/stable/2024-07-01/virtualMachine.json";
const SKUS: &str = "compute/resource-manager/Microsoft.Compute/Skus/stable/2021-07-01/skus.json";
const NETWORKS: &str =
    "network/resource-manager/Microsoft.Network/stable/2024-05-01/virtualNetwork.json";
const INTERFACES: &str =
    "network/resource-manager/Microsoft.Network/stable/2024-05-01/networkInterface.json";

/// An operation of the specification, played by a server that gives one answer.
struct Played {
    specification: Value,
    version: String,
    operation: &'static str,
    answer: Value,
    server: Server,
}

impl Played {
    /// The first example of the operation that tells how it succeeds; nothing where there are no
    /// specifications.
    async fn example(specification: &str, operation: &'static str, file: &str) -> Option<Self> {
        let folder = spec::azure_folder()?.join("specs");
        let path = folder.join(specification);
        let example = path.parent().unwrap().join("examples").join(file);
        let text = ground_truth::read(&example)["responses"]["200"]["body"].to_string();
        let text = ["{subscription-id}", "{subscriptionId}", "subid"]
            .iter()
            .fold(text, |text, place| text.replace(place, SUBSCRIPTION));
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        if let Some(list) = answer.as_object_mut() {
            // Examples continue at addresses that are nobody's.
            list.remove("nextLink");
        }
        Self::answering(specification, operation, 200, answer).await
    }

    async fn answering(
        specification: &str,
        operation: &'static str,
        status: u16,
        answer: Value,
    ) -> Option<Self> {
        let path = spec::azure_folder()?.join("specs").join(specification);
        let folder = path.parent().unwrap();
        let reply = answer.clone();
        let server = Server::with_tokens(move |_, _| Reply::json(status, &reply)).await;
        Some(Self {
            specification: ground_truth::read(&path),
            version: folder.file_name().unwrap().display().to_string(),
            operation,
            answer,
            server,
        })
    }

    fn session(&self) -> Session {
        session(&self.server)
    }

    /// Holds every request that was made against the operation, and gives back its query.
    fn check(&self) -> Vec<String> {
        let (template, method, operation) = self.declared();
        let mut query = Vec::new();
        for request in self.server.requests() {
            let place = format!("{} {}", self.operation, request.target);
            assert_eq!(request.method, method.to_uppercase(), "{place}");
            let path = request.target.split('?').next().unwrap();
            assert!(is_of(path, template), "{place} is not {template}");
            let version = format!("api-version={}", self.version);
            assert!(request.target.contains(&version), "{place}: {version}");
            let asked = ground_truth::query(&request.target);
            for parameter in &asked {
                let name = parameter.split('=').next().unwrap();
                assert!(
                    self.takes(operation, name),
                    "{place}: there is no parameter {name}"
                );
            }
            query.extend(asked);
        }
        query
    }

    fn declared(&self) -> (&str, &str, &Value) {
        let paths = self.specification["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        });
        operations
            .into_iter()
            .find(|(_, _, operation)| operation["operationId"] == self.operation)
            .unwrap()
    }

    fn takes(&self, operation: &Value, name: &str) -> bool {
        let parameters = operation["parameters"].as_array().unwrap();
        parameters.iter().any(|parameter| {
            let pointer = parameter["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
            let parameter = match pointer {
                Some(pointer) => self.specification.pointer(pointer).unwrap(),
                None => parameter,
            };
            parameter["in"] == "query" && parameter["name"] == name
        })
    }
}

/// Whether a path is of a template; `{scope}` stands for several segments.
fn is_of(path: &str, template: &str) -> bool {
    if let Some(rest) = template.strip_prefix("/{scope}") {
        let rest: Vec<&str> = rest.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        let end = path.len().saturating_sub(rest.len() - 1);
        return is_of(&format!("/{}", path[end..].join("/")), &rest.join("/"));
    }
    let (path, template): (Vec<&str>, Vec<&str>) =
        (path.split('/').collect(), template.split('/').collect());
    path.len() == template.len()
        && path.iter().zip(&template).all(|(part, wanted)| {
            (wanted.starts_with('{') && !part.is_empty()) || part.eq_ignore_ascii_case(wanted)
        })
}

fn subscription() -> SubscriptionId {
    SUBSCRIPTION.parse().unwrap()
}

fn group() -> ResourceId {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg")
        .parse()
        .unwrap()
}

fn gallery() -> ResourceId {
    group()
        .resource("Microsoft.Compute/galleries", "acg")
        .unwrap()
}

#[test]
fn templates_are_told_apart() {
    let assignments = "/{scope}/providers/Microsoft.Authorization/roleAssignments";
    let on_gallery = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments",
        gallery()
    );
    assert!(is_of(&on_gallery, assignments));
    assert!(!is_of(gallery().as_str(), assignments));
    assert!(!is_of(&format!("{on_gallery}/x"), assignments));
    assert!(is_of("/a/x/c", "/A/{b}/C"));
    assert!(!is_of("/a//c", "/A/{b}/C") && !is_of("/a/x", "/A/{b}/C"));
}

#[tokio::test]
async fn lists_of_role_assignments() {
    let operation = "RoleAssignments_ListForScope";
    let file = "RoleAssignments_ListForScope.json";
    let Some(played) = Played::example(AUTHORIZATION, operation, file).await else {
        return;
    };
    let session = played.session();
    let principal = "ce2ce14e-85d7-4629-bdbc-454d0519d987";
    for filter in [
        AssignmentFilter::AtScope,
        AssignmentFilter::Principal(principal.parse().unwrap()),
    ] {
        let got = session.role_assignments(&gallery(), &filter).await.unwrap();
        facts::each(&got, &played.answer, operation, facts::role_assignment);
    }
    let filter = format!("$filter=principalId eq '{principal}'");
    assert_eq!(played.check(), ["$filter=atScope()", filter.as_str()]);
}

#[tokio::test]
async fn a_feature() {
    let Some(played) = Played::example(FEATURES, "Features_Get", "getFeature.json").await else {
        return;
    };
    let session = played.session();
    let got = session
        .feature(&subscription(), "Microsoft.Compute", "SIGSharing")
        .await
        .unwrap();
    facts::feature(&got, &played.answer, "getFeature.json");
    assert!(played.check().is_empty());
}

#[tokio::test]
async fn galleries_and_whom_they_are_shared_with() {
    let file = "galleryExamples/Gallery_Get_WithSelectPermissions.json";
    let Some(played) = Played::example(GALLERY, "Galleries_Get", file).await else {
        return;
    };
    let got = played.session().gallery(&gallery()).await.unwrap();
    let groups = &played.answer["properties"]["sharingProfile"]["groups"];
    assert_eq!(json!(got.groups), *groups);
    assert_eq!(got.groups.len(), 2);
    assert_eq!(played.check(), ["$select=Permissions"]);
    let file = "galleryExamples/CommunityGallery_Get.json";
    let played = Played::example(GALLERY, "Galleries_Get", file)
        .await
        .unwrap();
    let got = played.session().gallery(&gallery()).await.unwrap();
    assert!(got.sharing_status.is_some());
    facts::gallery(&got, &played.answer, file);
}

#[tokio::test]
async fn galleries_shared_with_a_subscription_and_with_its_tenant() {
    let file = "sharedGalleryExamples/SharedGallery_List.json";
    let Some(played) = Played::example(SHARED_GALLERY, "SharedGalleries_List", file).await else {
        return;
    };
    let session = played.session();
    let got = session
        .shared_galleries(&subscription(), &Region::new("West Europe"))
        .await
        .unwrap();
    assert_eq!(got.len(), 1, "what is shared twice is there once");
    assert_eq!(got[0].unique_id, "/SharedGalleries/galleryUniqueName");
    assert_eq!(played.check(), ["sharedTo=tenant"]);
}

#[tokio::test]
async fn lists_of_machines_and_interfaces() {
    let file = "virtualMachineExamples/VirtualMachine_ListAll_MaximumSet_Gen.json";
    let Some(played) = Played::example(MACHINES, "VirtualMachines_ListAll", file).await else {
        return;
    };
    let all = played.session().virtual_machines(&subscription()).await;
    let all = all.unwrap();
    assert_eq!(all.len(), facts::items(&played.answer).len());
    assert!(played.check().is_empty());
    let file = "virtualMachineExamples/VirtualMachine_List_MaximumSet_Gen.json";
    let played = Played::example(MACHINES, "VirtualMachines_List", file).await;
    let played = played.unwrap();
    let some = played
        .session()
        .virtual_machines_in(&group())
        .await
        .unwrap();
    assert_eq!(some.len(), facts::items(&played.answer).len());
    assert!(played.check().is_empty());
    let file = "NetworkInterfaceList.json";
    let played = Played::example(INTERFACES, "NetworkInterfaces_List", file).await;
    let played = played.unwrap();
    let got = played.session().network_interfaces_in(&group()).await;
    facts::each(
        &got.unwrap(),
        &played.answer,
        file,
        facts::network_interface,
    );
    assert!(played.check().is_empty());
}

#[tokio::test]
async fn sizes() {
    let file = "skus/ListAvailableResourceSkusForARegion.json";
    let Some(played) = Played::example(SKUS, "ResourceSkus_List", file).await else {
        return;
    };
    let session = played.session();
    let region = Region::new("West US");
    let got = session.sizes(&subscription(), &region).await.unwrap();
    let machines = facts::items(&played.answer).iter();
    let machines: Vec<Value> = machines
        .filter(|sku| sku["resourceType"] == "virtualMachines")
        .cloned()
        .collect();
    assert!(!machines.is_empty());
    facts::each(&got, &json!(machines), file, facts::size);
    assert_eq!(played.check(), ["$filter=location eq 'westus'"]);
}

#[tokio::test]
async fn how_full_subnets_are() {
    let file = "VirtualNetworkListUsage.json";
    let Some(played) = Played::example(NETWORKS, "VirtualNetworks_ListUsage", file).await else {
        return;
    };
    let network = group().resource("Microsoft.Network/virtualNetworks", "hub");
    let got = played.session().network_usages(&network.unwrap()).await;
    facts::each(&got.unwrap(), &played.answer, file, facts::subnet_usage);
    assert!(played.check().is_empty());
}

#[tokio::test]
async fn what_is_written_is_what_the_specification_allows() {
    let Some(galleries) = Spec::load(GALLERY) else {
        return;
    };
    let update = |operation: SharingOperation, groups: Vec<SharingGroup>| {
        json!(SharingUpdate { operation, groups })
    };
    let group_of = |kind| SharingGroup {
        kind,
        ids: vec![SUBSCRIPTION.to_owned()],
    };
    let share = galleries.request_body("GallerySharingProfile_Update");
    for kind in [SharingGroupKind::Subscriptions, SharingGroupKind::Tenants] {
        for operation in [SharingOperation::Add, SharingOperation::Remove] {
            share.check(&update(operation, vec![group_of(kind.clone())]));
        }
    }
    share.check(&update(SharingOperation::Reset, Vec::new()));
    let odd = update(SharingOperation::from("Lend"), Vec::new());
    assert_eq!(share.mistakes(&odd).len(), 1);

    let roles = Spec::load(AUTHORIZATION).unwrap();
    let assign = roles.request_body("RoleAssignments_Create");
    for principal_type in [None, Some(PrincipalType::ServicePrincipal)] {
        let new = NewRoleAssignment {
            role: BuiltInRole::GALLERY_IMAGE_READER.id(),
            principal: SUBSCRIPTION.parse().unwrap(),
            principal_type,
        };
        assign.check(&new.body(&gallery()));
    }

    let resources = Spec::load(RESOURCES).unwrap();
    let operation = "ResourceGroups_CreateOrUpdate";
    let played = Played::answering(RESOURCES, operation, 201, json!({})).await;
    let played = played.unwrap();
    let put = played
        .session()
        .put_resource_group(&group(), &Region::new("West Europe"))
        .await;
    assert_eq!(put.unwrap().status, 201);
    let body = played.server.requests()[0].json();
    resources.request_body(operation).check(&body);
    played.check();
}

#[tokio::test]
async fn deployments_are_validated_put_and_followed_at_their_own_paths() {
    let id = group().resource("Microsoft.Resources/deployments", "wave-1");
    let id = id.unwrap();
    let body = json!({"properties": {"mode": "Incremental", "template": {}}});
    let answer = json!({"id": id, "name": "wave-1", "properties": {}});
    let play = |operation| Played::answering(RESOURCES, operation, 200, answer.clone());
    let Some(validated) = play("Deployments_Validate").await else {
        return;
    };
    let asked = validated.session().validate_deployment(&id, &body).await;
    asked.unwrap();
    validated.check();
    let put = play("Deployments_CreateOrUpdate").await.unwrap();
    put.session().put_deployment(&id, &body).await.unwrap();
    put.check();
    let got = play("Deployments_Get").await.unwrap();
    got.session().deployment(&id).await.unwrap();
    got.check();
    let list = json!({"value": []});
    let operations = Played::answering(RESOURCES, "DeploymentOperations_List", 200, list).await;
    let operations = operations.unwrap();
    let session = operations.session();
    assert!(session.deployment_operations(&id).await.unwrap().is_empty());
    operations.check();
}
