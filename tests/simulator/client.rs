//! A simulator for one test, and a client for it.

use std::path::Path;
use std::sync::Mutex;

use gallerist::simulator::{EstateSource, Limits, Options, Ready, Simulator, Tls, start};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The gallery subscription of the demo estate, and what is in it.
pub(crate) const GALLERIES: &str = "/subscriptions/4bcff225-6938-4091-a01c-259ebff5a095";
/// The stable api-version that most tests use.
pub(crate) const API: &str = "2024-03-03";

/// A running simulator whose time stands still until a test advances it.
pub(crate) struct Client {
    pub ready: Ready,
    simulator: Simulator,
    http: reqwest::Client,
    tenant: String,
    token: Mutex<String>,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    /// Null without a body
    pub body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The error code of an ARM error.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The message of an ARM error.
    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}

impl Client {
    /// The demo estate, signed in to the management tenant.
    pub(crate) async fn demo() -> Self {
        Self::of(EstateSource::Demo, 1).await
    }

    /// The demo estate of an Azure that does not throttle.
    pub(crate) async fn demo_without_limits() -> Self {
        Self::limited(EstateSource::Demo, 1, Limits::Off).await
    }

    /// An estate given as TOML, signed in to its home tenant.
    pub(crate) async fn with_estate(toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("estate.toml");
        std::fs::write(&file, toml).unwrap();
        Self::of(EstateSource::File(file), 1).await
    }

    /// The demo estate by https, signed in to the management tenant.
    pub(crate) async fn secure() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls {
            folder: folder.path().join("tls"),
            listen: "127.0.0.1:0".parse().unwrap(),
        };
        Self::start(EstateSource::Demo, 1, Limits::Documented, Some(tls), folder).await
    }

    pub(crate) async fn of(estate: EstateSource, seed: u64) -> Self {
        Self::limited(estate, seed, Limits::Documented).await
    }

    async fn limited(estate: EstateSource, seed: u64, limits: Limits) -> Self {
        Self::start(estate, seed, limits, None, tempfile::tempdir().unwrap()).await
    }

    async fn start(
        estate: EstateSource,
        seed: u64,
        limits: Limits,
        tls: Option<Tls>,
        folder: TempDir,
    ) -> Self {
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            estate,
            pace: 0.0,
            seed,
            folder: folder.path().to_owned(),
            limits,
            tls,
        };
        let simulator = start(options).await.unwrap();
        let mut ready = simulator.ready().clone();
        let mut http = reqwest::Client::builder().no_proxy();
        if let Some(secure) = &ready.secure {
            http = http.tls_certs_only([certificate(&secure.ca)]);
            ready
                .resource_manager
                .clone_from(&secure.resource_manager_tls);
            ready.authority.clone_from(&secure.authority_tls);
        }
        let mut client = Self {
            ready,
            simulator,
            http: http.build().unwrap(),
            tenant: String::new(),
            token: Mutex::default(),
            _folder: folder,
        };
        let tenant = client.ready.tenant.clone();
        client.sign_in(&tenant).await;
        client
    }

    pub(crate) async fn stop(self) {
        self.simulator.stop().await;
    }

    /// From now on requests go out with a token of this tenant.
    pub(crate) async fn sign_in(&mut self, tenant: &str) {
        self.tenant = tenant.to_owned();
        self.renew().await;
    }

    async fn renew(&self) {
        let token = self.token_of(&self.tenant).await;
        *self.token.lock().unwrap() = token;
    }

    pub(crate) async fn token_of(&self, tenant: &str) -> String {
        let reply = self.ask_token(tenant, &[]).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.body["access_token"].as_str().unwrap().to_owned()
    }

    /// Asks for a token, with some of the usual fields changed.
    pub(crate) async fn ask_token(&self, tenant: &str, changes: &[(&str, &str)]) -> Reply {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &self.ready.client_id),
            ("client_secret", &self.ready.client_secret),
            ("scope", "https://management.azure.com/.default"),
        ];
        for change in changes {
            form.retain(|field| field.0 != change.0);
            form.push(*change);
        }
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.ready.authority);
        reply(self.http.post(url).form(&form)).await
    }

    /// A request with this client's token. The path may be absolute, or below the simulator.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.bare(method, path)
            .bearer_auth(self.token.lock().unwrap())
    }

    /// A request without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.ready.resource_manager)
        };
        self.http.request(method, url)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        reply(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        reply(self.request(Method::DELETE, path)).await
    }

    /// Advances simulated time, and takes a fresh token as the old one may have expired by then.
    pub(crate) async fn advance(&self, seconds: u32) {
        self.advance_clock(seconds).await;
        self.renew().await;
    }

    /// Advances simulated time.
    pub(crate) async fn advance_clock(&self, seconds: u32) {
        let body = json!({ "advance_s": seconds });
        let reply = reply(self.bare(Method::POST, "/_simulator/clock").json(&body)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Plans faults.
    pub(crate) async fn plan(&self, faults: &Value) {
        let reply = reply(self.bare(Method::POST, "/_simulator/faults").json(faults)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Puts a document in past all rules.
    pub(crate) async fn smuggle(&self, id: &str, document: &Value) {
        let path = format!("/_simulator/resources?id={id}");
        let reply = reply(self.bare(Method::PUT, &path).json(document)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Polls an accepted request until it is over, an hour a poll, and gives the last status.
    pub(crate) async fn finish(&self, accepted: &Reply) -> Value {
        let url = accepted.header("azure-asyncoperation").unwrap().to_owned();
        self.advance(3600).await;
        let status = self.get(&url).await;
        assert_eq!(status.status, 200, "{status:?}");
        status.body
    }
}

/// A certificate authority to trust.
pub(crate) fn certificate(file: &Path) -> reqwest::Certificate {
    reqwest::Certificate::from_pem(&std::fs::read(file).unwrap()).unwrap()
}

pub(crate) async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = match text.as_str() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap(),
    };
    Reply {
        status,
        headers,
        body,
    }
}
