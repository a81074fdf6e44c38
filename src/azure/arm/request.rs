use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;
use url::Url;

use super::answer::Answer;
use super::exchange::chain;
use super::governor::Governor;
use super::origin;
use super::retry::{Attempts, Caller, RetryPolicy};
use crate::azure::cloud::is_near;
use crate::azure::error::Error;
use crate::azure::identity::{Token, Tokens};

/// Refused for being asked too often.
pub(super) const TOO_MANY: u16 = 429;

/// Other tenants that a write reaches into (azure-docs, authenticate-multi-tenant.md).
const MOST_AUXILIARY: usize = 3;

/// The client of one endpoint: no redirects, no silent repetition, no proxy on the way to what
/// is on this host.
pub(crate) fn client(endpoint: &Url) -> Result<Client, Error> {
    let client = Client::builder()
        .user_agent(concat!("gallerist/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(10))
        // ARM's gateway gives up after 60 s.
        .timeout(Duration::from_secs(70));
    let client = if is_near(endpoint) {
        client.no_proxy()
    } else {
        client
    };
    client
        .build()
        .map_err(|e| Error::Configuration(format!("HTTPS cannot be prepared: {}", chain(&e))))
}

/// One cloud's resource manager, and the tokens it is asked with.
pub(crate) struct Arm {
    pub(crate) http: Client,
    pub(crate) resource_manager: Url,
    pub(crate) tokens: Tokens,
    pub(crate) policy: RetryPolicy,
    pub(crate) governor: Governor,
}

/// What is sent.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) body: Option<&'a Value>,
    /// Whether it is a write, and not a question.
    pub(crate) changes: bool,
}

/// A request that changes something.
pub(crate) enum Write<'a> {
    Put(&'a Value),
    Post(&'a Value),
    Delete,
}

impl<'a> Request<'a> {
    fn get(url: &'a Url) -> Self {
        Self {
            method: Method::GET,
            url,
            body: None,
            changes: false,
        }
    }
}

impl<'a> Write<'a> {
    fn request(self, url: &'a Url) -> Request<'a> {
        let (method, body) = match self {
            Self::Put(body) => (Method::PUT, Some(body)),
            Self::Post(body) => (Method::POST, Some(body)),
            Self::Delete => (Method::DELETE, None),
        };
        Request {
            method,
            url,
            body,
            changes: true,
        }
    }
}

impl Arm {
    /// The address of a path at this resource manager; `query` as it is to be sent.
    pub(crate) fn url(&self, path: &str, query: &str) -> Url {
        let mut url = self.resource_manager.clone();
        url.set_path(path);
        url.set_query(Some(query));
        url
    }

    /// Reads a JSON document, as often as the policy allows.
    pub(crate) async fn read(&self, caller: &Caller<'_>, url: &Url) -> Result<Value, Error> {
        let json = |answer: Answer| answer.json(&caller.doing);
        self.repeat(caller, &Request::get(url), is_transient, json)
            .await
    }

    /// Reads whatever is there, as often as the policy allows.
    pub(super) async fn fetch(&self, caller: &Caller<'_>, url: &Url) -> Result<Answer, Error> {
        self.repeat(caller, &Request::get(url), is_transient, Ok)
            .await
    }

    /// Reads once; only a refused token is renewed. For callers who decide themselves.
    pub(crate) async fn look(&self, caller: &Caller<'_>, url: &Url) -> Result<Answer, Error> {
        self.repeat(caller, &Request::get(url), |_| false, Ok).await
    }

    /// Asks for something that changes nothing and takes a body, as often as the policy allows.
    pub(crate) async fn ask(
        &self,
        caller: &Caller<'_>,
        url: &Url,
        body: &Value,
    ) -> Result<Answer, Error> {
        let question = Request {
            method: Method::POST,
            url,
            body: Some(body),
            changes: false,
        };
        self.repeat(caller, &question, is_transient, Ok).await
    }

    /// Writes. Only what was surely not accepted is repeated: throttled, or refused for its token.
    pub(crate) async fn write(
        &self,
        caller: &Caller<'_>,
        url: &Url,
        write: Write<'_>,
    ) -> Result<Answer, Error> {
        let request = write.request(url);
        let throttled = |error: &Error| error.status() == Some(TOO_MANY);
        self.repeat(caller, &request, throttled, Ok).await
    }

    async fn repeat<T>(
        &self,
        caller: &Caller<'_>,
        request: &Request<'_>,
        may_repeat: impl Fn(&Error) -> bool,
        finish: impl Fn(Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        origin::hold(&caller.doing, request.url, &self.resource_manager)?;
        let mut attempts = Attempts::new(caller, self.policy);
        let mut renewed = false;
        let mut newer = None;
        let turn = self.governor.turn(caller.priority);
        loop {
            let mut tokens = match newer.take() {
                Some(tokens) => tokens,
                None => self.tokens_for(caller, request).await?,
            };
            let permit = self
                .governor
                .permit(turn, caller, &request.method, request.url);
            let permit = permit.await;
            if permit.waited() {
                tokens = self.tokens_for(caller, request).await?;
            }
            let sent = self.send(caller, request, &tokens, permit).await;
            let error = match sent.and_then(&finish) {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            if error.status() == Some(401) {
                if renewed {
                    return Err(self.tokens.not_enough(caller.access, error).await);
                }
                renewed = true;
                attempts.tell(&error, Duration::ZERO);
                newer = Some(self.renewed(caller, &tokens, error.claims()).await?);
            } else if may_repeat(&error) {
                let asked = error.retry_after();
                attempts.again(error, asked).await?;
            } else {
                return Err(error);
            }
        }
    }

    /// The caller's token, and behind it those that a write carries besides. Each is valid now:
    /// one that has expired has the whole request refused
    /// (azure-docs, authenticate-multi-tenant.md).
    async fn tokens_for(
        &self,
        caller: &Caller<'_>,
        request: &Request<'_>,
    ) -> Result<Vec<Token>, Error> {
        let mut tokens = vec![self.tokens.get(caller, self.policy).await?];
        if request.method == Method::GET {
            return Ok(tokens);
        }
        if caller.auxiliary.len() > MOST_AUXILIARY {
            return Err(Error::Configuration(format!(
                "{}: tokens of {} other tenants are needed, and Azure takes {MOST_AUXILIARY}",
                caller.doing,
                caller.auxiliary.len()
            )));
        }
        for access in caller.auxiliary {
            let caller = caller.acting_as(access);
            tokens.push(self.tokens.get(&caller, self.policy).await?);
        }
        Ok(tokens)
    }

    /// Others for tokens that were refused; what the refusal asks for is the caller's to prove.
    async fn renewed(
        &self,
        caller: &Caller<'_>,
        refused: &[Token],
        claims: Option<&str>,
    ) -> Result<Vec<Token>, Error> {
        let mut tokens = Vec::with_capacity(refused.len());
        for token in refused {
            let caller = caller.acting_as(&token.access);
            let claims = claims.filter(|_| tokens.is_empty());
            let newer = self.tokens.renew(&caller, self.policy, token, claims);
            tokens.push(newer.await?);
        }
        Ok(tokens)
    }
}

/// What may be otherwise next time, for a request that changes nothing.
fn is_transient(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } | Error::Interrupted { .. } => true,
        Error::Arm { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
        _ => false,
    }
}
