//! A recorded answer through the client's operation.

use gallerist::azure::{
    Accepted, AssignmentFilter, Error, NewRoleAssignment, OperationStatus, PrincipalType, Region,
    ResourceId, Session, SharingUpdate, VersionNumber,
};
use serde_json::{Value, json};

use crate::calls::Call;
use crate::facts;
use crate::ground_truth::Exchange;
use crate::server::{Reply, Server};

/// The recorded answer, its addresses pointing to the test's server.
pub(crate) fn recorded(exchange: &Exchange, server: &Server) -> Reply {
    let mut reply = if exchange.response.is_null() {
        Reply::new(exchange.status)
    } else {
        Reply::json(exchange.status, &exchange.response)
    };
    for name in ["azure-asyncoperation", "location"] {
        if let Some(value) = exchange.header(name) {
            reply = reply.with(
                name,
                value.replace("https://management.azure.com", &server.url()),
            );
        }
    }
    reply
}

pub(crate) async fn replay(call: Call, exchange: &Exchange, session: &Session, server: &Server) {
    if exchange.method == "GET" {
        read(call, exchange, session, server).await;
    } else {
        write(call, exchange, session, server).await;
    }
}

async fn read(call: Call, exchange: &Exchange, session: &Session, server: &Server) {
    let said = &exchange.response;
    let place = &format!("{} {}", exchange.file, exchange.target);
    let id = || exchange.path().parse::<ResourceId>().unwrap();
    let parent = || parent(exchange.path());
    let segment = |at: usize| exchange.path().split('/').nth(at).unwrap();
    let subscription = || segment(2).parse().unwrap();
    let region = || Region::new(segment(6));
    /// One document, compared by the function of the same name.
    macro_rules! one {
        ($operation:ident) => {
            if let Some(got) = answered(exchange, session.$operation(&id()).await) {
                facts::$operation(&got, said, place);
            }
        };
    }
    match call {
        Call::Tenants => {
            facts::tenants(&expect(exchange, session.tenants().await), said, place);
        }
        Call::Subscriptions => {
            let got = expect(exchange, session.subscriptions().await);
            facts::subscriptions(&got, said, place);
        }
        Call::Locations => {
            let got = expect(exchange, session.locations(&subscription()).await);
            facts::locations(&got, said, place);
        }
        Call::Gallery => one!(gallery),
        Call::ImageDefinition => one!(image_definition),
        Call::ImageDefinitions => {
            let got = expect(exchange, session.image_definitions(&parent()).await);
            facts::each(&got, said, place, facts::image_definition);
        }
        Call::ImageVersion => one!(image_version),
        Call::ImageVersions => {
            let got = expect(exchange, session.image_versions(&parent()).await);
            facts::each(&got, said, place, facts::image_version);
        }
        Call::SharedGalleries => {
            let got = session.shared_galleries(&subscription(), &region()).await;
            let got = expect(exchange, got);
            facts::each(&got, said, place, facts::shared_gallery);
        }
        Call::SharedImageVersion => {
            let version: VersionNumber = segment(12).parse().unwrap();
            let got = session
                .shared_image_version(
                    &subscription(),
                    &region(),
                    segment(8),
                    segment(10),
                    &version,
                )
                .await;
            facts::shared_image_version(&expect(exchange, got), said, place);
        }
        Call::RoleAssignments => {
            let scope = exchange.path().rsplit_once("/providers/").unwrap().0;
            let scope: ResourceId = scope.parse().unwrap();
            let got = session
                .role_assignments(&scope, &AssignmentFilter::AtScope)
                .await;
            let got = expect(exchange, got);
            facts::each(&got, said, place, facts::role_assignment);
        }
        Call::RoleAssignment => one!(role_assignment),
        Call::ResourceGroup => one!(resource_group),
        Call::Deployment => one!(deployment),
        Call::DeploymentOperations => {
            let group: ResourceId = exchange
                .path()
                .rsplitn(4, '/')
                .nth(3)
                .unwrap()
                .parse()
                .unwrap();
            let id = group.resource("Microsoft.Resources/deployments", segment(6));
            let got = session.deployment_operations(&id.unwrap()).await;
            let got = expect(exchange, got);
            facts::each(&got, said, place, facts::deployment_operation);
        }
        Call::VirtualMachine => one!(virtual_machine),
        Call::Usages => {
            let got = expect(exchange, session.usages(&subscription(), &region()).await);
            facts::each(&got, said, place, facts::usage);
        }
        Call::NetworkInterface => one!(network_interface),
        Call::VirtualNetwork => one!(virtual_network),
        Call::OperationByStatus | Call::OperationByLocation => {
            polled(call, exchange, session, server).await;
        }
        _ => panic!("{call:?} is no reading"),
    }
}

