//! A small HTTP server that says what a test tells it to, down to cutting the connection.

#![allow(dead_code, reason = "each test file uses its part")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, byte for byte.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_token(&self) -> bool {
        self.target.ends_with("/oauth2/v2.0/token")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut: Cut,
    chunked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    No,
    BeforeAnswer,
    InBody,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            cut: Cut::No,
            chunked: false,
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..Self::new(status)
        }
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::json(
            status,
            &json!({"error": {"code": code, "message": "said so"}}),
        )
    }

    pub(crate) fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self {
            body,
            ..Self::new(status)
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The connection ends once the request has been read.
    pub(crate) fn dropped() -> Self {
        Self {
            cut: Cut::BeforeAnswer,
            ..Self::new(0)
        }
    }

    /// The body in pieces, its length unsaid.
    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// The connection ends in the middle of the body.
    pub(crate) fn cut_in_body(mut self) -> Self {
        self.cut = Cut::InBody;
        self
    }

    pub(crate) fn token(text: &str) -> Self {
        Self::json(
            200,
            &json!({"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": text}),
        )
    }
}

/// A server on a loopback port; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `script` is given the request and how often this method and target came before.
    pub(crate) async fn start(
        script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(script);
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                tokio::spawn(async move { serve(stream, &*script, &seen).await });
            }
        });
        Self { address, requests }
    }

    /// Answers token requests with `token-1`, `token-2`, … and leaves the rest to the script.
    pub(crate) async fn with_tokens(
        script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |request, before| {
            if request.is_token() {
                Reply::token(&format!("token-{}", before + 1))
            } else {
                script(request, before)
            }
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests but those for tokens.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.all().into_iter().filter(|r| !r.is_token()).collect()
    }

    pub(crate) fn token_requests(&self) -> usize {
        self.all().iter().filter(|r| r.is_token()).count()
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// A loopback address that nobody listens at, kept from everybody else as long as this lives.
pub(crate) struct Closed(tokio::net::TcpSocket);

impl Closed {
    pub(crate) fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &(dyn Fn(&Request, usize) -> Reply + Send + Sync),
    seen: &Mutex<Vec<Request>>,
) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let before = {
        let mut seen = seen.lock().unwrap();
        let same = |r: &&Request| r.method == request.method && r.target == request.target;
        let before = seen.iter().filter(same).count();
        seen.push(request.clone());
        before
    };
    let reply = script(&request, before);
    if reply.cut == Cut::BeforeAnswer {
        return;
    }
    let length = if reply.chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {}", reply.body.len())
    };
    let mut head = format!(
        "HTTP/1.1 {} X\r\nconnection: close\r\n{length}\r\n",
        reply.status
    );
    for (name, value) in &reply.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    let end = if reply.cut == Cut::InBody {
        reply.body.len() / 2
    } else {
        reply.body.len()
    };
    if reply.chunked {
        for piece in reply.body[..end].chunks(7) {
            bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            bytes.extend_from_slice(piece);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        bytes.extend_from_slice(&reply.body[..end]);
    }
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head_end + 4..].to_vec()).ok()?;
    Some(Request {
        method,
        target,
        headers,
        body,
    })
}
