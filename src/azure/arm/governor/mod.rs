//! Who may send when: Azure's limits, shared by everything in this process.
//!
//! A request draws on several budgets at once ([`demand`]): ARM's token buckets by principal,
//! subscription and kind, the resource provider's windows by policy, Resource Graph's quota by
//! user. A permit comes before it is sent, so that Azure never has to refuse; what is left is
//! learnt from the headers of every answer ([`signs`]), since other programs draw on the same
//! budgets.
//!
//! Where not all can go at once, requests for the screen go behind all others, and among equals it
//! is the turn of whoever has had least lately of the budget that they wait for ([`turn`],
//! [`shares`]): a customer with five hundred jobs doesn't keep fifty with one. What is sent for
//! nobody in particular, such as a replication, takes its turn like one more customer. For one
//! customer it is first come, first served. Nobody waits behind a request that waits for something
//! else, unless that one would have to wait longer for it.
//!
//! The rules are plain values that time is passed to; [`Governor`] lets requests wait by them.

mod bucket;
mod budget;
mod budgets;
mod demand;
mod permit;
mod shares;
mod signs;
mod throttle;
mod turn;
mod window;

#[cfg(test)]
mod model;

pub(crate) use permit::{Governor, Permit};
pub use throttle::{Strain, Throttle, ThrottleBudget};
pub(crate) use turn::Priority;
