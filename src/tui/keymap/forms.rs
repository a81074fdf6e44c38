use crossterm::event::KeyCode::{
    Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up,
};

use super::{Binding, Command as C, Scope as S, bind, c, ctrl, k};
use crate::tui::forms::Verb::{Deploy, Replicate, Share};

/// In forms, and in the line where a part of one is edited.
#[rustfmt::skip]
pub(super) const FORMS: &[Binding] = &[
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
    bind(S::Form, &[k(Enter)], C::Open, "submit the plan: asks once, with terms and a note", "submit"),
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
];
