//! The screen whatever happens to it: late answers, and any size.

use std::time::Duration;

use serde_json::json;

use super::{ENTER, ESCAPE, TAB};
use crate::support::{Terminal, demo, eventually};

#[test]
fn with_every_answer_late_the_screen_is_as_quick_as_ever() {
    let (azure, gallerist) = demo(60);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["14 tenants", "win11-avd"]);
    terminal.is_quiet_for(Duration::from_millis(500));
    azure.fault(&json!({"match": {}, "times": 10_000, "fault": {"delay_ms": 10_000}}));
    let before = azure.requests().len();
    terminal.keys("1R");
    eventually("a request that waits", || {
        (azure.requests().len() > before).then_some(())
    });
    // All of this happens before the first of those answers comes.
    terminal
        .keys("?")
        .shows(&["Keys in Tenants"])
        .keys(ESCAPE)
        .shows_no_more(&["Keys in"]);
    terminal
        .keys("/adat")
        .shows(&["Adatum"])
        .shows_no_more(&["Contoso"]);
    terminal.keys(ESCAPE).shows(&["Contoso"]);
    terminal
        .keys(ENTER)
        .shows(&["Tenant Adatum"])
        .keys(ESCAPE)
        .shows_no_more(&["tenant id"]);
    terminal.keys(TAB).keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());
}

#[test]
fn any_size_is_drawn_and_the_way_back_too() {
    let (_azure, gallerist) = demo(60);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["14 tenants", "5 Log"]);
    for (rows, columns) in [(24, 80), (10, 60), (5, 20), (3, 10), (60, 200), (12, 41)] {
        terminal.resize(rows, columns);
    }
    terminal
        .resize(40, 120)
        .shows(&["1 Tenants", "2 Galleries", "3 Versions", "4 Queue", "5 Log"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}
