//! Who may send when: Azure's limits, shared by everything in this process.
//!
//! A request draws on several budgets at once ([`demand`]): ARM's token buckets by principal,
//! subscription and kind, the resource provider's windows by policy, Resource Graph's quota by
//! user. A permit comes before it is sent, so that Azure never has to refuse; what is left is
//! learnt from the headers of every answer ([`signs`]), since other programs draw on the same
//! budgets. The rules are plain values that time is passed to ([`budgets`]); [`Governor`] lets
//! requests wait by them, those for the screen behind all others.

mod bucket;
mod budget;
mod budgets;
mod demand;
mod signs;
mod throttle;
mod turn;
mod window;

#[cfg(test)]
mod model;

pub use throttle::{Strain, Throttle, ThrottleBudget};
pub(crate) use turn::{Governor, Permit, Priority};
