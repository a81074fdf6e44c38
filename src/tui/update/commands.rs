//! What the operator wants, in panes and in overlays.

use super::{asking, form, journeys, legality, moved, typing};
use crate::actions::Level;
use crate::azure::TenantId;
use crate::engine::Request;
use crate::estate::Scope;
use crate::tui::keymap::Command;
use crate::tui::message::{Asked, Effect};
use crate::tui::overlays;
use crate::tui::state::{FilterLine, Overlay, Pane, Place, Purpose, State, Subject, TextView};
use crate::tui::theme::Theme;

/// Carries a command out.
pub(super) fn carry_out(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    if command == Command::Interrupt {
        return interrupt(state, effects);
    }
    state.interrupted = false;
    match command {
        Command::Redraw => effects.push(Effect::Redraw),
        Command::Suspend => effects.push(Effect::Suspend),
        _ => match state.place() {
            Place::Pane(pane) => in_pane(state, pane, command, effects),
            Place::Text => in_text(state, command, effects),
            Place::Menu => in_menu(state, command, effects),
            Place::Jump => in_jump(state, command, effects),
            Place::Filter => in_filter(state, command),
            Place::Form => in_form(state, command, effects),
            Place::Question | Place::TypedQuestion => match command {
                Command::Yes => asking::yes(state, effects),
                _ => {
                    state.overlays.pop();
                }
            },
        },
    }
}

/// ctrl-c closes what is open; a second one ends the program.
fn interrupt(state: &mut State, effects: &mut Vec<Effect>) {
    if state.interrupted {
        effects.push(Effect::Quit);
    } else if state.overlays.pop().is_none() {
        state.say("ctrl-c once more quits");
    }
    state.interrupted = true;
}

/// How many rows down, or up, a move goes; the ends are very far.
pub(super) fn step(command: Command, page: usize) -> Option<isize> {
    let page = isize::try_from(page).unwrap_or(isize::MAX);
    Some(match command {
        Command::Down => 1,
        Command::Up => -1,
        Command::HalfDown => (page / 2).max(1),
        Command::HalfUp => -(page / 2).max(1),
        Command::PageDown => page,
        Command::PageUp => -page,
        Command::First => isize::MIN,
        Command::Last => isize::MAX,
        _ => return None,
    })
}

fn in_pane(state: &mut State, pane: Pane, command: Command, effects: &mut Vec<Effect>) {
    if let Some(why) = legality::refusal(state, command) {
        state.complain(why);
        return;
    }
    match command {
        Command::NextPane => journeys::focus(state, pane.turned(1)),
        Command::PreviousPane => journeys::focus(state, pane.turned(Pane::ALL.len() - 1)),
        Command::Focus(pane) => journeys::focus(state, pane),
        Command::Left | Command::Right => sideways(state, pane, command == Command::Right),
        Command::Zoom => state.zoomed = !state.zoomed,
        Command::Back => back(state, pane),
        Command::Help => open_text(state, Subject::Help(Place::Pane(pane))),
        Command::Open => {
            if let Some(subject) = selected(state, pane) {
                open_text(state, subject);
            }
        }
        Command::Document => {
            if let Some(subject) = selected(state, pane) {
                let document = Subject::Document(Box::new(subject.clone()));
                let is_line = matches!(subject, Subject::Line(_));
                open_text(state, if is_line { subject } else { document });
            }
        }
        Command::Copy => copy_id(state, pane, effects),
        Command::Filter => open_filter(state, pane),
        Command::NextMatch => match_again(state, pane, true, effects),
        Command::PreviousMatch => match_again(state, pane, false, effects),
        Command::Jump => {
            let jump = overlays::jump::of(state);
            state.overlays.push(Overlay::Jump(jump));
        }
        Command::Actions => {
            let menu = overlays::menu::of(state);
            state.overlays.push(Overlay::Menu(menu));
        }
        Command::Refresh => refresh(state, pane, effects),
        Command::RefreshAll => {
            if asking::ask(state, Asked::Refresh, Request::Refresh(Scope::All), effects) {
                state.say("everything is read again");
            }
        }
        Command::Replicate => {
            let version = match pane {
                Pane::Galleries => state.version_rows().first().cloned(),
                _ => state.version().cloned(),
            };
            if let Some(version) = version {
                form::open(state, &version);
            }
        }
        Command::CancelJob => {
            if let Some(job) = state.job().map(|job| job.id) {
                asking::confirm(state, Purpose::Cancel(job), None, effects);
            }
        }
        Command::RetryJob => {
            if let Some(job) = state.job().map(|job| job.id) {
                asking::ask(state, Asked::Retry(job), Request::Retry(job), effects);
            }
        }
        Command::Quit => {
            if state.works() {
                asking::confirm(state, Purpose::Quit, None, effects);
            } else {
                effects.push(Effect::Quit);
            }
        }
        Command::Mark | Command::Range | Command::Invert | Command::MarkAll => mark(state, command),
        Command::Follow | Command::Level | Command::Wrap | Command::Scope => log(state, command),
        Command::PreviousError | Command::NextError => {
            state.log.look_for(
                command == Command::NextError,
                Level::Error,
                state.log.filter.clone(),
            );
        }
        other => travel(state, pane, other, effects),
    }
}

