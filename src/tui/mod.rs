//! The interactive face: keys and news → message → state → frame.
//!
//! A key becomes a [`message`] through the one table of keys ([`keymap`]). [`update`] changes the
//! [`state`] and never waits; what it wants done outside comes back as effects, which [`run`]
//! carries out. What is on disk is read by a thread of its own ([`data`]) for what the screen
//! looks at. A frame is drawn from the state alone ([`draw`]), and only what differs goes to the
//! terminal ([`screen`]).

pub mod data;
pub mod draw;
pub mod filter;
pub mod forms;
pub mod keymap;
pub mod layout;
pub mod list;
pub mod machines;
pub mod message;
pub mod overlays;
pub mod panes;
mod program;
pub mod roles;
pub mod screen;
pub mod state;
mod terminal;
pub mod theme;
pub mod times;
pub mod update;
pub mod widgets;

pub use program::{Options, run};
