//! Nothing secret in any log, whatever crate writes it. Alone in its program, for there is one
//! log a program.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "azure_client/server.rs"]
mod server;
#[path = "azure_client/signed_in.rs"]
mod signed_in;

use std::io::Write;
use std::sync::{Arc, Mutex};

use gallerist::azure::Access;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use server::{Reply, Server};
use signed_in::session;

const VERSION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/galleries/acg/images/win11/versions/1.4.12";

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_of_any_crate_holds_a_secret_a_token_or_a_signed_address() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let server = Server::start(|request, before| match (request.method.as_str(), before) {
        _ if request.target.starts_with("/1111") => Reply::token("token-1"),
        _ if request.is_token() => Reply::token("auxiliary-1"),
        ("PUT", _) => Reply::new(201).with("azure-asyncoperation", "/operation?t=1&s=SIGNATURE"),
        ("GET", 0) => Reply::json(200, &json!({"status": "InProgress"})),
        _ => Reply::dropped(),
    })
    .await;
    let other_tenant = Access {
        identity: "msp".to_owned(),
        tenant: "22222222-2222-2222-2222-222222222222".parse().unwrap(),
    };
    let signed_in = session(&server).with_auxiliary(vec![other_tenant]);
    let accepted = signed_in
        .put_image_version(&VERSION.parse().unwrap(), &json!({}))
        .await
        .unwrap();
    signed_in.operation(&accepted).await.unwrap();
    let error = signed_in.operation(&accepted).await.unwrap_err();
    let refusing = Server::start(|_, _| Reply::error(401, "x")).await;
    let refused = session(&refusing).sign_in().await.unwrap_err();

    let sent = server.requests()[0]
        .header("x-ms-authorization-auxiliary")
        .map(str::to_owned);
    assert_eq!(sent.as_deref(), Some("Bearer auxiliary-1"));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("/operation"), "requests are logged");
    assert!(logged.contains("/versions/1.4.12"), "requests are logged");
    for text in [
        logged,
        format!("{error} {error:?}"),
        format!("{refused} {refused:?}"),
    ] {
        for secret in ["hunter2", "token-1", "auxiliary-1", "SIGNATURE"] {
            assert!(!text.contains(secret), "{secret} in: {text}");
        }
    }
}
