use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::azure::{Access, Fate, Principal, TenantId};
use crate::queue::{GroupId, Job, JobId, Origin};

/// A line of the audit: what was known of a write at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When it was written.
    pub at: Timestamp,
    /// What was known.
    pub outcome: Outcome,
    /// Whether that was found by reading Azure, and not in the answer to the request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
    /// This program's own id of the request (`x-ms-client-request-id`): the same in all its lines.
    pub request: String,
    /// `PUT`, `POST` or `DELETE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What it was sent to: the path.
    pub resource: String,
    /// The version of the interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Whom Azure sees.
    pub principal: Signed,
    /// Who asked for it, and from where; nothing where that isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Origin>,
    /// The operator's note, such as the number of a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The verb that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// What the job is called.
    pub title: String,
    /// The job that sent it.
    pub job: JobId,
    /// The job's group.
    pub group: GroupId,
    /// The job's attempt.
    pub attempt: u32,
    /// The job's step.
    pub step: String,
    /// The customer that the job is for, where it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The resource provider's id of the request (`x-ms-request-id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Azure's id of the whole action (`x-ms-correlation-request-id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Said>,
}

/// Whom a write was signed in as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signed {
    /// The identity's name in the configuration, and the tenant of its token.
    #[serde(flatten)]
    pub access: Access,
    /// Whom the token stands for.
    #[serde(flatten)]
    pub principal: Principal,
    /// The tenants of tokens that it carried besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub auxiliary: Vec<TenantId>,
}

/// Azure's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its message.
    pub message: String,
}

/// What is known of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is about to leave; without another line, nobody knows more.
    Sending,
    /// Azure took it.
    Accepted,
    /// Azure refused it.
    Refused,
    /// No whole answer came back, and only reading can tell.
    Unknown,
    /// It never left, or reading showed that nothing came of it.
    Void,
    /// What Azure took has ended well.
    Succeeded,
    /// What Azure took has ended badly.
    Failed,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 7] = [
        Self::Sending,
        Self::Accepted,
        Self::Refused,
        Self::Unknown,
        Self::Void,
        Self::Succeeded,
        Self::Failed,
    ];

    /// The word for it, the same on screens and in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Void => "void",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl From<Fate> for Outcome {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Accepted => Self::Accepted,
            Fate::Refused => Self::Refused,
            Fate::Unsent => Self::Void,
            Fate::Unknown => Self::Unknown,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|outcome| outcome.word() == word);
        known.ok_or_else(|| {
            let words = Self::ALL.map(Self::word).join(", ");
            format!("{word:?} is none of {words}")
        })
    }
}

impl Line {
    /// What all lines of a job have, which signs in so.
    pub(super) fn of(job: &Job, access: &Access) -> Self {
        Self {
            at: Timestamp::now(),
            outcome: Outcome::Sending,
            found: false,
            request: String::new(),
            method: None,
            resource: String::new(),
            api_version: None,
            principal: Signed {
                access: access.clone(),
                principal: Principal::default(),
                auxiliary: Vec::new(),
            },
            by: job.origin.clone(),
            note: job.note.clone(),
            verb: job.action.as_ref().map(|action| action.verb().to_owned()),
            title: job.title.clone(),
            job: job.id,
            group: job.group,
            attempt: job.attempt,
            step: String::new(),
            tenant: job.tenant.clone(),
            status: None,
            request_id: None,
            correlation_id: None,
            error: None,
        }
    }
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;

    /// A line about a request of that id.
    pub(in crate::queue::audit) fn line(request: &str) -> Line {
        serde_json::from_value(serde_json::json!({
            "at": "2026-11-24T12:00:00Z", "outcome": "sending", "request": request,
            "method": "PUT", "resource": "/subscriptions/s/resourceGroups/r",
            "principal": {"identity": "msp", "tenant": "11111111-1111-1111-1111-111111111111"},
            "by": {"user": "ada", "host": "jump-1", "face": "a test", "from": null},
            "title": "replicate i 1.0.0", "job": 1, "group": 1, "attempt": 1, "step": "update",
        }))
        .unwrap()
    }
}
