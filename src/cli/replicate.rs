use std::io::{BufRead, IsTerminal, Write};

use super::args::{Change, Connect, Format, Replicate};
use super::follow::{Follower, Which};
use super::{Exit, Problem, nobody_carries_it_on, output, owned, print, settings};
use crate::actions::{self, Action, Confirmation, Plan};
use crate::azure::{RegionChange, ResourceId};
use crate::config::Planner;
use crate::engine::{self, Confirmed, Connection, Refusal, Reply, Request, Work};
use crate::estate::{Reader, Scope, Trouble, Unresolved, resolve_version};
use crate::printable::printable;

pub(super) async fn run(args: Replicate, connect: &Connect) -> Result<Exit, Problem> {
    let (paths, config) = settings(connect)?;
    let set = wished(&args, config.planner)?;
    let work = if args.change.plan {
        Work::LeftAlone
    } else {
        Work::CarriedOut
    };
    let connection = engine::connect(config, paths, "gallerist replicate", work).await?;
    if let Some(owner) = connection.owner() {
        return Err(owned(owner));
    }
    if args.change.no_wait && !args.change.plan {
        connection.close().await;
        return Err(nobody_carries_it_on());
    }
    let done = carry_out(&connection, &args, set).await;
    connection.close().await;
    done
}

/// `--to` and `--for-machines` as one list.
fn wished(args: &Replicate, planner: Planner) -> Result<Vec<RegionChange>, Problem> {
    let mut set = args.to.clone();
    for machines in &args.for_machines {
        let replicas = machines.count.div_ceil(planner.machines_per_replica);
        match set
            .iter_mut()
            .find(|change| change.region == machines.region)
        {
            Some(change) if change.replicas.is_none() => change.replicas = Some(replicas),
            Some(change) => {
                let text = format!(
                    "{} has a count in both --to and --for-machines",
                    change.region
                );
                return Err(Problem::new(Exit::Usage, text));
            }
            None => set.push(RegionChange {
                region: machines.region.clone(),
                replicas: Some(replicas),
                storage: None,
            }),
        }
    }
    Ok(set)
}

async fn carry_out(
    connection: &Connection,
    args: &Replicate,
    set: Vec<RegionChange>,
) -> Result<Exit, Problem> {
    let version = resolve(connection, &args.version).await?;
    let action = Action::Replicate(actions::Replicate {
        version,
        set,
        remove: args.remove.clone(),
    });
    let Reply::Planned(plan) = connection.ask(Request::Plan(action)).await? else {
        return Err(Problem::new(
            Exit::Failed,
            "the engine answered something else than a plan",
        ));
    };
    if args.change.plan {
        print(&match args.change.output {
            Format::Table => output::plan_text(&plan),
            Format::Json => output::pretty(&output::plan_json(&plan)),
        })?;
        let refused = plan.failed_checks().next().is_some();
        return Ok(if refused { Exit::Refused } else { Exit::Done });
    }
    if plan.failed_checks().next().is_some() {
        return Err(Refusal::Checks(plan.failed_checks().cloned().collect()).into());
    }
    if plan.is_empty() {
        print(&match args.change.output {
            Format::Table => "there is nothing to do: it is already so\n".to_owned(),
            Format::Json => output::pretty(&serde_json::json!({
                "group": null, "state": "done", "jobs": []
            })),
        })?;
        return Ok(Exit::Done);
    }
    let confirmation = confirm(&plan, &args.change)?;
    let submit = Request::Submit {
        plan: plan.id,
        confirmation,
    };
    let Reply::Submitted(group) = connection.ask(submit).await? else {
        return Err(Problem::new(
            Exit::Failed,
            "the engine answered something else than jobs",
        ));
    };
    let mut follower = Follower::new(Which::Group(group.id), args.change.output);
    follower.follow(connection).await
}

/// The version that is meant. A name is looked up in what was last read, and in Azure when it isn't
/// there.
async fn resolve(connection: &Connection, text: &str) -> Result<ResourceId, Problem> {
    match resolve_version(&connection.estate()?, text) {
        Err(Unresolved::Unknown { .. }) => {}
        resolved => return Ok(resolved?),
    }
    connection.ask(Request::Load(Scope::All)).await?;
    let estate = connection.estate()?;
    match resolve_version(&estate, text) {
        Err(unknown @ Unresolved::Unknown { .. }) => Err(not_found(&estate, &unknown)?),
        resolved => Ok(resolved?),
    }
}

/// What isn't there may be where nobody could look.
fn not_found(estate: &Reader, unknown: &Unresolved) -> Result<Problem, Problem> {
    let mut lines = vec![unknown.to_string()];
    let mut unread = |name: &str, trouble: Option<&Trouble>| {
        lines.extend(trouble.map(|trouble| format!("not read: {name}: {trouble}")));
    };
    for tenant in estate.tenants()? {
        unread(&tenant.name, tenant.trouble.as_ref());
    }
    for row in estate.subscriptions()? {
        unread(&row.subscription.name, row.trouble.as_ref());
    }
    for row in estate.galleries()? {
        unread(&row.gallery.name, row.trouble.as_ref());
    }
    for row in estate.definitions()? {
        unread(&row.definition.name, row.trouble.as_ref());
    }
    Ok(Problem::new(Exit::Usage, lines.join("\n")))
}

fn confirm(plan: &Plan, change: &Change) -> Result<Confirmed, Problem> {
    match &plan.confirmation {
        Confirmation::Yes if change.yes => Ok(Confirmed::Yes),
        Confirmation::Typed(name) => {
            if let Some(typed) = &change.confirm {
                return Ok(Confirmed::Typed(typed.clone()));
            }
            let question = format!("type {name} to go on: ");
            ask(plan, &question, &format!("--confirm {name:?}")).map(Confirmed::Typed)
        }
        Confirmation::Yes => {
            let answer = ask(plan, "go on? [y/N] ", "--yes")?;
            if matches!(answer.as_str(), "y" | "Y" | "yes") {
                Ok(Confirmed::Yes)
            } else {
                Err(Problem::new(
                    Exit::Refused,
                    "not confirmed: nothing was changed",
                ))
            }
        }
    }
}

fn ask(plan: &Plan, question: &str, flag: &str) -> Result<String, Problem> {
    if !std::io::stdin().is_terminal() {
        let text = format!("nobody is there to ask: add {flag}. Nothing was changed");
        return Err(Problem::new(Exit::Usage, text));
    }
    let mut to = std::io::stderr();
    write!(to, "{}{}", output::plan_text(plan), printable(question))?;
    to.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
