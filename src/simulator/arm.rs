//! Azure Resource Manager: the checks that every request passes, then the provider it is for.

use axum::http::{Method, StatusCode};

use super::answer::{Answer, Outcome, Refusal};
use super::kinds::{self, Kind};
use super::request::Request;
use super::resource_path::ResourcePath;
use super::token::{self, Caller};
use super::world::World;
use super::{
    access, galleries, images, operations, resource_groups, subscriptions, versions,
    virtual_machines,
};

/// A request that has passed the gateway.
pub(super) struct Admitted<'r> {
    pub(super) request: &'r Request,
    pub(super) caller: &'r Caller,
    pub(super) path: ResourcePath,
    pub(super) kind: &'static Kind,
}

/// Answers a request of `caller`.
///
/// # Errors
/// ARM's, in ARM's order: the token first, then api-version and type, subscription, role, group.
pub(super) fn answer(world: &mut World, request: &Request, caller: &Caller) -> Outcome {
    if request.query("api-version").is_none() {
        return Err(kinds::missing_api_version());
    }
    let Some(path) = ResourcePath::parse(&request.path) else {
        return Err(not_a_resource(request));
    };
    let kind = kinds::of(&path, request)?;
    let subscription = match path.kind().as_str() {
        "microsoft.resources/subscriptions" => path.names.first(),
        _ => path.subscription.as_ref(),
    };
    if let Some(subscription) = subscription {
        admit_tenant(world, caller, subscription)?;
    }
    let admitted = Admitted {
        request,
        caller,
        path,
        kind,
    };
    dispatch(world, &admitted)
}

fn admit_tenant(world: &World, caller: &Caller, subscription: &str) -> Result<(), Refusal> {
    if uuid::Uuid::try_parse(subscription).is_err() {
        return Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "InvalidSubscriptionId",
            format!(
                "The provided subscription identifier '{subscription}' is malformed or invalid."
            ),
        ));
    }
    let Some(tenant) = world.tenant_of(subscription) else {
        return Err(Refusal::gateway(
            StatusCode::NOT_FOUND,
            "SubscriptionNotFound",
            format!("The subscription '{subscription}' could not be found."),
        ));
    };
    if access::trusts(world, subscription, &caller.tenant) {
        return Ok(());
    }
    Err(token::wrong_tenant(world, caller, tenant))
}

fn dispatch(world: &mut World, admitted: &Admitted) -> Outcome {
    let (request, path) = (admitted.request, &admitted.path);
    let collection = path.is_collection();
    match (admitted.kind.name, &request.method, collection) {
        ("Microsoft.Resources/tenants", &Method::GET, true) => {
            subscriptions::tenants(world, admitted)
        }
        ("Microsoft.Resources/subscriptions", &Method::GET, true) => {
            subscriptions::list(world, admitted)
        }
        ("Microsoft.Resources/subscriptions", &Method::GET, false) => {
            subscriptions::get(world, admitted)
        }
        ("Microsoft.Resources/subscriptions/locations", &Method::GET, true) => {
            subscriptions::locations(world, admitted)
        }
        ("Microsoft.Resources/subscriptions/resourceGroups", &Method::GET, true) => {
            resource_groups::list(world, admitted)
        }
        (
            "Microsoft.Resources/subscriptions/resourceGroups",
            &Method::GET | &Method::HEAD,
            false,
        ) => resource_groups::get(world, admitted),
        ("Microsoft.Compute/locations/capsOperations", &Method::GET, false) => {
            operations::get(world, path, &request.url)
        }
        (name, method, collection) => {
            admitted.in_group(world)?;
            match (name, method, collection) {
                ("Microsoft.Compute/galleries", &Method::GET, true) => {
                    galleries::list(world, admitted)
                }
                ("Microsoft.Compute/galleries", &Method::GET, false) => {
                    galleries::get(world, admitted)
                }
                ("Microsoft.Compute/galleries", &Method::PUT, false) => {
                    galleries::put(world, admitted)
                }
                ("Microsoft.Compute/galleries", &Method::DELETE, false) => {
                    galleries::delete(world, admitted)
                }
                ("Microsoft.Compute/galleries/images", &Method::GET, true) => {
                    images::list(world, admitted)
                }
                ("Microsoft.Compute/galleries/images", &Method::GET, false) => {
                    images::get(world, admitted)
                }
                ("Microsoft.Compute/galleries/images", &Method::PUT, false) => {
                    images::put(world, admitted)
                }
                ("Microsoft.Compute/galleries/images", &Method::DELETE, false) => {
                    images::delete(world, admitted)
                }
                ("Microsoft.Compute/galleries/images/versions", &Method::GET, true) => {
                    versions::list(world, admitted)
                }
                ("Microsoft.Compute/galleries/images/versions", &Method::GET, false) => {
                    versions::get(world, admitted)
                }
                ("Microsoft.Compute/galleries/images/versions", &Method::PUT, false) => {
                    versions::put(world, admitted)
                }
                ("Microsoft.Compute/galleries/images/versions", &Method::PATCH, false) => {
                    versions::patch(world, admitted)
                }
                ("Microsoft.Compute/galleries/images/versions", &Method::DELETE, false) => {
                    versions::delete(world, admitted)
                }
                ("Microsoft.Compute/virtualMachines", &Method::GET, true) => {
                    virtual_machines::list(world, admitted)
                }
                ("Microsoft.Compute/virtualMachines", &Method::GET, false) => {
                    virtual_machines::get(world, admitted)
                }
                _ => Err(Refusal::gateway(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "HttpMethodNotAllowed",
                    format!(
                        "The requested resource does not support http method '{}'.",
                        request.method
                    ),
                )),
            }
        }
    }
}

