//! What assigning a role, or taking it away, would do.

use super::holding::{holding, is_at, role_name};
use super::{SERVING, Task};
use crate::actions::share::{Means, Principal, Share, Way};
use crate::actions::{Cause, Change, Check, Failure, JobPlan, Sign, Site, Verdict};
use crate::azure::{AssignmentFilter, BuiltInRole, PrincipalId, RoleAssignment, RoleId, Session};

/// A job for each principal.
pub(in crate::actions::share) async fn plan(
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
    plan.task = Some(crate::actions::Task::Share(
        crate::actions::share::Task::Role(task),
    ));
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
