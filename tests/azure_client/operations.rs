use std::time::Duration;

use gallerist::azure::{Accepted, Error, OperationStatus};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::signed_in::session;
use crate::version_id;

/// Characters that a signed query holds and that a careless parser rewrites.
const SIGNED: &str = "/providers/Microsoft.Compute/locations/westeurope/capsOperations/o?p=a&api-version=2024-03-03&t=1&c=MII%2fa%2Fb%7E~+x&s=-_.!*()&h=%41==&empty=&flag";

fn accepted(status: u16, operation: Option<&str>, location: Option<&str>) -> Accepted {
    serde_json::from_value(json!({
        "status": status,
        "resource": version_id(),
        "operation": operation,
        "location": location,
        "retry_after_s": null,
        "request_id": null,
        "correlation_id": null,
    }))
    .unwrap()
}

async fn by_operation(reply: Reply) -> Result<OperationStatus, Error> {
    let server = Server::with_tokens(move |_, _| reply.clone()).await;
    let url = server.url() + SIGNED;
    let status = session(&server)
        .operation(&accepted(201, Some(&url), Some("http://unused/")))
        .await;
    let targets: Vec<String> = server.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(targets, [SIGNED], "one request, byte for byte");
    status
}

async fn by_location(reply: Reply) -> Result<OperationStatus, Error> {
    let server = Server::with_tokens(move |_, _| reply.clone()).await;
    let url = server.url() + SIGNED;
    session(&server)
        .operation(&accepted(202, None, Some(&url)))
        .await
}

async fn by_resource(
    status: u16,
    location: Option<&str>,
    document: Value,
) -> Result<OperationStatus, Error> {
    let server = Server::with_tokens(move |_, _| Reply::json(200, &document)).await;
    let polled = session(&server)
        .operation(&accepted(status, None, location))
        .await;
    assert!(
        server.requests()[0]
            .target
            .ends_with("/versions/1.4.12?api-version=2024-03-03")
    );
    polled
}

#[tokio::test]
async fn the_status_of_an_asynchronous_operation_is_in_the_body() {
    for word in [
        "InProgress",
        "Accepted",
        "Running",
        "Updating",
        "Creating",
        "SomethingNew",
    ] {
        let reply = Reply::json(200, &json!({"startTime": "x", "status": word, "name": "o"}));
        let expected = OperationStatus::Running {
            retry_after: None,
            percent: None,
        };
        assert_eq!(by_operation(reply).await.unwrap(), expected, "{word}");
    }
    let running = json!({"status": "InProgress", "percentComplete": 41.5});
    let reply = Reply::json(200, &running).with("retry-after", "30");
    let expected = OperationStatus::Running {
        retry_after: Some(Duration::from_secs(30)),
        percent: Some(41.5),
    };
    assert_eq!(by_operation(reply).await.unwrap(), expected);
    let ended = |status| Reply::json(200, &json!({"status": status, "endTime": "x"}));
    assert_eq!(
        by_operation(ended("Succeeded")).await.unwrap(),
        OperationStatus::Succeeded
    );
    assert_eq!(
        by_operation(ended("Canceled")).await.unwrap(),
        OperationStatus::Canceled
    );
}

#[tokio::test]
async fn a_failed_operation_tells_why() {
    let body = json!({"status": "Failed", "error": {
        "code": "GalleryReplicationFailed",
        "message": "failed in one or more regions",
        "details": [{"code": "InternalError", "message": "northeurope"}],
    }});
    let OperationStatus::Failed(error) = by_operation(Reply::json(200, &body)).await.unwrap()
    else {
        panic!("it failed");
    };
    assert_eq!(
        error.to_string(),
        "GalleryReplicationFailed: failed in one or more regions (InternalError: northeurope)"
    );
    let silent = by_operation(Reply::json(200, &json!({"status": "Failed"})))
        .await
        .unwrap();
    assert!(matches!(silent, OperationStatus::Failed(error) if error.code == "Failed"));
}

#[tokio::test]
async fn failing_to_read_the_status_is_no_failure_of_the_operation() {
    for reply in [
        Reply::error(500, "InternalServerError"),
        Reply::error(404, "NotFound"),
        Reply::error(429, "SubscriptionRequestsThrottled").with("retry-after", "0"),
        Reply::dropped(),
        Reply::json(200, &json!({"status": "Succeeded"})).cut_in_body(),
        Reply::json(200, &json!({"name": "o"})),
        Reply::new(200),
    ] {
        let error = by_operation(reply.clone()).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("MII"),
            "a signed address is never shown: {text}"
        );
    }
}

#[tokio::test]
async fn a_status_that_will_never_be_told_is_known_from_one_that_was_cut_off() {
    for nonsense in [
        Reply::new(200),
        Reply::new(204),
        Reply::json(200, &json!({"name": "o"})),
        Reply::json(200, &json!({"status": 7})),
        Reply::bytes(200, b"<html><title>Sign in</title></html>".to_vec()),
    ] {
        let error = by_operation(nonsense.clone()).await.unwrap_err();
        assert!(
            matches!(error, Error::Malformed { .. }),
            "{nonsense:?}: {error}"
        );
    }
    let cut = Reply::json(200, &json!({"status": "Succeeded"})).cut_in_body();
    let error = by_operation(cut).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    // Taken, and nothing more said.
    let running = by_operation(Reply::new(202)).await.unwrap();
    assert!(matches!(running, OperationStatus::Running { .. }));
}

/// An address as long as Azure's are, which begins with `start`.
fn signed(start: &str, signature: &str) -> String {
    let certificate = "MIIHhzCCBm%2BgAwIBAgI%2ftAB+".repeat(160);
    let address = format!("{start}{SIGNED}&c={certificate}&s={signature}");
    assert!(address.len() > 4 << 10);
    address
}

