//! Jobs that meet each other, and operators who change their minds.

use serde_json::{Value, json};

use super::{GUARDED, held, spawn};
use crate::support::{Gallerist, NEWEST, STANDING, demo, eventually};

/// A job that Azure has accepted and nobody carries on.
fn left_behind(gallerist: &Gallerist, version: &str, to: &str) {
    let mut running = spawn(gallerist, version, to);
    running.says("accepted");
    running.signal("INT");
    running
        .wait()
        .fails(130, &["`gallerist queue watch` carries on from here"]);
}

#[test]
fn two_jobs_on_one_version_follow_each_other_by_name() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    let mut second = spawn(&gallerist, NEWEST, "swedencentral=2");
    second.says("waits for #1, which writes the same resource");
    let jobs = gallerist.jobs();
    assert_eq!(
        (&jobs[0]["id"], &jobs[0]["state"]),
        (&json!(2), &json!("waiting"))
    );
    assert_eq!(jobs[0]["reason"], "#1, which writes the same resource");
    assert_eq!(
        (&jobs[1]["id"], &jobs[1]["state"]),
        (&json!(1), &json!("running"))
    );
    assert_eq!(azure.writes().len(), 1);
    azure.advance(3000);
    second.says("accepted");
    azure.advance(3000);
    second.wait().succeeds();
    assert_eq!(azure.writes().len(), 2, "the first was not sent again");
    assert_eq!(held(&azure, NEWEST, "France Central"), Some(1));
    assert_eq!(held(&azure, NEWEST, "Sweden Central"), Some(2));
}

#[test]
fn jobs_on_different_versions_do_not_wait_and_one_that_fails_makes_it_partly() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    azure.fault(&json!({"fault": {"replication_fails": "swedencentral"}}));
    left_behind(&gallerist, GUARDED, "swedencentral=1");
    azure.advance(3000);
    let watched = gallerist.run(&["queue", "watch", "-o", "json"]);
    assert_eq!(watched.code, Some(4), "{watched:#?}");
    let printed = watched.json();
    assert_eq!(
        (&printed["group"], &printed["state"]),
        (&Value::Null, &json!("failed"))
    );
    let states: Vec<&Value> = printed["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["state"])
        .collect();
    assert_eq!(states, ["done", "failed"]);
    assert_eq!(azure.writes().len(), 2);
}

#[test]
fn a_job_is_cancelled_before_it_begins() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    let mut second = spawn(&gallerist, NEWEST, "swedencentral=2");
    second.says("waits for #1");
    second.signal("INT");
    second.wait().fails(130, &["interrupted"]);
    let cancelled = gallerist.run(&["queue", "cancel", "2"]);
    assert_eq!(cancelled.succeeds().stdout, "#2 cancelled\n");
    let shown = gallerist.run(&["queue", "show", "2"]);
    assert!(
        shown.stdout.contains("cancelled before anything was sent"),
        "{shown:#?}"
    );
    gallerist
        .run(&["queue", "cancel", "2"])
        .fails(3, &["#2 is cancelled: it has already ended"]);
    azure.advance(3000);
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
    assert_eq!(held(&azure, NEWEST, "Sweden Central"), None);
    let retry = gallerist.spawn(&["queue", "retry", "2"]);
    eventually("the second write", || {
        (azure.writes().len() == 2).then_some(())
    });
    azure.advance(3000);
    retry.wait().succeeds();
    assert_eq!(held(&azure, NEWEST, "Sweden Central"), Some(2));
}

#[test]
fn what_azure_works_on_is_watched_to_its_end_by_the_next_process() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    let cancelled = gallerist.run(&["queue", "cancel", "1"]);
    assert_eq!(cancelled.succeeds().stdout, "#1 cancelling\n");
    assert!(
        cancelled.stderr.contains("`gallerist queue watch`"),
        "{cancelled:#?}"
    );
    azure.advance(3000);
    gallerist.run(&["queue", "watch"]).succeeds();
    let shown = gallerist.run(&["queue", "show", "1"]);
    for words in [
        "nothing more is sent. Azure can't stop what it has accepted, which is watched to its end",
        "done before it could be cancelled",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown:#?}");
    }
    assert_eq!(held(&azure, NEWEST, "France Central"), Some(1));
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn what_azure_works_on_is_left_there_when_that_is_asked_twice() {
    let (azure, gallerist) = demo(STANDING);
    left_behind(&gallerist, NEWEST, "francecentral=1");
    gallerist.run(&["queue", "cancel", "1"]).succeeds();
    let cancelled = gallerist.run(&["queue", "cancel", "1"]);
    assert_eq!(cancelled.succeeds().stdout, "#1 cancelled\n");
    let shown = gallerist.run(&["queue", "show", "1"]);
    assert!(
        shown
            .stdout
            .contains("nothing more is sent; Azure carries on with what it has accepted"),
        "{shown:#?}"
    );
    azure.advance(3000);
    assert_eq!(held(&azure, NEWEST, "France Central"), Some(1));
    // Tried again it finds what Azure has done, and sends nothing.
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn an_open_job_is_held_where_it_may_not_or_cannot_be_carried_on() {
    let (azure, gallerist) = demo(STANDING);
    let config = std::fs::read_to_string(gallerist.config()).unwrap();
    let troubles = [
        (
            format!("{config}\n[safety]\nread_only = true\n"),
            "the configuration says read_only",
        ),
        (
            config.replace("\"msp\"", "\"other\""),
            "the configuration has no identity \"msp\"",
        ),
        (
            config.replace(azure.origin(), "http://127.0.0.1:1"),
            "and this is http://127.0.0.1:1/",
        ),
    ];
    for (number, (changed, reason)) in (1..).zip(troubles) {
        left_behind(&gallerist, NEWEST, &format!("francecentral={number}"));
        std::fs::write(gallerist.config(), changed).unwrap();
        gallerist
            .run(&["queue", "watch"])
            .fails(1, &["held: ", reason]);
        let job = &gallerist.jobs()[0];
        assert_eq!(
            (&job["id"], &job["state"]),
            (&json!(number), &json!("held"))
        );
        assert!(job["reason"].as_str().unwrap().contains(reason), "{job:#}");
        std::fs::write(gallerist.config(), &config).unwrap();
        azure.advance(3000);
        let number = number.to_string();
        gallerist.run(&["queue", "retry", &number]).succeeds();
    }
    assert_eq!(azure.writes().len(), 3);
}
