use std::collections::HashSet;

use gallerist::azure::Error;
use serde_json::json;

use crate::server::{Closed, Reply, Server};
use crate::signed_in::{session, session_at};
use crate::{gallery, gallery_id, witnessed};

#[tokio::test]
async fn a_read_outlives_whatever_passes_and_tells_of_each() {
    let server = Server::with_tokens(|_, before| match before {
        0 => Reply::error(503, "ServiceUnavailable").with("retry-after", "0"),
        1 => Reply::error(429, "SubscriptionRequestsThrottled")
            .with("retry-after", "Mon, 06 Jan 2025 14:55:00 GMT"),
        2 => Reply::dropped(),
        3 => Reply::json(200, &gallery("acg")).cut_in_body(),
        _ => Reply::json(200, &gallery("acg")),
    })
    .await;
    let (session, notes) = witnessed(&server);
    assert_eq!(
        session.gallery(&gallery_id("acg")).await.unwrap().name,
        "acg"
    );
    assert_eq!(notes.attempts(), [2, 3, 4, 5]);
    let causes = notes.causes();
    assert!(causes[0].starts_with("ServiceUnavailable"), "{causes:?}");
    assert!(
        causes[1].starts_with("SubscriptionRequestsThrottled"),
        "{causes:?}"
    );
    assert!(causes[2].starts_with("no complete answer"), "{causes:?}");
    assert!(causes[3].starts_with("no complete answer"), "{causes:?}");
    let notes = notes.0.lock().unwrap();
    assert!(
        notes
            .iter()
            .all(|r| r.of == 5 && r.doing.starts_with("reading the gallery acg as msp"))
    );
    assert!(
        notes[..2].iter().all(|r| r.wait.is_zero()),
        "Retry-After goes before the backoff"
    );
}

#[tokio::test]
async fn what_azure_asks_to_wait_is_kept() {
    let server = Server::with_tokens(|_, _| {
        Reply::error(429, "SubscriptionRequestsThrottled").with("retry-after", "600")
    })
    .await;
    let (session, notes) = witnessed(&server);
    let reading = tokio::spawn(async move { session.gallery(&gallery_id("acg")).await });
    let wait = loop {
        if let Some(retry) = notes.0.lock().unwrap().first() {
            break retry.wait;
        }
        tokio::task::yield_now().await;
    };
    reading.abort();
    assert_eq!(wait.as_secs(), 600);
}

#[tokio::test]
async fn a_read_gives_up_after_five_attempts() {
    let server = Server::with_tokens(|_, _| Reply::bytes(504, b"<html>".to_vec())).await;
    let (session, notes) = witnessed(&server);
    let error = session.gallery(&gallery_id("acg")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.code()),
        (Some(504), Some("HTTP 504"))
    );
    assert_eq!((server.requests().len(), notes.attempts().len()), (5, 4));
}

#[tokio::test]
async fn json_that_ends_early_is_read_again() {
    let server = Server::with_tokens(|_, before| {
        let text = gallery("acg").to_string();
        let end = if before == 0 {
            text.len() / 2
        } else {
            text.len()
        };
        Reply::bytes(200, text.as_bytes()[..end].to_vec())
    })
    .await;
    assert!(session(&server).gallery(&gallery_id("acg")).await.is_ok());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_azure_refuses_is_not_repeated() {
    for (status, code) in [
        (400, "BadRequest"),
        (403, "AuthorizationFailed"),
        (404, "ResourceNotFound"),
    ] {
        let server = Server::with_tokens(move |_, _| {
            Reply::error(status, code)
                .with("x-ms-request-id", "r-1")
                .with("x-ms-correlation-request-id", "c-1")
        })
        .await;
        let error = session(&server)
            .gallery(&gallery_id("acg"))
            .await
            .unwrap_err();
        assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
        assert_eq!(error.correlation_id(), Some("c-1"));
        assert_eq!(error.is_not_found(), status == 404);
        let Error::Arm { error: said, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(said.request_id.as_deref(), Some("r-1"));
        assert!(
            error.to_string().ends_with(&format!("{code}: said so")),
            "{error}"
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_throttled_compute_error_is_told_with_what_is_nested_in_it() {
    let inner = json!({"operationGroup": "HighCostGet30Min", "allowedRequestCount": 700});
    let body = json!({"error": {
        "code": "OperationNotAllowed",
        "message": "too many requests",
        "details": [{"code": "TooManyRequests", "message": inner.to_string()}],
    }});
    let server = Server::with_tokens(move |_, _| Reply::json(409, &body)).await;
    let error = session(&server)
        .gallery(&gallery_id("acg"))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("OperationNotAllowed: too many requests (TooManyRequests")
    );
    assert!(error.to_string().contains("HighCostGet30Min"), "{error}");
}

#[tokio::test]
async fn nobody_at_home_is_unreachable_and_tried_five_times() {
    let authority = Server::with_tokens(|_, _| Reply::new(404)).await;
    let closed = Closed::new();
    let notes = std::sync::Arc::new(crate::Notes::default());
    let session = session_at(&closed.url(), &authority.url()).witnessed(notes.clone());
    let error = session.gallery(&gallery_id("acg")).await.unwrap_err();
    assert!(
        matches!(&error, Error::Unreachable { cause, .. } if cause.contains("refused")),
        "{error}"
    );
    assert_eq!(notes.attempts(), [2, 3, 4, 5]);
}

#[tokio::test]
async fn every_attempt_carries_the_headers_of_arm() {
    let server = Server::with_tokens(|_, before| match before {
        0 => Reply::new(500),
        _ => Reply::json(200, &gallery("acg")),
    })
    .await;
    session(&server).gallery(&gallery_id("acg")).await.unwrap();
    let requests = server.requests();
    for request in &requests {
        assert_eq!(request.header("authorization"), Some("Bearer token-1"));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(
            request.header("x-ms-return-client-request-id"),
            Some("true")
        );
        assert!(
            request
                .header("user-agent")
                .unwrap()
                .starts_with("gallerist/")
        );
        assert!(request.header("accept-encoding").unwrap().contains("gzip"));
        assert!(
            request
                .target
                .ends_with("/galleries/acg?api-version=2024-03-03&$select=Permissions")
        );
    }
    let ids: HashSet<_> = requests
        .iter()
        .map(|r| r.header("x-ms-client-request-id").unwrap())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()));
}
