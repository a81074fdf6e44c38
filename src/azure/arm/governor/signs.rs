use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::demand::{Kind, Scope};
use crate::azure::arm::error::ArmError;

/// What the headers of an answer say of what is left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Of the principal's bucket.
    pub(super) principal: Option<u32>,
    /// Of the one of all principals of the subscription.
    pub(super) everybody: Option<u32>,
    /// Of the policies of the resource provider.
    pub(super) policies: Vec<Policy>,
}

/// A window, and what is left of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) length: Duration,
    /// Whether each user has one, wherever, instead of each subscription.
    pub(super) of_user: bool,
    pub(super) remaining: u32,
}

/// What Azure refuses a request for, of what may be asked less often.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// ARM's bucket is empty.
    Bucket,
    /// So is a window of this name.
    Policy(String),
    /// It doesn't say what.
    Something,
}

/// Resource Graph's quota: of a user, in a stretch of 5 s
/// (`recordings/extensions/query.json`; azure-docs, governance/resource-graph/concepts/guidance-for-throttled-requests.md).
pub(super) const QUOTA: &str = "queries of Resource Graph";
const QUOTA_LENGTH: Duration = Duration::from_secs(5);

impl Signs {
    /// Reads the headers that Azure has been seen to send: ARM's
    /// `x-ms-ratelimit-remaining-subscription-reads` and its like, Compute's
    /// `x-ms-ratelimit-remaining-resource: Microsoft.Compute/GetGallery3Min;349,…` and Resource
    /// Graph's `x-ms-user-quota-remaining`.
    pub(super) fn read(headers: &HeaderMap, scope: &Scope, kind: Kind) -> Self {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        let where_ = match scope {
            Scope::Subscription(_) => "subscription",
            Scope::Tenant => "tenant",
        };
        let left = |who: &str| number(&format!("x-ms-ratelimit-remaining-{where_}-{who}{kind}"));
        let listed = headers.get_all("x-ms-ratelimit-remaining-resource").iter();
        let listed = listed.filter_map(|value| value.to_str().ok());
        let mut policies: Vec<Policy> = listed
            .flat_map(|value| value.split(','))
            .filter_map(policy)
            .collect();
        if let Some(remaining) = number("x-ms-user-quota-remaining") {
            let resets = headers.get("x-ms-user-quota-resets-after");
            let resets = resets.and_then(|value| clock(value.to_str().ok()?));
            policies.push(Policy {
                name: QUOTA.to_owned(),
                // A stretch cannot be shorter than what remains of it.
                length: resets.unwrap_or_default().max(QUOTA_LENGTH),
                of_user: true,
                remaining,
            });
        }
        Self {
            principal: left(""),
            everybody: left("global-"),
            policies,
        }
    }
}

impl Refused {
    /// What a 429 is about; nothing where another operation has the resource locked, which has no
    /// rate.
    pub(super) fn read(error: &ArmError) -> Option<Self> {
        let code = error.root().code.as_str();
        if code.eq_ignore_ascii_case("RetryableErrorDueToAnotherOperation") {
            return None;
        }
        let by_arm = ["SubscriptionRequestsThrottled", "TenantRequestsThrottled"];
        if by_arm.iter().any(|arm| code.eq_ignore_ascii_case(arm)) {
            return Some(Self::Bucket);
        }
        Some(group(error).map_or(Self::Something, Self::Policy))
    }
}

/// The policy in the details of Compute's refusal, which are JSON as text:
/// `{"operationGroup":"HighCostGet30Min","allowedRequestCount":700,…}`
/// (azure-docs, aks/troubleshooting).
fn group(error: &ArmError) -> Option<String> {
    let here = serde_json::from_str::<Value>(&error.message).ok();
    let here = here.and_then(|told| Some(told.get("operationGroup")?.as_str()?.to_owned()));
    here.or_else(|| error.details.iter().find_map(group))
}

/// `Microsoft.Compute/GetGallery3Min;349`. What counts for one resource alone is left out: nobody
/// asks that often, and there are as many as there are resources.
fn policy(text: &str) -> Option<Policy> {
    let (name, remaining) = text.trim().split_once(';')?;
    if name.ends_with("Resource") {
        return None;
    }
    Some(Policy {
        length: length(name),
        name: name.to_owned(),
        of_user: false,
        remaining: remaining.trim().parse().ok()?,
    })
}

