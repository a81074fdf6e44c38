//! Claims challenges of ARM: a session that was revoked, a write that wants multi-factor
//! authentication.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gallerist::azure::{
    Access, Azure, Cloud, Credential, Error, IdentitySettings, Remedy, Session,
};
use serde_json::{Value, json};

use crate::entra::{CHALLENGE, Entra, claims};
use crate::server::{Reply, Request, Server};
use crate::signed_in::TENANT;
use crate::{gallery, gallery_id, version_id};

fn challenged() -> Reply {
    let claims = STANDARD.encode(CHALLENGE);
    Reply::error(401, "RequestDisallowedByAzure").with(
        "www-authenticate",
        format!("Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{claims}\""),
    )
}

/// A resource manager that lets everybody read, and write those whose token is of this number.
async fn server(entra: &Entra, writes_with: &'static str) -> Server {
    let entra = entra.clone();
    Server::start(move |request, _| {
        let arm = |request: &Request| match request.method.as_str() {
            "GET" => Reply::json(200, &gallery("acg")),
            _ if request.header("authorization") == Some(writes_with) => Reply::new(200),
            _ => challenged(),
        };
        entra.answer(request).unwrap_or_else(|| arm(request))
    })
    .await
}

async fn person(server: &Server) -> Session {
    let cloud = Cloud::custom(&server.url(), &server.url(), "https://arm").unwrap();
    let identity = IdentitySettings {
        name: "me".to_owned(),
        tenant: TENANT.parse().unwrap(),
        credential: Credential::DeviceCode {
            client_id: "app".to_owned(),
        },
    };
    let access = Access {
        identity: "me".to_owned(),
        tenant: TENANT.parse().unwrap(),
    };
    let session = Azure::new(cloud, vec![identity]).unwrap().session(access);
    sign_in(&session).await;
    session
}

async fn sign_in(session: &Session) {
    let pending = session.begin_sign_in().await.unwrap();
    pending.finish().await.unwrap();
}

async fn write(session: &Session) -> Result<(), Error> {
    let written = session.put_image_version(&version_id(), &json!({})).await;
    written.map(drop)
}

async fn read(session: &Session) -> Result<(), Error> {
    session.gallery(&gallery_id("acg")).await.map(drop)
}

/// What the requests for tokens and codes asked for besides the capability.
fn asked(server: &Server) -> Vec<Value> {
    let asked = server.all().into_iter();
    asked
        .filter(|request| request.target.contains("/oauth2/"))
        .map(|request| claims(&request)["access_token"]["acrs"].take())
        .collect()
}

fn writes(server: &Server) -> usize {
    let requests = server.requests();
    requests.iter().filter(|r| r.method == "PUT").count()
}

fn acrs() -> Value {
    json!({"essential": true, "values": ["p1"]})
}

#[tokio::test]
async fn a_token_is_renewed_with_what_the_write_wants_and_the_write_repeated_once() {
    let server = server(&Entra::default(), "Bearer access-1-2").await;
    let session = person(&server).await;
    write(&session).await.unwrap();
    assert_eq!(writes(&server), 2);
    assert_eq!(asked(&server), [Value::Null, Value::Null, acrs()]);
    write(&session).await.unwrap();
    assert_eq!(writes(&server), 3, "the renewed token is kept");
}

#[tokio::test]
async fn where_only_a_person_can_prove_it_the_sign_in_asks_for_it_and_reading_goes_on() {
    let entra = Entra::default();
    let server = server(&entra, "Bearer access-1-2").await;
    let session = person(&server).await;
    entra.revokes(TENANT);
    let error = write(&session).await.unwrap_err();
    let Error::SignIn { code, remedy, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(code.as_deref(), Some("AADSTS700082"));
    assert_eq!(*remedy, Remedy::DeviceCode);
    assert_eq!(writes(&server), 1);
    read(&session).await.unwrap();
    sign_in(&session).await;
    write(&session).await.unwrap();
    let nothing = Value::Null;
    assert_eq!(
        asked(&server),
        [nothing.clone(), nothing, acrs(), acrs(), acrs()]
    );
}

#[tokio::test]
async fn a_renewed_token_that_does_not_do_is_no_endless_loop() {
    let server = server(&Entra::default(), "Bearer nobody's").await;
    let session = person(&server).await;
    let error = write(&session).await.unwrap_err();
    let Error::SignIn { code, remedy, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(code.as_deref(), Some("RequestDisallowedByAzure"));
    assert_eq!(*remedy, Remedy::DeviceCode);
    assert_eq!(writes(&server), 2);
    drop(session.begin_sign_in().await.unwrap());
    assert_eq!(asked(&server).last(), Some(&acrs()));
}

#[tokio::test]
async fn writes_that_are_challenged_together_are_answered_together() {
    let entra = Entra::default();
    let server = server(&entra, "Bearer access-1-2").await;
    let session = person(&server).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let session = session.clone();
        calls.spawn(async move { write(&session).await });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
    assert_eq!(asked(&server), [Value::Null, Value::Null, acrs()]);
}

#[tokio::test]
async fn an_application_that_cannot_prove_it_is_told_what_azure_said() {
    let server = Server::with_tokens(|_, _| challenged()).await;
    let session = crate::signed_in::session(&server);
    let error = write(&session).await.unwrap_err();
    assert_eq!(
        (error.status(), error.code()),
        (Some(401), Some("RequestDisallowedByAzure"))
    );
    assert_eq!((writes(&server), server.token_requests()), (2, 2));
}
