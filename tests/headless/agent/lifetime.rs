//! When an agent ends, who follows it, and who may not.

use std::fs;

use serde_json::json;

use super::{NO_WAIT, REPLICATE, start, status};
use crate::support::{STANDING, eventually};

#[test]
fn a_face_starts_another_agent_when_one_is_killed_and_nothing_is_sent_twice() {
    let (azure, gallerist) = start(100);
    let mut face = gallerist.spawn(REPLICATE);
    face.says("accepted");
    gallerist.signal_agent("KILL");
    face.says("carried on from where the journal stands");
    azure.advance(3600);
    face.wait().succeeds();
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn a_job_that_is_cancelled_while_no_agent_is_there_is_watched_by_another_one() {
    let (azure, gallerist) = start(STANDING);
    gallerist.run(NO_WAIT).succeeds();
    eventually("the acceptance", || {
        (gallerist.jobs()[0]["steps"][0]["state"] == "accepted").then_some(())
    });
    gallerist.signal_agent("KILL");
    let cancelled = gallerist.run(&["queue", "cancel", "1"]);
    assert_eq!(cancelled.succeeds().stdout, "#1 cancelling\n");
    azure.advance(3600);
    eventually("the end", || {
        (gallerist.jobs()[0]["state"] == "done").then_some(())
    });
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn an_agent_that_is_stopped_says_so_and_the_next_one_carries_on() {
    let (azure, gallerist) = start(100);
    let mut face = gallerist.spawn(REPLICATE);
    face.says("accepted");
    gallerist.run(&["agent", "stop"]).succeeds();
    face.wait().fails(
        130,
        &[
            "gallerist agent stop of",
            "`gallerist queue watch` carries on",
        ],
    );
    assert_eq!(gallerist.jobs()[0]["state"], "ready");
    azure.advance(3600);
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn a_drained_agent_ends_what_runs_and_takes_nothing_new() {
    let (azure, gallerist) = start(100);
    let mut face = gallerist.spawn(REPLICATE);
    face.says("accepted");
    let stopping = gallerist.spawn(&["agent", "stop", "--drain"]);
    eventually("the agent to drain", || {
        (status(&gallerist)["draining"] == true).then_some(())
    });
    gallerist
        .replicate(
            "acg_northwind/win11-avd/2026.11.2",
            &["--to", "uksouth=1", "--no-wait"],
        )
        .fails(3, &["the agent is about to end"]);
    azure.advance(3600);
    stopping.wait().succeeds();
    face.wait().succeeds();
    assert_eq!(gallerist.owner(), None);
    assert_eq!(gallerist.jobs()[0]["state"], "done");
}

#[test]
fn an_agent_with_nothing_to_do_leaves_and_one_with_a_job_stays() {
    let (azure, gallerist) = start(100);
    gallerist.configure(|text| format!("{text}\n[agent]\nidle = \"1s\"\n"));
    gallerist.run(NO_WAIT).succeeds();
    let accepted = || (gallerist.jobs()[0]["steps"][0]["state"] == "accepted").then_some(());
    eventually("the job to run", accepted);
    assert_eq!(status(&gallerist)["running"], 1);
    azure.advance(3600);
    eventually("the agent to leave", || {
        gallerist.owner().is_none().then_some(())
    });
    assert_eq!(gallerist.jobs()[0]["state"], "done");
}

#[test]
fn without_an_agent_the_folder_of_one_is_not_taken() {
    let (_azure, gallerist) = start(3000);
    gallerist.run(&["agent", "start"]).succeeds();
    let alone = [REPLICATE, &["--no-agent"]].concat();
    gallerist.run(&alone).fails(2, &["the agent (process"]);
    let listed = gallerist.run(&["queue", "list", "--no-agent"]);
    assert_eq!(listed.succeeds().stdout, "there are no jobs\n");
}

#[test]
fn what_another_machine_has_not_given_back_is_taken_only_on_purpose() {
    let (_azure, gallerist) = start(3000);
    gallerist.run(REPLICATE).succeeds();
    gallerist.run(&["agent", "stop"]).succeeds();
    let elsewhere = json!({
        "pid": 4711, "host": "another-jump-host", "user": "ops", "face": "the agent",
        "since": "2026-11-24T10:00:00Z", "socket": null,
    });
    fs::write(gallerist.state().join("owner.json"), elsewhere.to_string()).unwrap();
    for args in [
        &["agent", "start"][..],
        &["queue", "watch"],
        &["queue", "watch", "--no-agent"],
    ] {
        gallerist
            .run(args)
            .fails(2, &["of ops on another-jump-host", "--take-over"]);
    }
    gallerist.run(&["agent", "start", "--take-over"]).succeeds();
    gallerist.run(&["queue", "watch"]).succeeds();
}

#[test]
fn in_the_foreground_it_ends_with_a_signal_and_says_why() {
    let (_azure, gallerist) = start(3000);
    for signal in ["TERM", "INT", "HUP"] {
        let mut agent = gallerist.spawn(&["agent", "run"]);
        agent.says("the agent listens");
        gallerist
            .run(&["agent", "run"])
            .fails(2, &["owns this queue"]);
        agent.signal(signal);
        let ended = agent.wait();
        ended.succeeds();
        assert!(ended.stderr.contains("a signal ended it"), "{ended:#?}");
        assert_eq!(gallerist.owner(), None);
    }
}

#[test]
fn its_log_says_when_it_began_and_ended() {
    let (_azure, gallerist) = start(3000);
    gallerist.run(&["agent", "start"]).succeeds();
    gallerist.run(&["agent", "stop"]).succeeds();
    let log = gallerist.run(&["agent", "logs"]).succeeds().stdout.clone();
    for words in ["the agent listens", "the agent ends"] {
        assert!(log.contains(words), "{log}");
    }
    let last = gallerist.run(&["agent", "logs", "-n", "1"]);
    assert_eq!(last.succeeds().stdout.lines().count(), 1);
}
