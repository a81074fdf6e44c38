//! People who sign in by device code: once at home, and where a tenant wants it, there too.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gallerist::azure::{
    Access, Azure, Cloud, Credential, Error, IdentitySettings, Remedy, Session,
};
use serde_json::{Value, json};

use crate::entra::{CHALLENGE, Entra, claims, form};
use crate::server::{Reply, Request, Server};
use crate::signed_in::TENANT;
use crate::{gallery, gallery_id, version_id};

const ADATUM: &str = "22222222-2222-2222-2222-222222222222";
const FABRIKAM: &str = "33333333-3333-3333-3333-333333333333";

/// A resource manager that gives a gallery to everybody.
async fn server(entra: &Entra) -> Server {
    serving(entra, |_| Reply::json(200, &gallery("acg"))).await
}

async fn serving(
    entra: &Entra,
    script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> Server {
    let entra = entra.clone();
    Server::start(move |request, _| entra.answer(request).unwrap_or_else(|| script(request))).await
}

fn people(client_id: &str) -> Vec<IdentitySettings> {
    vec![IdentitySettings {
        name: "me".to_owned(),
        tenant: TENANT.parse().unwrap(),
        credential: Credential::DeviceCode {
            client_id: client_id.to_owned(),
        },
    }]
}

fn cloud(server: &Server) -> Cloud {
    Cloud::custom(&server.url(), &server.url(), "https://management.azure.com").unwrap()
}

/// As this program is when it starts: what it knows is in the file.
fn started(server: &Server, tokens: &Path) -> Azure {
    Azure::keeping_tokens_in(tokens.to_owned(), cloud(server), people("app")).unwrap()
}

fn forgetful(server: &Server) -> Azure {
    Azure::new(cloud(server), people("app")).unwrap()
}

fn at(azure: &Azure, tenant: &str) -> Session {
    azure.session(Access {
        identity: "me".to_owned(),
        tenant: tenant.parse().unwrap(),
    })
}

async fn sign_in(azure: &Azure, tenant: &str) {
    let pending = at(azure, tenant).begin_sign_in().await.unwrap();
    pending.finish().await.unwrap();
}

async fn read(session: &Session) -> Result<(), Error> {
    session.gallery(&gallery_id("acg")).await.map(drop)
}

fn needs_sign_in(error: &Error) -> bool {
    matches!(error, Error::SignIn { remedy, .. } if *remedy == Remedy::DeviceCode)
}

/// The refresh tokens that were shown at a tenant, in order.
fn redeemed(server: &Server, tenant: &str) -> Vec<String> {
    let of_tenant = |request: &Request| request.target.starts_with(&format!("/{tenant}/"));
    let requests = server.all().into_iter().filter(of_tenant);
    requests
        .filter_map(|request| form(&request).remove("refresh_token"))
        .collect()
}

#[tokio::test]
async fn nobody_is_asked_before_somebody_wants_to_sign_in() {
    let server = server(&Entra::default()).await;
    let session = at(&forgetful(&server), ADATUM);
    let error = read(&session).await.unwrap_err();
    assert!(needs_sign_in(&error), "{error}");
    assert_eq!(error.code(), None);
    let advice = error.advice().unwrap();
    assert!(
        advice.ends_with(&format!("gallerist login --tenant {ADATUM}")),
        "{advice}"
    );
    assert_eq!(session.remedy(), Remedy::DeviceCode);
    assert_eq!(session.account().await.unwrap(), None);
    assert!(server.all().is_empty());
}

#[tokio::test]
async fn one_sign_in_is_good_for_every_tenant_that_accepts_it() {
    let entra = Entra::default();
    let server = server(&entra).await;
    let azure = forgetful(&server);
    entra.answering_before(&["authorization_pending", "authorization_pending"]);
    let pending = at(&azure, TENANT).begin_sign_in().await.unwrap();
    let code = pending.device_code();
    assert_eq!(code.user_code, "A1B2C3D4E");
    assert_eq!(code.verification_uri, "https://microsoft.com/devicelogin");
    assert_eq!(code.message, "To sign in, …");
    pending.finish().await.unwrap();
    for tenant in [TENANT, ADATUM, FABRIKAM] {
        read(&at(&azure, tenant)).await.unwrap();
        let bearer = server
            .requests()
            .last()
            .unwrap()
            .header("authorization")
            .map(str::to_owned);
        assert!(
            bearer
                .unwrap()
                .starts_with(&format!("Bearer access-{}-", &tenant[..1]))
        );
    }
    let account = at(&azure, ADATUM).account().await.unwrap();
    assert_eq!(account.as_deref(), Some("ada@msp.example"));

    let asked: Vec<Request> = server
        .all()
        .into_iter()
        .filter(|r| r.target.contains("/oauth2/"))
        .collect();
    let paths: Vec<&str> = asked.iter().map(|r| r.target.as_str()).collect();
    let token = format!("/{TENANT}/oauth2/v2.0/token");
    assert_eq!(paths[0], format!("/{TENANT}/oauth2/v2.0/devicecode"));
    assert_eq!(paths[1..4], [&token, &token, &token]);
    assert_eq!(paths[4], format!("/{ADATUM}/oauth2/v2.0/token"));
    assert_eq!(paths.len(), 6);
    for request in &asked {
        let capable = json!({"access_token": {"xms_cc": {"values": ["CP1"]}}});
        assert_eq!(claims(request), capable, "{}", request.body);
        let form = form(request);
        assert_eq!(form["client_id"], "app");
        if !form.contains_key("device_code") {
            assert_eq!(
                form["scope"],
                "https://management.azure.com/.default offline_access openid profile"
            );
        }
    }
    assert_eq!(form(&asked[1])["device_code"], "DEVICE-CODE");
}

#[tokio::test]
async fn a_tenant_that_wants_its_own_sign_in_disturbs_no_other() {
    let entra = Entra::default();
    entra.wants_own_mfa(ADATUM);
    let server = server(&entra).await;
    let azure = forgetful(&server);
    sign_in(&azure, TENANT).await;
    let error = read(&at(&azure, ADATUM)).await.unwrap_err();
    assert!(needs_sign_in(&error), "{error}");
    assert_eq!(error.code(), Some("AADSTS50076"));
    assert_eq!(error.correlation_id(), Some("c"));
    assert!(!format!("{error}").contains("acrs"), "{error}");
    read(&at(&azure, FABRIKAM)).await.unwrap();

    sign_in(&azure, ADATUM).await;
    read(&at(&azure, ADATUM)).await.unwrap();
    read(&at(&azure, FABRIKAM)).await.unwrap();
    let own: Vec<Value> = server
        .all()
        .iter()
        .filter(|r| r.target.starts_with(&format!("/{ADATUM}/")) && !r.body.contains("refresh-"))
        .map(claims)
        .collect();
    let mut wanted: Value = serde_json::from_str(CHALLENGE).unwrap();
    wanted["access_token"]["xms_cc"] = json!({"values": ["CP1"]});
    assert_eq!(own, [wanted.clone(), wanted]);
    assert_eq!(redeemed(&server, FABRIKAM).len(), 1);
}

#[tokio::test]
async fn a_tenants_own_refresh_token_goes_first_and_the_newest_of_each() {
    let entra = Entra::default();
    let server = server(&entra).await;
    let azure = forgetful(&server);
    sign_in(&azure, TENANT).await;
    sign_in(&azure, ADATUM).await;
    entra.short_lived();
    // The tokens of the sign-ins last; others are needed at once each time.
    for _ in 0..2 {
        read(&at(&azure, FABRIKAM)).await.unwrap();
    }
    assert_eq!(redeemed(&server, FABRIKAM), ["refresh-1", "refresh-3"]);
    entra.revokes(TENANT);
    let again = forgetful(&server);
    sign_in(&again, TENANT).await;
    sign_in(&again, ADATUM).await;
    for _ in 0..2 {
        read(&at(&again, ADATUM)).await.unwrap();
    }
    assert_eq!(redeemed(&server, ADATUM), ["refresh-6", "refresh-7"]);
}

#[tokio::test]
async fn where_its_own_is_good_for_nothing_the_one_of_home_is_tried() {
    let entra = Entra::default();
    entra.short_lived();
    let server = server(&entra).await;
    let azure = forgetful(&server);
    sign_in(&azure, TENANT).await;
    sign_in(&azure, ADATUM).await;
    entra.revokes(ADATUM);
    read(&at(&azure, ADATUM)).await.unwrap();
    assert_eq!(redeemed(&server, ADATUM), ["refresh-2", "refresh-1"]);
    entra.revokes(TENANT);
    entra.revokes(ADATUM);
    let error = read(&at(&azure, ADATUM)).await.unwrap_err();
    assert!(needs_sign_in(&error), "{error}");
    assert_eq!(error.code(), Some("AADSTS700082"));
}

#[tokio::test]
async fn fifty_calls_share_one_request() {
    let entra = Entra::default();
    let server = server(&entra).await;
    let azure = forgetful(&server);
    sign_in(&azure, TENANT).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let session = at(&azure, ADATUM);
        calls.spawn(async move { read(&session).await });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
    assert_eq!(redeemed(&server, ADATUM).len(), 1);
}

#[tokio::test]
async fn a_sign_in_outlives_the_program_and_reaches_one_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("state/tokens.json");
    let entra = Entra::default();
    let server = server(&entra).await;
    let running = started(&server, &tokens);
    assert!(needs_sign_in(
        &read(&at(&running, ADATUM)).await.unwrap_err()
    ));
    sign_in(&started(&server, &tokens), TENANT).await;
    read(&at(&running, ADATUM)).await.unwrap();
    read(&at(&started(&server, &tokens), FABRIKAM))
        .await
        .unwrap();

    let mode = std::fs::metadata(&tokens).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&tokens).unwrap();
    assert!(
        text.contains("refresh-") && !text.contains("access-"),
        "{text}"
    );
    let contents: Value = serde_json::from_str(&text).unwrap();
    let kept = contents["sign_ins"].as_array().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["identity"], "me");
    assert_eq!(kept[0]["tenant"], TENANT);
    assert_eq!(kept[0]["account"], "ada@msp.example");
    assert_eq!(kept[0]["client_id"], "app");
    assert_eq!(kept[0]["authority"], server.url());
}

