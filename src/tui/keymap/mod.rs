//! The tables of keys. What a key does, the help, the footer and the menu of actions all come from
//! them, so they can't say different things.

mod command;
mod forms;
mod panes;
mod questions;
mod windows;

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub use command::Command;

use super::forms::Verb;
use super::state::{Pane, Place};
use Pane::{Galleries, Log, Queue, Tenants, Versions};
use Scope as S;
use Verb::{Deploy, Replicate, Share};

/// A key with the modifiers that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

const fn c(character: char) -> Key {
    Key {
        code: KeyCode::Char(character),
        ctrl: false,
    }
}

const fn ctrl(character: char) -> Key {
    Key {
        code: KeyCode::Char(character),
        ctrl: true,
    }
}

const fn k(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

impl Key {
    /// The key that was pressed.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Self {
        Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(character) => write!(f, "{character}"),
            KeyCode::BackTab => f.write_str("shift-tab"),
            KeyCode::PageDown => f.write_str("page down"),
            KeyCode::PageUp => f.write_str("page up"),
            code => f.write_str(&code.to_string().to_lowercase()),
        }
    }
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In one pane.
    Pane(Pane),
    /// In every pane.
    Panes,
    /// In a text.
    Text,
    /// In a menu, or in the list below a line that is typed.
    List,
    /// In the menu.
    Menu,
    /// In a list of machines.
    Machines,
    /// In a person's sign-in.
    SignIn,
    /// In the line where one types where to go.
    Jump,
    /// In the line where one types a filter.
    Filter,
    /// In one verb's form.
    Sheet(Verb),
    /// In every form.
    Form,
    /// In the line where a part of a form is edited.
    Edit,
    /// In a question that wants yes or no.
    YesNo,
    /// In a question that wants a name typed.
    Name,
    /// In a question that submits something, whatever it wants for an answer.
    Submission,
    /// In the sheet of terms.
    Terms,
    /// Everywhere.
    Always,
}

/// What keys do somewhere.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where.
    pub scope: Scope,
    /// The keys; the first is the one that is shown where there is room for one.
    pub keys: &'static [Key],
    /// What they do.
    pub command: Command,
    /// The same in words, for help and menu.
    pub words: &'static str,
    /// The same for the footer; empty where it isn't there.
    pub short: &'static str,
}

const fn bind(
    scope: Scope,
    keys: &'static [Key],
    command: Command,
    words: &'static str,
    short: &'static str,
) -> Binding {
    Binding {
        scope,
        keys,
        command,
        words,
        short,
    }
}

/// Every table. Order within a scope is the order of footer and help.
const TABLES: &[&[Binding]] = &[
    panes::PANES,
    windows::WINDOWS,
    forms::FORMS,
    questions::QUESTIONS,
    EVERYWHERE,
];

#[rustfmt::skip]
const EVERYWHERE: &[Binding] = &[
    bind(Scope::Always, &[ctrl('l')], Command::Redraw, "draw the screen anew", ""),
    bind(Scope::Always, &[ctrl('z')], Command::Suspend, "back to the shell; fg returns", ""),
    bind(Scope::Always, &[ctrl('c')], Command::Interrupt, "close what is open; twice: quit", ""),
];

/// Every binding there is.
pub fn all() -> impl Iterator<Item = &'static Binding> {
    TABLES.iter().copied().flatten()
}

/// Whose bindings hold in a place; of two for the same key the first wins.
fn scopes(place: Place) -> &'static [Scope] {
    match place {
        Place::Pane(Tenants) => &[S::Pane(Tenants), S::Panes, S::Always],
        Place::Pane(Galleries) => &[S::Pane(Galleries), S::Panes, S::Always],
        Place::Pane(Versions) => &[S::Pane(Versions), S::Panes, S::Always],
        Place::Pane(Queue) => &[S::Pane(Queue), S::Panes, S::Always],
        Place::Pane(Log) => &[S::Pane(Log), S::Panes, S::Always],
        Place::Text => &[S::Text, S::Always],
        Place::Menu => &[S::Menu, S::List, S::Always],
        Place::Machines => &[S::Machines, S::Always],
        Place::SignIn => &[S::SignIn, S::Always],
        Place::Jump => &[S::Jump, S::List, S::Always],
        Place::Filter => &[S::Filter, S::Always],
        Place::Form(Replicate) => &[S::Sheet(Replicate), S::Form, S::Always],
        Place::Form(Share) => &[S::Sheet(Share), S::Form, S::Always],
        Place::Form(Deploy) => &[S::Sheet(Deploy), S::Form, S::Always],
        Place::Edit => &[S::Edit, S::Always],
        Place::Question => &[S::YesNo, S::Always],
        Place::Submission => &[S::YesNo, S::Submission, S::Always],
        Place::TypedQuestion => &[S::Name, S::Submission, S::Always],
        Place::Terms => &[S::Terms, S::Always],
    }
}

