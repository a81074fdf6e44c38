use std::fmt;

use serde::Serialize;

use crate::azure::{Error, TenantId};

/// What came of looking at one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: Area,
    /// Where: a resource id, an address, a file.
    pub scope: Option<String>,
    /// The tenant that it is about.
    pub tenant: Option<TenantId>,
    /// What came of it.
    pub state: State,
    /// The same in words.
    pub text: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// Where, as people call it.
    #[serde(skip)]
    pub about: String,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The configuration file.
    Configuration,
    /// The state folder, which others may not read.
    StateFolder,
    /// An address of the cloud.
    Endpoint,
    /// This machine's clock, against that of an address.
    Clock,
    /// Signing in to a tenant.
    SignIn,
    /// The galleries of a subscription of our own.
    Galleries,
    /// What replicating takes.
    Replicate,
    /// What a direct share takes.
    ShareDirect,
    /// What sharing by role takes.
    ShareRbac,
    /// What deploying takes.
    Deploy,
}

impl Area {
    /// The words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::StateFolder => "state folder",
            Self::Endpoint => "endpoint",
            Self::Clock => "clock",
            Self::SignIn => "sign-in",
            Self::Galleries => "galleries",
            Self::Replicate => "replicate",
            Self::ShareDirect => "share directly",
            Self::ShareRbac => "share by role",
            Self::Deploy => "deploy",
        }
    }
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Something can't be done as things are, and may not be meant to be.
    Warning,
    /// What the configuration asks for doesn't work.
    Failed,
}

impl State {
    /// A mark and a word: neither colour nor the mark alone has to be understood.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Ok => "✔ ok",
            Self::Warning => "! warning",
            Self::Failed => "✘ failed",
        }
    }
}

impl Finding {
    /// Something about a thing that people call `about`.
    pub(super) fn new(
        check: Area,
        about: impl Into<String>,
        state: State,
        text: impl Into<String>,
    ) -> Self {
        Self {
            check,
            scope: None,
            tenant: None,
            state,
            text: text.into(),
            advice: None,
            about: about.into(),
        }
    }

    /// What Azure didn't tell.
    pub(super) fn unread(
        check: Area,
        about: impl Into<String>,
        state: State,
        error: &Error,
    ) -> Self {
        Self {
            advice: error.advice(),
            ..Self::new(check, about, state, error.to_string())
        }
    }

    /// The same with where it is.
    pub(super) fn at(self, scope: &dyn fmt::Display) -> Self {
        Self {
            scope: Some(scope.to_string()),
            ..self
        }
    }

    /// The same with whose it is.
    pub(super) fn of(self, tenant: &TenantId) -> Self {
        Self {
            tenant: Some(tenant.clone()),
            ..self
        }
    }

    /// The same with what to do about it.
    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..self
        }
    }
}
