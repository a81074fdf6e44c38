use super::roles;
use crate::azure::arm::ArmError;

/// What to do about a refusal of ARM or of a resource provider, by its code, else by the status
/// it came with; 0 for one that came with none.
pub(super) fn advice(error: &ArmError, status: u16) -> Option<String> {
    if status == 429 {
        return Some("Azure limits how often it is asked: wait, or do less at once".to_owned());
    }
    let message = error.message.as_str();
    by_code(error, message)
        .or_else(|| by_message(message).map(str::to_owned))
        .or_else(|| by_status(status).map(str::to_owned))
}

fn by_code(error: &ArmError, message: &str) -> Option<String> {
    let advice = match error.code.as_str() {
        "AuthorizationFailed" => return role_missing(message, "perform action ", "over scope "),
        "LinkedAuthorizationFailed" => return linked(message),
        "InvalidAuthenticationTokenTenant" => {
            "the subscription belongs to another tenant: reach it through that tenant"
        }
        "SubscriptionNotFound" => {
            "the token's tenant has no part in that subscription: check the route to it"
        }
        "MissingSubscriptionRegistration" => "register the resource provider in that subscription",
        "ReadOnlyDisabledSubscription" => {
            "the subscription is disabled: whoever owns it has to enable it again"
        }
        "PrincipalNotFound" => {
            "no such principal in the tenant of the gallery: give the object id that it has there \
             (of a service principal, not of its application); what was made minutes ago needs a \
             little time"
        }
        "RoleAssignmentExists" => "nothing is missing: the role is assigned already",
        "RequestDisallowedByPolicy" => return Some(policy(&error.policies)),
        "QuotaExceeded" => QUOTA,
        "OperationNotAllowed" if message.to_ascii_lowercase().contains("quota") => QUOTA,
        "SkuNotAvailable" => {
            "that size is not offered to this subscription there: choose another size or region"
        }
        "AllocationFailed"
        | "ZonalAllocationFailed"
        | "OverconstrainedAllocationRequest"
        | "OverconstrainedZonalAllocationRequest" => {
            "Azure has no room for that size there just now: try again later, or choose another \
             size or region"
        }
        "SubnetIsFull" => "the subnet has no addresses left: choose another, or have it enlarged",
        "InvalidResourceGroupLocation" => {
            "the resource group is there already, in another region, and cannot move: name \
             another, or leave it where it is"
        }
        "DeploymentActive" => {
            "a deployment of that name is still running: wait for its end, or cancel it"
        }
        "PropertyChangeNotAllowed" => {
            "what exists under that name differs in what cannot be changed: choose another name"
        }
        "MarketplacePurchaseEligibilityFailed" | "ResourcePurchaseValidationFailed" => {
            "accept the terms of the image's purchase plan in that subscription"
        }
        "OperationNotAllowed" | "Conflict" | "AnotherOperationInProgress" => {
            "something else may be changing it: try again when that is over"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

const QUOTA: &str =
    "ask for more quota in that subscription and region, or choose another size or fewer machines";

/// Codes that say little, and words that say more.
fn by_message(message: &str) -> Option<&'static str> {
    let advice = if message.starts_with("Complete set of target locations not specified") {
        // Compute's refusal of a list without a region that the version is in
        // (FACTS: gallery PUT).
        "somebody else has added a region meanwhile: retry, and the version is read afresh"
    } else if message.starts_with("The gallery image") && message.contains(" is not available in ")
    // azure-compute-docs, troubleshooting-shared-images.md
    {
        "replicate the version to that region first, or deploy where it is"
    } else {
        return None;
    };
    Some(advice)
}

fn by_status(status: u16) -> Option<&'static str> {
    let advice = match status {
        401 => "sign in again",
        404 => "it isn't there, or not for this identity to see: `gallerist get` shows what is",
        500..=599 => "Azure itself is in trouble: try again in a while",
        _ => return None,
    };
    Some(advice)
}

/// The two refusals of this code, told apart by their words (Azure/azure-cli#15753): a token of
/// the other tenant is missing, or a role is.
fn linked(message: &str) -> Option<String> {
    if let Some(subscription) =
        quoted_after(message, "is not authorized to access linked subscription ")
    {
        return Some(format!(
            "the request carried no token of the tenant that owns subscription {subscription}: \
             let the same identity sign in there as well, or share the gallery directly"
        ));
    }
    let without = "does not have permission to perform action";
    let refused = &message[message.find(without)?..];
    role_missing(refused, without, "on the linked scope")
}

fn role_missing(message: &str, before_action: &str, before_scope: &str) -> Option<String> {
    let action = quoted_after(message, before_action)?;
    let scope = quoted_after(message, before_scope)?;
    // Roles are granted at what an assignment is for, not at the assignment.
    let scope = scope
        .split_once("/providers/Microsoft.Authorization/")
        .map_or(scope, |(granted_at, _)| granted_at);
    Some(format!(
        "grant {} at {scope}; what was granted minutes ago needs a little time",
        roles::narrowest(action, scope)
    ))
}

fn policy(names: &[String]) -> String {
    let which = match names {
        [] => "a policy forbids it".to_owned(),
        [name] => format!("the policy \"{name}\" forbids it"),
        names => format!("the policies \"{}\" forbid it", names.join("\", \"")),
    };
    format!("{which}: ask for what it allows, or its owner for an exemption")
}

/// The text in single quotes after a phrase; the phrase may go on with its plural, `(s)`.
fn quoted_after<'a>(message: &'a str, phrase: &str) -> Option<&'a str> {
    let rest = &message[message.find(phrase)? + phrase.len()..];
    let rest = rest.strip_prefix("(s)").unwrap_or(rest).trim_start();
    rest.strip_prefix('\'')?.split('\'').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, message: &str, status: u16) -> Option<String> {
        advice(&ArmError::made(code, message.to_owned()), status)
    }

    #[test]
    fn a_missing_permission_names_role_and_scope() {
        let message = "The client 'a' with object id 'b' does not have authorization to perform \
            action 'Microsoft.Compute/galleries/read' over scope '/subscriptions/s' or the scope \
            is invalid. If access was recently granted, please refresh your credentials.";
        let advice = said("AuthorizationFailed", message, 403).unwrap();
        assert!(
            advice.starts_with("grant Reader at /subscriptions/s;"),
            "{advice}"
        );
    }

    #[test]
    fn the_two_refusals_of_a_linked_resource_are_told_apart() {
        const CODE: &str = "LinkedAuthorizationFailed";
        let token = "The client has permission to perform action \
            'Microsoft.Compute/galleries/images/versions/read' on scope '/subscriptions/b/x', \
            however the current tenant 'bbbb' is not authorized to access linked subscription 'aaaa'.";
        let advice = said(CODE, token, 403).unwrap();
        assert!(
            advice.contains("no token of the tenant that owns subscription aaaa"),
            "{advice}"
        );
        let role = "The client 'a' with object id 'b' has permission to perform action \
            'Microsoft.Compute/virtualMachines/write' on scope '/subscriptions/b/vm'; however, it \
            does not have permission to perform action(s) \
            'Microsoft.Compute/galleries/images/versions/read' on the linked scope(s) \
            '/subscriptions/a/image' (respectively) or the linked scope(s) are invalid.";
        let advice = said(CODE, role, 403).unwrap();
        assert!(
            advice.starts_with("grant Compute Gallery Image Reader at /subscriptions/a/image;"),
            "{advice}"
        );
        let short = "however, it does not have permission to perform action 'read' on the linked \
            scope(s) '/s/galleries/g' or the linked scope(s) are invalid";
        assert!(
            said(CODE, short, 403)
                .unwrap()
                .starts_with("grant Compute Gallery Image Reader")
        );
        assert_eq!(said(CODE, "no", 403), None);
    }

    #[test]
    fn codes_of_deploying_and_sharing_say_what_to_do() {
        for (code, message, word) in [
            ("PrincipalNotFound", "", "object id"),
            ("RoleAssignmentExists", "", "assigned already"),
            ("QuotaExceeded", "", "more quota"),
            (
                "OperationNotAllowed",
                "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota.",
                "more quota",
            ),
            (
                "OperationNotAllowed",
                "It is being changed.",
                "something else",
            ),
            ("SkuNotAvailable", "", "another size"),
            ("ZonalAllocationFailed", "", "no room"),
            ("SubnetIsFull", "", "addresses"),
            ("ReadOnlyDisabledSubscription", "", "disabled"),
            ("InvalidResourceGroupLocation", "", "another region"),
            ("DeploymentActive", "", "still running"),
            (
                "ImageNotFound",
                "The gallery image /subscriptions/s/x is not available in norwayeast region. Please contact image owner",
                "replicate",
            ),
        ] {
            let advice = said(code, message, 0).unwrap();
            assert!(advice.contains(word), "{code}: {advice}");
        }
    }

    #[test]
    fn a_policy_is_named() {
        let mut error = ArmError::made("RequestDisallowedByPolicy", String::new());
        assert!(advice(&error, 403).unwrap().starts_with("a policy forbids"));
        error.policies = vec!["Allowed locations".to_owned()];
        assert!(
            advice(&error, 403)
                .unwrap()
                .starts_with("the policy \"Allowed locations\" forbids it:")
        );
        error.policies.push("Allowed sizes".to_owned());
        assert!(
            advice(&error, 403)
                .unwrap()
                .contains("\"Allowed locations\", \"Allowed sizes\" forbid it")
        );
    }

    #[test]
    fn an_odd_message_gives_no_advice_rather_than_a_wrong_one() {
        assert_eq!(said("AuthorizationFailed", "no", 403), None);
        assert_eq!(said("BadRequest", "", 400), None);
        assert!(said("X", "", 401).is_some());
    }
}
