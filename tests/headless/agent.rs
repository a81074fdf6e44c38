//! The agent: jobs go on whatever becomes of the faces, and faces whatever becomes of it.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;

use serde_json::{Value, json};

use crate::support::{DEADLINE, Gallerist, NEWEST, Simulator, eventually};

const REPLICATE: &[&str] = &["replicate", NEWEST, "--to", "uksouth=2,eastus=1", "--yes"];
const NO_WAIT: &[&str] = &[
    "replicate",
    NEWEST,
    "--to",
    "uksouth=2,eastus=1",
    "--yes",
    "--no-wait",
    "-o",
    "json",
];

/// One line of the socket's protocol: a frame.
fn send(stream: &mut UnixStream, frame: &Value) {
    let text = serde_json::to_vec(frame).unwrap();
    let length = u32::try_from(text.len()).unwrap();
    stream.write_all(&length.to_be_bytes()).unwrap();
    stream.write_all(&text).unwrap();
}

/// The next frame; nothing where the other end has gone.
fn receive(stream: &mut UnixStream) -> Option<Value> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut text = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut text).ok()?;
    Some(serde_json::from_slice(&text).unwrap())
}

fn hello(version: &str) -> Value {
    let origin = json!({"user": "ops", "host": "jump-1", "face": "a test", "from": null});
    json!({"hello": {"version": version, "origin": origin, "stays": true}})
}

fn socket(gallerist: &Gallerist) -> PathBuf {
    let owner = eventually("the agent", || gallerist.owner());
    owner["socket"].as_str().unwrap().into()
}

/// A face that speaks for itself.
fn face(gallerist: &Gallerist, version: &str) -> (UnixStream, Value) {
    let path = socket(gallerist);
    let mut stream = eventually("the socket", || UnixStream::connect(&path).ok());
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    send(&mut stream, &hello(version));
    let answer = receive(&mut stream).unwrap();
    (stream, answer)
}

fn status(gallerist: &Gallerist) -> Value {
    gallerist.run(&["agent", "status", "-o", "json"]).json()
}

fn jobs(gallerist: &Gallerist) -> Value {
    gallerist.json(&["queue", "list", "-o", "json"])
}

#[test]
fn a_verb_that_does_not_wait_leaves_its_jobs_to_the_agent() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
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
    let azure = Simulator::start(1);
    let gallerist = Gallerist::with_agent(&azure);
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
    let azure = Simulator::start(100);
    let gallerist = Gallerist::with_agent(&azure);
    let mut face = gallerist.spawn(REPLICATE);
    face.says("accepted");
    face.kill();
    azure.advance(3600);
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(jobs(&gallerist)[0]["state"], "done");
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn a_face_that_is_interrupted_says_that_the_jobs_go_on() {
    let azure = Simulator::start(100);
    let gallerist = Gallerist::with_agent(&azure);
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
fn a_face_starts_another_agent_when_one_is_killed_and_nothing_is_sent_twice() {
    let azure = Simulator::start(100);
    let gallerist = Gallerist::with_agent(&azure);
    let mut face = gallerist.spawn(REPLICATE);
    face.says("accepted");
    gallerist.signal_agent("KILL");
    face.says("carried on from where the journal stands");
    azure.advance(3600);
    face.wait().succeeds();
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn an_agent_that_is_stopped_says_so_and_the_next_one_carries_on() {
    let azure = Simulator::start(100);
    let gallerist = Gallerist::with_agent(&azure);
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
    assert_eq!(jobs(&gallerist)[0]["state"], "ready");
    azure.advance(3600);
    gallerist.run(&["queue", "watch"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
}

#[test]
fn a_drained_agent_ends_what_runs_and_takes_nothing_new() {
    let azure = Simulator::start(100);
    let gallerist = Gallerist::with_agent(&azure);
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
    assert_eq!(jobs(&gallerist)[0]["state"], "done");
}

#[test]
fn an_agent_with_nothing_to_do_leaves_and_one_with_a_job_stays() {
    let azure = Simulator::start(100);
    let gallerist = Gallerist::with_agent(&azure);
    gallerist.configure(|text| format!("{text}\n[agent]\nidle = \"1s\"\n"));
    gallerist.run(NO_WAIT).succeeds();
    let accepted = || (jobs(&gallerist)[0]["steps"][0]["state"] == "accepted").then_some(());
    eventually("the job to run", accepted);
    assert_eq!(status(&gallerist)["running"], 1);
    azure.advance(3600);
    eventually("the agent to leave", || {
        gallerist.owner().is_none().then_some(())
    });
    assert_eq!(jobs(&gallerist)[0]["state"], "done");
}

#[test]
fn faces_that_start_it_at_the_same_time_share_one() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
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
    assert_eq!(jobs(&gallerist).as_array().unwrap().len(), versions.len());
    assert_eq!(azure.writes().len(), versions.len());
    assert_eq!(status(&gallerist)["faces"], json!([]));
}

#[test]
fn a_face_of_another_version_can_only_tell_it_to_end() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
    gallerist.run(&["agent", "start"]).succeeds();
    let (mut old, answer) = face(&gallerist, "0.0.1");
    assert_eq!(answer["hello"]["version"], env!("CARGO_PKG_VERSION"));
    send(
        &mut old,
        &json!({"ask": {"id": 7, "request": {"pause": "everything"}}}),
    );
    let refused = loop {
        let frame = receive(&mut old).unwrap();
        if frame.get("answer").is_some() {
            break frame;
        }
    };
    assert_eq!(refused["answer"]["id"], 7);
    assert!(
        refused["answer"]["answer"]["Err"]["other_version"].is_string(),
        "{refused}"
    );
    send(&mut old, &json!({"stop": {"drain": true}}));
    while let Some(frame) = receive(&mut old) {
        if let Some(why) = frame.get("bye") {
            assert_eq!(why, "a test of ops ended it");
        }
    }
    eventually("the agent to end", || {
        gallerist.owner().is_none().then_some(())
    });
}

#[test]
fn an_agent_of_another_version_is_named_with_what_to_do() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
    fs::create_dir(gallerist.state()).unwrap();
    fs::set_permissions(gallerist.state(), Permissions::from_mode(0o700)).unwrap();
    let socket = gallerist.state().join("agent.sock");
    let owner = json!({
        "pid": 1, "host": "jump-1", "user": "ops", "face": "the agent",
        "since": "2026-11-24T10:00:00Z", "socket": socket,
    });
    let path = gallerist.state().join("owner.json");
    let lock = OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(&path)
        .unwrap();
    lock.lock().unwrap();
    fs::write(&path, owner.to_string()).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            receive(&mut stream).unwrap();
            send(&mut stream, &json!({"hello": {"version": "9.9.9"}}));
            assert_eq!(receive(&mut stream), None, "nothing more is asked");
        });
        gallerist.run(REPLICATE).fails(
            2,
            &[
                "the agent is Gallerist 9.9.9",
                "`gallerist agent stop --drain`",
            ],
        );
    });
    // Nobody there any more, so that nothing is killed in its name.
    fs::write(&path, "").unwrap();
}

