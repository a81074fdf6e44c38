//! The world that an estate file describes, at rest.

mod galleries;
mod identities;
mod machines;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::authority::SignInPolicy;
use super::authorization::{Principal, PrincipalType, definition_id, find_principal};
use super::estate_file::{self, Delegation, EstateFile, Grant, Guid, Subscription, Tenant};
use super::features;
use super::policies::Policy;
use super::shortages::Shortage;
use super::throttling::{Limits, Throttling};
use super::world::{self, Measures, ServicePrincipal, World};

/// When everything that the file does not date was made: long enough ago to be in force.
const LONG_AGO: &str = "2024-01-15T09:00:00.0000000Z";

/// Makes a world of an estate file, to be served at `origin`.
pub(super) fn populate(
    file: &EstateFile,
    pace: f64,
    seed: u64,
    limits: Limits,
    origin: String,
) -> World {
    let measures = Measures {
        page_size: file.page_size,
        machines_per_replica: file.machines_per_replica,
        copies_slower: file.copies_slower,
        throttling: Throttling::new(limits, file.throttling.sizes()),
        resource_graph_lag: Duration::from_secs(file.resource_graph_lag_s),
    };
    let mut world = World::empty(origin, measures, pace, seed);
    for short in &file.allocation_fails {
        let shortage = Shortage {
            region: short
                .region
                .as_ref()
                .map(|region| region.as_str().to_owned()),
            size: short.size.clone(),
            code: short.code.clone(),
            message: None,
        };
        world.faults.fail_allocations(shortage, short.times);
    }
    for failing in &file.replication_fails {
        let region = failing.region.as_str();
        world
            .faults
            .fail_copies(region, failing.detail.clone(), failing.times);
    }
    identities::introduce(&mut world.directory, file);
    for tenant in &file.tenants {
        settle_tenant(&mut world, file, tenant);
    }
    world.resources.watch();
    world
}

fn settle_tenant(world: &mut World, file: &EstateFile, tenant: &Tenant) {
    world.tenants.insert(
        tenant.id.as_str().to_owned(),
        world::Tenant {
            name: tenant.name.clone(),
            domain: tenant.domain.clone(),
            country: tenant.country.clone(),
            principals: principals(file, tenant),
            policy: SignInPolicy {
                mfa: tenant.mfa,
                conditional_access: tenant.conditional_access,
                writes_need_mfa: tenant.writes_need_mfa,
            },
        },
    );
    if let Some(object_id) = &tenant.application {
        world.principals.push(ServicePrincipal {
            tenant: tenant.id.as_str().to_owned(),
            client_id: file.application.client_id.as_str().to_owned(),
            object_id: object_id.as_str().to_owned(),
            secret: file.application.client_secret.clone(),
            groups: tenant
                .groups
                .iter()
                .map(|g| g.as_str().to_owned())
                .collect(),
            sign_in: tenant.sign_in.clone(),
        });
    }
    for subscription in &tenant.subscriptions {
        let place = Place {
            file,
            tenant,
            subscription,
            scope: format!("/subscriptions/{}", subscription.id.as_str()),
        };
        place.fill(world);
    }
}

/// Everything in a directory that can have roles.
fn principals(file: &EstateFile, tenant: &Tenant) -> Vec<Principal> {
    let own = |id: &Guid| *id == tenant.id;
    let machines = file.managed_identities.iter();
    let machines = machines.filter(|one| own(&one.tenant));
    let machines = machines.map(|one| (&one.id, PrincipalType::ServicePrincipal));
    let accounts = || file.users.iter().flat_map(|user| &user.accounts);
    let people = accounts().filter(|one| own(&one.tenant));
    let teams = accounts()
        .filter(|one| own(&one.tenant))
        .flat_map(|one| &one.groups);
    let people = people.map(|one| (&one.id, PrincipalType::User));
    let teams = teams.map(|id| (id, PrincipalType::Group));
    let application = tenant.application.iter();
    let application = application.map(|id| (id, PrincipalType::ServicePrincipal));
    let groups = tenant.groups.iter().map(|id| (id, PrincipalType::Group));
    let others = tenant.principals.values().map(|p| (&p.id, p.kind));
    let all = application.chain(groups).chain(others);
    let all = all.chain(machines).chain(people).chain(teams);
    all.map(|(id, kind)| Principal {
        object_id: id.as_str().to_owned(),
        kind,
    })
    .collect()
}

/// A subscription that is being filled.
struct Place<'f> {
    file: &'f EstateFile,
    tenant: &'f Tenant,
    subscription: &'f Subscription,
    scope: String,
}