#[tokio::test]
async fn what_another_configuration_left_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.json");
    let entra = Entra::default();
    let (server, elsewhere) = (server(&entra).await, server(&entra).await);
    sign_in(&started(&server, &tokens), TENANT).await;
    let other_application =
        Azure::keeping_tokens_in(tokens.clone(), cloud(&server), people("other")).unwrap();
    for azure in [other_application, started(&elsewhere, &tokens)] {
        assert!(needs_sign_in(&read(&at(&azure, TENANT)).await.unwrap_err()));
    }
    assert!(redeemed(&server, TENANT).is_empty() && elsewhere.all().is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_understood_is_told_and_set_aside_by_a_new_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.json");
    std::fs::write(&tokens, "{\"version\": 9}").unwrap();
    let server = server(&Entra::default()).await;
    let azure = started(&server, &tokens);
    let error = read(&at(&azure, TENANT)).await.unwrap_err();
    assert!(needs_sign_in(&error), "{error}");
    assert!(
        error.to_string().contains("a newer gallerist wrote them"),
        "{error}"
    );
    sign_in(&azure, TENANT).await;
    read(&at(&started(&server, &tokens), TENANT)).await.unwrap();
}

#[tokio::test]
async fn who_signs_out_is_forgotten_and_with_home_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.json");
    let entra = Entra::default();
    entra.wants_own_mfa(ADATUM);
    let server = server(&entra).await;
    let azure = started(&server, &tokens);
    for tenant in [TENANT, ADATUM, FABRIKAM] {
        sign_in(&azure, tenant).await;
    }
    assert!(at(&azure, ADATUM).sign_out().await.unwrap());
    assert!(!at(&azure, ADATUM).sign_out().await.unwrap());
    assert!(needs_sign_in(&read(&at(&azure, ADATUM)).await.unwrap_err()));
    read(&at(&azure, FABRIKAM)).await.unwrap();
    assert!(at(&azure, TENANT).sign_out().await.unwrap());
    for tenant in [TENANT, ADATUM, FABRIKAM] {
        assert!(needs_sign_in(&read(&at(&azure, tenant)).await.unwrap_err()));
    }
    assert!(
        !std::fs::read_to_string(&tokens)
            .unwrap()
            .contains("refresh-")
    );
}

