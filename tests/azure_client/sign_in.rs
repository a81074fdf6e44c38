use std::sync::Arc;

use gallerist::azure::{Access, Azure, Cloud, Error};
use serde_json::json;

use crate::server::{Closed, Reply, Server};
use crate::signed_in::{TENANT, identity, session, session_at};
use crate::{Notes, gallery, gallery_id, witnessed};

fn entra_error(status: u16, number: u32, description: &str) -> Reply {
    Reply::json(
        status,
        &json!({
            "error": "invalid_client",
            "error_description": format!("AADSTS{number}: {description} Trace ID: t\r\nCorrelation ID: c\r\nTimestamp: now"),
            "error_codes": [number],
            "correlation_id": "c",
        }),
    )
}

#[tokio::test]
async fn a_token_is_asked_for_as_entra_wants_it() {
    let server = Server::with_tokens(|_, _| Reply::new(404)).await;
    session(&server).sign_in().await.unwrap();
    let requests = server.all();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, "POST");
    assert_eq!(requests[0].target, format!("/{TENANT}/oauth2/v2.0/token"));
    let form: Vec<(String, String)> = url::form_urlencoded::parse(requests[0].body.as_bytes())
        .into_owned()
        .collect();
    for (name, value) in [
        ("client_id", "99999999-9999-9999-9999-999999999999"),
        ("client_secret", "hunter2"),
        ("grant_type", "client_credentials"),
        ("scope", "https://management.azure.com/.default"),
    ] {
        assert!(
            form.contains(&(name.to_owned(), value.to_owned())),
            "{form:?}"
        );
    }
}

#[tokio::test]
async fn fifty_calls_share_one_token() {
    let server = Server::with_tokens(|_, _| Reply::json(200, &gallery("acg"))).await;
    let session = session(&server);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.gallery(&gallery_id("acg")).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((server.token_requests(), server.requests().len()), (1, 50));
}

#[tokio::test]
async fn fifty_calls_share_one_refusal() {
    let server =
        Server::start(|_, _| entra_error(401, 7_000_215, "Invalid client secret provided.")).await;
    let session = session(&server);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let session = session.clone();
        calls.spawn(async move { session.sign_in().await });
    }
    while let Some(call) = calls.join_next().await {
        assert_eq!(call.unwrap().unwrap_err().code(), Some("AADSTS7000215"));
    }
    assert_eq!(server.token_requests(), 1);
    session.sign_in().await.unwrap_err();
    assert_eq!(server.token_requests(), 2, "a later call asks again");
}

