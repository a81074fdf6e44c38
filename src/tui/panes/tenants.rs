//! Tenants: how each is reached and whether it can be used. Marks are the targets of verbs.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::{filter_note, open, say};
use crate::estate::{Route, TenantRow, TenantState};
use crate::queue::Pause;
use crate::tui::state::{Pane, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::table::{self, Cell, Column, Row};

/// Draws the pane.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let list = &state.tenants;
    let total = state
        .estate
        .known()
        .map_or(0, |estate| estate.tenants.len());
    let mut note = match state.marked.len() {
        0 if total == 0 => String::new(),
        0 => total.to_string(),
        marked => format!("{marked} marked of {total}"),
    };
    if let Some(filter) = filter_note(list.filter.as_ref()) {
        note = format!("{filter}  {} of {total}", list.len());
    }
    let foot = state
        .range
        .as_ref()
        .map(|_| (Tone::Mark, "range: v ends it"));
    let inside = open(state, Pane::Tenants, (&note, foot), buffer, theme)?;
    if list.is_empty() {
        let (tone, text) = nothing(state, total);
        say(buffer, inside, tone, &text, theme);
        return None;
    }
    let wide = inside.width >= WIDE;
    let columns = if wide {
        vec![
            Column::share("tenant", 1),
            Column::cells("reached as", 11),
            Column::cells("subs", 4).ending_right(),
            Column::cells("machines", 8).ending_right(),
            Column::cells("behind", 6).ending_right(),
        ]
    } else {
        vec![
            Column::share("tenant", 1),
            Column::cells("reached", 7),
            Column::cells("vms", 4).ending_right(),
            Column::cells("old", 4).ending_right(),
        ]
    };
    table::draw(buffer, inside, &columns, list.view(), theme, |index| {
        let tenant = list
            .index(index)
            .and_then(|index| state.estate.known()?.tenants.get(index));
        tenant
            .map(|tenant| row(state, tenant, wide, theme))
            .unwrap_or_default()
    })
}

/// From this width on everything is said in full.
const WIDE: u16 = 56;

/// How a tenant is reached, in few letters.
fn short(route: Route) -> &'static str {
    match route {
        Route::Home => "home",
        Route::Delegated => "deleg.",
        Route::Member => "member",
        Route::Application => "app",
    }
}

fn row(state: &State, tenant: &TenantRow, wide: bool, theme: &Theme) -> Row {
    let marked = state.marked.contains(&tenant.id);
    // A tenant that can't be used says why where others say how they are reached.
    let (tone, route) = match tenant.state {
        _ if tenant.reading => (Tone::Active, "reading"),
        TenantState::Ok if state.is_paused(&Pause::Tenant(tenant.id.clone())) => {
            (Tone::Warn, "paused")
        }
        TenantState::Ok if wide => (Tone::Dim, tenant.route.word()),
        TenantState::Ok => (Tone::Dim, short(tenant.route)),
        TenantState::Unread => (Tone::Dim, "unread"),
        TenantState::SignIn => (Tone::Warn, "sign in"),
        TenantState::Failed => (Tone::Bad, "failed"),
    };
    let trouble = matches!(tenant.state, TenantState::SignIn | TenantState::Failed);
    let sign = if marked {
        Some((Tone::Mark, theme.glyphs.mark))
    } else if trouble {
        Some((tone, theme.glyphs.warning))
    } else {
        None
    };
    let name = if marked { Tone::Strong } else { Tone::Plain };
    let mut cells = vec![Cell::new(name, &tenant.name), Cell::new(tone, route)];
    cells.extend(wide.then(|| tenant.subscriptions.to_string().into()));
    cells.push(number(tenant.machines, Tone::Plain));
    cells.push(number(tenant.outdated, Tone::Warn));
    Row { sign, cells }
}

/// A number; nothing matters least.
fn number(number: u32, tone: Tone) -> Cell {
    let tone = if number == 0 { Tone::Dim } else { tone };
    Cell::new(tone, number.to_string())
}

fn nothing(state: &State, total: usize) -> (Tone, String) {
    if let Some(why) = state.estate.broken() {
        (Tone::Bad, why.to_owned())
    } else if total > 0 {
        (
            Tone::Dim,
            "No tenant passes the filter. esc lifts it.".to_owned(),
        )
    } else if state.estate.known().is_none() || state.loading() {
        (Tone::Dim, "reading…".to_owned())
    } else {
        (
            Tone::Dim,
            "No tenants yet. R reads them from Azure.".to_owned(),
        )
    }
}