#[test]
fn what_is_not_its_language_costs_only_the_face_that_speaks_it() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
    gallerist.run(&["agent", "start"]).succeeds();
    let path = socket(&gallerist);
    for wrong in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0xff, 0xff, 0xff, 0xff],
        b"\0\0\0\x02{}",
        b"\0\0\0\x03not",
    ] {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(wrong).unwrap();
        assert_eq!(receive(&mut stream), None, "{wrong:?}");
    }
    let (mut said_twice, _) = face(&gallerist, env!("CARGO_PKG_VERSION"));
    send(&mut said_twice, &hello(env!("CARGO_PKG_VERSION")));
    while receive(&mut said_twice).is_some() {}
    gallerist.run(REPLICATE).succeeds();
}

#[test]
fn a_face_that_does_not_listen_keeps_nobody() {
    let azure = Simulator::start(600);
    let gallerist = Gallerist::with_agent(&azure);
    gallerist.run(&["agent", "start"]).succeeds();
    let (deaf, _) = face(&gallerist, env!("CARGO_PKG_VERSION"));
    gallerist.run(REPLICATE).succeeds();
    gallerist.run(&["agent", "stop"]).succeeds();
    drop(deaf);
}

#[test]
fn what_a_face_has_otherwise_than_the_agent_is_told() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
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

#[test]
fn without_an_agent_the_folder_of_one_is_not_taken() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
    gallerist.run(&["agent", "start"]).succeeds();
    let alone = [REPLICATE, &["--no-agent"]].concat();
    gallerist.run(&alone).fails(2, &["the agent (process"]);
    let listed = gallerist.run(&["queue", "list", "--no-agent"]);
    assert_eq!(listed.succeeds().stdout, "there are no jobs\n");
}

#[test]
fn what_another_machine_has_not_given_back_is_taken_only_on_purpose() {
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
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
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
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
    let azure = Simulator::start(3000);
    let gallerist = Gallerist::with_agent(&azure);
    gallerist.run(&["agent", "start"]).succeeds();
    gallerist.run(&["agent", "stop"]).succeeds();
    let log = gallerist.run(&["agent", "logs"]).succeeds().stdout.clone();
    for words in ["the agent listens", "the agent ends"] {
        assert!(log.contains(words), "{log}");
    }
    let last = gallerist.run(&["agent", "logs", "-n", "1"]);
    assert_eq!(last.succeeds().stdout.lines().count(), 1);
}
