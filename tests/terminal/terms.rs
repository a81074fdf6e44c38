//! Terms and a note by keys.

use super::{ENTER, TAB, mark, open_the_form, puts};
use crate::support::{Terminal, demo};

const CTRL_T: &str = "\x14";

#[test]
fn a_job_is_submitted_for_another_time_with_a_note() {
    let (azure, gallerist) = demo(300);
    let mut terminal = Terminal::open(&gallerist, &[], 24, 80);
    open_the_form(&mut terminal);
    mark(&mut terminal, "uk south", "2");
    terminal
        .shows(&["planned: 1 change"])
        .keys(ENTER)
        .shows(&["Carry this out?", "ctrl-t terms"]);
    terminal
        .keys(CTRL_T)
        .shows(&["Terms", "not before"])
        .keys("CHG-4711")
        .keys(TAB)
        .keys("2999-01-01T22:00")
        .shows(&["begins 2999-01-01 22:00"])
        .keys(TAB)
        .keys("7")
        .keys(ENTER);
    terminal
        .shows(&["begins 2999-01-01 22:00 · after 7 · note CHG-4711"])
        .confirms();
    // There is no such job: it is taken out again, and everything else is still there.
    terminal
        .shows(&["there is no job #7"])
        .keys("\x15")
        .keys(ENTER)
        .shows(&["begins 2999-01-01 22:00 · note CHG-4711"])
        .confirms();
    terminal.shows(&["4 Queue", "#1"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(puts(&azure).is_empty(), "its time hasn't come");
    let jobs = gallerist.jobs();
    assert_eq!(jobs[0]["note"], "CHG-4711");
    let reason = jobs[0]["reason"].as_str().unwrap();
    assert!(reason.contains("2999-01-01 22:00"), "{reason}");
}