impl Admitted<'_> {
    /// Whether the caller may read, write or delete what the path names; for a collection, in what
    /// it belongs to.
    ///
    /// # Errors
    /// ARM's `AuthorizationFailed`.
    pub(super) fn authorize(&self, world: &World, verb: &str) -> Result<(), Refusal> {
        access::authorize(world, self.caller, &self.kind.action(verb), &self.scope())
    }

    /// What a role has to be granted on, or above.
    fn scope(&self) -> String {
        if !self.path.is_collection() {
            return self.path.id();
        }
        let parent = self.path.parent();
        parent.map_or_else(|| self.path.scope(), |parent| parent.id())
    }

    /// That the resource group of the path exists.
    fn in_group(&self, world: &World) -> Result<(), Refusal> {
        let Some(group) = &self.path.group else {
            return Ok(());
        };
        if world.resources.get(&self.path.scope()).is_some() {
            return Ok(());
        }
        // Who may not read the group is not told that it is missing.
        let verb = match self.request.method {
            Method::GET | Method::HEAD => "read",
            Method::DELETE => "delete",
            _ => "write",
        };
        self.authorize(world, verb)?;
        Err(group_not_found(group))
    }

    /// The resource that the path names.
    ///
    /// # Errors
    /// ARM's `ResourceNotFound`.
    pub(super) fn find<'w>(&self, world: &'w World) -> Result<&'w serde_json::Value, Refusal> {
        let found = world.resources.get(&self.path.id());
        found.ok_or_else(|| self.not_found())
    }

    fn not_found(&self) -> Refusal {
        Refusal::gateway(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!(
                "The Resource '{}/{}' under resource group '{}' was not found. For more details \
                 please go to https://aka.ms/ARMResourceNotFoundFix",
                self.path.namespace(),
                self.path.relative(),
                self.path.group.as_deref().unwrap_or("<null>")
            ),
        )
    }

    /// The resource that the path's resource or collection belongs to.
    ///
    /// # Errors
    /// ARM's `ParentResourceNotFound`.
    pub(super) fn find_parent<'w>(
        &self,
        world: &'w World,
        verb: &str,
    ) -> Result<&'w serde_json::Value, Refusal> {
        let parent = self
            .path
            .parent()
            .map(|parent| parent.id())
            .unwrap_or_default();
        world.resources.get(&parent).ok_or_else(|| {
            Refusal::gateway(
                StatusCode::NOT_FOUND,
                "ParentResourceNotFound",
                format!(
                    "Failed to perform '{verb}' on resource(s) of type '{}', because the parent \
                     resource '{parent}' could not be found.",
                    self.path.types.join("/")
                ),
            )
        })
    }
}

/// A resource group that is not there (resource/resource_group.json of the recordings).
pub(super) fn group_not_found(group: &str) -> Refusal {
    Refusal::gateway(
        StatusCode::NOT_FOUND,
        "ResourceGroupNotFound",
        format!("Resource group '{group}' could not be found."),
    )
}

fn not_a_resource(request: &Request) -> Refusal {
    Refusal::gateway(
        StatusCode::NOT_FOUND,
        "NotFound",
        format!(
            "No HTTP resource was found that matches the request URI '{}'.",
            request.path
        ),
    )
}

/// Adds what every answer of Azure Resource Manager has.
pub(super) fn stamp(world: &mut World, request: &Request, mut answer: Answer) -> Answer {
    world.answers += 1;
    let id = world.chance.id(&format!("request {}", world.answers));
    let correlation = request
        .header("x-ms-correlation-request-id")
        .map_or_else(|| id.to_string(), str::to_owned);
    let now = world.clock.now().strftime("%Y%m%dT%H%M%SZ");
    answer.set_header(
        "x-ms-routing-request-id",
        format!("WESTEUROPE:{now}:{correlation}"),
    );
    answer.set_header("x-ms-correlation-request-id", correlation);
    answer.set_header("x-ms-request-id", id.to_string());
    let wants_echo = request.header("x-ms-return-client-request-id");
    if wants_echo.is_some_and(|wants| wants.eq_ignore_ascii_case("true"))
        && let Some(own) = request.header("x-ms-client-request-id")
    {
        answer.set_header("x-ms-client-request-id", own.to_owned());
    }
    answer.set_header("cache-control", "no-cache".to_owned());
    answer
}
