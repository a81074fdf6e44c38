//! A role assignment: a principal of the gallery's tenant may read the image
//! (azure-compute-docs, `share-gallery.md`).

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Means, Principal, Share, Way};
use crate::actions::{
    Action, Cause, Change, Check, Effect, Failure, JobPlan, Level, Settled, Sign, Site, Steps,
    Teller, Told, Unsent, Verdict,
};
use crate::azure::{
    Accepted, AssignmentFilter, BuiltInRole, NewRoleAssignment, PrincipalId, ResourceId,
    RoleAssignment, RoleId, Session, TenantId,
};

/// The one step.
const STEP: &str = "change the role assignment";

/// Names of role assignments are derived from scope, principal and role below this one, so that
/// the same grant is the same assignment, whoever asks for it.
const NAMES: Uuid = Uuid::from_u128(0x6a1c_52f4_8f0b_4d7e_9a43_1b7f_20c5_e9d8);

/// Roles that let an image be used, the least one first.
pub const SERVING: [BuiltInRole; 5] = [
    BuiltInRole::GALLERY_IMAGE_READER,
    BuiltInRole::READER,
    BuiltInRole::GALLERY_ARTIFACTS_PUBLISHER,
    BuiltInRole::CONTRIBUTOR,
    BuiltInRole::OWNER,
];

/// The pinned form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    scope: ResourceId,
    way: Way,
    principal: PrincipalId,
    /// The customer that the principal is for, where it is for one.
    #[serde(default)]
    tenant: Option<TenantId>,
    /// The roles of which one is enough; the first is the one to assign.
    roles: Vec<RoleId>,
    /// Those of them that the plan found assigned at the scope itself.
    #[serde(default)]
    found: Vec<RoleId>,
}

impl Task {
    fn assignment(&self) -> Uuid {
        let key = format!("{} {} {}", self.scope.key(), self.principal, self.role());
        Uuid::new_v5(&NAMES, key.as_bytes())
    }

    fn role(&self) -> RoleId {
        self.roles
            .first()
            .cloned()
            .unwrap_or_else(|| BuiltInRole::GALLERY_IMAGE_READER.id())
    }

    /// See [`crate::actions::Task::under_way`].
    pub(super) fn under_way(&self) -> String {
        format!("the change of a role at {}", self.scope.names())
    }

    /// See [`crate::actions::Task::undo`].
    pub(super) fn undo(&self) -> Result<Action, String> {
        let role = match (self.way, &self.found[..]) {
            (Way::Share, _) => self.role(),
            (Way::Unshare, [one]) => one.clone(),
            (Way::Unshare, found) => {
                let names: Vec<String> = found.iter().map(role_name).collect();
                return Err(format!(
                    "it took several roles away, {}: give each back with `gallerist share --role`",
                    names.join(" and ")
                ));
            }
        };
        Ok(self.way.back().action(Share {
            resource: self.scope.clone(),
            means: Means::Role {
                role: Some(role.to_string()),
                principals: vec![Principal {
                    id: Some(self.principal.to_string()),
                    tenant: self.tenant.clone(),
                }],
            },
        }))
    }
}

/// A job for each principal.
pub(super) async fn plan(
    wish: &Share,
    way: Way,
    role: Option<&str>,
    principals: &[Principal],
    site: &Site<'_>,
) -> Result<Vec<JobPlan>, Failure> {
    let named = role.map(BuiltInRole::meant_by).transpose();
    let named = named.map_err(|error| Failure::new(Cause::Check, error.to_string()))?;
    let roles: Vec<RoleId> = match named {
        Some(role) => vec![role],
        None => SERVING.iter().map(BuiltInRole::id).collect(),
    };
    let session = site.session(&wish.resource.subscription())?;
    let mut jobs = Vec::new();
    for principal in principals {
        jobs.push(job(wish, way, role, principal, &roles, &session, site).await);
    }
    Ok(jobs)
}

