//! One request as it goes over the wire, and its answer.

use std::time::Instant;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response};
use url::Url;
use uuid::Uuid;

use super::answer::{Answer, header};
use super::governor::Permit;
use super::origin;
use super::request::{Arm, Request, TOO_MANY};
use super::retry::Caller;
use crate::azure::error::Error;
use crate::azure::identity::Token;
use crate::azure::written::{SentWrite, WriteAnswer};

/// ARM's answers are at most 8 MB (azure-resource-manager-rpc, common-api-details.md); four times
/// that is somebody else's.
const LARGEST_BODY: usize = 32 << 20;

/// Tokens of other tenants that a write reaches into.
const AUXILIARY: &str = "x-ms-authorization-auxiliary";

impl Arm {
    /// One request, one answer. Any status but 2xx is an error. Of what changes something the
    /// caller's witness is told before it leaves, and what came of it.
    pub(super) async fn send(
        &self,
        caller: &Caller<'_>,
        request: &Request<'_>,
        tokens: &[Token],
        permit: Permit<'_>,
    ) -> Result<Answer, Error> {
        let id = Uuid::new_v4().to_string();
        let message = self.message(&caller.doing, request, tokens, &id)?;
        let sent = SentWrite::of(request, &id, tokens);
        if let (Some(sent), Some(witness)) = (&sent, caller.witness) {
            witness.sending(sent).await;
        }
        let answer = self
            .exchange(&caller.doing, request, message, id, permit)
            .await;
        if let (Some(sent), Some(witness)) = (&sent, caller.witness) {
            witness.answered(sent, &WriteAnswer::of(&answer)).await;
        }
        answer
    }

    fn message(
        &self,
        doing: &str,
        request: &Request<'_>,
        tokens: &[Token],
        id: &str,
    ) -> Result<RequestBuilder, Error> {
        let mut message = self
            .http
            .request(request.method.clone(), request.url.clone())
            .header(ACCEPT, "application/json")
            .header("x-ms-client-request-id", id)
            .header("x-ms-return-client-request-id", "true");
        if let Some((token, auxiliary)) = tokens.split_first() {
            message = message.bearer_auth(token.secret.expose());
            if !auxiliary.is_empty() {
                message = message.header(AUXILIARY, bearers(doing, auxiliary)?);
            }
        }
        if let Some(body) = request.body {
            message = message.json(body);
        }
        Ok(message)
    }

    async fn exchange(
        &self,
        doing: &str,
        request: &Request<'_>,
        message: RequestBuilder,
        client_request_id: String,
        permit: Permit<'_>,
    ) -> Result<Answer, Error> {
        let started = Instant::now();
        let log = |status: u16, request_id: &str| {
            tracing::debug!(
                method = %request.method,
                path = request.url.path(),
                status,
                ms = started.elapsed().as_millis(),
                request_id,
                "ARM"
            );
        };
        let response = message.send().await.map_err(|error| {
            log(0, "");
            not_sent_or_interrupted(doing, &error)
        })?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        log(
            status,
            header(&headers, "x-ms-request-id").unwrap_or_default(),
        );
        // What is refused for its number tells in its body what of.
        let permit = if status == TOO_MANY {
            Some(permit)
        } else {
            permit.answered(&headers);
            None
        };
        if (300..400).contains(&status) {
            return Err(redirected(
                doing,
                request.url,
                &headers,
                &self.resource_manager,
            ));
        }
        let body = whole_body(doing, response).await;
        let answer = Answer {
            status,
            headers,
            body,
            client_request_id,
        };
        if (200..300).contains(&status) {
            Ok(answer)
        } else {
            let refusal = answer.refusal(doing);
            if let (Some(permit), Error::Arm { error, .. }) = (permit, &refusal) {
                permit.refused(&answer.headers, error, answer.retry_after());
            }
            Err(refusal)
        }
    }
}

/// `Bearer a, Bearer b`, in a form that no log shows.
fn bearers(doing: &str, tokens: &[Token]) -> Result<HeaderValue, Error> {
    let bearers: Vec<String> = tokens
        .iter()
        .map(|token| format!("Bearer {}", token.secret.expose()))
        .collect();
    let mut value = HeaderValue::from_str(&bearers.join(", ")).map_err(|_| Error::Malformed {
        doing: doing.to_owned(),
        cause: "a token holds characters that no header may".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn whole_body(doing: &str, mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST_BODY => {
                return Err(Error::Malformed {
                    doing: doing.to_owned(),
                    cause: format!("larger than {} MiB", LARGEST_BODY >> 20),
                });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => {
                return Err(Error::Interrupted {
                    doing: doing.to_owned(),
                    cause: chain(&error.without_url()),
                });
            }
        }
    }
}

fn not_sent_or_interrupted(doing: &str, error: &reqwest::Error) -> Error {
    let doing = doing.to_owned();
    let cause = chain(error);
    if error.is_connect() || error.is_builder() {
        Error::Unreachable { doing, cause }
    } else {
        Error::Interrupted { doing, cause }
    }
}

fn redirected(doing: &str, request: &Url, headers: &HeaderMap, resource_manager: &Url) -> Error {
    let target = header(headers, "location").and_then(|l| origin::resolve(request, l).ok());
    let foreign = target.and_then(|t| origin::hold(doing, &t, resource_manager).err());
    foreign.unwrap_or_else(|| Error::Malformed {
        doing: doing.to_owned(),
        cause: "a redirection, which is not followed with a token".to_owned(),
    })
}

/// The innermost causes of an error in words. Leaves out reqwest's own line, which names the
/// address, and that may be a signed one.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        words.push(error.to_string());
        source = error.source();
    }
    words.dedup();
    if words.is_empty() {
        let kind = if error.is_timeout() {
            "timed out"
        } else {
            "the connection failed"
        };
        return kind.to_owned();
    }
    words.join(": ")
}
