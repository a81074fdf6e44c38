//! What an application signs in with in place of a secret.

use std::fs;

use super::client::{Client, Reply};
use super::people::number;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The certificate and key of the ready folder.
fn pem(client: &Client) -> Vec<u8> {
    fs::read(client.ready.config.with_file_name("msp.pem")).unwrap()
}

/// An assertion as the application would make it, with changes.
fn assertion(client: &Client, header: &Value, changes: &Value) -> String {
    let pem = pem(client);
    let certificate = CertificateDer::from_pem_slice(&pem).unwrap();
    let now = jiff::Timestamp::now().as_second();
    let id = &client.ready.client_id;
    let mut claims = json!({
        "aud": format!("{}/{}/oauth2/v2.0/token", client.ready.authority, client.ready.tenant),
        "iss": id,
        "sub": id,
        "jti": "one",
        "nbf": now,
        "exp": now + 600,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let mut head = Header::new(match header["alg"].as_str() {
        Some("PS256") => Algorithm::PS256,
        _ => Algorithm::RS256,
    });
    let print = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
    head.x5t_s256 = Some(header["x5t#S256"].as_str().map_or(print, str::to_owned));
    encode(
        &head,
        &claims,
        &EncodingKey::from_rsa_pem(key(&pem)).unwrap(),
    )
    .unwrap()
}

/// The key of a file that has a certificate before it.
fn key(pem: &[u8]) -> &[u8] {
    let begin = b"-----BEGIN PRIVATE KEY-----";
    let at = pem.windows(begin.len()).position(|part| part == begin);
    &pem[at.unwrap()..]
}

async fn present(client: &Client, assertion: &str) -> Reply {
    let tenant = client.ready.tenant.clone();
    let fields = [
        ("client_secret", ""),
        ("client_assertion_type", BEARER),
        ("client_assertion", assertion),
    ];
    client.ask_token(&tenant, &fields).await
}

#[tokio::test]
async fn a_certificate_signs_in() {
    let client = Client::demo().await;
    for algorithm in ["RS256", "PS256"] {
        let good = assertion(&client, &json!({ "alg": algorithm }), &json!({}));
        let reply = present(&client, &good).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    // Whichever way it reaches the authority, and by what it calls itself.
    let authority = client.ready.authority.replace("http:", "https:");
    let issuer = json!({ "aud": format!("{authority}/{}/v2.0", client.ready.tenant) });
    let reply = present(&client, &assertion(&client, &json!({}), &issuer)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    // MSAL for Python writes fractions of a second.
    #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
    let soon = jiff::Timestamp::now().as_second() as f64 + 600.5;
    let fraction = assertion(&client, &json!({}), &json!({ "exp": soon }));
    assert_eq!(present(&client, &fraction).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn an_assertion_that_proves_nothing_is_refused() {
    let client = Client::demo().await;
    let now = jiff::Timestamp::now().as_second();
    let refused = async |header: Value, claims: Value| {
        number(&present(&client, &assertion(&client, &header, &claims)).await)
    };
    let late = json!({ "nbf": now - 3600, "exp": now - 1800 });
    assert_eq!(refused(json!({}), late).await, 700_024);
    let elsewhere = json!({ "aud": "https://login.microsoftonline.com/x/oauth2/v2.0/token" });
    assert_eq!(refused(json!({}), elsewhere).await, 700_023);
    assert_eq!(
        refused(json!({}), json!({ "sub": "another" })).await,
        700_021
    );
    let unknown = json!({ "x5t#S256": "AAAA" });
    assert_eq!(refused(unknown, json!({})).await, 700_027);

    let good = assertion(&client, &json!({}), &json!({}));
    let other = assertion(&client, &json!({}), &json!({ "jti": "two" }));
    let (_, foreign) = other.rsplit_once('.').unwrap();
    let (signed, _) = good.rsplit_once('.').unwrap();
    let forged = present(&client, &format!("{signed}.{foreign}")).await;
    assert_eq!((forged.status.as_u16(), number(&forged)), (401, 700_027));
    assert_eq!(number(&present(&client, "not.even.one").await), 50027);
    client.stop().await;
}

/// The federated token of the ready folder.
fn federated(client: &Client) -> String {
    fs::read_to_string(client.ready.config.with_file_name("federated.token")).unwrap()
}

#[tokio::test]
async fn a_federated_token_signs_in_until_somebody_else_signs_it() {
    let client = Client::demo().await;
    let token = federated(&client);
    let reply = present(&client, &token).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = present(&client, &format!("{signed}.AAAA")).await;
    assert_eq!(number(&forged), 700_027);
    client.stop().await;
}

#[tokio::test]
async fn a_federated_token_has_to_match_in_issuer_audience_and_subject() {
    let client = Client::demo().await;
    let token = federated(&client);
    let claims = super::people::claims(&json!(token));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for (name, expected) in [("iss", 700_211), ("aud", 700_212), ("sub", 700_213)] {
        let mut changed = claims.clone();
        changed[name] = json!("another");
        let other = format!(
            "{}.{}.AAAA",
            part(&json!({ "alg": "RS256" })),
            part(&changed)
        );
        assert_eq!(number(&present(&client, &other).await), expected, "{name}");
    }
    client.stop().await;
    let bare = Client::with_estate(super::people::AT_HOME).await;
    assert_eq!(number(&present(&bare, &token).await), 70021);
    bare.stop().await;
}

#[tokio::test]
async fn there_is_a_ready_configuration_for_each_way_to_sign_in() {
    let client = Client::demo().await;
    let configs = &client.ready.configs;
    let ways: Vec<&str> = configs.keys().copied().collect();
    assert_eq!(
        ways,
        [
            "client_certificate",
            "client_secret",
            "device_code",
            "workload_identity"
        ]
    );
    assert_eq!(configs["client_secret"], client.ready.config);
    for (way, file) in configs {
        let config: toml::Table = fs::read_to_string(file).unwrap().parse().unwrap();
        let identity = &config["identity"][0];
        assert_eq!(identity["credential"].as_str(), Some(*way));
        for name in [
            "client_secret_file",
            "client_certificate_file",
            "token_file",
        ] {
            if let Some(file) = identity.get(name) {
                assert!(fs::exists(file.as_str().unwrap()).unwrap(), "{way}");
            }
        }
    }
    client.stop().await;
}
