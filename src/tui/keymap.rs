//! The one table of keys. What a key does, the help, the footer and the menu of actions all come
//! from it, so they can't say different things.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::forms::Verb;
use super::state::{Pane, Place};

/// What the operator wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is said in words in the table below")]
pub enum Command {
    Down,
    Up,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    First,
    Last,
    NextPane,
    PreviousPane,
    Focus(Pane),
    Left,
    Right,
    Open,
    Back,
    Mark,
    Range,
    Invert,
    MarkAll,
    Filter,
    NextMatch,
    PreviousMatch,
    Help,
    Refresh,
    RefreshAll,
    Jump,
    Actions,
    Share,
    Replicate,
    Deploy,
    Machines,
    SignIn,
    CopyAddress,
    CancelJob,
    RetryJob,
    RetryFailed,
    Undo,
    Pause,
    PauseAll,
    Earlier,
    Later,
    Document,
    Copy,
    Zoom,
    ReplaceAgent,
    Quit,
    Interrupt,
    Suspend,
    Redraw,
    Follow,
    Level,
    Scope,
    Wrap,
    PreviousError,
    NextError,
    Storage,
    Switch,
    Edit,
    Means,
    Role,
    TakeBack,
    Yes,
}

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

use Command as C;
use KeyCode::{BackTab, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up};
use Pane::{Galleries, Log, Queue, Tenants, Versions};
use Scope as S;
use Verb::{Deploy, Replicate, Share};

