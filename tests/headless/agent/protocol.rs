//! The socket: another version, and what is not its language.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;

use serde_json::{Value, json};

use super::{REPLICATE, start};
use crate::support::{DEADLINE, Gallerist, eventually};

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

pub(super) fn socket(gallerist: &Gallerist) -> PathBuf {
    let owner = eventually("the agent", || gallerist.owner());
    owner["socket"].as_str().unwrap().into()
}

/// A face that speaks for itself.
pub(super) fn face(gallerist: &Gallerist, version: &str) -> (UnixStream, Value) {
    let path = socket(gallerist);
    let mut stream = eventually("the socket", || UnixStream::connect(&path).ok());
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    send(&mut stream, &hello(version));
    let answer = receive(&mut stream).unwrap();
    (stream, answer)
}

#[test]
fn a_face_of_another_version_can_only_tell_it_to_end() {
    let (_azure, gallerist) = start(3000);
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
    let (_azure, gallerist) = start(3000);
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
    let (_azure, gallerist) = start(3000);
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
    let (_azure, gallerist) = start(600);
    gallerist.run(&["agent", "start"]).succeeds();
    let (deaf, _) = face(&gallerist, env!("CARGO_PKG_VERSION"));
    gallerist.run(REPLICATE).succeeds();
    gallerist.run(&["agent", "stop"]).succeeds();
    drop(deaf);
}