#[tokio::test]
async fn a_sign_in_may_end_without_one() {
    let entra = Entra::default();
    let server = server(&entra).await;
    let azure = forgetful(&server);
    for (error, words) in [
        ("authorization_declined", "declined"),
        ("expired_token", "expired"),
        ("bad_verification_code", "AADSTS70016"),
    ] {
        entra.answering_before(&["authorization_pending", error]);
        let pending = at(&azure, TENANT).begin_sign_in().await.unwrap();
        let error = pending.finish().await.unwrap_err();
        assert!(
            needs_sign_in(&error) && error.to_string().contains(words),
            "{error}"
        );
    }
    assert!(needs_sign_in(&read(&at(&azure, TENANT)).await.unwrap_err()));
}

#[tokio::test]
async fn a_network_that_comes_back_before_the_code_expires_does_no_harm() {
    let entra = Entra::default();
    let server = server(&entra).await;
    let azure = forgetful(&server);
    entra.answering_before(&["(nothing)", "(busy)", "authorization_pending"]);
    sign_in(&azure, TENANT).await;
    read(&at(&azure, TENANT)).await.unwrap();
}

#[tokio::test]
async fn nobody_waits_for_a_code_that_has_expired() {
    let entra = Entra::default();
    entra.codes_expire_at_once();
    let server = server(&entra).await;
    entra.answering_before(&["authorization_pending", "authorization_pending"]);
    let pending = at(&forgetful(&server), TENANT).begin_sign_in().await;
    let error = pending.unwrap().finish().await.unwrap_err();
    assert!(
        error.to_string().contains("the code has expired"),
        "{error}"
    );
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test]
async fn what_no_sign_in_mends_is_told_as_such() {
    let entra = Entra::default();
    let server = server(&entra).await;
    let azure = forgetful(&server);
    sign_in(&azure, TENANT).await;
    for (number, helps, words) in [
        (53_003, false, "conditional access"),
        (700_016, false, "consent"),
        (65_001, true, "consent"),
        (50_079, true, "multi-factor"),
    ] {
        entra.refuses(ADATUM, number);
        let session = at(&azure, ADATUM);
        let begun = session.begin_sign_in().await.map(drop).unwrap_err();
        for error in [read(&session).await.unwrap_err(), begun] {
            assert_eq!(error.code(), Some(format!("AADSTS{number}").as_str()));
            assert_eq!(needs_sign_in(&error), helps, "{error}");
            assert!(error.advice().unwrap().contains(words), "{error}");
        }
    }
}

