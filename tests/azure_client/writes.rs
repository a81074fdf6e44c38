use gallerist::azure::{
    Accepted, Certainty, Error, OperationStatus, SharingOperation, SharingUpdate,
};
use serde_json::json;

use crate::server::{Closed, Reply, Server};
use crate::signed_in::{session, session_at};
use crate::{gallery_id, version_id, witnessed};

const OPERATION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Compute/locations/westeurope/capsOperations/o?api-version=2024-03-03&t=1&c=MII%2fa%2Fb%7E~+x&s=-_.!*()&h=%41==";

#[tokio::test]
async fn an_accepted_write_keeps_what_is_needed_to_follow_it() {
    let server = Server::with_tokens(|request, _| {
        let base = format!("http://{}", request.header("host").unwrap());
        Reply::json(200, &json!({"name": "1.4.12"}))
            .with("Azure-AsyncOperation", format!("{base}{OPERATION}"))
            .with("retry-after", "17")
            .with("x-ms-request-id", "r-1")
            .with("x-ms-correlation-request-id", "c-1")
    })
    .await;
    let body = json!({"location": "westeurope", "properties": {"storageProfile": {}}});
    let accepted = session(&server)
        .put_image_version(&version_id(), &body)
        .await
        .unwrap();
    assert_eq!((accepted.status, accepted.retry_after_s), (200, Some(17)));
    assert_eq!(accepted.resource, version_id());
    assert_eq!(accepted.request_id.as_deref(), Some("r-1"));
    assert_eq!(accepted.correlation_id.as_deref(), Some("c-1"));
    assert!(
        !format!("{accepted:?}").contains("MII"),
        "a signed address is never shown"
    );
    let journal = serde_json::to_value(&accepted).unwrap();
    assert_eq!(
        journal["operation"],
        json!(format!("{}{OPERATION}", server.url()))
    );
    assert_eq!(
        serde_json::from_value::<Accepted>(journal).unwrap(),
        accepted
    );

    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.json()), ("PUT", body));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.target,
        format!("{}?api-version=2024-03-03", version_id())
    );
}

#[tokio::test]
async fn a_write_is_accepted_once_its_status_is_there() {
    let server = Server::with_tokens(|_, _| {
        Reply::json(201, &json!({"name": "1.4.12", "padding": "x".repeat(999)}))
            .with("azure-asyncoperation", OPERATION)
            .cut_in_body()
    })
    .await;
    let accepted = session(&server)
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    assert_eq!(accepted.status, 201);
    assert!(accepted.operation.is_some());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn only_throttling_is_repeated_in_place() {
    let server = Server::with_tokens(|_, before| match before {
        0 | 1 => Reply::error(429, "OperationNotAllowed").with("retry-after", "0"),
        _ => Reply::new(202).with("location", "/later"),
    })
    .await;
    let (session, notes) = witnessed(&server);
    let accepted = session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    assert!(accepted.location.is_some() && accepted.operation.is_none());
    assert_eq!(notes.attempts(), [2, 3]);
}

#[tokio::test]
async fn what_is_uncertain_goes_back_to_the_caller_at_once() {
    for (reply, certainty) in [
        (Reply::dropped(), Certainty::Unknown),
        (Reply::new(500), Certainty::Unknown),
        (
            Reply::error(503, "ServiceUnavailable").with("retry-after", "0"),
            Certainty::Unknown,
        ),
        (Reply::new(504), Certainty::Unknown),
        (Reply::error(409, "Conflict"), Certainty::No),
        (Reply::error(400, "InvalidParameter"), Certainty::No),
    ] {
        let answer = reply.clone();
        let server = Server::with_tokens(move |_, _| answer.clone()).await;
        let (session, notes) = witnessed(&server);
        let error = session
            .put_image_version(&version_id(), &json!({}))
            .await
            .unwrap_err();
        assert_eq!(error.accepted(), certainty, "{reply:?}: {error}");
        assert_eq!(server.requests().len(), 1, "{reply:?}");
        assert!(notes.attempts().is_empty());
        assert!(
            error
                .to_string()
                .starts_with("writing the version acg/win11/1.4.12 as msp"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_write_that_was_not_sent_was_not_accepted() {
    let authority = Server::with_tokens(|_, _| Reply::new(404)).await;
    let closed = Closed::new();
    let session = session_at(&closed.url(), &authority.url());
    let error = session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(error.accepted(), Certainty::No);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_writes_too() {
    let server = Server::with_tokens(|request, _| {
        if request.header("authorization") == Some("Bearer token-1") {
            Reply::error(401, "ExpiredAuthenticationToken")
        } else {
            Reply::new(200)
        }
    })
    .await;
    let (session, notes) = witnessed(&server);
    session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    assert_eq!((server.requests().len(), server.token_requests()), (2, 2));
    assert_eq!(notes.causes(), ["ExpiredAuthenticationToken: said so"]);
}

#[tokio::test]
async fn a_deletion_has_succeeded_once_nothing_is_there() {
    let server = Server::with_tokens(|request, before| match request.method.as_str() {
        "DELETE" => Reply::new(200),
        _ if before == 0 => Reply::json(200, &json!({"properties": {}})),
        _ => Reply::error(404, "RoleAssignmentNotFound"),
    })
    .await;
    let session = session(&server);
    let id = version_id()
        .resource("Microsoft.Authorization/roleAssignments", "x")
        .unwrap();
    let accepted = session.delete_role_assignment(&id).await.unwrap();
    let journal = serde_json::to_string(&accepted).unwrap();
    let accepted: Accepted = serde_json::from_str(&journal).unwrap();
    let still_there = session.operation(&accepted).await.unwrap();
    assert!(matches!(still_there, OperationStatus::Running { .. }));
    let gone = session.operation(&accepted).await.unwrap();
    assert_eq!(gone, OperationStatus::Succeeded);
    let written = Accepted::found(id);
    let missing = session.operation(&written).await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}

#[tokio::test]
async fn what_is_uncertain_is_not_repeated_whatever_the_method() {
    let server = Server::with_tokens(|_, _| Reply::dropped()).await;
    let session = session(&server);
    let update = SharingUpdate {
        operation: SharingOperation::Reset,
        groups: Vec::new(),
    };
    let shared = session.share_gallery(&gallery_id("acg"), &update).await;
    let assignment = version_id()
        .resource("Microsoft.Authorization/roleAssignments", "x")
        .unwrap();
    let deleted = session.delete_role_assignment(&assignment).await;
    for error in [shared.unwrap_err(), deleted.unwrap_err()] {
        assert_eq!(error.accepted(), Certainty::Unknown, "{error}");
    }
    let methods: Vec<String> = server.requests().into_iter().map(|r| r.method).collect();
    assert_eq!(methods, ["POST", "DELETE"]);
}
