//! What is told of a request that changes something, for those who have to account for it.

use super::arm::{Answer, Request};
use super::error::{Certainty, Error};
use super::guid::TenantId;
use super::identity::{Access, Principal, Token};

/// A request that changes something, as it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentWrite {
    /// This program's own id of it (`x-ms-client-request-id`); sent again, it has another.
    pub client_request_id: String,
    /// `PUT`, `POST` or `DELETE`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The version of the interface.
    pub api_version: Option<String>,
    /// Whose token it carries.
    pub access: Access,
    /// Whom that token stands for.
    pub principal: Principal,
    /// The tenants of the tokens that it carries besides.
    pub auxiliary: Vec<TenantId>,
}

impl SentWrite {
    /// Nothing of a request that only asks.
    pub(super) fn of(request: &Request<'_>, id: &str, tokens: &[Token]) -> Option<Self> {
        let (token, auxiliary) = tokens.split_first().filter(|_| request.changes)?;
        let mut query = request.url.query_pairs();
        let api_version = query.find(|(name, _)| name == "api-version");
        Some(Self {
            client_request_id: id.to_owned(),
            method: request.method.to_string(),
            path: request.url.path().to_owned(),
            api_version: api_version.map(|(_, version)| version.into_owned()),
            access: token.access.clone(),
            principal: Principal::of(&token.secret),
            auxiliary: auxiliary
                .iter()
                .map(|token| token.access.tenant.clone())
                .collect(),
        })
    }
}

/// What is known of a write once its answer is there, or isn't going to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Azure took it.
    Accepted,
    /// Azure refused it.
    Refused,
    /// It never left.
    Unsent,
    /// Only reading can tell.
    Unknown,
}

/// What came back for a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteAnswer {
    /// What it amounts to.
    pub fate: Fate,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The resource provider's id of the request (`x-ms-request-id`).
    pub request_id: Option<String>,
    /// ARM's id of the whole action (`x-ms-correlation-request-id`).
    pub correlation_id: Option<String>,
    /// Azure's error code.
    pub code: Option<String>,
    /// What went wrong.
    pub message: Option<String>,
}

impl WriteAnswer {
    pub(super) fn of(answer: &Result<Answer, Error>) -> Self {
        match answer {
            Ok(answer) => Self {
                fate: Fate::Accepted,
                status: Some(answer.status),
                request_id: answer.header("x-ms-request-id").map(str::to_owned),
                correlation_id: answer
                    .header("x-ms-correlation-request-id")
                    .map(str::to_owned),
                code: None,
                message: None,
            },
            Err(error) => Self {
                fate: match (error, error.accepted()) {
                    (Error::Arm { .. }, Certainty::No) => Fate::Refused,
                    (_, Certainty::No) => Fate::Unsent,
                    (_, Certainty::Unknown) => Fate::Unknown,
                },
                status: error.status(),
                request_id: match error {
                    Error::Arm { error, .. } => error.request_id.clone(),
                    _ => None,
                },
                correlation_id: error.correlation_id().map(str::to_owned),
                code: error.code().map(str::to_owned),
                message: Some(error.cause()),
            },
        }
    }
}