async fn job(
    wish: &Share,
    way: Way,
    role: Option<&str>,
    principal: &Principal,
    roles: &[RoleId],
    session: &Session,
    site: &Site<'_>,
) -> JobPlan {
    let scope = &wish.resource;
    let customer = principal.tenant.as_ref();
    let customer = customer.map(|tenant| site.reach.tenant_name(tenant).to_owned());
    let id: Result<PrincipalId, Check> = match &principal.id {
        None => Err(Check::new(
            Verdict::Fail,
            "the configuration names no principal to assign the role to",
        )
        .advise("set principal in [[tenant]] to an object id of the gallery's tenant")),
        Some(text) => text
            .parse()
            .map_err(|error| Check::new(Verdict::Fail, format!("{error}"))),
    };
    let who = match (&customer, &id) {
        (Some(customer), _) => customer.clone(),
        (None, Ok(id)) => id.to_string(),
        (None, Err(_)) => principal.id.clone().unwrap_or_default(),
    };
    let mut plan = JobPlan {
        title: format!("{} {}  role", way.verb(), scope.names()),
        target: who.clone(),
        tenant: principal.tenant.clone(),
        lock: scope.clone(),
        access: Some(session.access().clone()),
        checks: Vec::new(),
        changes: Vec::new(),
        calls: Vec::new(),
        warnings: Vec::new(),
        action: way.action(Share {
            resource: scope.clone(),
            means: Means::Role {
                role: role.map(str::to_owned),
                principals: vec![principal.clone()],
            },
        }),
        task: None,
    };
    let id = match id {
        Ok(id) => id,
        Err(check) => {
            plan.checks.push(check);
            return plan;
        }
    };
    let mut task = Task {
        scope: scope.clone(),
        way,
        principal: id.clone(),
        tenant: principal.tenant.clone(),
        roles: roles.to_vec(),
        found: Vec::new(),
    };
    let filter = AssignmentFilter::Principal(id);
    match session.role_assignments(scope, &filter).await {
        Ok(found) => {
            describe(&mut plan, &task, &found, &who);
            let held = holding(&task, &found).filter(|held| is_at(held, scope));
            task.found = held.map(|held| held.role.clone()).collect();
        }
        Err(error) => plan.checks.push(Check::unread(&error)),
    }
    // Assignments of different principals don't get into each other's way.
    if let Ok(id) = scope.resource(
        "Microsoft.Authorization/roleAssignments",
        &task.assignment().to_string(),
    ) {
        plan.lock = id;
    }
    plan.task = Some(crate::actions::Task::Share(super::Task::Role(task)));
    plan
}

/// What is there, and what the request changes of it.
fn describe(plan: &mut JobPlan, task: &Task, found: &[RoleAssignment], who: &str) {
    let held: Vec<&RoleAssignment> = holding(task, found).collect();
    match task.way {
        Way::Share => {
            if let Some(held) = held.first() {
                plan.checks.push(Check::new(
                    Verdict::Pass,
                    format!(
                        "{who} has {} already, at {}",
                        role_name(&held.role),
                        held.scope
                    ),
                ));
                return;
            }
            plan.checks.push(Check::new(
                Verdict::Pass,
                format!("{who} has no role there that serves"),
            ));
            let role = role_name(&task.role());
            plan.changes.push(Change {
                sign: Sign::Add,
                text: format!(
                    "{role} at {} for {who} ({})",
                    task.scope.names(),
                    task.principal
                ),
            });
            plan.calls.push(format!(
                "PUT {}/…/roleAssignments/{}",
                task.scope.names(),
                task.assignment()
            ));
            let text = "Azure takes up to ten minutes until the role works";
            plan.warnings.push(text.to_owned());
        }
        Way::Unshare => {
            for held in &held {
                if !is_at(held, &task.scope) {
                    let text = format!(
                        "{who} keeps {}: it comes from {}",
                        role_name(&held.role),
                        held.scope
                    );
                    let check = Check::new(Verdict::Warn, text);
                    plan.checks
                        .push(check.advise("take it away there, if it is to go"));
                    continue;
                }
                plan.changes.push(Change {
                    sign: Sign::Remove,
                    text: format!(
                        "{} at {} for {who} ({})",
                        role_name(&held.role),
                        task.scope.names(),
                        task.principal
                    ),
                });
                plan.calls.push(format!("DELETE {}", held.id));
            }
            if held.is_empty() {
                let text = format!("{who} has no role there");
                plan.checks.push(Check::new(Verdict::Pass, text));
            }
        }
    }
}

/// The assignments by which the principal has one of the roles at the scope.
fn holding<'a>(
    task: &'a Task,
    found: &'a [RoleAssignment],
) -> impl Iterator<Item = &'a RoleAssignment> {
    found.iter().filter(|held| {
        held.principal == task.principal
            && task.roles.contains(&held.role)
            && covers(&held.scope, &task.scope)
    })
}

/// Whether what is assigned at `scope` holds for the resource too.
fn covers(scope: &str, resource: &ResourceId) -> bool {
    let scope = scope.trim_end_matches('/').to_lowercase();
    let key = resource.key();
    // Above subscriptions there are management groups and the root, which Azure lists only where
    // they hold.
    !scope.starts_with("/subscriptions/")
        || key == scope
        || key
            .strip_prefix(&scope)
            .is_some_and(|rest| rest.starts_with('/'))
}

fn is_at(held: &RoleAssignment, scope: &ResourceId) -> bool {
    held.scope.eq_ignore_ascii_case(scope.as_str())
}

fn role_name(role: &RoleId) -> String {
    BuiltInRole::of(role).map_or_else(|| format!("role {role}"), |role| role.name.to_owned())
}

/// Carries the task out.
pub(super) async fn run(task: &Task, session: &Session, steps: &dyn Steps) -> Result<(), Failure> {
    match task.way {
        Way::Share => {
            steps.effect(STEP, &Assign { session, task }).await?;
            let line = "assigned; Azure takes up to ten minutes until it works";
            steps
                .teller()
                .tell(Told::Line(Level::Info, line.to_owned()));
            Ok(())
        }
        Way::Unshare => {
            let there: Vec<ResourceId> = steps
                .read("role assignments that are there", async {
                    let filter = AssignmentFilter::Principal(task.principal.clone());
                    let found = session.role_assignments(&task.scope, &filter).await?;
                    let ids = holding(task, &found).filter(|held| is_at(held, &task.scope));
                    Ok(ids.filter_map(|held| held.id.parse().ok()).collect())
                })
                .await?;
            for (number, id) in (1..).zip(there) {
                let take = TakeAway { session, id };
                steps.effect(&format!("{STEP} {number}"), &take).await?;
            }
            Ok(())
        }
    }
}

