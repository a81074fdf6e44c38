//! The least HTTP that the simulator's control needs: one request a connection.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::DEADLINE;

/// Asks `origin`, and gives the answer's JSON; anything but a 200 fails the test.
pub fn ask(method: &str, origin: &str, path: &str, body: Option<&Value>) -> Value {
    send(
        method,
        origin,
        path,
        &body.map(Value::to_string).unwrap_or_default(),
    )
}

/// Posts a form, already encoded, likewise.
pub fn post_form(origin: &str, path: &str, form: &str) -> Value {
    send("POST", origin, path, form)
}

fn send(method: &str, origin: &str, path: &str, body: &str) -> Value {
    let host = origin.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 "),
        "{method} {path}: {answer}"
    );
    serde_json::from_str(body).unwrap()
}
