//! Tokens of other tenants, which a write into a resource of theirs has to carry.

use gallerist::azure::{Access, Certainty, Error, Session};
use serde_json::{Value, json};

use crate::server::{Reply, Request, Server};
use crate::signed_in::{TENANT, session};
use crate::{deployment_id, gallery, gallery_id, version_id, witnessed};

const HEADER: &str = "x-ms-authorization-auxiliary";
const GALLERIES: &str = "22222222-2222-2222-2222-222222222222";
const NETWORKS: &str = "33333333-3333-3333-3333-333333333333";

fn in_tenant(tenant: &str) -> Access {
    Access {
        identity: "msp".to_owned(),
        tenant: tenant.parse().unwrap(),
    }
}

/// A server whose tokens say which tenant issued them, and which of that tenant's they are.
async fn server(
    lifetime_s: u32,
    script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
) -> Server {
    Server::start(move |request, before| {
        if !request.is_token() {
            return script(request, before);
        }
        let tenant = &request.target[1..2];
        let token = format!("of-{tenant}-{}", before + 1);
        Reply::json(
            200,
            &json!({"token_type": "Bearer", "expires_in": lifetime_s, "access_token": token}),
        )
    })
    .await
}

fn reaching(session: &Session, tenants: &[&str]) -> Session {
    session.with_auxiliary(tenants.iter().map(|tenant| in_tenant(tenant)).collect())
}

fn sent(server: &Server) -> Vec<(String, Option<String>)> {
    let sent = server.requests().into_iter();
    sent.map(|r| (r.method.clone(), r.header(HEADER).map(str::to_owned)))
        .collect()
}

#[tokio::test]
async fn writes_and_validations_carry_them_and_reads_do_not() {
    let server = server(3600, |request, _| match request.method.as_str() {
        "PUT" => Reply::new(201).with("azure-asyncoperation", "/operation"),
        "DELETE" => Reply::new(200),
        "POST" => Reply::json(200, &json!({"name": "wave-1"})),
        _ if request.target == "/operation" => Reply::json(200, &json!({"status": "Succeeded"})),
        _ => Reply::json(200, &gallery("acg")),
    })
    .await;
    let session = reaching(&session(&server), &[GALLERIES, NETWORKS]);
    session.gallery(&gallery_id("acg")).await.unwrap();
    let id = deployment_id();
    session.validate_deployment(&id, &json!({})).await.unwrap();
    let accepted = session.put_deployment(&id, &json!({})).await.unwrap();
    session.operation(&accepted).await.unwrap();
    let assignment = id
        .resource("Microsoft.Authorization/roleAssignments", GALLERIES)
        .unwrap();
    session.delete_role_assignment(&assignment).await.unwrap();

    let both = Some("Bearer of-2-1, Bearer of-3-1".to_owned());
    let method = |name: &str| name.to_owned();
    assert_eq!(
        sent(&server),
        [
            (method("GET"), None),
            (method("POST"), both.clone()),
            (method("PUT"), both.clone()),
            (method("GET"), None),
            (method("DELETE"), both),
        ]
    );
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer of-1-1"));
    }
}

#[tokio::test]
async fn a_session_without_others_sends_no_such_header() {
    let server = server(3600, |_, _| Reply::new(200)).await;
    let plain = session(&server);
    plain
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    let none = plain.with_auxiliary(Vec::new());
    none.put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    assert!(sent(&server).iter().all(|(_, header)| header.is_none()));
}

#[tokio::test]
async fn each_sending_has_tokens_that_are_valid_then() {
    let server = server(1, |_, before| match before {
        0 => Reply::error(429, "TooManyRequests").with("retry-after", "0"),
        _ => Reply::new(200),
    })
    .await;
    let session = reaching(&session(&server), &[GALLERIES]);
    session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    let headers: Vec<Option<String>> = sent(&server).into_iter().map(|(_, h)| h).collect();
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    assert_eq!(headers, [bearer("of-2-1"), bearer("of-2-2")]);
}

#[tokio::test]
async fn a_refusal_renews_them_all_and_only_once() {
    let server = server(3600, |request, _| match request.header(HEADER) {
        Some("Bearer of-2-2, Bearer of-3-2") => Reply::new(200),
        _ => Reply::error(401, "InvalidAuthenticationToken"),
    })
    .await;
    let (session, notes) = witnessed(&server);
    let session = reaching(&session, &[GALLERIES, NETWORKS]);
    session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    let used: Vec<String> = server
        .requests()
        .iter()
        .map(|r| r.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(used, ["Bearer of-1-1", "Bearer of-1-2"]);
    assert_eq!(notes.causes(), ["InvalidAuthenticationToken: said so"]);
}

#[tokio::test]
async fn what_stays_refused_is_told() {
    let server = server(3600, |_, _| Reply::error(401, "InvalidAuthenticationToken")).await;
    let session = reaching(&session(&server), &[GALLERIES]);
    let refused = session.put_image_version(&version_id(), &json!({})).await;
    assert_eq!(refused.unwrap_err().status(), Some(401));
    assert_eq!((server.requests().len(), server.token_requests()), (2, 4));
}

#[tokio::test]
async fn where_one_cannot_sign_in_nothing_is_written() {
    let server = Server::start(|request, _| {
        if request.target.starts_with(&format!("/{TENANT}/")) {
            return Reply::token("ours");
        }
        Reply::json(
            400,
            &json!({
                "error": "unauthorized_client",
                "error_description": "AADSTS700016: Application not found in the directory.",
                "error_codes": [700_016],
            }),
        )
    })
    .await;
    let session = reaching(&session(&server), &[GALLERIES]);
    let error = session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap_err();
    let Error::SignIn { tenant, code, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(tenant.as_str(), GALLERIES);
    assert_eq!(code.as_deref(), Some("AADSTS700016"));
    assert_eq!(error.accepted(), Certainty::No);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn more_than_azure_takes_are_not_sent() {
    let server = server(3600, |_, _| Reply::json(200, &gallery("acg"))).await;
    let tenants = [GALLERIES, NETWORKS, TENANT, GALLERIES];
    let session = reaching(&session(&server), &tenants);
    let error = session
        .put_image_version(&version_id(), &Value::Null)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Configuration(_)), "{error}");
    assert!(error.to_string().contains("4 other tenants"), "{error}");
    assert!(server.requests().is_empty());
    session.gallery(&gallery_id("acg")).await.unwrap();
    reaching(&session, &tenants[..3])
        .put_image_version(&version_id(), &Value::Null)
        .await
        .unwrap();
}
