//! Nothing secret in any log, whatever crate writes it. Alone in its program, for there is one
//! log a program.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "azure_client/entra.rs"]
mod entra;
#[path = "azure_client/server.rs"]
mod server;
#[path = "azure_client/signed_in.rs"]
mod signed_in;

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gallerist::azure::{
    Access, Azure, Cloud, Credential, IdentitySettings, Retry, SentWrite, Wait, Witness,
    WriteAnswer,
};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use entra::Entra;
use server::{Reply, Server};
use signed_in::{TENANT, session};

const VERSION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/galleries/acg/images/win11/versions/1.4.12";

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a witness of writes is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

#[async_trait]
impl Witness for Told {
    fn retrying(&self, _: &Retry) {}

    fn waiting(&self, _: &Wait) {}

    async fn sending(&self, write: &SentWrite) {
        self.0.lock().unwrap().push(format!("{write:?}"));
    }

    async fn answered(&self, write: &SentWrite, answer: &WriteAnswer) {
        let told = format!("{write:?} {answer:?}");
        self.0.lock().unwrap().push(told);
    }
}

#[tokio::test]
async fn no_log_of_any_crate_holds_a_secret_a_token_or_a_signed_address() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let server = Server::start(|request, before| match (request.method.as_str(), before) {
        _ if request.target.starts_with("/1111") => Reply::token("token-1"),
        _ if request.is_token() => Reply::token("auxiliary-1"),
        ("PUT", _) => Reply::new(201).with("azure-asyncoperation", "/operation?t=1&s=SIGNATURE"),
        ("GET", 0) => Reply::json(200, &json!({"status": "InProgress"})),
        _ => Reply::dropped(),
    })
    .await;
    let other_tenant = Access {
        identity: "msp".to_owned(),
        tenant: "22222222-2222-2222-2222-222222222222".parse().unwrap(),
    };
    let witness = Arc::new(Told::default());
    let signed_in = session(&server)
        .with_auxiliary(vec![other_tenant])
        .witnessed(witness.clone());
    let accepted = signed_in
        .put_image_version(&VERSION.parse().unwrap(), &json!({}))
        .await
        .unwrap();
    signed_in.operation(&accepted).await.unwrap();
    let error = signed_in.operation(&accepted).await.unwrap_err();
    let refusing = Server::start(|_, _| Reply::error(401, "x")).await;
    let refused = session(&refusing).sign_in().await.unwrap_err();

    let sent = server.requests()[0]
        .header("x-ms-authorization-auxiliary")
        .map(str::to_owned);
    assert_eq!(sent.as_deref(), Some("Bearer auxiliary-1"));
    let mut told = a_person_signs_in().await;
    told.extend(applications_show_assertions().await);
    assert_eq!(told.len(), 6);
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("/operation"), "requests are logged");
    assert!(logged.contains("/versions/1.4.12"), "requests are logged");
    let witnessed = witness.0.lock().unwrap().clone();
    assert_eq!(witnessed.len(), 2, "before and after");
    assert!(witnessed[1].contains("/versions/1.4.12"), "writes are told");
    told.extend(witnessed);
    told.extend([
        logged,
        format!("{error} {error:?}"),
        format!("{refused} {refused:?}"),
    ]);
    for text in told {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in: {text}");
        }
    }
}

/// What is secret in these exchanges: tokens of every kind by how they begin, an assertion (a
/// signed token) too.
const SECRETS: [&str; 11] = [
    "hunter2",
    "token-1",
    "auxiliary-1",
    "SIGNATURE",
    "DEVICE-CODE",
    "A1B2C3D4E",
    "refresh-",
    "access-1",
    "FEDERATED",
    "PRIVATE KEY",
    "eyJ",
];

fn signing_in_with(server: &Server, credential: Credential, tokens: &Path) -> Azure {
    let cloud = Cloud::custom(&server.url(), &server.url(), "https://arm").unwrap();
    let identity = IdentitySettings {
        name: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
        credential,
    };
    Azure::keeping_tokens_in(tokens.to_owned(), cloud, vec![identity]).unwrap()
}

fn at_home() -> Access {
    Access {
        identity: "msp".to_owned(),
        tenant: TENANT.parse().unwrap(),
    }
}

/// Sets aside what is not understood, gets tokens, renews and loses them. What was told.
async fn a_person_signs_in() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.json");
    std::fs::write(&tokens, r#"{"version":1,"sign_ins":["refresh-old"]}"#).unwrap();
    let entra = Entra::default();
    entra.short_lived();
    let answering = entra.clone();
    let server = Server::start(move |request, _| {
        let unknown = || Reply::error(401, "InvalidAuthenticationToken");
        answering.answer(request).unwrap_or_else(unknown)
    })
    .await;
    let credential = Credential::DeviceCode {
        client_id: "app".to_owned(),
    };
    let azure = signing_in_with(&server, credential, &tokens);
    let session = azure.session(at_home());
    let unread = session.sign_in().await.unwrap_err();
    let pending = session.begin_sign_in().await.unwrap();
    pending.finish().await.unwrap();
    let refused = session.tenants().await.unwrap_err();
    assert!(
        std::fs::read_to_string(&tokens)
            .unwrap()
            .contains("refresh-")
    );
    entra.revokes(TENANT);
    let revoked = session.sign_in().await.unwrap_err();
    entra.answering_before(&["authorization_declined"]);
    let pending = session.begin_sign_in().await.unwrap();
    let declined = pending.finish().await.unwrap_err();
    assert!(session.sign_out().await.unwrap());
    [unread, refused, revoked, declined]
        .map(|error| format!("{error} {error:?} {:?}", error.advice()))
        .to_vec()
}

/// A certificate and another issuer's token, to an authority that refuses them. What was told.
async fn applications_show_assertions() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proof");
    let server = Server::start(|_, _| Reply::error(400, "invalid_client")).await;
    let mut told = Vec::new();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["msp".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    for (credential, proof) in [
        (
            Credential::ClientCertificate {
                client_id: "app".to_owned(),
                certificate: file.clone(),
            },
            certificate.pem() + &key.serialize_pem(),
        ),
        (
            Credential::WorkloadIdentity {
                client_id: "app".to_owned(),
                token_file: file.clone(),
            },
            "FEDERATED".to_owned(),
        ),
    ] {
        std::fs::write(&file, proof).unwrap();
        let azure = signing_in_with(&server, credential, &folder.path().join("tokens.json"));
        let refused = azure.session(at_home()).sign_in().await.unwrap_err();
        told.push(format!("{refused} {refused:?}"));
    }
    let shown = server.all();
    assert!(shown[0].body.contains("client_assertion=eyJ"));
    assert!(shown[1].body.contains("client_assertion=FEDERATED"));
    told
}
