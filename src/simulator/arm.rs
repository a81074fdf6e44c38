//! Azure Resource Manager: the checks that every request passes, then the provider it is for.

use axum::http::{Method, StatusCode};

use super::answer::{Answer, Outcome, Refusal};
use super::kinds::{self, Kind};
use super::request::Request;
use super::resource_path::ResourcePath;
use super::resources::text;
use super::token::{self, Caller};
use super::world::World;
use super::{
    access, authorization, compute, deployments, features, group_contents, network, operations,
    policies, providers, resource_graph, resource_groups, subscriptions, throttling,
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
/// ARM's, in ARM's order: the token first, then too many requests, api-version and type,
/// subscription, role, group.
pub(super) fn answer(world: &mut World, request: &Request, caller: &Caller) -> Outcome {
    throttling::throttle(world, request, caller, |world| {
        admit(world, request, caller)
    })
}

/// Answers a request that is not one too many.
fn admit(world: &mut World, request: &Request, caller: &Caller) -> Outcome {
    if request.query("api-version").is_none() {
        return Err(kinds::missing_api_version());
    }
    let Some(path) = ResourcePath::parse(&request.path) else {
        return Err(not_a_resource(request));
    };
    let kind = kinds::of(&path, request.api_version())?;
    let subscription = match path.kind().as_str() {
        "microsoft.resources/subscriptions" => path.names.first(),
        _ => path.subscription.as_ref(),
    };
    if let Some(subscription) = subscription {
        admit_tenant(world, caller, subscription)?;
        subscriptions::admit_method(world, request, subscription)?;
    }
    let admitted = Admitted {
        request,
        caller,
        path,
        kind,
    };
    refuse_without_second_factor(world, &admitted)?;
    refuse_by_policy(world, &admitted)?;
    dispatch(world, &admitted)
}

/// Where a second factor is mandatory, nobody creates, changes or deletes anything without one.
/// Applications are spared (Microsoft's `concept-mandatory-multifactor-authentication.md`, phase 2).
/// Whether it includes POST is unverified.
fn refuse_without_second_factor(world: &World, admitted: &Admitted) -> Result<(), Refusal> {
    let caller = admitted.caller;
    let changes = [Method::PUT, Method::PATCH, Method::DELETE].contains(&admitted.request.method);
    if !changes || caller.user.is_none() || caller.mfa {
        return Ok(());
    }
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    let tenant = world.tenant_of(subscription);
    let tenant = tenant.and_then(|tenant| world.tenants.get(tenant));
    let everywhere = tenant.is_some_and(|tenant| tenant.policy.writes_need_mfa);
    let guarded = &world.directory.guarded;
    if !everywhere && !guarded.contains(&subscription.to_lowercase()) {
        return Ok(());
    }
    let verb = match admitted.request.method {
        Method::DELETE => "delete",
        _ => "write",
    };
    // Who may not write is told that first.
    admitted.authorize(world, verb)?;
    Err(token::second_factor_needed(world, &admitted.path.id()))
}

/// What is written has to comply with the policies of its subscription and group. A body that is no
/// object is left to the provider.
fn refuse_by_policy(world: &World, admitted: &Admitted) -> Result<(), Refusal> {
    let request = admitted.request;
    if request.method != Method::PUT || world.policies.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice(&request.body) {
        Ok(body) => {
            let id = admitted.path.id();
            policies::check(world, admitted.kind.name, &id, &body).or_else(|refusal| {
                // Who may not write is told that first.
                admitted.authorize(world, "write").and(Err(refusal))
            })
        }
        Err(_) => Ok(()),
    }
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

/// Hands the request to the provider that its type is of.
fn dispatch(world: &mut World, admitted: &Admitted) -> Outcome {
    let (namespace, what) = admitted.kind.name.split_once('/').unwrap_or_default();
    let provide: fn(&mut World, &Admitted) -> Outcome = match namespace {
        "Microsoft.Compute" => {
            |world, admitted| throttling::admit(world, admitted, compute::answer)
        }
        "Microsoft.Features" => features::answer,
        "Microsoft.Network" => network::answer,
        "Microsoft.ResourceGraph" => resource_graph::answer,
        "Microsoft.Authorization" => authorization::answer,
        _ if what.contains("deployments") => deployments::answer,
        _ => return of_the_gateway(world, admitted, what),
    };
    admitted.in_group(world)?;
    provide(world, admitted)
}

/// What Azure Resource Manager serves itself.
fn of_the_gateway(world: &mut World, admitted: &Admitted, what: &str) -> Outcome {
    let method = admitted.request.method.as_str();
    let collection = admitted.path.is_collection();
    match (what, method, collection) {
        ("tenants", "GET", true) => subscriptions::tenants(world, admitted),
        ("subscriptions", "GET", true) => subscriptions::list(world, admitted),
        ("subscriptions", "GET" | "HEAD", false) => subscriptions::get(world, admitted),
        ("subscriptions/locations", "GET", true) => subscriptions::locations(world, admitted),
        ("subscriptions/providers", "GET", false) => providers::get(world, admitted),
        ("subscriptions/operationResults", "GET", false) => operations::get(world, admitted),
        ("subscriptions/resourceGroups", "GET", true) => resource_groups::list(world, admitted),
        ("subscriptions/resourceGroups", "GET" | "HEAD", false) => {
            resource_groups::get(world, admitted)
        }
        ("subscriptions/resourceGroups", "PUT", false) => resource_groups::put(world, admitted),
        ("subscriptions/resourceGroups", "PATCH", false) => resource_groups::patch(world, admitted),
        ("subscriptions/resourceGroups", "DELETE", false) => {
            resource_groups::delete(world, admitted)
        }
        ("subscriptions/resources" | "subscriptions/resourceGroups/resources", "GET", true) => {
            group_contents::list(world, admitted)
        }
        _ => Err(admitted.method_not_allowed()),
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
        let reads = matches!(self.request.method, Method::GET | Method::HEAD);
        if let Some(group) = world.resources.get(&self.path.home()) {
            return if reads {
                Ok(())
            } else {
                resource_groups::refuse_while_deleting(group)
            };
        }
        // Who may not read the group is not told that it is missing.
        let verb = match self.request.method {
            _ if reads => "read",
            Method::DELETE => "delete",
            _ => "write",
        };
        self.authorize(world, verb)?;
        Err(group_not_found(group))
    }

    /// A method that a type does not take.
    pub(super) fn method_not_allowed(&self) -> Refusal {
        Refusal::gateway(
            StatusCode::METHOD_NOT_ALLOWED,
            "HttpMethodNotAllowed",
            format!(
                "The requested resource does not support http method '{}'.",
                self.request.method
            ),
        )
    }

    /// Something that Azure has and this simulator does not.
    pub(super) fn not_simulated(&self, what: &str) -> Refusal {
        Refusal::gateway(
            StatusCode::NOT_IMPLEMENTED,
            "NotSimulated",
            format!("{what}: not simulated ({}).", self.request.path),
        )
    }

    /// The resource that the path names.
    ///
    /// # Errors
    /// ARM's `ResourceNotFound`.
    pub(super) fn find<'w>(&self, world: &'w World) -> Result<&'w serde_json::Value, Refusal> {
        let found = world.resources.get(&self.path.id());
        found.ok_or_else(|| not_found(&self.path))
    }

    /// The resource that the path's action is on.
    ///
    /// # Errors
    /// ARM's `ResourceNotFound`.
    pub(super) fn find_subject<'w>(
        &self,
        world: &'w World,
    ) -> Result<&'w serde_json::Value, Refusal> {
        let subject = self.path.parent();
        let found = subject.and_then(|subject| world.resources.get(&subject.id()));
        found.ok_or_else(|| self.parent_not_found())
    }

    /// `ResourceNotFound` for what the path's resource belongs to.
    pub(super) fn parent_not_found(&self) -> Refusal {
        not_found(self.path.parent().as_ref().unwrap_or(&self.path))
    }

    /// The id that the resource of the path has, or gets: types as they are documented, its group
    /// as it was created.
    pub(super) fn id(&self, world: &World) -> String {
        if let Some(existing) = world.resources.get(&self.path.id()) {
            return text(existing, "/id");
        }
        let scope = world.resources.get(&self.path.scope());
        let scope = scope.map_or_else(|| self.path.scope(), |scope| text(scope, "/id"));
        let (namespace, types) = self.kind.name.split_once('/').unwrap_or_default();
        let pairs = types.split('/').zip(&self.path.names);
        let relative: Vec<String> = pairs.map(|(kind, name)| format!("{kind}/{name}")).collect();
        format!("{scope}/providers/{namespace}/{}", relative.join("/"))
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

/// A resource that is not there.
pub(super) fn not_found(path: &ResourcePath) -> Refusal {
    Refusal::gateway(
        StatusCode::NOT_FOUND,
        "ResourceNotFound",
        format!(
            "The Resource '{}/{}' under resource group '{}' was not found. For more details \
             please go to https://aka.ms/ARMResourceNotFoundFix",
            path.namespace(),
            path.relative(),
            path.group.as_deref().unwrap_or("<null>")
        ),
    )
}

/// A resource group that is not there (`resource/resource_group.json` of the recordings).
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