#[tokio::test]
async fn an_application_has_no_code_to_sign_in_with() {
    let server = Server::with_tokens(|_, _| Reply::json(200, &gallery("acg"))).await;
    let session = crate::signed_in::session(&server);
    assert_eq!(session.remedy(), Remedy::Elsewhere);
    let refused = session.begin_sign_in().await.map(drop).unwrap_err();
    assert!(matches!(refused, Error::Configuration(_)), "{refused}");
    assert!(!session.sign_out().await.unwrap());
    assert!(server.all().is_empty());
}

#[tokio::test]
async fn a_write_carries_the_persons_tokens_of_other_tenants() {
    let entra = Entra::default();
    let server = serving(&entra, |_| Reply::new(200)).await;
    let azure = forgetful(&server);
    sign_in(&azure, TENANT).await;
    let others = [TENANT, FABRIKAM].map(|tenant| at(&azure, tenant).access().clone());
    let session = at(&azure, ADATUM).with_auxiliary(others.to_vec());
    session
        .put_image_version(&version_id(), &json!({}))
        .await
        .unwrap();
    let requests = server.requests();
    let write = requests.last().unwrap();
    assert_eq!(write.header("authorization"), Some("Bearer access-2-2"));
    assert_eq!(
        write.header("x-ms-authorization-auxiliary"),
        Some("Bearer access-1-1, Bearer access-3-3")
    );
}