/// Has a write be answered with such an address, and gives what was asked for then.
async fn followed(header: &'static str, absolute: bool, signature: &str) -> (String, String) {
    let (wanted, status) = (
        signed("", signature),
        if header == "location" { 202 } else { 201 },
    );
    let target = wanted.clone();
    let server = Server::with_tokens(move |request, _| {
        let start = match absolute {
            true => format!("http://{}", request.header("host").unwrap()),
            false => String::new(),
        };
        match request.method.as_str() {
            "PUT" => Reply::new(status).with(header, start + &target),
            _ => Reply::json(200, &json!({"status": "Succeeded"})),
        }
    })
    .await;
    let session = session(&server);
    let taken = session.put_image_version(&version_id(), &json!({})).await;
    // As another process would read it from the journal.
    let journal = serde_json::to_string(&taken.unwrap()).unwrap();
    let kept: Accepted = serde_json::from_str(&journal).unwrap();
    let status = session.operation(&kept).await.unwrap();
    assert_eq!(status, OperationStatus::Succeeded);
    (server.requests().pop().unwrap().target, wanted)
}

#[tokio::test]
async fn an_address_of_four_kilobytes_is_asked_byte_for_byte() {
    for header in ["azure-asyncoperation", "location"] {
        for absolute in [true, false] {
            let (asked, wanted) = followed(header, absolute, "a%2Bb+c%2fd%7Ee==&h=%41").await;
            assert_eq!(asked, wanted, "{header}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// All that a query may hold (RFC 3986, section 3.4), an apostrophe aside: that is escaped by
    /// every address that follows the WHATWG's rules.
    #[test]
    fn no_signature_is_rewritten(signature in "([A-Za-z0-9._~!$&()*+,;=:@/?-]|%[0-9A-Fa-f]{2}){0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (asked, wanted) = runtime.block_on(followed("azure-asyncoperation", false, &signature));
        prop_assert_eq!(asked, wanted);
    }
}

#[tokio::test]
async fn a_location_answers_by_its_http_status() {
    let running = by_location(Reply::new(202).with("retry-after", "12"))
        .await
        .unwrap();
    let expected = OperationStatus::Running {
        retry_after: Some(Duration::from_secs(12)),
        percent: None,
    };
    assert_eq!(running, expected);
    for reply in [
        Reply::new(200),
        Reply::new(204),
        Reply::json(200, &json!({"status": "Succeeded"})),
        Reply::json(201, &json!({"name": "1.4.12"})),
    ] {
        assert_eq!(
            by_location(reply).await.unwrap(),
            OperationStatus::Succeeded
        );
    }
    let failed = json!({"status": "Failed", "error": {"code": "X", "message": "y"}});
    let failed = by_location(Reply::json(200, &failed)).await.unwrap();
    assert!(matches!(failed, OperationStatus::Failed(error) if error.code == "X"));
}

#[tokio::test]
async fn without_an_address_the_resource_tells() {
    let document = |state| json!({"properties": {"provisioningState": state}});
    let running = OperationStatus::Running {
        retry_after: None,
        percent: None,
    };
    assert_eq!(
        by_resource(200, None, document("Updating")).await.unwrap(),
        running
    );
    assert_eq!(
        by_resource(201, None, document("Creating")).await.unwrap(),
        running
    );
    assert_eq!(
        by_resource(200, None, document("Succeeded")).await.unwrap(),
        OperationStatus::Succeeded
    );
    assert_eq!(
        by_resource(201, None, json!({"name": "x"})).await.unwrap(),
        OperationStatus::Succeeded
    );
    assert_eq!(
        by_resource(200, None, document("Canceled")).await.unwrap(),
        OperationStatus::Canceled
    );
    let failed = by_resource(200, None, document("Failed")).await.unwrap();
    assert!(matches!(failed, OperationStatus::Failed(_)));
}

#[tokio::test]
async fn relative_addresses_are_resolved_and_the_location_of_a_201_is_left_alone() {
    let server = Server::with_tokens(|request, _| match request.method.as_str() {
        "PUT" if request.body.contains("relative") => Reply::new(202)
            .with("azure-asyncoperation", SIGNED)
            .with("location", SIGNED),
        "PUT" => Reply::new(201).with("location", "/nowhere/useful"),
        _ => Reply::json(200, &json!({"status": "Succeeded"})),
    })
    .await;
    let session = session(&server);
    let taken = session
        .put_image_version(&version_id(), &json!({"a": "relative"}))
        .await
        .unwrap();
    assert_eq!(
        session.operation(&taken).await.unwrap(),
        OperationStatus::Succeeded
    );
    assert_eq!(server.requests().last().unwrap().target, SIGNED);
    let done = session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    assert_eq!((done.status, done.location), (201, None));
}

#[tokio::test]
async fn an_operation_elsewhere_is_refused_and_gets_no_token() {
    let stranger = Server::start(|_, _| Reply::json(200, &json!({"status": "Succeeded"}))).await;
    let elsewhere = stranger.url() + SIGNED;
    let address = elsewhere.clone();
    let server = Server::with_tokens(move |_, _| {
        Reply::new(201).with("azure-asyncoperation", address.clone())
    })
    .await;
    let session = session(&server);
    // The write itself was taken, and that must not be lost.
    let taken = session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    for accepted in [taken, accepted(202, None, Some(&elsewhere))] {
        let error = session.operation(&accepted).await.unwrap_err();
        assert!(matches!(&error, Error::ForeignOrigin { origin, .. } if *origin == stranger.url()));
    }
    assert!(stranger.all().is_empty());
}
