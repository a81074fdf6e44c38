//! The program when things go wrong: with what it is told, with what Azure does, and with who else is
//! at work there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod deploy;
mod jobs;
mod machines;
mod reading;
mod share;
mod usage;
mod writing;

/// Versions that aren't named well, and what is said of each.
const MISNAMED: [(&str, &str); 3] = [
    (
        "acg_northwind/win11-avd",
        "of the form gallery/image/version",
    ),
    (
        "acg_northwind/win11-avd/latest",
        "of the form gallery/image/version",
    ),
    (
        "acg_nortwind/win11-avd/2026.11.3",
        "did you mean \"acg_northwind\"?",
    ),
];
