//! What the tests' screens know: a small estate, a queue, a log, and plans.

mod estate;
mod jobs;
mod log;
mod machines;
mod plans;
mod roles;
mod tenants;
mod versions;

use gallerist::azure::{Access, ResourceId};
use gallerist::tui::state::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) use estate::{estate, locations};
pub(crate) use jobs::{counts, deployed, job, jobs, jobs_in_groups, sixty};
pub(crate) use log::{log_lines, log_page};
pub(crate) use machines::machines;
pub(crate) use plans::{plan, plan_of_three};
pub(crate) use roles::gallery_access;
pub(crate) use tenants::{customers, subnet_id, tenants};
pub(crate) use versions::versions;

pub(crate) const MANAGING: &str = "4bcff225-6938-4091-a01c-259ebff5a095";

/// A screen that knows nothing yet.
pub(crate) fn ignorant(size: (u16, u16)) -> State {
    let mut state = State::new("demo", TimeZone::UTC, size);
    state.now = time("14:02:11");
    state
}

pub(crate) fn time(clock: &str) -> Timestamp {
    format!("2026-11-23T{clock}Z").parse().unwrap()
}

fn tenant_guid(number: usize) -> String {
    format!("{number:08}-0000-4000-8000-000000000000")
}

fn subscription_guid(tenant: usize, number: usize) -> String {
    format!("{tenant:08}-{number:04}-4000-8000-000000000001")
}

fn gallery_id(name: &str) -> String {
    format!(
        "/subscriptions/{MANAGING}/resourceGroups/rg-galleries/providers/Microsoft.Compute/\
         galleries/{name}"
    )
}

pub(crate) fn definition_id(name: &str) -> ResourceId {
    format!("{}/images/{name}", gallery_id("acg_northwind"))
        .parse()
        .unwrap()
}

fn access() -> Access {
    Access {
        identity: "msp".to_owned(),
        tenant: tenant_guid(1).parse().unwrap(),
    }
}