/// What holds in a place, in the order of the table, without keys that mean something nearer.
#[must_use]
pub fn bindings(place: Place) -> Vec<(Vec<Key>, &'static Binding)> {
    let mut taken: Vec<Key> = Vec::new();
    let mut found = Vec::new();
    for scope in scopes(place) {
        for binding in all().filter(|binding| binding.scope == *scope) {
            let keys: Vec<Key> = binding
                .keys
                .iter()
                .copied()
                .filter(|key| !taken.contains(key))
                .collect();
            if !keys.is_empty() {
                taken.extend(&keys);
                found.push((keys, binding));
            }
        }
    }
    found
}

/// The key that is shown for a command in a place.
#[must_use]
pub fn key_of(place: Place, command: Command) -> Option<Key> {
    let bound = bindings(place);
    let found = bound
        .iter()
        .find(|(_, binding)| binding.command == command)?;
    found.0.first().copied()
}

/// What a key means in a place.
#[must_use]
pub fn find(place: Place, event: &KeyEvent) -> Option<Command> {
    let key = Key::of(event);
    let of = |scope: &Scope| {
        let binding = all().find(|b| b.scope == *scope && b.keys.contains(&key));
        binding.map(|binding| binding.command)
    };
    scopes(place).iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [Place; 19] = [
        Place::Pane(Tenants),
        Place::Pane(Galleries),
        Place::Pane(Versions),
        Place::Pane(Queue),
        Place::Pane(Log),
        Place::Text,
        Place::Menu,
        Place::Machines,
        Place::SignIn,
        Place::Jump,
        Place::Filter,
        Place::Form(Replicate),
        Place::Form(Share),
        Place::Form(Deploy),
        Place::Edit,
        Place::Question,
        Place::Submission,
        Place::TypedQuestion,
        Place::Terms,
    ];

    #[test]
    fn no_key_has_two_meanings_in_one_scope() {
        for (index, binding) in all().enumerate() {
            let later = all().skip(index + 1);
            for other in later.filter(|b| b.scope == binding.scope) {
                for key in binding.keys {
                    assert!(!other.keys.contains(key), "{key} in {:?}", binding.scope);
                }
            }
        }
    }

    #[test]
    fn every_binding_is_reachable_in_words_and_holds_somewhere() {
        for binding in all() {
            assert!(
                !binding.words.is_empty() && !binding.keys.is_empty(),
                "{binding:?}"
            );
            assert!(
                PLACES
                    .iter()
                    .any(|place| scopes(*place).contains(&binding.scope))
            );
        }
    }

    #[test]
    fn what_is_listed_is_what_the_key_does() {
        for place in PLACES {
            for (keys, binding) in bindings(place) {
                for key in keys {
                    let modifiers = if key.ctrl {
                        KeyModifiers::CONTROL
                    } else {
                        KeyModifiers::NONE
                    };
                    let event = KeyEvent::new(key.code, modifiers);
                    assert_eq!(
                        find(place, &event),
                        Some(binding.command),
                        "{place:?} {key}"
                    );
                }
            }
        }
    }

    #[test]
    fn keys_of_verbs_to_come_are_free() {
        for pane in [Tenants, Galleries, Versions] {
            let event = KeyEvent::new(KeyCode::Char('b'), KeyModifiers::NONE);
            assert_eq!(find(Place::Pane(pane), &event), None);
        }
    }
}
