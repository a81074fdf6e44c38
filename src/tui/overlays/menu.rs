//! The menu of actions: every verb that has to do with the focused pane, those that can't be done
//! now with the reason.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::keymap::{self, Binding, Command, Key};
use crate::tui::state::{Menu, Place, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::update::legality;
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::popup;
use crate::tui::widgets::table::{self, Cell, Column, Row};

/// Cells of the menu.
const WIDTH: u16 = 100;

/// What is an action, rather than a move.
const ACTIONS: &[Command] = &[
    Command::SignIn,
    Command::Share,
    Command::Replicate,
    Command::Deploy,
    Command::Machines,
    Command::CancelJob,
    Command::RetryJob,
    Command::RetryFailed,
    Command::Undo,
    Command::Pause,
    Command::PauseAll,
    Command::Earlier,
    Command::Later,
    Command::Mark,
    Command::Invert,
    Command::MarkAll,
    Command::Scope,
    Command::Follow,
    Command::Level,
    Command::Wrap,
    Command::Open,
    Command::Document,
    Command::Copy,
    Command::Refresh,
    Command::RefreshAll,
    Command::Filter,
];

/// The menu of the focused pane.
#[must_use]
pub fn of(state: &State) -> Menu {
    let bindings = keymap::bindings(Place::Pane(state.focus));
    let actions: Vec<(Key, &Binding)> = ACTIONS
        .iter()
        .filter_map(|action| {
            let found = bindings
                .iter()
                .find(|(_, binding)| binding.command == *action);
            found.and_then(|(keys, binding)| Some((*keys.first()?, *binding)))
        })
        .collect();
    let refusals = actions
        .iter()
        .map(|(_, binding)| legality::refusal(state, binding.command))
        .collect();
    let mut rows = crate::tui::list::List::default();
    rows.show((0..actions.len()).map(|index| (index, index)).collect());
    Menu {
        rows,
        refusals,
        actions,
    }
}

/// Rows of the menu that are seen at once.
#[must_use]
pub fn page(menu: &Menu, body: Rect) -> usize {
    usize::from(area(menu, body).height.saturating_sub(3))
}

fn area(menu: &Menu, body: Rect) -> Rect {
    let rows = u16::try_from(menu.actions.len()).unwrap_or(u16::MAX);
    popup::centred(body, WIDTH, rows.saturating_add(3))
}

/// Draws the menu.
pub fn draw(menu: &Menu, buffer: &mut Buffer, body: Rect, theme: &Theme) -> Option<Position> {
    let frame = Frame {
        title: "Actions",
        focused: true,
        ..Frame::default()
    };
    let inside = popup::open(buffer, area(menu, body), &frame, theme);
    let columns = [Column::cells("key", 6), Column::share("what it does", 1)];
    table::draw(buffer, inside, &columns, menu.rows.view(), theme, |index| {
        row(menu, index)
    })
}

fn row(menu: &Menu, index: usize) -> Row {
    let Some((key, binding)) = menu.actions.get(index) else {
        return Row::default();
    };
    let key = key.to_string();
    match menu.refusals.get(index).and_then(Option::as_ref) {
        None => Row {
            sign: None,
            cells: vec![Cell::new(Tone::Key, key), binding.words.into()],
        },
        Some(why) => Row {
            sign: None,
            cells: vec![
                Cell::new(Tone::Dim, key),
                Cell::new(Tone::Dim, format!("{}  ", short_words(binding.words)))
                    .and(Tone::Warn, why.clone()),
            ],
        },
    }
}

/// The words before the first explanation.
fn short_words(words: &str) -> &str {
    words.split([':', ',', ';']).next().unwrap_or(words)
}