/// Moves the selection of a pane.
fn travel(state: &mut State, pane: Pane, command: Command, effects: &mut Vec<Effect>) {
    if pane == Pane::Log {
        match command {
            Command::Last => state.log.follow(),
            Command::First => state.log.first(),
            other => {
                if let Some(step) = step(other, state.log.height) {
                    state.log.step(step);
                }
            }
        }
        return;
    }
    let before = row(state, pane);
    let page = match pane {
        Pane::Tenants => state.tenants.page(),
        Pane::Galleries => state.galleries.page(),
        Pane::Versions => state.versions.page(),
        _ => state.jobs.page(),
    };
    let Some(step) = step(command, page) else {
        return;
    };
    match pane {
        Pane::Tenants => state.tenants.step(step),
        Pane::Galleries => state.galleries.step(step),
        Pane::Versions => state.versions.step(step),
        _ => state.jobs.step(step),
    }
    if pane == Pane::Tenants {
        mark_range(state, before);
    }
    if row(state, pane) != before {
        moved(state, effects);
    }
}

fn row(state: &State, pane: Pane) -> usize {
    match pane {
        Pane::Tenants => state.tenants.at(),
        Pane::Galleries => state.galleries.at(),
        Pane::Versions => state.versions.at(),
        Pane::Queue => state.jobs.at(),
        Pane::Log => state.log.at,
    }
}

/// Left and right: through the tree in Galleries, else from pane to pane.
fn sideways(state: &mut State, pane: Pane, right: bool) {
    if pane == Pane::Galleries
        && let Some(node) = state.node().copied()
        && let Some(gallery) = state.gallery().map(|row| row.gallery.id.clone())
    {
        let folded = state.folded.contains(&gallery);
        match (right, node.definition) {
            (true, None) if folded => {
                state.folded.remove(&gallery);
                state.arrange_estate();
                return;
            }
            (false, None) if !folded => {
                state.folded.insert(gallery);
                state.arrange_estate();
                return;
            }
            (false, Some(_)) => {
                state.galleries.select(&gallery);
                return;
            }
            _ => {}
        }
    }
    let step = if right { 1 } else { Pane::ALL.len() - 1 };
    journeys::focus(state, pane.turned(step));
}

/// esc lifts one thing at a time, and never ends the program.
fn back(state: &mut State, pane: Pane) {
    let filtered = match pane {
        Pane::Tenants => state.tenants.filter.is_some(),
        Pane::Galleries => state.galleries.filter.is_some(),
        Pane::Versions => state.versions.filter.is_some(),
        Pane::Queue => state.jobs.filter.is_some(),
        Pane::Log => state.log.filter.is_some(),
    };
    if state.range.take().is_some() {
    } else if filtered {
        typing::narrow(state, Some(pane), None);
    } else if pane == Pane::Tenants && !state.marked.is_empty() {
        state.marked.clear();
    } else if state.zoomed {
        state.zoomed = false;
    }
}

/// What is selected in a pane.
fn selected(state: &State, pane: Pane) -> Option<Subject> {
    Some(match pane {
        Pane::Tenants => Subject::Tenant(state.tenant()?.id.clone()),
        Pane::Galleries => match state.definition() {
            Some(row) => Subject::Definition(row.definition.id.clone()),
            None => Subject::Gallery(state.gallery()?.gallery.id.clone()),
        },
        Pane::Versions => Subject::Version(state.version()?.version.id.clone()),
        Pane::Queue => Subject::Job(state.job()?.id),
        Pane::Log => Subject::Line(state.log.selected()?.id),
    })
}

fn open_text(state: &mut State, subject: Subject) {
    state.overlays.push(Overlay::Text(TextView::new(subject)));
}