/// Every binding there is. Order is the order of footer and help.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    bind(S::Pane(Tenants), &[c(' ')], C::Mark, "mark or unmark the tenant as a target", "mark"),
    bind(S::Pane(Tenants), &[c('v')], C::Range, "begin or end a range of marks", "range"),
    bind(S::Pane(Tenants), &[c('*')], C::Invert, "mark what isn't marked, and unmark the rest", ""),
    bind(S::Pane(Tenants), &[c('A')], C::MarkAll, "mark all that the filter leaves", "mark all"),
    bind(S::Pane(Tenants), &[c('p')], C::Pause, "pause the tenant's jobs, or resume them", ""),
    bind(S::Pane(Tenants), &[c('m')], C::Machines, "list the tenant's machines", "machines"),
    bind(S::Pane(Tenants), &[c('i')], C::SignIn, "sign in to the tenant, as a person", ""),
    bind(S::Pane(Galleries), &[c('s')], C::Share, "share the gallery or the image with the marked tenants, or take it back", "share"),
    bind(S::Pane(Galleries), &[c('r')], C::Replicate, "replicate the newest version of the image", "replicate"),
    bind(S::Pane(Galleries), &[c('d')], C::Deploy, "deploy machines from the newest version of the image to the marked tenants", "deploy"),
    bind(S::Pane(Galleries), &[c('h'), k(Left)], C::Left, "fold the gallery, or go to it from an image", ""),
    bind(S::Pane(Galleries), &[c('l'), k(Right)], C::Right, "unfold the gallery", ""),
    bind(S::Pane(Versions), &[c('s')], C::Share, "share the version with the marked tenants, or take it back", "share"),
    bind(S::Pane(Versions), &[c('r')], C::Replicate, "replicate: change regions and replicas of the version", "replicate"),
    bind(S::Pane(Versions), &[c('d')], C::Deploy, "deploy machines from the version to the marked tenants", "deploy"),
    bind(S::Pane(Versions), &[c('m')], C::Machines, "list the machines made from the version", "machines"),
    bind(S::Pane(Queue), &[c('x')], C::CancelJob, "cancel the job, or all jobs of the group", "cancel"),
    bind(S::Pane(Queue), &[c('t')], C::RetryJob, "try the job again, or at once where it is held", "retry"),
    bind(S::Pane(Queue), &[c('T')], C::RetryFailed, "try those of the group again that failed or are held", ""),
    bind(S::Pane(Queue), &[c('u')], C::Undo, "take back what the job has changed: shows the plan, and asks", ""),
    bind(S::Pane(Queue), &[c('p')], C::Pause, "pause the job or the group, or resume it: what Azure has accepted goes on", "pause"),
    bind(S::Pane(Queue), &[c('P')], C::PauseAll, "pause everything, or resume it", ""),
    bind(S::Pane(Queue), &[c('<')], C::Earlier, "have the job begin earlier: one priority up", ""),
    bind(S::Pane(Queue), &[c('>')], C::Later, "have the job begin later: one priority down", ""),
    bind(S::Pane(Queue), &[c('s')], C::Scope, "show only this job's lines in the log, or all again", "its log"),
    bind(S::Pane(Queue), &[k(Enter)], C::Open, "show details of the job, or fold the group", "details"),
    bind(S::Pane(Queue), &[c('h'), k(Left)], C::Left, "fold the group, or go to it from a job", ""),
    bind(S::Pane(Queue), &[c('l'), k(Right)], C::Right, "unfold the group", ""),
    bind(S::Pane(Log), &[c('f')], C::Follow, "follow the newest lines, or stay", "follow"),
    bind(S::Pane(Log), &[c('L')], C::Level, "show debug, info, warn or error lines and above", "level"),
    bind(S::Pane(Log), &[c('s')], C::Scope, "show only the job of this line, or all", "scope"),
    bind(S::Pane(Log), &[c('w')], C::Wrap, "break long lines, or cut them", "wrap"),
    bind(S::Pane(Log), &[c('{')], C::PreviousError, "go to the error before", ""),
    bind(S::Pane(Log), &[c('}')], C::NextError, "go to the next error", ""),
    bind(S::Panes, &[k(Enter)], C::Open, "show details", "details"),
    bind(S::Panes, &[c('a')], C::Actions, "choose among all actions", "actions"),
    bind(S::Panes, &[c('/')], C::Filter, "filter: a text or regular expression, ! before it for what isn't so", "filter"),
    bind(S::Panes, &[c('n')], C::NextMatch, "go to the next match of the last filter", ""),
    bind(S::Panes, &[c('N')], C::PreviousMatch, "go to the match before", ""),
    bind(S::Panes, &[ctrl('g')], C::Jump, "jump to a tenant, gallery, image or job", "jump"),
    bind(S::Panes, &[c('y')], C::Document, "show the JSON document", ""),
    bind(S::Panes, &[c('c')], C::Copy, "copy the id to your clipboard (OSC 52)", ""),
    bind(S::Panes, &[ctrl('r')], C::Refresh, "read what is selected from Azure again", ""),
    bind(S::Panes, &[c('R')], C::RefreshAll, "read everything from Azure again", ""),
    bind(S::Panes, &[c('j'), k(Down)], C::Down, "down", ""),
    bind(S::Panes, &[c('k'), k(Up)], C::Up, "up", ""),
    bind(S::Panes, &[ctrl('d')], C::HalfDown, "half a page down", ""),
    bind(S::Panes, &[ctrl('u')], C::HalfUp, "half a page up", ""),
    bind(S::Panes, &[ctrl('f'), k(PageDown)], C::PageDown, "a page down", ""),
    bind(S::Panes, &[ctrl('b'), k(PageUp)], C::PageUp, "a page up", ""),
    bind(S::Panes, &[c('g'), k(Home)], C::First, "to the first", ""),
    bind(S::Panes, &[c('G'), k(End)], C::Last, "to the last; in the log, follow it", ""),
    bind(S::Panes, &[k(Tab)], C::NextPane, "next pane", "pane"),
    bind(S::Panes, &[k(BackTab)], C::PreviousPane, "previous pane", ""),
    bind(S::Panes, &[c('l'), k(Right)], C::Right, "pane to the right", ""),
    bind(S::Panes, &[c('h'), k(Left)], C::Left, "pane to the left", ""),
    bind(S::Panes, &[c('1')], C::Focus(Tenants), "tenants", ""),
    bind(S::Panes, &[c('2')], C::Focus(Galleries), "galleries", ""),
    bind(S::Panes, &[c('3')], C::Focus(Versions), "versions", ""),
    bind(S::Panes, &[c('4')], C::Focus(Queue), "queue", ""),
    bind(S::Panes, &[c('5')], C::Focus(Log), "log", ""),
    bind(S::Panes, &[c('+')], C::Zoom, "give the pane the whole screen, or not", "zoom"),
    bind(S::Panes, &[k(Esc)], C::Back, "lift the filter, the range, the marks, the zoom", ""),
    bind(S::Panes, &[c('?')], C::Help, "this help", "help"),
    bind(S::Panes, &[c('A')], C::ReplaceAgent, "replace the agent when its jobs are done, for other settings to count", ""),
    bind(S::Panes, &[c('q')], C::Quit, "quit; asks while jobs are carried out here", "quit"),

    bind(S::Text, &[k(Esc), c('q'), k(Enter)], C::Back, "close", "close"),
    bind(S::Text, &[c('j'), k(Down)], C::Down, "down", "down"),
    bind(S::Text, &[c('k'), k(Up)], C::Up, "up", "up"),
    bind(S::Text, &[ctrl('d')], C::HalfDown, "half a page down", ""),
    bind(S::Text, &[ctrl('u')], C::HalfUp, "half a page up", ""),
    bind(S::Text, &[c(' '), ctrl('f'), k(PageDown)], C::PageDown, "a page down", "page"),
    bind(S::Text, &[ctrl('b'), k(PageUp)], C::PageUp, "a page up", ""),
    bind(S::Text, &[c('g'), k(Home)], C::First, "to the beginning", ""),
    bind(S::Text, &[c('G'), k(End)], C::Last, "to the end", ""),
    bind(S::Text, &[c('c')], C::Copy, "copy the text to your clipboard (OSC 52)", "copy"),

    bind(S::Machines, &[k(Enter)], C::Open, "show details", "details"),
    bind(S::Machines, &[c('/')], C::Filter, "filter by name, image or tenant", "filter"),
    bind(S::Machines, &[c('y')], C::Document, "show the JSON document", "JSON"),
    bind(S::Machines, &[c('c')], C::Copy, "copy the id to your clipboard (OSC 52)", "copy id"),
    bind(S::Machines, &[k(Esc), c('q')], C::Back, "close", "close"),
    bind(S::Machines, &[c('j'), k(Down)], C::Down, "down", ""),
    bind(S::Machines, &[c('k'), k(Up)], C::Up, "up", ""),
    bind(S::Machines, &[ctrl('d')], C::HalfDown, "half a page down", ""),
    bind(S::Machines, &[ctrl('u')], C::HalfUp, "half a page up", ""),
    bind(S::Machines, &[c(' '), ctrl('f'), k(PageDown)], C::PageDown, "a page down", ""),
    bind(S::Machines, &[ctrl('b'), k(PageUp)], C::PageUp, "a page up", ""),
    bind(S::Machines, &[c('g'), k(Home)], C::First, "to the first", ""),
    bind(S::Machines, &[c('G'), k(End)], C::Last, "to the last", ""),
    bind(S::Machines, &[c('?')], C::Help, "this help", "help"),

    bind(S::SignIn, &[c('c')], C::Copy, "copy the code, or the command, to your clipboard (OSC 52)", "copy"),
    bind(S::SignIn, &[c('u')], C::CopyAddress, "copy the address to your clipboard (OSC 52)", "copy address"),
    bind(S::SignIn, &[c('n')], C::SignIn, "ask for a new code, where one came to nothing", "new code"),
    bind(S::SignIn, &[c('R')], C::Refresh, "read the tenant from Azure again", "read again"),
    bind(S::SignIn, &[k(Esc), c('q'), k(Enter)], C::Back, "close; the sign-in goes on", "close"),
    bind(S::SignIn, &[c('?')], C::Help, "this help", "help"),

    bind(S::Menu, &[k(Enter)], C::Open, "do it", "do it"),
    bind(S::Menu, &[c('j')], C::Down, "down", ""),
    bind(S::Menu, &[c('k')], C::Up, "up", ""),
    bind(S::List, &[k(Down)], C::Down, "down", ""),
    bind(S::List, &[k(Up)], C::Up, "up", ""),
    bind(S::List, &[k(PageDown)], C::PageDown, "a page down", ""),
    bind(S::List, &[k(PageUp)], C::PageUp, "a page up", ""),
    bind(S::List, &[k(Esc)], C::Back, "close", "close"),
    bind(S::Jump, &[k(Enter)], C::Open, "go there", "go there"),
    bind(S::Filter, &[k(Enter)], C::Open, "keep the filter", "keep"),
    bind(S::Filter, &[k(Esc)], C::Back, "lift the filter", "lift"),

    bind(S::Sheet(Replicate), &[c(' ')], C::Mark, "add the region, or remove it", "add/remove"),
    bind(S::Sheet(Replicate), &[c('s')], C::Storage, "next storage type: lrs, zrs, premium", "storage"),
    bind(S::Sheet(Share), &[c(' ')], C::Mark, "share with it, or take it back from who has it", "share"),
    bind(S::Sheet(Share), &[c('u')], C::TakeBack, "take it back, even where it isn't known who has it", ""),
    bind(S::Sheet(Share), &[c('m')], C::Means, "directly, or by role", "means"),
    bind(S::Sheet(Share), &[c('o')], C::Role, "by role: another role than the least", ""),
    bind(S::Sheet(Share), &[c('e')], C::Edit, "by role: edit the principal", ""),
    bind(S::Sheet(Share), &[c('l'), k(Right)], C::Right, "directly: unfold the tenant's subscriptions", ""),
    bind(S::Sheet(Share), &[c('h'), k(Left)], C::Left, "directly: fold them away", ""),
    bind(S::Sheet(Deploy), &[c('e')], C::Edit, "edit the part of the row in full", "edit"),
    bind(S::Sheet(Deploy), &[c('l'), k(Right)], C::Right, "column to the right", "column"),
    bind(S::Sheet(Deploy), &[c('h'), k(Left)], C::Left, "column to the left", ""),
    bind(S::Form, &[c('/')], C::Filter, "filter the rows", "filter"),
    bind(S::Form, &[k(Tab)], C::Switch, "between what is edited and the plan", "plan"),
    bind(S::Form, &[k(Enter)], C::Open, "submit the plan (asks once)", "submit"),
    bind(S::Form, &[k(Esc)], C::Back, "leave the form", "back"),
    bind(S::Form, &[c('j'), k(Down)], C::Down, "down", ""),
    bind(S::Form, &[c('k'), k(Up)], C::Up, "up", ""),
    bind(S::Form, &[ctrl('d')], C::HalfDown, "half a page down", ""),
    bind(S::Form, &[ctrl('u')], C::HalfUp, "half a page up", ""),
    bind(S::Form, &[ctrl('f'), k(PageDown)], C::PageDown, "a page down", ""),
    bind(S::Form, &[ctrl('b'), k(PageUp)], C::PageUp, "a page up", ""),
    bind(S::Form, &[c('g'), k(Home)], C::First, "to the first", ""),
    bind(S::Form, &[c('G'), k(End)], C::Last, "to the last", ""),
    bind(S::Form, &[c('?')], C::Help, "this help", "help"),

    bind(S::Edit, &[k(Enter)], C::Open, "keep what is typed", "keep"),
    bind(S::Edit, &[k(Esc)], C::Back, "leave it as it was", "drop"),

    bind(S::YesNo, &[c('y')], C::Yes, "yes", "yes"),
    bind(S::YesNo, &[c('n'), k(Enter), k(Esc)], C::Back, "no", "no"),
    bind(S::Name, &[k(Enter)], C::Yes, "yes, if the name is typed", "confirm"),
    bind(S::Name, &[k(Esc)], C::Back, "no", "no"),

    bind(S::Always, &[ctrl('l')], C::Redraw, "draw the screen anew", ""),
    bind(S::Always, &[ctrl('z')], C::Suspend, "back to the shell; fg returns", ""),
    bind(S::Always, &[ctrl('c')], C::Interrupt, "close what is open; twice: quit", ""),
];

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
        Place::TypedQuestion => &[S::Name, S::Always],
    }
}

