//! What lies over the panes: texts, menus, lines that are typed, questions.

pub mod confirm;
mod details;
mod help;
pub mod jump;
mod line;
pub mod machines;
pub mod menu;
mod sign_in;
mod terms;
pub mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::forms::{self, Form};
use super::state::{Overlay, State};
use super::theme::Theme;

/// Draws the overlays, the last on top; returns where the cursor of the last one stands.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let (body, footer) = (state.layout().body, state.layout().footer);
    let mut cursor = None;
    for overlay in &state.overlays {
        cursor = match overlay {
            Overlay::Text(view) => Some(text::draw(state, view, buffer, body, theme)),
            Overlay::Menu(menu) => menu::draw(menu, buffer, body, theme),
            Overlay::Machines(list) => machines::draw(state, list, buffer, body, theme),
            Overlay::SignIn(one) => Some(sign_in::draw(state, one, buffer, body, theme)),
            Overlay::Jump(jump) => Some(jump::draw(jump, buffer, body, theme)),
            Overlay::Filter(line) => Some(line::filter(line, buffer, footer, theme)),
            Overlay::Form(form) => forms::draw(form, buffer, body, theme),
            Overlay::Edit(line) => Some(line::edit(line, buffer, footer, theme)),
            Overlay::Confirm(confirm) => Some(confirm::draw(state, confirm, buffer, body, theme)),
            Overlay::Terms(sheet) => Some(terms::draw(state, sheet, buffer, body, theme)),
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
            Overlay::Machines(list) => list.rows.fit(machines::page(body)),
            Overlay::Jump(jump) => jump.rows.fit(jump::page(body)),
            Overlay::Form(form) => fit_form(form, body),
            Overlay::SignIn(_)
            | Overlay::Filter(_)
            | Overlay::Edit(_)
            | Overlay::Confirm(_)
            | Overlay::Terms(_) => {}
        }
    }
    state.overlays = overlays;
}

fn fit_form(form: &mut Form, body: Rect) {
    let (rows, plan) = forms::areas(form, body);
    if let Some(rows) = rows {
        let sheet = form.sheet_mut();
        let page = rows.height.saturating_sub(2 + sheet.overhead());
        sheet.list_mut().fit(usize::from(page));
    }
    if let Some(plan) = plan {
        let invitation = form.sheet().invitation().to_owned();
        form.plan.fit(&invitation, plan);
    }
}