fn copy_id(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    let text = match selected(state, pane) {
        Some(Subject::Tenant(id)) => id.to_string(),
        Some(Subject::Gallery(id) | Subject::Definition(id) | Subject::Version(id)) => {
            id.to_string()
        }
        Some(Subject::Job(id)) => id.0.to_string(),
        Some(Subject::Line(_)) => state
            .log
            .selected()
            .map(|line| line.text.clone())
            .unwrap_or_default(),
        _ => return,
    };
    copy(state, text, effects);
}

/// Clipboards of terminals take no more than this (k9s measured 74,994 encoded bytes).
const CLIPBOARD: usize = 56_000;

fn copy(state: &mut State, text: String, effects: &mut Vec<Effect>) {
    if text.len() > CLIPBOARD {
        state.complain("too long for a terminal's clipboard");
        return;
    }
    let shown: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect();
    state.say(format!(
        "sent to your terminal's clipboard (OSC 52): {shown}"
    ));
    effects.push(Effect::Copy(text));
}

fn open_filter(state: &mut State, pane: Pane) {
    let filter = match pane {
        Pane::Tenants => &state.tenants.filter,
        Pane::Galleries => &state.galleries.filter,
        Pane::Versions => &state.versions.filter,
        Pane::Queue => &state.jobs.filter,
        Pane::Log => &state.log.filter,
    };
    let typed = filter
        .as_ref()
        .map(|filter| filter.typed().to_owned())
        .unwrap_or_default();
    let line = FilterLine {
        pane: Some(pane),
        input: typed.into(),
        wrong: None,
    };
    state.overlays.push(Overlay::Filter(line));
}

/// Goes to the next row that the last filter keeps.
fn match_again(state: &mut State, pane: Pane, forward: bool, effects: &mut Vec<Effect>) {
    let pattern = match pane {
        Pane::Tenants => state.tenants.pattern.clone(),
        Pane::Galleries => state.galleries.pattern.clone(),
        Pane::Versions => state.versions.pattern.clone(),
        Pane::Queue => state.jobs.pattern.clone(),
        Pane::Log => state.log.pattern.clone(),
    };
    let Some(pattern) = pattern else {
        state.complain("there was no filter yet: / makes one");
        return;
    };
    if pane == Pane::Log {
        state.log.look_for(forward, state.log.level, Some(pattern));
        return;
    }
    let (estate, queue) = (state.estate.known(), state.queue.known());
    let versions = state.shown.as_ref().and_then(|shown| shown.rows.as_deref());
    let keeps = |name: Option<&str>| name.is_some_and(|name| pattern.keeps(name));
    let found = match pane {
        Pane::Tenants => state.tenants.seek(forward, |index| {
            keeps(
                estate
                    .and_then(|estate| estate.tenants.get(index))
                    .map(|row| row.name.as_str()),
            )
        }),
        Pane::Galleries => {
            let name = |index: usize| {
                let (node, estate) = (state.tree.get(index)?, estate?);
                match node.definition {
                    Some(index) => Some(estate.definitions.get(index)?.definition.name.as_str()),
                    None => Some(estate.galleries.get(node.gallery)?.gallery.name.as_str()),
                }
            };
            state.galleries.seek(forward, |index| keeps(name(index)))
        }
        Pane::Versions => state.versions.seek(forward, |index| {
            keeps(
                versions
                    .and_then(|rows| rows.get(index))
                    .map(|row| row.version.name.as_str()),
            )
        }),
        _ => state.jobs.seek(forward, |index| {
            keeps(
                queue
                    .and_then(|jobs| jobs.rows.get(index))
                    .map(|job| job.title.as_str()),
            )
        }),
    };
    if found {
        moved(state, effects);
    } else {
        state.say(format!("no row matches {}", pattern.typed()));
    }
}

fn refresh(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    let scope = match selected(state, pane) {
        Some(Subject::Tenant(id)) => Scope::Tenant(id),
        Some(Subject::Gallery(_)) => match state.gallery() {
            Some(row) => Scope::Tenant(row.tenant.clone()),
            None => return,
        },
        Some(Subject::Definition(id)) => Scope::Definition(id),
        Some(Subject::Version(id)) => Scope::Version(id),
        _ => return,
    };
    if asking::ask(state, Asked::Refresh, Request::Refresh(scope), effects) {
        state.say("it is read again");
    }
}

