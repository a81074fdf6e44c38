//! Forms: what a verb needs to know, edited beside the plan that comes of it.

pub mod replicate;