/// What holds in a place, in the order of the table, without keys that mean something nearer.
#[must_use]
pub fn bindings(place: Place) -> Vec<(Vec<Key>, &'static Binding)> {
    let mut taken: Vec<Key> = Vec::new();
    let mut found = Vec::new();
    for scope in scopes(place) {
        for binding in BINDINGS.iter().filter(|binding| binding.scope == *scope) {
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

/// What a key means in a place.
#[must_use]
pub fn find(place: Place, event: &KeyEvent) -> Option<Command> {
    let key = Key::of(event);
    let of = |scope: &Scope| {
        let binding = BINDINGS
            .iter()
            .find(|b| b.scope == *scope && b.keys.contains(&key));
        binding.map(|binding| binding.command)
    };
    scopes(place).iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [Place; 17] = [
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
        Place::TypedQuestion,
    ];

    #[test]
    fn no_key_has_two_meanings_in_one_scope() {
        for (index, binding) in BINDINGS.iter().enumerate() {
            for other in BINDINGS[index + 1..]
                .iter()
                .filter(|b| b.scope == binding.scope)
            {
                for key in binding.keys {
                    assert!(!other.keys.contains(key), "{key} in {:?}", binding.scope);
                }
            }
        }
    }

    #[test]
    fn every_binding_is_reachable_in_words_and_holds_somewhere() {
        for binding in BINDINGS {
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
