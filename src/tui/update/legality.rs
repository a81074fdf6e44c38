//! Whether a verb may be carried out now, and if not, why. Keys and the menu ask the same.

use crate::azure::Remedy;
use crate::estate::TenantState;
use crate::queue::{Job, JobState, Pause};
use crate::tui::keymap::Command;
use crate::tui::state::{Link, Pane, State};

/// Why a command can't be carried out now; nothing where it can.
#[must_use]
pub fn refusal(state: &State, command: Command) -> Option<String> {
    match command {
        Command::Replicate => version(state),
        Command::Share => share(state),
        Command::Deploy => version(state).or_else(|| targets(state)),
        Command::CancelJob => change(state).or_else(|| cancel(state)),
        Command::RetryJob => change(state).or_else(|| retry(state)),
        Command::Undo => change(state).or_else(|| undo(state)),
        Command::Pause => change(state).or_else(|| pause(state)),
        Command::PauseAll => change(state),
        Command::Earlier | Command::Later => change(state).or_else(|| order(state)),
        Command::RetryFailed => change(state).or_else(|| retry_failed(state)),
        Command::Mark | Command::Range => none(state.tenant().is_none(), "no tenant is selected"),
        Command::Document | Command::Copy if state.focus == Pane::Queue && state.is_group() => {
            Some("this is a group: select one of its jobs".to_owned())
        }
        Command::Open | Command::Document | Command::Copy => nothing_selected(state),
        Command::Machines if state.focus == Pane::Tenants => {
            none(state.tenant().is_none(), "no tenant is selected")
        }
        Command::Machines => none(state.version().is_none(), "no version is selected"),
        Command::SignIn => sign_in(state),
        Command::Refresh | Command::RefreshAll => refresh(state, command),
        Command::Scope => scope(state),
        Command::ReplaceAgent => agent(state),
        _ => None,
    }
}

fn none(missing: bool, why: &str) -> Option<String> {
    missing.then(|| why.to_owned())
}

fn change(state: &State) -> Option<String> {
    state.reads_only()
}

fn targets(state: &State) -> Option<String> {
    none(
        state.targets().is_empty(),
        "no tenant is marked or selected in Tenants",
    )
}

fn share(state: &State) -> Option<String> {
    match state.focus {
        Pane::Versions => none(state.version().is_none(), "no version is selected"),
        Pane::Galleries => none(state.node().is_none(), "no gallery or image is selected"),
        _ => Some("select a gallery, an image or a version".to_owned()),
    }
}

fn version(state: &State) -> Option<String> {
    match state.focus {
        Pane::Versions => none(state.version().is_none(), "no version is selected"),
        Pane::Galleries => {
            let Some(row) = state.definition() else {
                return Some("select an image, not its gallery".to_owned());
            };
            match &state.shown {
                Some(shown) if shown.definition == row.definition.id => {
                    let newest = state.version_rows().first();
                    match &shown.rows {
                        None => Some("its versions are being read".to_owned()),
                        Some(_) => none(newest.is_none(), "the image has no versions"),
                    }
                }
                _ => Some("its versions are being read".to_owned()),
            }
        }
        _ => Some("select an image or a version".to_owned()),
    }
}

fn cancel(state: &State) -> Option<String> {
    if let (true, Some(group)) = (state.is_group(), state.group()) {
        let jobs = state.jobs_of(group.id);
        let over = jobs.iter().all(|job| job.state.is_final() || job.cancel);
        return none(over, "all its jobs have ended, or are asked to");
    }
    let Some(job) = state.job() else {
        return Some("no job is selected".to_owned());
    };
    if job.state.is_final() {
        Some(format!("{} is {}", job.id, job.state))
    } else if job.cancel {
        Some(format!("{} is asked to end already", job.id))
    } else {
        None
    }
}

fn pause(state: &State) -> Option<String> {
    match state.pause() {
        None if state.focus == Pane::Tenants => Some("no tenant is selected".to_owned()),
        None => Some("no job is selected".to_owned()),
        // What was paused can be resumed whatever became of it.
        Some(what) if state.is_paused(&what) => None,
        Some(Pause::Job(_)) => ended(state),
        Some(Pause::Group(group)) => {
            let over = state.jobs_of(group).iter().all(|job| job.state.is_final());
            none(over, "all its jobs have ended")
        }
        Some(_) => None,
    }
}

