use crossterm::event::KeyCode::{Down, End, Enter, Esc, Home, PageDown, PageUp, Up};

use super::{Binding, Command as C, Scope as S, bind, c, ctrl, k};

/// In what lies over the panes to be read or chosen from, and in the lines that narrow.
#[rustfmt::skip]
pub(super) const WINDOWS: &[Binding] = &[
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
];
