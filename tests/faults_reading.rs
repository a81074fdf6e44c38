//! What is read, and what is said when it can't be.

mod support;

use support::{Gallerist, Simulator};

#[test]
fn tenants_are_printed_with_route_and_state() {
    let azure = Simulator::start(600);
    let gallerist = Gallerist::new(&azure);
    let tenants = gallerist.json(&["get", "tenants", "-o", "json"]);
    println!("{tenants:#}");
    assert!(tenants.is_array());
}
