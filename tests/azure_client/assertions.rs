//! Applications that prove who they are with a signed statement, theirs or another issuer's.

use std::path::Path;

use gallerist::azure::{Access, Azure, Cloud, Credential, Error, IdentitySettings, Session};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use crate::entra::form;
use crate::server::{Reply, Server};
use crate::signed_in::TENANT;

fn session(server: &Server, credential: Credential) -> Session {
    let cloud = Cloud::custom(&server.url(), &server.url(), "https://arm").unwrap();
    let identity = IdentitySettings {
        name: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
        credential,
    };
    let access = Access {
        identity: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
    };
    Azure::new(cloud, vec![identity]).unwrap().session(access)
}

fn by_certificate(server: &Server, certificate: &Path) -> Session {
    let credential = Credential::ClientCertificate {
        client_id: "app".to_owned(),
        certificate: certificate.to_owned(),
    };
    session(server, credential)
}

fn by_token_file(server: &Server, token_file: &Path) -> Session {
    let credential = Credential::WorkloadIdentity {
        client_id: "app".to_owned(),
        token_file: token_file.to_owned(),
    };
    session(server, credential)
}

#[tokio::test]
async fn a_certificate_signs_for_the_tenant_that_is_asked() {
    let server = Server::with_tokens(|_, _| Reply::new(404)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("msp.pem");
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["msp".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    std::fs::write(&file, certificate.pem() + &key.serialize_pem()).unwrap();
    by_certificate(&server, &file).sign_in().await.unwrap();
    let request = &server.all()[0];
    assert_eq!(request.target, format!("/{TENANT}/oauth2/v2.0/token"));
    let form = form(request);
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(form["scope"], "https://arm/.default");
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let public = DecodingKey::from_rsa_pem(key.public_key_pem().as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::PS256);
    validation.set_audience(&[server.url() + &request.target]);
    jsonwebtoken::decode::<Value>(&form["client_assertion"], &public, &validation).unwrap();
}

#[tokio::test]
async fn a_token_file_is_read_each_time_since_it_is_rewritten() {
    let server = Server::start(|_, _| {
        Reply::json(
            200,
            &serde_json::json!({"access_token": "t", "expires_in": 1}),
        )
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let session = by_token_file(&server, &file);
    for token in ["first", "second"] {
        std::fs::write(&file, format!("{token}\n")).unwrap();
        session.sign_in().await.unwrap();
    }
    let shown: Vec<String> = server
        .all()
        .iter()
        .map(|request| form(request)["client_assertion"].clone())
        .collect();
    assert_eq!(shown, ["first", "second"]);
}

#[tokio::test]
async fn a_file_that_does_not_do_is_named_and_nothing_sent() {
    let server = Server::with_tokens(|_, _| Reply::new(404)).await;
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing");
    for (session, words) in [
        (
            by_certificate(&server, &empty),
            "empty.pem: it holds no certificate",
        ),
        (by_certificate(&server, &missing), "missing: No such file"),
        (by_token_file(&server, &missing), "missing: No such file"),
    ] {
        let error = session.sign_in().await.unwrap_err();
        assert!(matches!(error, Error::SignIn { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(server.all().is_empty());
}
