//! Pieces that panes, forms and overlays are drawn from. Every text on the screen goes through
//! [`text::put`], which makes it printable and measures it.

pub mod bar;
pub mod frame;
pub mod input;
pub mod large;
pub mod popup;
pub mod table;
pub mod text;
pub mod words;