/// One `PUT` of a role assignment.
struct Assign<'a> {
    session: &'a Session,
    task: &'a Task,
}

#[async_trait]
impl Effect for Assign<'_> {
    async fn settled(&self, _: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        let filter = AssignmentFilter::Principal(self.task.principal.clone());
        let found = self
            .session
            .role_assignments(&self.task.scope, &filter)
            .await?;
        if holding(self.task, &found).next().is_some() {
            return Ok(Settled::Done);
        }
        Ok(Settled::NotBegun(json!(NewRoleAssignment {
            role: self.task.role(),
            principal: self.task.principal.clone(),
            principal_type: None,
        })))
    }

    async fn send(&self, request: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        let new: NewRoleAssignment = serde_json::from_value(request)
            .map_err(|error| Unsent::Refused(Failure::new(Cause::Defect, error.to_string())))?;
        let name = self.task.assignment();
        let sent = self
            .session
            .put_role_assignment(&self.task.scope, &name, &new)
            .await;
        sent.or_else(|error| match error.code() {
            // Somebody else was quicker: it is as it shall be.
            Some("RoleAssignmentExists") => Ok(Accepted::found(self.task.scope.clone())),
            _ => Err(Unsent::from(error)),
        })
    }

    /// The answer to the `PUT` is the end of it.
    async fn watch(&self, _: &Accepted, _: &dyn Teller) -> Result<(), Failure> {
        Ok(())
    }
}

/// One `DELETE` of a role assignment.
struct TakeAway<'a> {
    session: &'a Session,
    id: ResourceId,
}

#[async_trait]
impl Effect for TakeAway<'_> {
    async fn settled(&self, _: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        match self.session.role_assignment(&self.id).await {
            Ok(_) => Ok(Settled::NotBegun(Value::Null)),
            Err(error) if error.is_not_found() => Ok(Settled::Done),
            Err(error) => Err(error.into()),
        }
    }

    async fn send(&self, _: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        Ok(self.session.delete_role_assignment(&self.id).await?)
    }

    /// The answer to the `DELETE` is the end of it.
    async fn watch(&self, _: &Accepted, _: &dyn Teller) -> Result<(), Failure> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GALLERY: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/\
                           providers/Microsoft.Compute/galleries/acg";
    const WHO: &str = "22222222-2222-2222-2222-222222222222";

    fn task(way: Way, roles: &[BuiltInRole]) -> Task {
        Task {
            scope: GALLERY.parse().unwrap(),
            way,
            principal: WHO.parse().unwrap(),
            tenant: None,
            roles: roles.iter().map(BuiltInRole::id).collect(),
            found: Vec::new(),
        }
    }

    fn held(role: BuiltInRole, scope: &str) -> RoleAssignment {
        RoleAssignment::from_document(json!({
            "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/\
                           33333333-3333-3333-3333-333333333333"),
            "properties": {
                "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{}", role.id()),
                "principalId": WHO, "scope": scope,
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_role_holds_where_it_is_assigned_and_below() {
        let gallery: ResourceId = GALLERY.parse().unwrap();
        for (scope, holds) in [
            (GALLERY, true),
            ("/subscriptions/11111111-1111-1111-1111-111111111111", true),
            (
                "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/RG",
                true,
            ),
            (
                "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r",
                false,
            ),
            (&format!("{GALLERY}/images/i"), false),
            ("/", true),
            ("/providers/Microsoft.Management/managementGroups/m", true),
        ] {
            assert_eq!(covers(scope, &gallery), holds, "{scope}");
        }
    }

    #[test]
    fn any_role_that_serves_is_enough_unless_one_is_named() {
        let found = [held(BuiltInRole::READER, "/")];
        let least = task(Way::Share, &SERVING);
        assert_eq!(holding(&least, &found).count(), 1);
        let named = task(Way::Share, &[BuiltInRole::GALLERY_IMAGE_READER]);
        assert_eq!(holding(&named, &found).count(), 0);
        assert_eq!(least.role(), BuiltInRole::GALLERY_IMAGE_READER.id());
    }

    #[test]
    fn the_same_grant_has_the_same_name() {
        let one = task(Way::Share, &SERVING).assignment();
        let mut other = task(Way::Share, &SERVING);
        other.scope = GALLERY
            .to_uppercase()
            .replace("/SUBSCRIPTIONS", "/subscriptions")
            .parse()
            .unwrap();
        assert_eq!(one, other.assignment());
        other.principal = "44444444-2222-2222-2222-222222222222".parse().unwrap();
        assert_ne!(one, other.assignment());
    }
}
