//! Faces come and go, and the jobs go on.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::thread;

use serde_json::json;

use super::protocol::{face, socket};
use super::{NO_WAIT, REPLICATE, start, status};
use crate::support::eventually;

#[test]
fn a_verb_that_does_not_wait_leaves_its_jobs_to_the_agent() {
    let (azure, gallerist) = start(3000);
    assert_eq!(status(&gallerist), json!({"state": "stopped"}));
    let submitted = gallerist.json(NO_WAIT);
    assert_eq!(submitted["jobs"][0]["id"], 1, "{submitted:#}");
    let done = gallerist.json(&["queue", "watch", "1", "-o", "json"]);
    assert_eq!(done["state"], "done", "{done:#}");
    assert_eq!(azure.writes().len(), 1);
    let status = status(&gallerist);
    assert_eq!(
        (&status["state"], &status["running"]),
        (&json!("running"), &json!(0))
    );
    gallerist.run(&["agent", "stop"]).succeeds();
    assert_eq!(gallerist.owner(), None);
    assert!(!gallerist.state().join("agent.sock").exists());
}

#[test]
fn only_its_user_reaches_it_and_it_knows_its_faces() {
    let (_azure, gallerist) = start(1);
    gallerist.run(NO_WAIT).succeeds();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&socket(&gallerist)), 0o600);
    assert_eq!(mode(gallerist.state()), 0o700);
    let mut watcher = gallerist.spawn(&["queue", "watch"]);
    watcher.says("accepted");
    let (_face, _) = face(&gallerist, env!("CARGO_PKG_VERSION"));
    let faces = eventually("both faces", || {
        let faces = status(&gallerist)["faces"].clone();
        (faces.as_array().unwrap().len() == 2).then_some(faces)
    });
    assert_eq!(faces[0]["face"], "gallerist queue watch");
    assert_eq!(faces[1]["user"], "ops");
    let shown = gallerist
        .run(&["agent", "status"])
        .succeeds()
        .stdout
        .clone();
    assert!(shown.contains("a test of ops@jump-1"), "{shown}");
    watcher.kill();
    eventually("the face that was killed to be gone", || {
        (status(&gallerist)["faces"].as_array().unwrap().len() == 1).then_some(())
    });
}

#[test]
fn a_face_that_dies_takes_nothing_with_it() {
    let (azure, gallerist) = start(100);
    let mut face = gallerist.spawn(REPLICATE);
    face.says("accepted");
    face.kill();
    azure.advance(3600);
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(gallerist.jobs()[0]["state"], "done");
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn a_face_that_is_interrupted_says_that_the_jobs_go_on() {
    let (azure, gallerist) = start(100);
    for signal in ["INT", "TERM", "HUP"] {
        let mut face = gallerist.spawn(if signal == "INT" {
            REPLICATE
        } else {
            &["queue", "watch"]
        });
        face.says("accepted");
        face.signal(signal);
        face.wait().fails(130, &["the jobs go on"]);
        assert_eq!(status(&gallerist)["running"], 1, "{signal}");
    }
    azure.advance(3600);
    gallerist.run(&["queue", "watch"]).succeeds();
}

#[test]
fn faces_that_start_it_at_the_same_time_share_one() {
    let (azure, gallerist) = start(3000);
    let versions = ["2026.10.1", "2026.11.2", "2026.11.3"];
    thread::scope(|scope| {
        for version in versions {
            let gallerist = &gallerist;
            scope.spawn(move || {
                let version = format!("acg_northwind/win11-avd/{version}");
                let done = gallerist.replicate(&version, &["--to", "eastus=2"]);
                done.succeeds();
            });
        }
    });
    assert_eq!(gallerist.jobs().as_array().unwrap().len(), versions.len());
    assert_eq!(azure.writes().len(), versions.len());
    assert_eq!(status(&gallerist)["faces"], json!([]));
}

#[test]
fn what_a_face_has_otherwise_than_the_agent_is_told() {
    let (_azure, gallerist) = start(3000);
    gallerist.run(&["agent", "start"]).succeeds();
    let quiet = gallerist.run(&["queue", "pause", "--all"]);
    assert_eq!(quiet.succeeds().stderr, "");
    let mut command = gallerist.command(&["queue", "resume", "--all"]);
    let output = command
        .env("HTTPS_PROXY", "http://user:hunter2@proxy:3128")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("started without HTTPS_PROXY"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    gallerist.configure(|text| format!("{text}\n# Looked through.\n"));
    let told = gallerist.run(&["queue", "pause", "--all"]);
    assert!(
        told.succeeds()
            .stderr
            .contains("the configuration has changed since the agent started"),
        "{told:#?}"
    );
    gallerist.run(&["agent", "stop", "--drain"]).succeeds();
    let quiet = gallerist.run(&["queue", "resume", "--all"]);
    assert_eq!(quiet.succeeds().stderr, "");
}
