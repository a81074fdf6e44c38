//! A screen without a terminal.

use std::fmt::Write as _;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use gallerist::tui::data::News;
use gallerist::tui::keymap;
use gallerist::tui::message::{Agent, Effect, Engine, Later, Message};
use gallerist::tui::state::State;
use gallerist::tui::theme::Theme;
use gallerist::tui::{draw, update};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};

use super::known;

/// An engine that can be asked.
pub(crate) fn engine(owner: Option<String>, read_only: bool) -> Engine {
    Engine {
        owner,
        read_only,
        bell: false,
        customers: known::customers(),
        agent: None,
    }
}

/// An agent that can be asked, with so many faces, and what it has otherwise.
pub(crate) fn agent(faces: usize, differs: &[&str]) -> Engine {
    let differs = differs.iter().map(|&text| text.to_owned()).collect();
    Engine {
        agent: Some(Agent { faces, differs }),
        ..engine(None, false)
    }
}

/// A screen that knows everything, with the engine in this process.
pub(crate) fn informed(size: (u16, u16)) -> State {
    let mut state = known::ignorant(size);
    tell(&mut state, Message::Connected(engine(None, false)));
    inform(&mut state);
    state
}

/// Tells a screen everything.
pub(crate) fn inform(state: &mut State) {
    news(state, News::Estate(Arc::new(known::estate())));
    settle(state);
    go_to_win11(state);
    news(state, News::Jobs(Arc::new(known::jobs())));
    let page = known::log_page(state, known::log_lines());
    news(state, page);
}

fn go_to_win11(state: &mut State) {
    let id = known::definition_id("win11-avd");
    state.galleries.select(&id);
    state.settle();
    news(state, News::Versions(id, known::versions()));
}

/// Something was read.
pub(crate) fn news(state: &mut State, news: News) -> Vec<Effect> {
    tell(state, Message::News(news))
}

/// Something happened.
pub(crate) fn tell(state: &mut State, message: Message) -> Vec<Effect> {
    update::update(state, message)
}

/// All that is wanted after a while happens at once.
pub(crate) fn settle(state: &mut State) -> Vec<Effect> {
    let moved = state.moved;
    tell(state, Message::Later(Later::Settle(moved)))
}

/// A key, through the table of keys.
pub(crate) fn press(state: &mut State, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
    let key = KeyEvent::new(code, modifiers);
    let message = match keymap::find(state.place(), &key) {
        Some(command) => Message::Command(command),
        None => Message::Typed(key),
    };
    let effects = tell(state, message);
    for effect in &effects {
        if let Effect::After(_, later @ (Later::Settle(_) | Later::Arm(_))) = effect {
            tell(state, Message::Later(*later));
        }
    }
    effects
}

/// Keys one after the other: letters, and words such as `<enter>`.
pub(crate) fn keys(state: &mut State, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
        let (code, modifiers, after) = match named {
            Some((name, after)) => {
                let (code, modifiers) = named_key(name);
                (code, modifiers, after)
            }
            None => (
                KeyCode::Char(first),
                KeyModifiers::NONE,
                &rest[first.len_utf8()..],
            ),
        };
        effects.extend(press(state, code, modifiers));
        rest = after;
    }
    effects
}

fn named_key(name: &str) -> (KeyCode, KeyModifiers) {
    let plain = |code| (code, KeyModifiers::NONE);
    match name {
        "enter" => plain(KeyCode::Enter),
        "esc" => plain(KeyCode::Esc),
        "tab" => plain(KeyCode::Tab),
        "back" => plain(KeyCode::Backspace),
        "down" => plain(KeyCode::Down),
        "left" => plain(KeyCode::Left),
        _ => match name.strip_prefix("ctrl-") {
            Some(letter) => (
                KeyCode::Char(letter.chars().next().unwrap()),
                KeyModifiers::CONTROL,
            ),
            None => panic!("no key is called {name}"),
        },
    }
}

/// A frame.
pub(crate) fn frame(state: &State, theme: &Theme) -> (Buffer, Option<Position>) {
    let (width, height) = state.size;
    let mut buffer = Buffer::empty(Rect {
        x: 0,
        y: 0,
        width,
        height,
    });
    let cursor = draw::draw(state, &mut buffer, theme);
    (buffer, cursor)
}

/// A frame as text, and where its cursor stands.
pub(crate) fn picture(state: &State) -> String {
    let (buffer, cursor) = frame(state, &Theme::full());
    let mut text = rows(&buffer).join("\n");
    match cursor {
        Some(Position { x, y }) => write!(text, "\ncursor {x},{y}").unwrap(),
        None => text.push_str("\nno cursor"),
    }
    text
}

/// The rows of a frame.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    let row = |cells: &[ratatui::buffer::Cell]| {
        let mut row = String::new();
        let mut hidden = 0;
        for cell in cells {
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            row.push_str(cell.symbol());
            hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        row.trim_end().to_owned()
    };
    buffer.content().chunks(width).map(row).collect()
}

/// How each cell looks, one letter a cell: the first letters of colour or modifier, `.` for none.
pub(crate) fn looks(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let look = |cell: &ratatui::buffer::Cell| match (cell.fg, cell.modifier) {
        (Color::Reset, Modifier::BOLD) => 'B',
        (Color::Reset, Modifier::DIM) => 'd',
        (Color::Reset, Modifier::UNDERLINED) => 'U',
        (Color::Reset, Modifier::REVERSED) => 'R',
        (Color::Reset, _) => '.',
        (Color::Cyan, _) => 'c',
        (Color::Green, _) => 'g',
        (Color::Blue, _) => 'b',
        (Color::Yellow, _) => 'y',
        (Color::Red, _) => 'r',
        (Color::Magenta, _) => 'm',
        (other, _) => panic!("a colour that the theme hasn't: {other:?}"),
    };
    let rows = buffer.content().chunks(width);
    rows.map(|row| row.iter().map(look).collect::<String>())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Holds a picture against the one that was looked at and found right.
pub(crate) fn snapshot(name: &str, picture: &str) {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, picture);
    });
}

/// The same for a screen at both sizes.
pub(crate) fn seen(name: &str, make: impl Fn((u16, u16)) -> State) {
    for size in [(120, 40), (80, 24)] {
        snapshot(
            &format!("{name}-{}x{}", size.0, size.1),
            &picture(&make(size)),
        );
    }
}

/// A paste.
pub(crate) fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    match Event::Paste(text.to_owned()) {
        Event::Paste(text) => tell(state, Message::Pasted(text)),
        _ => unreachable!(),
    }
}
