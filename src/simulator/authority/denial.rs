//! How Entra refuses.

use axum::http::StatusCode;
use serde_json::json;

use crate::simulator::answer::Answer;
use crate::simulator::request::Request;
use crate::simulator::world::World;

/// Azure Resource Manager, as sign-ins name it.
pub(super) const RESOURCE_MANAGER: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

/// An error of the token endpoint: status, OAuth's word for it, Entra's number and text.
pub(super) struct Denial {
    status: StatusCode,
    error: &'static str,
    number: u32,
    text: String,
    suberror: Option<&'static str>,
    /// What a sign-in has to ask for to get past
    claims: Option<String>,
}

impl Denial {
    pub(super) fn new(error: &'static str, number: u32, text: impl Into<String>) -> Self {
        let status = match error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            error,
            number,
            text: text.into(),
            suberror: None,
            claims: None,
        }
    }

    pub(super) fn suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    pub(super) fn claims(mut self, claims: String) -> Self {
        self.claims = Some(claims);
        self
    }

    /// The text that a person sees on a page.
    pub(super) fn told(&self) -> String {
        format!("AADSTS{}: {}", self.number, self.text)
    }

    pub(super) fn into_answer(self, world: &World, request: &Request) -> Answer {
        let trace = world.chance.id(&format!("trace {}", world.answers));
        let correlation = request
            .header("client-request-id")
            .map_or_else(|| trace.to_string(), str::to_owned);
        let now = world.clock.token_now().strftime("%Y-%m-%d %H:%M:%SZ");
        let description = format!(
            "{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
            self.told()
        );
        let mut body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [self.number],
            "timestamp": now.to_string(),
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("{}/error?code={}", world.origin, self.number),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = self.claims {
            body["claims"] = json!(claims);
        }
        Answer::with(self.status, body)
    }
}

/// The error that the estate file or the control prescribes for a sign-in (Microsoft's
/// `reference-error-codes.md`).
pub(super) fn prescribed(code: &str, client_id: &str) -> Denial {
    let number = code.trim_start_matches("AADSTS").parse().unwrap_or(90_001);
    let (error, text) = match number {
        7_000_215 => (
            "invalid_client",
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is \
                 the client secret value, not the client secret ID, for a secret added to app \
                 '{client_id}'."
            ),
        ),
        7_000_222 => (
            "invalid_client",
            format!(
                "The provided client secret keys for app '{client_id}' are expired. Visit the \
                 Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or \
                 consider using certificate credentials for added security: \
                 https://aka.ms/certCreds."
            ),
        ),
        7_000_112 => (
            "unauthorized_client",
            format!("Application '{client_id}' is disabled."),
        ),
        _ => ("invalid_grant", of_a_person(number)),
    };
    let denial = Denial::new(error, number, text);
    match number {
        50_055 => denial.suberror("user_password_expired"),
        50_076 | 50_079 | 50_158 => denial.suberror("basic_action"),
        53_003 => denial.suberror("message_only"),
        _ => denial,
    }
}

fn of_a_person(number: u32) -> String {
    match number {
        50_034 => "The user account does not exist in the directory.".to_owned(),
        50_053 => {
            "The account is locked, you've tried to sign in too many times with an incorrect \
                   user ID or password."
                .to_owned()
        }
        50_055 => "The password is expired.".to_owned(),
        50_057 => "The user account is disabled.".to_owned(),
        50_076 => format!(
            "Due to a configuration change made by your administrator, or because you moved to a \
             new location, you must use multi-factor authentication to access \
             '{RESOURCE_MANAGER}'."
        ),
        50_079 => format!(
            "Due to a configuration change made by your administrator, or because you moved to a \
             new location, you must enroll in multi-factor authentication to access \
             '{RESOURCE_MANAGER}'."
        ),
        50_158 => "External security challenge not satisfied. User will be redirected to another \
                   page or authentication provider to satisfy additional authentication challenges."
            .to_owned(),
        53_000 => "Device is not in required device state: compliant. Conditional Access policy \
                   requires a compliant device, and the device is not compliant."
            .to_owned(),
        53_003 => "Access has been blocked by Conditional Access policies. The access policy does \
                   not allow token issuance."
            .to_owned(),
        70_008 => "The provided authorization code or refresh token has expired due to \
                   inactivity. Send a new interactive authorization request for this user and \
                   resource."
            .to_owned(),
        _ => "The sign-in was refused.".to_owned(),
    }
}
