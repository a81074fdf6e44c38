//! Asking Azure whether it would take a deployment.

use gallerist::azure::{Error, Session};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::signed_in::session;
use crate::{deployment_id, witnessed};

async fn validate(session: &Session) -> Result<(), Error> {
    session.validate_deployment(&deployment_id(), &body()).await
}

fn body() -> Value {
    json!({"properties": {"mode": "Incremental", "template": {"resources": []}}})
}

fn quota() -> Value {
    json!({"error": {"code": "InvalidTemplateDeployment", "message": "See inside.", "details": [
        {"code": "QuotaExceeded", "message": "Cores."},
    ]}})
}

#[tokio::test]
async fn it_is_a_question_about_the_deployment_id() {
    let server = Server::with_tokens(|_, _| Reply::json(200, &json!({"properties": {}}))).await;
    validate(&session(&server)).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.json()), ("POST", body()));
    let target = format!("{}/validate?api-version=2024-07-01", deployment_id());
    assert_eq!(request.target, target);
}

#[tokio::test]
async fn an_objection_is_an_error_wherever_it_stands() {
    for reply in [
        Reply::json(400, &quota()),
        Reply::json(200, &quota()),
        Reply::json(200, &json!({"properties": {"error": quota()["error"]}})),
    ] {
        let server = Server::with_tokens(move |_, _| reply.clone()).await;
        let error = validate(&session(&server)).await.unwrap_err();
        assert_eq!(error.code(), Some("QuotaExceeded"));
        assert!(error.advice().unwrap().contains("quota"), "{error}");
        let doing = "validating the deployment wave-1 as msp";
        assert!(error.to_string().starts_with(doing), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_later_is_waited_for() {
    let server = Server::with_tokens(|request, before| match request.method.as_str() {
        "POST" => Reply::new(202)
            .with("location", "/later?s=1")
            .with("retry-after", "0"),
        _ if before == 0 => Reply::new(202)
            .with("location", "/later?s=1")
            .with("retry-after", "0"),
        _ => Reply::json(400, &quota()),
    })
    .await;
    let error = validate(&session(&server)).await.unwrap_err();
    assert_eq!(error.code(), Some("QuotaExceeded"));
    let asked: Vec<String> = server.requests().into_iter().map(|r| r.method).collect();
    assert_eq!(asked, ["POST", "GET", "GET"]);
}

#[tokio::test]
async fn an_answer_elsewhere_is_not_asked_for() {
    let server = Server::with_tokens(|_, _| {
        Reply::new(202)
            .with("location", "https://evil.example/x")
            .with("retry-after", "0")
    })
    .await;
    let error = validate(&session(&server)).await.unwrap_err();
    assert!(matches!(error, Error::ForeignOrigin { .. }), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn it_changes_nothing_and_may_be_asked_again() {
    let server = Server::with_tokens(|_, before| match before {
        0 => Reply::dropped(),
        1 => Reply::new(503),
        _ => Reply::json(200, &json!({})),
    })
    .await;
    let (session, notes) = witnessed(&server);
    validate(&session).await.unwrap();
    assert_eq!(notes.attempts(), [2, 3]);
}
