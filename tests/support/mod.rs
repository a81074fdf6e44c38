//! Whole-program tests: the built program against a simulated Azure that is the built program too.
//!
//! ```ignore
//! let (azure, gallerist) = demo(FAST);
//! let output = gallerist.run(&["get", "tenants"]);
//! ```
//!
//! Nothing here sleeps and hopes: [`eventually`] waits for a condition, long enough for a machine
//! that is busy with something else.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "every test program uses its own part of this"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

pub mod audit;
mod comparison;
mod conformity;
pub mod estate;
mod http;
mod installation;
pub(crate) mod operations;
mod picture;
mod simulator;
pub(crate) mod spec;
mod terminal;
mod witness;

use std::thread;
use std::time::{Duration, Instant};

pub use comparison::{differences, timeless, without_jobs};
pub(crate) use conformity::{Body, Request, body_mistakes};
pub use installation::{Gallerist, Output, Running};
pub use simulator::{OPERATOR, Simulator};
pub use terminal::{Echo, Terminal};
pub use witness::Witness;

/// How long anything may take before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// Where the demo's galleries are.
pub const GALLERIES: &str = "/subscriptions/4bcff225-6938-4091-a01c-259ebff5a095/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries";

/// The newest version of the demo's `win11-avd`.
pub const NEWEST: &str = "acg_northwind/win11-avd/2026.11.3";

/// The type of virtual machines.
pub const MACHINES: &str = "Microsoft.Compute/virtualMachines";

/// A pace at which whatever Azure does is over by the first look at it.
pub const FAST: u32 = 2400;

/// A pace at which time stands still until it is [advanced](Simulator::advance).
pub const STANDING: u32 = 0;

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_gallerist");

/// A simulated Azure with the demo estate, and an installation for it.
pub fn demo(pace: u32) -> (Simulator, Gallerist) {
    let azure = Simulator::start(pace);
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

/// The id of an image version of the demo estate, by `gallery/image/version`.
pub fn version_id(name: &str) -> String {
    let parts: Vec<&str> = name.split('/').collect();
    let [gallery, image, version] = parts[..] else {
        panic!("{name:?} isn't gallery/image/version");
    };
    format!("{GALLERIES}/{gallery}/images/{image}/versions/{version}")
}

/// What `look` finds, as soon as it finds something.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
