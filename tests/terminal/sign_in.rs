//! Signing in with a code that a person types elsewhere.

use super::{ENTER, ESCAPE, HOME, jump};
use crate::support::{Gallerist, Simulator, Terminal};

/// Signs in to the selected tenant by keys, while the operator types the code elsewhere.
fn sign_in(terminal: &mut Terminal, azure: &Simulator, tenant: &str, mfa: bool) {
    jump(terminal, tenant);
    terminal.keys(ENTER).shows(&[
        &format!("Sign in to {tenant}"),
        "/devicelogin",
        "It is good until",
    ]);
    let code = azure.device_code(&[]);
    let spaced: Vec<String> = code.chars().map(String::from).collect();
    terminal.shows(&[&spaced.join(" ")]);
    azure.person_signs_in(&code, mfa);
    terminal
        .shows(&["signed in to"])
        .shows_no_more(&[&format!("Sign in to {tenant}")]);
}

#[test]
fn a_sign_in_goes_on_when_it_is_left_and_begins_anew_when_it_is_declined() {
    let azure = Simulator::start(600);
    let gallerist = Gallerist::by_device_code(&azure);
    let mut terminal = Terminal::open(&gallerist, &[], 24, 80);
    terminal.shows(&["need sign-in"]);
    jump(&mut terminal, "Trey Research");
    let title = "Sign in to Trey Research";
    let spaced = |code: &str| code.chars().map(String::from).collect::<Vec<_>>().join(" ");
    terminal.keys("i").shows(&[title, "It is good until"]);
    let code = azure.device_code(&[]);
    terminal.shows(&[&spaced(&code)]);
    terminal.keys(ESCAPE).shows_no_more(&[title]);
    // The same code, as long as it waits.
    terminal.keys(ENTER).shows(&[title, &spaced(&code)]);
    azure.person_declines(&code);
    terminal.shows(&["✘ signing in as msp", "n asks for a new code"]);
    terminal.keys("n").shows(&["It is good until"]);
    let next = azure.device_code(&[code]);
    terminal.shows(&[&spaced(&next)]);
    terminal.keys(ESCAPE).shows_no_more(&[title]);
    azure.person_signs_in(&next, false);
    // Nobody looks, and the tenant comes alive all the same.
    terminal.shows(&["2 need sign-in", "msp is signed in to Trey Research"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn three_tenants_are_signed_in_to_by_keys_alone() {
    let azure = Simulator::start(600);
    let gallerist = Gallerist::by_device_code(&azure);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["need sign-in", "queue: this process"]);
    // What the tenant is called is known from Azure alone.
    sign_in(&mut terminal, &azure, HOME, false);
    terminal.shows(&["Northwind Ma…"]);
    // One sign-in opens the others too, but for the one that wants its own second factor.
    terminal.shows(&["1 needs sign-in", "read at"]);
    sign_in(&mut terminal, &azure, "Wingtip Toys", true);
    terminal.shows_no_more(&["needs sign-in"]);
    jump(&mut terminal, "Trey Research");
    terminal.keys(ENTER).shows(&[
        "Tenant Trey Research",
        "member",
        "operator@northwind.example",
    ]);
    terminal
        .keys(ESCAPE)
        .shows_no_more(&["Tenant Trey Research"])
        .keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(azure.writes().is_empty());
}
