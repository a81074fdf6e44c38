//! How every verb that changes something is carried out: planned, confirmed, submitted, followed.

use std::io::{BufRead, IsTerminal, Write};

use super::args::{Change, Connect, Format};
use super::follow::{Follower, Which};
use super::naming::Names;
use super::{
    Exit, Problem, nobody_carries_it_on, output, place, place_to_ask, print, settings, to_engine,
};
use crate::actions::{Confirmation, Plan};
use crate::config::Config;
use crate::engine::{Confirmed, Connection, Refusal, Reply, Request};
use crate::printable::printable;

/// Carries out the plan that `wish` makes of the command line, as `verb` of this program.
pub(super) async fn run<R: Into<Request>>(
    verb: &str,
    connect: &Connect,
    change: &Change,
    wish: impl AsyncFnOnce(&Config, &Connection) -> Result<R, Problem>,
) -> Result<Exit, Problem> {
    let place = if change.plan {
        place_to_ask(connect)
    } else {
        place(connect)
    };
    if change.no_wait && !change.plan && connect.no_agent {
        return Err(nobody_carries_it_on());
    }
    let (_, config) = settings(connect)?;
    let connection = to_engine(connect, &format!("gallerist {verb}"), place).await?;
    let done = match wish(&config, &connection).await {
        Ok(wish) => Box::pin(carry_out(&connection, wish.into(), change)).await,
        Err(problem) => Err(problem),
    };
    connection.close().await;
    done
}

async fn carry_out(
    connection: &Connection,
    request: Request,
    change: &Change,
) -> Result<Exit, Problem> {
    let Reply::Planned(plan) = connection.ask(request).await? else {
        return Err(Problem::new(
            Exit::Failed,
            "the engine answered something else than a plan",
        ));
    };
    let names = Names::of(connection)?;
    if change.plan {
        print(&match change.output {
            Format::Table => output::plan_text(&plan, &names),
            Format::Json => output::pretty(&output::plan_json(&plan)),
        })?;
        return Ok(match plan.failed_checks().next() {
            None => Exit::Done,
            Some(_) if plan.is_refused() => Exit::Refused,
            Some(_) => Exit::Partly,
        });
    }
    if plan.is_refused() {
        return Err(refused(&plan, &names));
    }
    if plan.is_empty() {
        print(&match change.output {
            Format::Table => "there is nothing to do: it is already so\n".to_owned(),
            Format::Json => output::pretty(&serde_json::json!({
                "group": null, "state": "done", "jobs": []
            })),
        })?;
        return Ok(Exit::Done);
    }
    let confirmation = confirm(&plan, &names, change)?;
    let submit = Request::Submit {
        plan: plan.id,
        confirmation,
        terms: change.terms.clone().into(),
        note: change.note.clone(),
    };
    let Reply::Submitted(group) = connection.ask(submit).await? else {
        return Err(Problem::new(
            Exit::Failed,
            "the engine answered something else than jobs",
        ));
    };
    for line in output::obstacles(&plan, &names) {
        eprintln!("gallerist: held: {}", printable(&line));
    }
    let mut follower = Follower::new(Which::Group(group.id), change.output);
    if change.no_wait {
        return follower.leave(connection);
    }
    follower.follow(connection).await
}

/// What forbids a plan, and whose job it forbids where there are several.
fn refused(plan: &Plan, names: &Names) -> Problem {
    if let [_] = plan.jobs[..] {
        return Refusal::Checks(plan.failed_checks().cloned().collect()).into();
    }
    let obstacles = output::obstacles(plan, names).into_iter();
    let lines: Vec<String> = obstacles.map(|line| format!("✘ {line}")).collect();
    Problem::new(Exit::Refused, lines.join("\n"))
}

fn confirm(plan: &Plan, names: &Names, change: &Change) -> Result<Confirmed, Problem> {
    match &plan.confirmation {
        Confirmation::Yes if change.yes => Ok(Confirmed::Yes),
        Confirmation::Typed(name) => {
            if let Some(typed) = &change.confirm {
                return Ok(Confirmed::Typed(typed.clone()));
            }
            let question = format!("type {name} to go on: ");
            ask(plan, names, &question, &format!("--confirm {name:?}")).map(Confirmed::Typed)
        }
        Confirmation::Yes => {
            let answer = ask(plan, names, "go on? [y/N] ", "--yes")?;
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

fn ask(plan: &Plan, names: &Names, question: &str, flag: &str) -> Result<String, Problem> {
    if !std::io::stdin().is_terminal() {
        let text = format!("nobody is there to ask: add {flag}. Nothing was changed");
        return Err(Problem::new(Exit::Usage, text));
    }
    let mut to = std::io::stderr();
    write!(
        to,
        "{}{}",
        output::plan_text(plan, names),
        printable(question)
    )?;
    to.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
