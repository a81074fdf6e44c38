//! One frame: title, panes, overlays, footer, from the state alone.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::keymap::{self, Command};
use super::state::{Link, Overlay, Pane, State};
use super::theme::{Theme, Tone};
use super::times;
use super::widgets::text::{fitted, put, put_right, width};
use super::widgets::words::{Words, draw_lines};
use super::{overlays, panes};
use crate::estate::TenantState;

/// Cells in which the beginning of a longer text still says something.
const ENOUGH: u16 = 30;

/// Draws a frame on an empty buffer; returns where the cursor stands.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let layout = state.layout();
    if !layout.has_room() {
        let words = Words::plain("Gallerist needs 40 columns and 10 lines.");
        draw_lines(
            buffer,
            buffer.area,
            &words.wrapped(buffer.area.width),
            0,
            theme,
        );
        return None;
    }
    title(state, buffer, layout.title, theme);
    let mut cursor = None;
    for pane in Pane::ALL {
        if layout.pane(pane).is_some() {
            let place = panes::draw(state, pane, buffer, theme);
            if pane == state.focus {
                cursor = place;
            }
        }
    }
    footer(state, buffer, layout.footer, theme);
    if state.overlays.is_empty() {
        cursor
    } else {
        overlays::draw(state, buffer, theme)
    }
}

fn title(state: &State, buffer: &mut Buffer, area: Rect, theme: &Theme) {
    let between = format!(" {} ", theme.glyphs.between);
    let mut words = Words::new(Tone::Strong, " Gallerist").and(Tone::Plain, "  ");
    words = words.and(Tone::Plain, &state.place);
    if let Some(estate) = state.estate.known() {
        let tenants = estate.tenants.len();
        let plural = if tenants == 1 { "tenant" } else { "tenants" };
        words = words
            .and(Tone::Dim, &between)
            .and(Tone::Plain, format!("{tenants} {plural}"));
        for (trouble, one, several) in [
            (TenantState::SignIn, "needs sign-in", "need sign-in"),
            (TenantState::Failed, "failed", "failed"),
        ] {
            let count = estate.count(trouble);
            if count > 0 {
                let text = format!("{count} {}", if count == 1 { one } else { several });
                words = words.and(Tone::Dim, &between).and(Tone::Warn, text);
            }
        }
        let read = match estate.read_at() {
            _ if estate.reading() => "reading…".to_owned(),
            Some(at) => format!("read at {}", times::short(at, estate.as_of, &state.zone)),
            None => "never read".to_owned(),
        };
        words = words.and(Tone::Dim, &between).and(Tone::Plain, read);
        if let Some(strain) = &state.strain {
            let text = match strain.until {
                Some(until) => format!("throttled until {}", times::clock(until, &state.zone)),
                None => "throttled".to_owned(),
            };
            words = words.and(Tone::Dim, &between).and(Tone::Dim, text);
        }
    }
    let used = words.draw(buffer, (area.x, area.y), area.width, theme);
    let (tone, long, short) = link(state);
    let (left, right) = (area.x + used + 2, area.right().saturating_sub(1));
    let room = right.saturating_sub(left);
    if width(&long) <= room || room >= ENOUGH {
        let text = fitted(&long, room, theme);
        put_right(buffer, (left, right, area.y), text.trim_end(), tone, theme);
    } else if width(short) <= room {
        put_right(buffer, (left, right, area.y), short, tone, theme);
    }
}

/// Who carries the queue out, and the same where there is little room.
fn link(state: &State) -> (Tone, String, &'static str) {
    match &state.link {
        Link::Starting => (Tone::Dim, "starting…".to_owned(), ""),
        Link::Down(_) => (Tone::Bad, "not connected".to_owned(), "no engine"),
        Link::Stopped(_) => (Tone::Dim, "agent: ended".to_owned(), "agent: ended"),
        Link::OtherVersion(version) => (
            Tone::Warn,
            format!("agent: Gallerist {version}"),
            "another agent",
        ),
        Link::Up(engine) => match &engine.owner {
            Some(owner) => (Tone::Warn, format!("reads only: {owner}"), "reads only"),
            None if engine.read_only => (Tone::Warn, "read-only".to_owned(), "read-only"),
            None => match &engine.agent {
                None => (Tone::Dim, "queue: this process".to_owned(), ""),
                Some(agent) if !agent.differs.is_empty() => (
                    Tone::Warn,
                    "agent: other settings".to_owned(),
                    "agent: other settings",
                ),
                Some(agent) if agent.faces > 1 => {
                    let text = format!("queue: agent, {} faces", agent.faces);
                    (Tone::Dim, text, "")
                }
                Some(_) => (Tone::Dim, "queue: agent".to_owned(), ""),
            },
        },
    }
}

/// The keys that mean something now, as far as there is room; or what there is to say.
fn footer(state: &State, buffer: &mut Buffer, area: Rect, theme: &Theme) {
    let (left, room) = (area.x + 1, area.width.saturating_sub(2));
    if let Some(notice) = &state.notice {
        let tone = if notice.bad { Tone::Warn } else { Tone::Plain };
        put(buffer, (left, area.y), room, &notice.text, tone, theme);
        return;
    }
    if let Some(Overlay::Filter(_) | Overlay::Edit(_)) = state.overlays.last() {
        return;
    }
    let bindings = keymap::bindings(state.place());
    let shown = bindings
        .iter()
        .filter(|(_, binding)| !binding.short.is_empty());
    // Help comes first of all, at the end of the line: from there every other key is found.
    let (help, others): (Vec<_>, Vec<_>) =
        shown.partition(|(_, binding)| binding.command == Command::Help);
    let mut right = left + room;
    for (keys, binding) in help {
        let words = hint(keys, binding.short);
        right = right.saturating_sub(width(&words.text()));
        words.draw(buffer, (right, area.y), room, theme);
        right = right.saturating_sub(2);
    }
    let mut x = left;
    for (keys, binding) in others {
        let words = hint(keys, binding.short);
        let cells = width(&words.text());
        if x + cells > right {
            break;
        }
        words.draw(buffer, (x, area.y), cells, theme);
        x += cells + 2;
    }
}

fn hint(keys: &[keymap::Key], short: &str) -> Words {
    let key = keys.first().map(ToString::to_string).unwrap_or_default();
    Words::new(Tone::Key, key).and(Tone::Plain, format!(" {short}"))
}