impl Place<'_> {
    fn fill(&self, world: &mut World) {
        let subscription = self.subscription;
        world.resources.put(json!({
            "id": self.scope,
            "subscriptionId": subscription.id.as_str(),
            "tenantId": self.tenant.id.as_str(),
            "displayName": subscription.name,
            "state": subscription.state,
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "EnterpriseAgreement_2014-09-01",
                "spendingLimit": "Off",
            },
        }));
        for feature in &subscription.features {
            let id = subscription.id.as_str();
            let document = features::document(id, feature.as_str(), "Registered");
            world.resources.put(document);
        }
        for group in &subscription.resource_groups {
            world.resources.put(json!({
                "id": self.group(&group.name),
                "name": group.name,
                "type": "Microsoft.Resources/resourceGroups",
                "location": group.location.as_str(),
                "tags": group.tags,
                "properties": { "provisioningState": "Succeeded" },
            }));
        }
        for grant in &subscription.roles {
            self.assign(world, grant);
        }
        for delegation in &subscription.delegations {
            self.delegate(world, delegation);
        }
        let quota = subscription.quota.iter();
        let quota = quota.map(|(name, limit)| (name.as_str().to_owned(), *limit));
        world
            .quotas
            .grant(subscription.id.as_str(), quota.collect());
        for policy in &subscription.policies {
            self.deny(world, policy);
        }
        for network in &subscription.networks {
            self.lay(world, network);
        }
        for gallery in &subscription.galleries {
            self.open(world, gallery);
        }
        let mut given = BTreeMap::new();
        for machines in &subscription.machines {
            self.start(world, machines, &mut given);
        }
        for document in &subscription.resources {
            world.resources.put(Value::Object(document.clone()));
        }
    }

    fn deny(&self, world: &mut World, policy: &estate_file::Policy) {
        let group = policy.resource_group.as_ref();
        let conditions = policy.conditions.iter();
        world.policies.push(Policy {
            scope: group.map_or_else(|| self.scope.clone(), |group| self.group(group)),
            name: policy.deny.clone(),
            resource_type: policy.resource_type.clone(),
            conditions: conditions.map(|(f, v)| (f.clone(), v.clone())).collect(),
        });
    }

    fn group(&self, name: &str) -> String {
        format!("{}/resourceGroups/{name}", self.scope)
    }

    /// A role assignment (`authorization-RoleAssignmentsCalls.json 2022-04-01`).
    fn assign(&self, world: &mut World, grant: &Grant) {
        let principal = grant
            .principal
            .as_ref()
            .or(self.tenant.application.as_ref());
        let principal = principal.map_or("", |principal| principal.as_str());
        let kind = find_principal(world, self.tenant.id.as_str(), principal)
            .map_or(PrincipalType::ServicePrincipal, |known| known.kind);
        let scope = match grant.scope.trim_matches('/') {
            "" => self.scope.clone(),
            below => format!("{}/{below}", self.scope),
        };
        let role = grant.role.id();
        let name = world
            .chance
            .id(&format!("assignment {scope} {role} {principal}"));
        world.resources.put(json!({
            "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
            "name": name,
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "roleDefinitionId": definition_id(self.subscription.id.as_str(), role),
                "principalId": principal,
                "principalType": kind,
                "scope": scope,
                "condition": null,
                "conditionVersion": null,
                "createdOn": LONG_AGO,
                "updatedOn": LONG_AGO,
                "createdBy": null,
                "updatedBy": null,
                "delegatedManagedIdentityResourceId": null,
                "description": null,
            },
        }));
    }

    /// A Lighthouse delegation: what is granted, and the assignment of it to this scope
    /// (managedservices 2022-10-01).
    fn delegate(&self, world: &mut World, delegation: &Delegation) {
        let (scope, group) = match &delegation.resource_group {
            Some(group) => (self.group(group), group.as_str()),
            None => (self.scope.clone(), ""),
        };
        let to = delegation.to.as_str();
        let definition = world.chance.id(&format!("definition {scope} {to}"));
        let assignment = world.chance.id(&format!("delegation {scope} {to}"));
        let home = &self.file.tenants;
        let manager = home.iter().find(|tenant| tenant.id == delegation.to);
        let manager = manager.map_or("", |tenant| tenant.name.as_str());
        let definition_id = format!(
            "{}/providers/Microsoft.ManagedServices/registrationDefinitions/{definition}",
            self.scope
        );
        let authorizations: Vec<Value> = delegation
            .roles
            .iter()
            .map(|role| {
                json!({
                    "principalId": delegation.principal.as_str(),
                    "principalIdDisplayName": format!("{manager} operators"),
                    "roleDefinitionId": role.id(),
                })
            })
            .collect();
        world.resources.put(json!({
            "id": definition_id,
            "name": definition,
            "type": "Microsoft.ManagedServices/registrationDefinitions",
            "properties": {
                "registrationDefinitionName": format!("{manager} {group}").trim_end(),
                "description": "",
                "managedByTenantId": to,
                "managedByTenantName": manager,
                "manageeTenantId": self.tenant.id.as_str(),
                "manageeTenantName": self.tenant.name,
                "authorizations": authorizations,
                "provisioningState": "Succeeded",
            },
        }));
        world.resources.put(json!({
            "id": format!(
                "{scope}/providers/Microsoft.ManagedServices/registrationAssignments/{assignment}"
            ),
            "name": assignment,
            "type": "Microsoft.ManagedServices/registrationAssignments",
            "properties": {
                "registrationDefinitionId": definition_id,
                "provisioningState": "Succeeded",
            },
        }));
    }
}
