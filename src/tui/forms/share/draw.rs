use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{By, Grantee, Role, Sharing, Whom};
use crate::actions::share::Way;
use crate::azure::BuiltInRole;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::popup;
use crate::tui::widgets::table::{self, Cell, Column, Row};
use crate::tui::widgets::words::Words;

/// Lines above the rows that tell the means.
pub(super) const MEANS: u16 = 2;

/// The role that is assigned where none is named.
pub(super) const LEAST: BuiltInRole = BuiltInRole::GALLERY_IMAGE_READER;

/// Cells of an id.
const ID: u16 = 36;

pub(super) fn draw(
    form: &Sharing,
    buffer: &mut Buffer,
    area: Rect,
    frame: &Frame<'_>,
    theme: &Theme,
) -> Option<Position> {
    let inside = popup::open(buffer, area, frame, theme);
    means(form).draw(
        buffer,
        (inside.x + 3, inside.y),
        inside.width.saturating_sub(3),
        theme,
    );
    let rows = Rect {
        y: inside.y + MEANS.min(inside.height),
        height: inside.height.saturating_sub(MEANS),
        ..inside
    };
    let columns = match form.by {
        By::Direct => [
            Column::share("tenant / subscription", 3),
            Column::cells("now", 10),
            Column::cells("id", ID),
        ],
        By::Role => [
            Column::share("tenant", 3),
            Column::cells("principal", ID),
            Column::share("now", 3),
        ],
    };
    table::draw(buffer, rows, &columns, form.list.view(), theme, |row| {
        let grantee = form
            .list
            .index(row)
            .and_then(|at| Some((at, form.grantees.get(at)?)));
        grantee
            .map(|(at, grantee)| self::row(form, at, grantee, theme))
            .unwrap_or_default()
    })
}

/// The means in words, and how to turn to the other one.
fn means(form: &Sharing) -> Words {
    match form.by {
        By::Direct => Words::new(Tone::Strong, "directly")
            .and(Tone::Plain, "  all images, for all who may deploy there")
            .and(Tone::Key, "   m")
            .and(Tone::Dim, " by role"),
        By::Role => {
            let role = form.role.as_deref();
            let words =
                Words::new(Tone::Strong, "by role  ").and(Tone::Plain, role.unwrap_or(LEAST.name));
            let words = if role.is_none() {
                words.and(Tone::Dim, ", the least")
            } else {
                words
            };
            words
                .and(Tone::Key, "   m")
                .and(Tone::Dim, " directly")
                .and(Tone::Key, "   o")
                .and(Tone::Dim, " another")
        }
    }
}

fn row(form: &Sharing, at: usize, grantee: &Grantee, theme: &Theme) -> Row {
    let (tone, sign) = match grantee.edit {
        Some(Way::Share) => (Tone::Good, Some((Tone::Good, "+"))),
        Some(Way::Unshare) => (Tone::Bad, Some((Tone::Bad, "-"))),
        None => (Tone::Plain, None),
    };
    let cells = match form.by {
        By::Direct => vec![
            name(form, at, grantee, theme),
            directly(grantee, tone, theme),
            Cell::new(Tone::Dim, id(grantee)),
        ],
        By::Role => vec![
            Cell::new(Tone::Plain, &grantee.name),
            principal(grantee, theme),
            role(grantee, tone, theme),
        ],
    };
    Row { sign, cells }
}

/// A tenant with whether its subscriptions are seen, or one of these.
fn name(form: &Sharing, at: usize, grantee: &Grantee, theme: &Theme) -> Cell {
    if let Whom::Subscription(_) = grantee.whom {
        return Cell::new(Tone::Plain, format!("    {}", grantee.name));
    }
    let next = form.grantees.get(at + 1).map(|next| &next.whom);
    let sign = match (next, form.unfolded.contains(&at)) {
        (Some(Whom::Subscription(_)), true) => theme.glyphs.open,
        (Some(Whom::Subscription(_)), false) => theme.glyphs.folded,
        _ => " ",
    };
    Cell::new(Tone::Dim, format!("{sign} ")).and(Tone::Plain, &grantee.name)
}

fn id(grantee: &Grantee) -> &str {
    match &grantee.whom {
        Whom::Tenant(id) => id.as_str(),
        Whom::Subscription(id) => id.as_str(),
        Whom::Principal(id) => id,
    }
}

fn directly(grantee: &Grantee, tone: Tone, theme: &Theme) -> Cell {
    match (grantee.edit, grantee.direct) {
        (Some(Way::Unshare), _) => Cell::new(tone, "take back"),
        (_, true) => Cell::new(Tone::Good, format!("{} shared", theme.glyphs.done)),
        (Some(Way::Share), false) => Cell::new(tone, "share"),
        (None, false) => Cell::new(Tone::Dim, theme.glyphs.absent),
    }
}

fn principal(grantee: &Grantee, theme: &Theme) -> Cell {
    match (&grantee.typed, grantee.principal()) {
        (Some(typed), _) => Cell::new(Tone::Plain, typed),
        (None, Some(usual)) => Cell::new(Tone::Dim, usual),
        (None, None) if grantee.edit.is_some() => Cell::new(Tone::Warn, "missing"),
        (None, None) => Cell::new(Tone::Dim, theme.glyphs.absent),
    }
}

fn role(grantee: &Grantee, tone: Tone, theme: &Theme) -> Cell {
    match (grantee.edit, &grantee.role) {
        (Some(Way::Unshare), _) => Cell::new(tone, "take back"),
        (_, Role::Held(held)) => {
            let role = held
                .role
                .strip_prefix("Compute Gallery ")
                .unwrap_or(&held.role);
            let cell = Cell::new(Tone::Good, format!("{} {role}", theme.glyphs.done));
            match &held.from {
                Some(from) => cell.and(Tone::Dim, format!(", from {from}")),
                None => cell,
            }
        }
        (Some(Way::Share), _) => Cell::new(tone, "share"),
        (None, Role::Unknown) => Cell::new(Tone::Dim, "?"),
        (None, Role::Nothing) => Cell::new(Tone::Dim, theme.glyphs.absent),
    }
}
