//! How the interface ends, and who follows it.

use std::process::Command;

use serde_json::Value;

use super::{ENTER, ESCAPE, mark, open_the_form, puts};
use crate::support::{Gallerist, STANDING, Simulator, Terminal, demo, eventually};

#[test]
fn the_demo_opens_and_leaves_without_a_trace() {
    let (azure, gallerist) = demo(60);
    let mut terminal = Terminal::open(&gallerist, &["--demo"], 40, 120);
    terminal.shows(&[
        "demo · 14 tenants · 1 needs sign-in",
        "acg_northwind",
        "win11-avd",
    ]);
    terminal
        .keys("?")
        .shows(&["Keys in", "▼"])
        .keys(ESCAPE)
        .shows_no_more(&["Keys in"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());
    let left = std::fs::read_dir(gallerist.state()).unwrap().count();
    assert_eq!(left, 0, "the demo's state went with it");
    assert_eq!(
        azure.requests(),
        Vec::<Value>::new(),
        "the demo asks nobody but itself"
    );
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let (_azure, gallerist) = demo(60);
        let mut terminal = Terminal::open(&gallerist, &[], 24, 80);
        terminal.shows(&["14 tenants"]);
        let sent = Command::new("kill")
            .args(["-s", signal, &terminal.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        terminal.ends();
        assert!(terminal.is_restored(), "{signal}");
    }
}

#[test]
fn a_second_interface_names_the_owner_reads_and_takes_over() {
    let (_azure, gallerist) = demo(60);
    let mut owner = Terminal::open(&gallerist, &[], 24, 80);
    owner.shows(&["14 tenants"]);
    let mut reader = Terminal::open(&gallerist, &[], 40, 120);
    reader.shows(&[
        "14 tenants",
        "the terminal interface",
        &owner.id().to_string(),
    ]);
    owner.keys("q");
    assert_eq!(owner.ends(), 0);
    reader.shows(&["queue: this process"]).keys("q");
    assert_eq!(reader.ends(), 0);
}

#[test]
fn a_rollout_goes_on_when_the_terminal_is_gone_and_the_next_one_shows_it() {
    let azure = Simulator::start(60);
    let gallerist = Gallerist::with_agent(&azure);
    let mut terminal = Terminal::open(&gallerist, &[], 24, 80);
    open_the_form(&mut terminal);
    mark(&mut terminal, "uk south", "2");
    mark(&mut terminal, "east us", "1");
    terminal.shows(&["planned: 2 changes"]).keys(ENTER);
    terminal.shows(&["Carry this out?"]).confirms();
    terminal.shows(&["4 Queue", "#1", "running"]);
    terminal.hangs_up();
    let job = || gallerist.jobs()[0].clone();
    let before = job()["percent"].as_i64().unwrap();
    eventually("the job to move on with nobody there", || {
        (job()["percent"].as_i64().unwrap() > before).then_some(())
    });
    let mut one = Terminal::open(&gallerist, &[], 40, 120);
    one.shows(&["queue: agent", "#1", "running"]);
    let mut other = Terminal::open(&gallerist, &[], 24, 80);
    other.shows(&["#1"]);
    one.shows(&["queue: agent, 2 faces"]);
    azure.advance(3600);
    for face in [&mut one, &mut other] {
        face.shows(&["✔ done"]).keys("q");
        assert_eq!(face.ends(), 0);
    }
    assert_eq!(puts(&azure).len(), 1);
}

#[test]
fn killed_in_the_middle_the_next_one_shows_where_it_stands_and_carries_on() {
    let (azure, gallerist) = demo(60);
    gallerist.leave_behind("uksouth=2");
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["#1", "running", "carried on from where the journal stands"]);
    azure.advance(3600);
    terminal.shows(&["✔ done"]).keys("q");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(puts(&azure).len(), 1);
}

#[test]
fn cancelling_what_azure_has_accepted_is_told_as_it_is() {
    let (azure, gallerist) = demo(STANDING);
    gallerist.leave_behind("uksouth=2");
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["queue: this process", "running", "carried on from where"]);
    terminal.keys("4x");
    terminal.confirms();
    terminal.shows(&["cancelling", "Azure can't stop what it has accepted"]);
    azure.advance(3600);
    terminal.shows(&["✔ done", "done before it could be cancelled"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(puts(&azure).len(), 1);
}