async fn write(call: Call, exchange: &Exchange, session: &Session, server: &Server) {
    let id = || exchange.path().parse::<ResourceId>().unwrap();
    let mut body = exchange.request.clone();
    let written = match call {
        Call::PutImageVersion => session.put_image_version(&id(), &body).await,
        Call::PutDeployment => session.put_deployment(&id(), &body).await,
        Call::ShareGallery => {
            if body.get("groups").is_none() {
                body["groups"] = json!([]);
            }
            let update: SharingUpdate = serde_json::from_value(body.clone()).unwrap();
            session
                .share_gallery(&parent(exchange.path()), &update)
                .await
        }
        Call::PutResourceGroup => {
            let region = Region::new(body["location"].as_str().unwrap());
            body = json!({"location": region});
            session.put_resource_group(&id(), &region).await
        }
        Call::PutRoleAssignment => {
            for more in ["description", "condition", "conditionVersion"] {
                body["properties"].as_object_mut().unwrap().remove(more);
            }
            let (scope, name, new) = role_assignment(&id(), &body["properties"]);
            session.put_role_assignment(&scope, &name, &new).await
        }
        Call::DeleteRoleAssignment => session.delete_role_assignment(&id()).await,
        Call::ValidateDeployment => {
            let id = parent(exchange.path());
            expect(exchange, session.validate_deployment(&id, &body).await);
            assert_eq!(sent(server), body, "{}", exchange.file);
            return;
        }
        _ => panic!("{call:?} is no writing"),
    };
    accepted(&expect(exchange, written), exchange, server);
    if call != Call::DeleteRoleAssignment {
        assert_eq!(sent(server), body, "{} {}", exchange.file, exchange.target);
    }
}

fn sent(server: &Server) -> Value {
    server.requests().pop().unwrap().json()
}

fn parent(path: &str) -> ResourceId {
    path.rsplit_once('/').unwrap().0.parse().unwrap()
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

fn accepted(accepted: &Accepted, exchange: &Exchange, server: &Server) {
    let header = exchange.header("azure-asyncoperation");
    let expected =
        header.map(|header| header.replace("https://management.azure.com", &server.url()));
    let journal = serde_json::to_value(accepted).unwrap();
    assert_eq!(journal["operation"], json!(expected), "{}", exchange.file);
    assert_eq!(accepted.status, exchange.status);
    assert_eq!(accepted.deletes, exchange.method == "DELETE");
}

async fn polled(call: Call, exchange: &Exchange, session: &Session, server: &Server) {
    let address = server.url() + &exchange.target;
    let by_status = call == Call::OperationByStatus;
    let accepted: Accepted = serde_json::from_value(json!({
        "status": 202,
        "resource": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/r/providers/Microsoft.Compute/galleries/g",
        "operation": by_status.then_some(&address),
        "location": (!by_status).then_some(&address),
    }))
    .unwrap();
    let got = expect(exchange, session.operation(&accepted).await);
    let running = OperationStatus::Running {
        retry_after: None,
        percent: None,
    };
    let expected = match exchange.response["status"].as_str() {
        Some("Succeeded") => OperationStatus::Succeeded,
        Some("InProgress" | "Running" | "Accepted") => running,
        Some("Failed") => {
            let OperationStatus::Failed(error) = got else {
                panic!("{}: {got:?}", exchange.file);
            };
            let mut inner = &exchange.response["error"];
            while let Some(detail) = inner["details"].get(0) {
                inner = detail;
            }
            assert_eq!(inner["code"], error.root().code.as_str());
            return;
        }
        None if !by_status && exchange.status == 202 => running,
        None if !by_status && exchange.status == 200 => OperationStatus::Succeeded,
        other => panic!("{}: a status new to this test: {other:?}", exchange.file),
    };
    assert_eq!(got, expected, "{} {}", exchange.file, exchange.target);
}

fn expect<T>(exchange: &Exchange, got: Result<T, Error>) -> T {
    got.unwrap_or_else(|e| panic!("{} {}: {e}", exchange.file, exchange.target))
}

/// The document of a 200; a recorded refusal has to come back as the same refusal.
fn answered<T>(exchange: &Exchange, got: Result<T, Error>) -> Option<T> {
    if exchange.status == 200 {
        return Some(expect(exchange, got));
    }
    let error = got.err().unwrap();
    assert_eq!(error.status(), Some(exchange.status));
    assert_eq!(
        error.code(),
        exchange
            .response
            .pointer("/error/code")
            .and_then(Value::as_str)
    );
    None
}