/// What the name says, `…30Min`. Others have a bucket that is filled within three minutes
/// (Microsoft, compute-throttling-limits.md), which a window of three minutes never passes.
fn length(name: &str) -> Duration {
    let minutes = name.strip_suffix("Min").and_then(|name| {
        let digits = name.rfind(|c: char| !c.is_ascii_digit())? + 1;
        name.get(digits..)?.parse().ok()
    });
    Duration::from_secs(60 * minutes.filter(|m| (1..=1_440).contains(m)).unwrap_or(3))
}

/// `00:00:05`.
fn clock(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    for part in text.trim().splitn(3, ':') {
        seconds = seconds * 60 + part.parse::<u32>().ok().map(u64::from)?;
    }
    Some(Duration::from_secs(seconds.min(3_600)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;
    use serde_json::json;

    use super::*;

    fn signs(headers: &[(&str, &str)], scope: &Scope, kind: Kind) -> Signs {
        let headers = headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        });
        Signs::read(&headers.collect(), scope, kind)
    }

    fn subscription() -> Scope {
        Scope::Subscription("00000000-0000-0000-0000-000000000001".parse().unwrap())
    }

    #[test]
    fn arm_counts_by_principal_and_for_all() {
        let headers = [
            ("x-ms-ratelimit-remaining-subscription-writes", "199"),
            (
                "x-ms-ratelimit-remaining-subscription-global-writes",
                "2999",
            ),
            ("x-ms-ratelimit-remaining-subscription-reads", "odd"),
        ];
        let told = signs(&headers, &subscription(), Kind::Writes);
        assert_eq!((told.principal, told.everybody), (Some(199), Some(2_999)));
        let none = signs(&headers, &subscription(), Kind::Reads);
        assert_eq!(none, Signs::default());
        let tenant = [("x-ms-ratelimit-remaining-tenant-reads", "11999")];
        let told = signs(&tenant, &Scope::Tenant, Kind::Reads);
        assert_eq!(told.principal, Some(11_999));
    }

    #[test]
    fn compute_names_its_windows() {
        let header = "Microsoft.Compute/GetGallery3Min;349,Microsoft.Compute/GetGallery30Min;2499";
        let told = signs(
            &[("x-ms-ratelimit-remaining-resource", header)],
            &subscription(),
            Kind::Reads,
        );
        let window = |name: &str, minutes: u64, remaining| Policy {
            name: format!("Microsoft.Compute/{name}"),
            length: Duration::from_secs(60 * minutes),
            of_user: false,
            remaining,
        };
        let both = [
            window("GetGallery3Min", 3, 349),
            window("GetGallery30Min", 30, 2_499),
        ];
        assert_eq!(told.policies, both);
        let header = "Microsoft.Compute/PutVMSubscriptionMaximum;1499,Microsoft.Compute/PutVMResource;11,odd,x;y";
        let told = signs(
            &[("x-ms-ratelimit-remaining-resource", header)],
            &subscription(),
            Kind::Writes,
        );
        assert_eq!(
            told.policies,
            [window("PutVMSubscriptionMaximum", 3, 1_499)]
        );
    }

    #[test]
    fn resource_graph_has_a_quota_of_its_own() {
        let headers = [
            ("x-ms-user-quota-remaining", "14"),
            ("x-ms-user-quota-resets-after", "00:01:05"),
        ];
        let told = signs(&headers, &Scope::Tenant, Kind::Writes);
        let [quota] = &told.policies[..] else {
            panic!("{told:?}")
        };
        assert_eq!((quota.remaining, quota.of_user), (14, true));
        assert_eq!(quota.length, Duration::from_secs(65));
        assert_eq!(clock("00:00:05"), Some(QUOTA_LENGTH));
        assert_eq!(clock("soon"), None);
    }

    #[test]
    fn a_refusal_says_what_is_used_up() {
        let refused = |body: Value| Refused::read(&ArmError::read(&body).unwrap());
        assert_eq!(
            refused(json!({"error": {"code": "SubscriptionRequestsThrottled", "message": "…"}})),
            Some(Refused::Bucket)
        );
        let details = json!({"operationGroup": "HighCostGet30Min", "allowedRequestCount": 700});
        let compute = json!({"error": {"code": "OperationNotAllowed", "message": "Too many.",
            "details": [{"code": "TooManyRequests", "message": details.to_string()}]}});
        let policy = Refused::Policy("HighCostGet30Min".to_owned());
        assert_eq!(refused(compute), Some(policy));
        let other = json!({"error": {"code": "TooManyRequests", "message": "Slow down."}});
        assert_eq!(refused(other), Some(Refused::Something));
        let lock =
            json!({"error": {"code": "RetryableErrorDueToAnotherOperation", "message": "…"}});
        assert_eq!(refused(lock), None);
    }
}
