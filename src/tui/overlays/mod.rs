//! What lies over the panes: texts, menus, lines that are typed, questions.

pub mod confirm;
mod details;
pub mod filter;
mod help;
pub mod jump;
pub mod menu;
pub mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::forms::replicate;
use super::state::{Overlay, State};
use super::theme::Theme;
use super::widgets::words;

/// Draws the overlays, the last on top; returns where the cursor of the last one stands.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let body = state.layout().body;
    let mut cursor = None;
    for overlay in &state.overlays {
        cursor = match overlay {
            Overlay::Text(view) => Some(text::draw(state, view, buffer, body, theme)),
            Overlay::Menu(menu) => menu::draw(menu, buffer, body, theme),
            Overlay::Jump(jump) => Some(jump::draw(jump, buffer, body, theme)),
            Overlay::Filter(line) => Some(filter::draw(line, buffer, state.layout().footer, theme)),
            Overlay::Replicate(form) => replicate::draw(form, buffer, body, theme),
            Overlay::Confirm(confirm) => Some(confirm::draw(state, confirm, buffer, body, theme)),
        };
    }
    cursor
}

/// Scrolls every overlay so that its selection, or its end, is seen.
pub fn fit(state: &mut State) {
    let body = state.layout().body;
    let mut overlays = std::mem::take(&mut state.overlays);
    for overlay in &mut overlays {
        match overlay {
            Overlay::Text(view) => text::fit(state, view, body),
            Overlay::Menu(menu) => menu.rows.fit(menu::page(menu, body)),
            Overlay::Jump(jump) => jump.rows.fit(jump::page(body)),
            Overlay::Replicate(form) => fit_form(form, body),
            Overlay::Filter(_) | Overlay::Confirm(_) => {}
        }
    }
    state.overlays = overlays;
}

fn fit_form(form: &mut replicate::Form, body: Rect) {
    let (grid, plan) = replicate::areas(body, form.reading_plan);
    if let Some(grid) = grid {
        form.list.fit(usize::from(grid.height.saturating_sub(3)));
    }
    if let Some(plan) = plan {
        // Glyphs differ in width by a cell at most, which only moves a line break.
        let lines = words::wrap_all(
            &form.plan_lines(&Theme::full()),
            plan.width.saturating_sub(4),
        );
        form.plan_page = usize::from(plan.height.saturating_sub(2)).max(1);
        form.plan_top = form
            .plan_top
            .min(lines.len().saturating_sub(form.plan_page));
    }
}
