use super::error::Error;

/// What to do next about an error, where it is known.
pub(crate) fn of(error: &Error) -> Option<String> {
    match error {
        Error::SignIn {
            identity,
            tenant,
            code,
            ..
        } => sign_in(identity, tenant.as_str(), code.as_deref()?),
        Error::Arm { error, status, .. } => arm(*status, &error.code, &error.message),
        Error::Unreachable { .. } => {
            Some("check the network, the proxy and the cloud's addresses; nothing was sent".into())
        }
        Error::Interrupted { .. } => {
            Some("try again; after a write look first, for it may have been accepted".into())
        }
        Error::ForeignOrigin { .. } => Some(
            "nothing was sent there; if the configured cloud is the right one, report this".into(),
        ),
        Error::Malformed { .. } => Some("try again; if it stays so, report this".into()),
        Error::Configuration(_) => None,
    }
}

/// Codes as in the list of AADSTS error codes (entra-docs, reference-error-codes.md).
fn sign_in(identity: &str, tenant: &str, code: &str) -> Option<String> {
    let advice = match code.strip_prefix("AADSTS")? {
        "7000215" => format!(
            "the client secret of {identity} is wrong: put the secret's value, not its id, where the configuration points"
        ),
        "7000222" => format!("the client secret of {identity} has expired: make a new one"),
        "700016" | "7000229" => format!(
            "the application of {identity} is not known in tenant {tenant}: have an administrator there consent to it"
        ),
        "90002" | "900023" => {
            format!("there is no tenant {tenant} in this cloud: check its id and the cloud")
        }
        "7000112" => format!(
            "the application of {identity} is disabled in tenant {tenant}: have an administrator there enable it"
        ),
        "53003" => format!(
            "a conditional access policy of tenant {tenant} forbids it: ask its administrator to let {identity} in"
        ),
        "50076" | "50079" => {
            format!("tenant {tenant} wants multi-factor authentication: sign in to it again")
        }
        "65001" => {
            format!("consent to the application of {identity} is missing in tenant {tenant}")
        }
        "500011" => format!("the audience of the cloud is not known in tenant {tenant}"),
        _ => return None,
    };
    Some(advice)
}

fn arm(status: u16, code: &str, message: &str) -> Option<String> {
    let advice = match (status, code) {
        (403, "AuthorizationFailed") => {
            let action = quoted_after(message, "perform action ")?;
            let scope = quoted_after(message, "over scope ")?;
            format!(
                "grant {} at {scope}; what was granted minutes ago needs a little time",
                role(action)
            )
        }
        (403, "LinkedAuthorizationFailed") => {
            "grant a role on the linked resource too, or reach it with a token of its own tenant"
                .into()
        }
        (401, "InvalidAuthenticationTokenTenant") => {
            "the subscription belongs to another tenant: reach it through that tenant".into()
        }
        (401, _) => "sign in again".into(),
        (429, _) => "Azure limits how often it is asked: wait, or do less at once".into(),
        (404, "SubscriptionNotFound") => {
            "the token's tenant has no part in that subscription: check the route to it".into()
        }
        (409, "MissingSubscriptionRegistration") => {
            "register the resource provider in that subscription".into()
        }
        // Compute's refusal of a list without a region that the version is in (FACTS: gallery PUT).
        (400, _) if message.starts_with("Complete set of target locations not specified") => {
            "somebody else has added a region meanwhile: retry, and the version is read afresh"
                .into()
        }
        (404, _) => {
            "it isn't there, or not for this identity to see: `gallerist get` shows what is".into()
        }
        (409, "OperationNotAllowed" | "Conflict") => {
            "something else may be changing it: try again when that is over".into()
        }
        (500..=599, _) => "Azure itself is in trouble: try again in a while".into(),
        _ => return None,
    };
    Some(advice)
}

/// The narrowest built-in role that allows an action, or the action itself.
fn role(action: &str) -> String {
    let action = action.to_ascii_lowercase();
    let role = match action.strip_prefix("microsoft.compute/galleries/") {
        Some("share/action") => "Compute Gallery Sharing Admin",
        Some("images/read" | "images/versions/read") => "Compute Gallery Image Reader",
        Some(rest) if !rest.ends_with("read") => "Compute Gallery Artifacts Publisher",
        _ if action.ends_with("/read") => "Reader",
        _ => return format!("a role that allows {action}"),
    };
    role.to_owned()
}

/// The text in single quotes after a phrase.
fn quoted_after<'a>(message: &'a str, phrase: &str) -> Option<&'a str> {
    let rest = &message[message.find(phrase)? + phrase.len()..];
    rest.strip_prefix('\'')?.split('\'').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::arm::ArmError;

    fn refused(code: &str, message: &str, status: u16) -> Error {
        Error::Arm {
            doing: "testing".to_owned(),
            error: Box::new(ArmError::made(code, message.to_owned())),
            status,
            retry_after: None,
        }
    }

    #[test]
    fn a_missing_permission_names_role_and_scope() {
        for (action, role) in [
            (
                "Microsoft.Compute/galleries/images/versions/write",
                "Compute Gallery Artifacts Publisher",
            ),
            (
                "Microsoft.Compute/galleries/share/action",
                "Compute Gallery Sharing Admin",
            ),
            (
                "Microsoft.Compute/galleries/images/versions/read",
                "Compute Gallery Image Reader",
            ),
            ("Microsoft.Compute/galleries/read", "Reader"),
            (
                "Microsoft.Network/virtualNetworks/join/action",
                "a role that allows microsoft.network/virtualnetworks/join/action",
            ),
        ] {
            let message = format!(
                "The client 'a' with object id 'b' does not have authorization to perform action \
                 '{action}' over scope '/subscriptions/s' or the scope is invalid."
            );
            let advice = refused("AuthorizationFailed", &message, 403)
                .advice()
                .unwrap();
            assert!(
                advice.starts_with(&format!("grant {role} at /subscriptions/s;")),
                "{advice}"
            );
        }
    }

    #[test]
    fn sign_in_codes_say_what_to_mend() {
        let error = |code: &str| Error::SignIn {
            identity: "msp".to_owned(),
            tenant: "11111111-1111-1111-1111-111111111111".parse().unwrap(),
            code: Some(code.to_owned()),
            message: String::new(),
            correlation_id: None,
        };
        for (code, word) in [
            ("AADSTS7000215", "secret of msp is wrong"),
            ("AADSTS7000222", "expired"),
            ("AADSTS700016", "consent"),
            ("AADSTS90002", "no tenant"),
            ("AADSTS53003", "conditional access"),
            ("AADSTS50076", "multi-factor"),
        ] {
            let advice = error(code).advice().unwrap();
            assert!(advice.contains(word), "{code}: {advice}");
        }
        assert_eq!(error("AADSTS1").advice(), None);
    }

    #[test]
    fn an_odd_message_gives_no_advice_rather_than_a_wrong_one() {
        assert_eq!(refused("AuthorizationFailed", "no", 403).advice(), None);
        assert_eq!(refused("BadRequest", "", 400).advice(), None);
        assert!(refused("X", "", 401).advice().is_some());
    }
}
