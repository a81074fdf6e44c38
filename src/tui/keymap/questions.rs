use crossterm::event::KeyCode::{BackTab, Down, Enter, Esc, Tab, Up};

use super::{Binding, Command as C, Scope as S, bind, c, ctrl, k};

/// In questions, and in the sheet that one of them opens.
#[rustfmt::skip]
pub(super) const QUESTIONS: &[Binding] = &[
    bind(S::YesNo, &[c('y')], C::Yes, "yes", "yes"),
    bind(S::YesNo, &[c('n'), k(Enter), k(Esc)], C::Back, "no", "no"),
    bind(S::YesNo, &[c('?')], C::Help, "this help", "help"),

    bind(S::Name, &[k(Enter)], C::Yes, "yes, if the name is typed", "confirm"),
    bind(S::Name, &[k(Esc)], C::Back, "no", "no"),

    // Also where letters are the text of an answer.
    bind(S::Submission, &[ctrl('t')], C::Terms, "set terms, and a note: when jobs begin, after what, how many at once, and why", "terms"),

    bind(S::Terms, &[k(Enter)], C::Open, "keep what is typed, and go back to the question", "keep"),
    bind(S::Terms, &[k(Esc)], C::Back, "go back, and leave them as they were", "drop"),
    bind(S::Terms, &[k(Tab), k(Down)], C::Down, "next field", "next"),
    bind(S::Terms, &[k(BackTab), k(Up)], C::Up, "field before", "before"),
];