#[tokio::test]
async fn every_tenant_has_its_own_token() {
    let other = "22222222-2222-2222-2222-222222222222";
    let server = Server::start(|request, _| {
        if request.is_token() {
            Reply::token(request.target.split('/').nth(1).unwrap())
        } else {
            Reply::json(200, &gallery("acg"))
        }
    })
    .await;
    let cloud = Cloud::custom(&server.url(), &server.url(), "https://arm").unwrap();
    let azure = Azure::new(cloud, vec![identity()]).unwrap();
    for tenant in [TENANT, other, TENANT] {
        let access = Access {
            identity: "msp".to_owned(),
            tenant: tenant.parse().unwrap(),
        };
        azure
            .session(access)
            .gallery(&gallery_id("acg"))
            .await
            .unwrap();
        let bearer = format!("Bearer {tenant}");
        assert_eq!(
            server.requests().last().unwrap().header("authorization"),
            Some(bearer.as_str())
        );
    }
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test]
async fn entras_refusal_is_told_with_its_code_and_not_repeated() {
    let server = Server::start(|_, _| entra_error(400, 90002, "Tenant 'x' not found.")).await;
    let (session, notes) = witnessed(&server);
    let error = session.gallery(&gallery_id("acg")).await.unwrap_err();
    let Error::SignIn {
        identity,
        tenant,
        code,
        message,
        correlation_id,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((identity.as_str(), tenant.as_str()), ("msp", TENANT));
    assert_eq!(code.as_deref(), Some("AADSTS90002"));
    assert_eq!(message, "AADSTS90002: Tenant 'x' not found.");
    assert_eq!(correlation_id.as_deref(), Some("c"));
    assert!(error.advice().unwrap().contains("no tenant"));
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(server.token_requests(), 1);
    assert!(server.requests().is_empty() && notes.attempts().is_empty());
}

#[tokio::test]
async fn a_busy_authority_is_asked_again_and_the_witness_told() {
    let server = Server::start(|request, before| match (request.is_token(), before) {
        (true, 0) => Reply::bytes(503, b"<html>busy</html>".to_vec()).with("retry-after", "0"),
        (true, 1) => Reply::dropped(),
        (true, _) => Reply::token("token"),
        _ => Reply::json(200, &gallery("acg")),
    })
    .await;
    let (session, notes) = witnessed(&server);
    session.gallery(&gallery_id("acg")).await.unwrap();
    assert_eq!(notes.attempts(), [2, 3]);
    let doing = notes.0.lock().unwrap()[0].doing.clone();
    assert_eq!(doing, format!("signing in as msp in tenant {TENANT}"));
    assert!(
        notes.causes()[0].contains("HTTP 503"),
        "{:?}",
        notes.causes()
    );
}

#[tokio::test]
async fn an_authority_that_is_not_there_is_unreachable() {
    let closed = Closed::new();
    let notes = Arc::new(Notes::default());
    let session = session_at(&closed.url(), &closed.url()).witnessed(notes.clone());
    let error = session.sign_in().await.unwrap_err();
    assert!(
        matches!(&error, Error::Unreachable { doing, .. } if doing.starts_with("signing in as msp")),
        "{error}"
    );
    assert_eq!(notes.attempts(), [2, 3, 4, 5]);
}

#[tokio::test]
async fn an_authority_that_talks_nonsense_gives_no_token() {
    for body in ["<html>", "{}", "[]", "{\"access_token\":7}"] {
        for status in [200, 302, 400] {
            let reply = Reply::bytes(status, body.as_bytes().to_vec());
            let server = Server::start(move |_, _| reply.clone()).await;
            let error = session(&server).sign_in().await.unwrap_err();
            assert!(
                matches!(error, Error::SignIn { .. }),
                "{status} {body}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn a_token_refused_twice_is_an_error() {
    let server = Server::with_tokens(|_, _| Reply::error(401, "InvalidAuthenticationToken")).await;
    let error = session(&server)
        .gallery(&gallery_id("acg"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.code()),
        (Some(401), Some("InvalidAuthenticationToken"))
    );
    assert_eq!((server.requests().len(), server.token_requests()), (2, 2));
}

#[tokio::test]
async fn fifty_refused_tokens_are_renewed_by_one_request() {
    let server = Server::with_tokens(|request, _| {
        if request.header("authorization") == Some("Bearer token-1") {
            Reply::error(401, "ExpiredAuthenticationToken")
        } else {
            Reply::json(200, &gallery("acg"))
        }
    })
    .await;
    let session = session(&server);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let session = session.clone();
        calls.spawn(async move { session.gallery(&gallery_id("acg")).await });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test]
async fn an_identity_nobody_configured_is_a_matter_of_configuration() {
    let server = Server::with_tokens(|_, _| Reply::new(404)).await;
    let cloud = Cloud::custom(&server.url(), &server.url(), "https://arm").unwrap();
    let azure = Azure::new(cloud, vec![]).unwrap();
    let access = Access {
        identity: "nobody".to_owned(),
        tenant: TENANT.parse().unwrap(),
    };
    let error = azure.session(access).sign_in().await.unwrap_err();
    assert!(matches!(error, Error::Configuration(_)), "{error}");
    assert!(server.all().is_empty());
}

#[tokio::test]
async fn a_tenant_is_called_by_its_name_once_that_is_known() {
    let server = Server::with_tokens(|request, _| {
        if request.target.starts_with("/tenants") {
            Reply::json(
                200,
                &json!({"value": [{"tenantId": TENANT, "displayName": "Adatum"}]}),
            )
        } else {
            Reply::new(404)
        }
    })
    .await;
    let session = session(&server);
    let before = session
        .gallery(&gallery_id("acg"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        before.starts_with(&format!(
            "reading the gallery acg as msp in tenant {TENANT}"
        )),
        "{before}"
    );
    session.tenants().await.unwrap();
    let after = session
        .gallery(&gallery_id("acg"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        after.starts_with("reading the gallery acg as msp in tenant Adatum: HTTP 404"),
        "{after}"
    );
}

#[test]
fn two_identities_of_one_name_are_refused() {
    let twice = Azure::new(Cloud::public().unwrap(), vec![identity(), identity()]);
    assert!(matches!(twice, Err(Error::Configuration(_))));
}

#[test]
fn a_cloud_put_together_by_hand_is_checked_as_well() {
    for (resource_manager, authority) in [
        (
            "http://management.azure.com",
            "https://login.microsoftonline.com",
        ),
        ("https://management.azure.com", "http://localhost:8090"),
    ] {
        let cloud = Cloud {
            resource_manager: resource_manager.parse().unwrap(),
            authority: authority.parse().unwrap(),
            ..Cloud::public().unwrap()
        };
        assert!(matches!(
            Azure::new(cloud, vec![]),
            Err(Error::Configuration(_))
        ));
    }
}