fn order(state: &State) -> Option<String> {
    match state.job() {
        None => Some("no job is selected".to_owned()),
        Some(job) if job.started.is_some() => Some(format!("{} has begun", job.id)),
        Some(_) => ended(state),
    }
}

fn ended(state: &State) -> Option<String> {
    let job = state.job().filter(|job| job.state.is_final())?;
    Some(format!("{} is {}", job.id, job.state))
}

fn retry_failed(state: &State) -> Option<String> {
    let Some(group) = state.group() else {
        return Some("no group of several jobs is selected".to_owned());
    };
    let failed = |job: &&Job| matches!(job.state, JobState::Failed | JobState::Held);
    let any = state.jobs_of(group.id).iter().any(failed);
    none(!any, "no job of the group has failed or is held")
}

fn retry(state: &State) -> Option<String> {
    if state.is_group() {
        return retry_failed(state);
    }
    let Some(job) = state.job() else {
        return Some("no job is selected".to_owned());
    };
    match job.state {
        JobState::Failed | JobState::Cancelled | JobState::Held => None,
        other => Some(format!("{} is {other}", job.id)),
    }
}

/// What the job has written is known to the engine alone, which says so where that is nothing.
fn undo(state: &State) -> Option<String> {
    let Some(job) = state.job() else {
        return Some("no job is selected".to_owned());
    };
    if !job.state.is_final() {
        let (id, is) = (job.id, job.state);
        return Some(format!(
            "{id} is {is}: only what has ended can be taken back"
        ));
    }
    match &job.task {
        None => Some(format!("what {} changed isn't known", job.id)),
        Some(task) => task.one_way(),
    }
}

fn nothing_selected(state: &State) -> Option<String> {
    let missing = match state.focus {
        Pane::Tenants => state.tenant().is_none(),
        Pane::Galleries => state.node().is_none(),
        Pane::Versions => state.version().is_none(),
        Pane::Queue => state.line().is_none(),
        Pane::Log => state.log.selected().is_none(),
    };
    none(missing, "nothing is selected")
}

fn refresh(state: &State, command: Command) -> Option<String> {
    let owner = match &state.link {
        Link::Up(engine) => engine.owner.as_ref(),
        _ => return state.reads_only(),
    };
    if let Some(owner) = owner {
        return Some(format!(
            "{owner} reads from Azure; this process shows what it reads"
        ));
    }
    match (command, state.focus) {
        (Command::Refresh, Pane::Queue | Pane::Log) => {
            Some("this pane is always as it is now".to_owned())
        }
        (Command::Refresh, _) => nothing_selected(state),
        _ => None,
    }
}

fn agent(state: &State) -> Option<String> {
    match &state.link {
        Link::Up(engine) if engine.agent.is_some() => None,
        Link::OtherVersion(_) => None,
        Link::Up(_) => Some("there is no agent: this process carries the queue out".to_owned()),
        Link::Stopped(_) => Some("the agent has ended already".to_owned()),
        Link::Starting | Link::Down(_) => state.reads_only(),
    }
}

fn sign_in(state: &State) -> Option<String> {
    let Some(tenant) = state.tenant() else {
        return Some("no tenant is selected".to_owned());
    };
    let name = &tenant.name;
    match tenant.state {
        TenantState::SignIn => {}
        TenantState::Ok => return Some(format!("{name} is signed in to")),
        TenantState::Unread => return Some(format!("{name} wasn't asked yet")),
        TenantState::Failed => {
            return Some("it isn't the sign-in that fails: enter says what does".to_owned());
        }
    }
    let trouble = tenant.trouble.as_ref();
    match trouble.and_then(|trouble| trouble.remedy.as_ref()) {
        Some(Remedy::DeviceCode | Remedy::AzureCli { .. }) => {}
        Some(Remedy::Elsewhere) | None => {
            return Some("no person signs in there: enter says what to mend".to_owned());
        }
    }
    match &state.link {
        Link::Up(engine) => engine
            .owner
            .as_ref()
            .map(|owner| format!("{owner} reads from Azure: `gallerist login` signs in for it")),
        _ => state.reads_only(),
    }
}

fn scope(state: &State) -> Option<String> {
    let selected = match state.focus {
        Pane::Queue => state.job().is_some(),
        _ => {
            state.log.scope.is_some() || state.log.selected().is_some_and(|line| line.job.is_some())
        }
    };
    none(!selected, "there is no job to show only the lines of")
}
