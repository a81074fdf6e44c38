//! The question before something is done. No is the answer to everything but `y`, or the name.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::terms;
use crate::actions::Plan;
use crate::queue::{GroupId, JobState};
use crate::tui::forms::plan::{self, Prospects};
use crate::tui::keymap::{self, Command};
use crate::tui::panes::queue;
use crate::tui::state::{Confirm, Link, Purpose, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::text::{counted, put, width};
use crate::tui::widgets::words::{Words, draw_lines, wrap_all};
use crate::tui::widgets::{input, popup};

/// Cells of a question.
const WIDTH: u16 = 76;

/// Cells of one answer.
const ANSWER: u16 = 10;

/// What cancelling means.
const CANCELLING: &str = "No further request is sent. What Azure has begun goes on there, and is \
                          watched to its end.";

/// What replacing the agent means.
const REPLACING: &str = "It begins nothing more and ends when the jobs that run are done; then \
                         another one starts, with the settings of this process. What waits is \
                         carried on by that one.";

/// Warnings that are told in a question.
const WARNINGS: usize = 3;

/// Changes or jobs that are named in a question; the plan has the rest.
const NAMED: usize = 10;

/// Draws the question; the cursor stands at the answer.
pub fn draw(
    state: &State,
    confirm: &Confirm,
    buffer: &mut Buffer,
    body: Rect,
    theme: &Theme,
) -> Position {
    let (title, lines) = question(state, confirm, theme);
    let width_inside = WIDTH.min(body.width).saturating_sub(4);
    let lines = wrap_all(&lines, width_inside);
    let said = wrap_all(&said(state, confirm, theme), width_inside);
    let height = u16::try_from(lines.len() + said.len())
        .unwrap_or(u16::MAX)
        .saturating_add(4);
    let frame = Frame {
        title,
        focused: true,
        ..Frame::default()
    };
    let inside = popup::open(buffer, popup::centred(body, WIDTH, height), &frame, theme);
    // Where there isn't room for all, what the operator said stays.
    let said_lines = u16::try_from(said.len()).unwrap_or(u16::MAX);
    let text = Rect {
        height: inside.height.saturating_sub(said_lines.saturating_add(2)),
        ..inside
    };
    draw_lines(buffer, text, &lines, 0, theme);
    let below = Rect {
        y: text.bottom(),
        height: inside.height.saturating_sub(text.height + 2),
        ..inside
    };
    draw_lines(buffer, below, &said, 0, theme);
    let y = inside.bottom().saturating_sub(1);
    answer(confirm, buffer, (inside.x, y), inside.width, theme)
}

/// What the operator said of what would be submitted.
fn said(state: &State, confirm: &Confirm, theme: &Theme) -> Vec<Words> {
    let said = matches!(confirm.purpose, Purpose::Submit(_))
        .then(|| terms::said(state, &state.instructions, theme));
    said.flatten().into_iter().collect()
}

fn answer(
    confirm: &Confirm,
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    cells: u16,
    theme: &Theme,
) -> Position {
    if confirm.asking {
        put(
            buffer,
            (x, y),
            cells,
            "asking the engine…",
            Tone::Active,
            theme,
        );
        return Position { x, y };
    }
    let key = keymap::key_of(confirm.place(), Command::Terms);
    let hint = key.map(|key| Words::new(Tone::Key, key.to_string()).and(Tone::Plain, " terms"));
    if let Some((name, typed)) = &confirm.typed {
        let prompt = format!("type {name} to confirm: ");
        let used = put(buffer, (x, y), cells, &prompt, Tone::Strong, theme);
        let mut room = cells.saturating_sub(used);
        if let Some(words) = hint {
            let hint_cells = width(&words.text());
            // The name, the cursor behind it, and a blank come first.
            if width(name) + 2 + hint_cells <= room {
                room -= hint_cells + 1;
                words.draw(buffer, (x + cells - hint_cells, y), hint_cells, theme);
            }
        }
        return input::draw(typed, buffer, (x + used, y), room, theme);
    }
    let yes = Words::new(Tone::Key, "y").and(Tone::Plain, " yes");
    yes.draw(buffer, (x, y), cells, theme);
    let no = Words::new(Tone::Key, "n").and(Tone::Strong, " [No]");
    no.draw(buffer, (x + ANSWER, y), cells.saturating_sub(ANSWER), theme);
    if let Some(words) = hint {
        let before = 2 * ANSWER;
        words.draw(buffer, (x + before, y), cells.saturating_sub(before), theme);
    }
    Position {
        x: x + ANSWER + 3,
        y,
    }
}

fn question(state: &State, confirm: &Confirm, theme: &Theme) -> (&'static str, Vec<Words>) {
    match &confirm.purpose {
        Purpose::Submit(plan) => ("Carry this out?", submission(plan, theme)),
        Purpose::Cancel(id) => {
            let mut lines = Vec::new();
            if let Some(job) = state.job_of(*id) {
                let text = format!("{} {}  {}", job.id, job.title, job.target);
                lines.push(Words::new(Tone::Strong, text));
                lines.push(Words::blank());
            }
            lines.push(Words::plain(CANCELLING));
            ("Cancel this job?", lines)
        }
        Purpose::CancelGroup(id) => ("Cancel these jobs?", group(state, *id, theme)),
        Purpose::ReplaceAgent => ("Replace the agent?", replacement(state, theme)),
        Purpose::Quit => {
            let active = JobState::ALL.into_iter().filter(|state| state.is_active());
            let active: Vec<JobState> = active.collect();
            let running = state.queue.known().map_or(0, |jobs| jobs.count(&active));
            let are = if running == 1 { "is" } else { "are" };
            let text = format!(
                "{} {are} being carried out by this process. What Azure has begun goes on there; the \
                 rest is carried on at the next start from where it stands.",
                counted(running, "job")
            );
            ("Quit?", vec![Words::plain(text)])
        }
    }
}

/// Why the agent would be replaced, and what that means.
fn replacement(state: &State, theme: &Theme) -> Vec<Words> {
    let mut lines = Vec::new();
    match &state.link {
        Link::OtherVersion(version) => lines.push(Words::plain(format!(
            "The agent is Gallerist {version}, and this is {}: it can't be asked from here.",
            env!("CARGO_PKG_VERSION")
        ))),
        Link::Up(engine) => {
            let differs = engine.agent.iter().flat_map(|agent| &agent.differs);
            lines.extend(differs.map(|difference| {
                let sign = Words::new(Tone::Warn, format!("{} ", theme.glyphs.warning));
                sign.and(Tone::Plain, difference).hanging(2)
            }));
        }
        _ => {}
    }
    if !lines.is_empty() {
        lines.push(Words::blank());
    }
    lines.push(Words::plain(REPLACING));
    lines
}

/// The jobs of a group that would be cancelled.
fn group(state: &State, id: GroupId, theme: &Theme) -> Vec<Words> {
    let title = state.group_of(id).map_or("", |group| group.title.as_str());
    let mut lines = vec![Words::new(Tone::Strong, title), Words::blank()];
    let mut open = state.jobs_of(id);
    open.retain(|job| !job.state.is_final() && !job.cancel);
    for job in open.iter().take(NAMED) {
        let (tone, glyph) = queue::look(job.state, theme);
        let words = Words::new(tone, format!("{glyph} "));
        lines.push(words.and(Tone::Plain, format!("{}  {}", job.id, job.target)));
    }
    let more = open.len().saturating_sub(NAMED);
    if more > 0 {
        let text = format!("and {} more", counted(more, "job"));
        lines.push(Words::new(Tone::Dim, text));
    }
    lines.push(Words::blank());
    lines.push(Words::plain(CANCELLING));
    lines
}

/// What a plan would do: of one job its changes, of several what becomes of each.
fn submission(plan: &Plan, theme: &Theme) -> Vec<Words> {
    let mut lines = vec![Words::new(Tone::Strong, &plan.title), Words::blank()];
    let (named, what) = match &plan.jobs[..] {
        [job] => (plan::changes(job), "change"),
        _ => (plan::overview(plan, theme), "job"),
    };
    let more = named.len().saturating_sub(NAMED);
    lines.extend(named.into_iter().take(NAMED));
    if more > 0 {
        let text = format!("and {} more", counted(more, what));
        lines.push(Words::new(Tone::Dim, text));
    }
    let mut warnings: Vec<&String> = plan.ready().flat_map(|job| &job.warnings).collect();
    warnings.sort();
    warnings.dedup();
    let more = warnings.len().saturating_sub(WARNINGS);
    for warning in warnings.into_iter().take(WARNINGS) {
        let sign = Words::new(Tone::Warn, format!("{} ", theme.glyphs.warning));
        lines.push(sign.and(Tone::Plain, warning).hanging(2));
    }
    if more > 0 {
        let text = format!("and {} more", counted(more, "warning"));
        lines.push(Words::new(Tone::Dim, text));
    }
    let calls: usize = plan.ready().map(|job| job.calls.len()).sum();
    let jobs = Prospects::of(plan).words();
    lines.push(Words::blank());
    let text = format!("{jobs}; {} in Azure", counted(calls, "write"));
    lines.push(Words::new(Tone::Dim, text));
    lines
}