fn mark(state: &mut State, command: Command) {
    let shown: Vec<TenantId> = state.tenants.keys().cloned().collect();
    let Some(selected) = state.tenants.selected().cloned() else {
        return;
    };
    match command {
        Command::Mark => {
            if !state.marked.remove(&selected) {
                state.marked.insert(selected);
            }
        }
        Command::MarkAll => state.marked.extend(shown),
        Command::Invert => {
            for id in shown {
                if !state.marked.remove(&id) {
                    state.marked.insert(id);
                }
            }
        }
        _ => {
            if state.range.take().is_none() {
                state.marked.insert(selected.clone());
                state.range = Some(selected);
            }
        }
    }
}

/// While a range is open, every row that is passed is marked.
fn mark_range(state: &mut State, before: usize) {
    if state.range.is_none() {
        return;
    }
    let at = state.tenants.at();
    let (first, last) = (before.min(at), before.max(at));
    let passed: Vec<TenantId> = state
        .tenants
        .keys()
        .skip(first)
        .take(last - first + 1)
        .cloned()
        .collect();
    state.marked.extend(passed);
}

fn log(state: &mut State, command: Command) {
    let focus = state.focus;
    let job = match focus {
        Pane::Queue => state.job().map(|job| job.id),
        _ => state.log.selected().and_then(|line| line.job),
    };
    let log = &mut state.log;
    match command {
        Command::Follow if log.follow => log.leave_end(),
        Command::Follow => log.follow(),
        Command::Wrap => log.wrap = !log.wrap,
        Command::Level => {
            log.level = match log.level {
                Level::Debug => Level::Info,
                Level::Info => Level::Warn,
                Level::Warn => Level::Error,
                Level::Error => Level::Debug,
            };
            log.narrowed();
        }
        _ => {
            let again = log.scope == job || focus == Pane::Log && log.scope.is_some();
            log.scope = if again { None } else { job };
            log.narrowed();
        }
    }
}

fn in_text(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Text(view)) = state.overlays.last_mut() else {
        return;
    };
    match command {
        Command::Back => {
            state.overlays.pop();
        }
        Command::Copy => {
            let subject = view.subject.clone();
            let (_, lines) = overlays::text::lines(state, &subject, &Theme::full());
            let text: Vec<String> = lines
                .iter()
                .map(crate::tui::widgets::words::Words::text)
                .collect();
            copy(state, text.join("\n"), effects);
        }
        other => {
            if let Some(step) = step(other, view.page) {
                view.top = view.top.saturating_add_signed(step);
            }
        }
    }
}

fn in_menu(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Menu(menu)) = state.overlays.last_mut() else {
        return;
    };
    match command {
        Command::Back => {
            state.overlays.pop();
        }
        Command::Open => {
            let chosen = menu.rows.selected_index();
            let chosen = chosen.and_then(|index| menu.commands.get(index).copied());
            state.overlays.pop();
            if let Some(chosen) = chosen {
                in_pane(state, state.focus, chosen, effects);
            }
        }
        other => {
            if let Some(step) = step(other, menu.rows.page()) {
                menu.rows.step(step);
            }
        }
    }
}

fn in_jump(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Jump(jump)) = state.overlays.last_mut() else {
        return;
    };
    match command {
        Command::Back => {
            state.overlays.pop();
        }
        Command::Open => {
            let chosen = jump.rows.selected_index();
            let chosen = chosen.and_then(|index| jump.candidates.get(index));
            let subject = chosen.map(|(_, subject)| subject.clone());
            state.overlays.pop();
            if let Some(subject) = subject {
                journeys::to(state, &subject, effects);
            }
        }
        other => {
            if let Some(step) = step(other, jump.rows.page()) {
                jump.rows.step(step);
            }
        }
    }
}

fn in_filter(state: &mut State, command: Command) {
    let Some(Overlay::Filter(line)) = state.overlays.last() else {
        return;
    };
    let (pane, wrong) = (line.pane, line.wrong.clone());
    match (command, wrong) {
        (Command::Open, None) => {
            state.overlays.pop();
        }
        (Command::Open, Some(wrong)) => state.complain(wrong),
        _ => {
            state.overlays.pop();
            typing::narrow(state, pane, None);
        }
    }
}

fn in_form(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    match command {
        Command::Help => open_text(state, Subject::Help(Place::Form)),
        Command::Filter => {
            let form = state.overlays.iter().find_map(Overlay::form);
            let filter = form.and_then(|form| form.list.filter.as_ref());
            let typed = filter
                .map(|filter| filter.typed().to_owned())
                .unwrap_or_default();
            let line = FilterLine {
                pane: None,
                input: typed.into(),
                wrong: None,
            };
            state.overlays.push(Overlay::Filter(line));
        }
        other => form::command(state, other, effects),
    }
}
