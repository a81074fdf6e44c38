use crossterm::event::KeyCode::{Enter, Esc};

use super::{Binding, Command as C, Scope as S, bind, c, k};

/// In questions.
#[rustfmt::skip]
pub(super) const QUESTIONS: &[Binding] = &[
    bind(S::YesNo, &[c('y')], C::Yes, "yes", "yes"),
    bind(S::YesNo, &[c('n'), k(Enter), k(Esc)], C::Back, "no", "no"),
    bind(S::Name, &[k(Enter)], C::Yes, "yes, if the name is typed", "confirm"),
    bind(S::Name, &[k(Esc)], C::Back, "no", "no"),
];
