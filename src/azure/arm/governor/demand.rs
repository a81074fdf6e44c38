use std::fmt;

use reqwest::Method;
use url::Url;

use crate::azure::guid::SubscriptionId;
use crate::azure::identity::Access;

/// What a request draws on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Demand {
    /// Whom it is made as. Azure counts by the principal, which is another one in each tenant.
    pub(super) access: Access,
    pub(super) scope: Scope,
    pub(super) kind: Kind,
    pub(super) operation: Operation,
}

/// Where ARM counts: in a subscription, or in a tenant for what is in none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    Subscription(SubscriptionId),
    Tenant,
}

/// What ARM counts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Reads,
    Writes,
    Deletes,
}

/// What a resource provider counts by itself: a method and a path without the names in it,
/// `get subscriptions/*/resourcegroups/*/providers/microsoft.compute/galleries/*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Operation(String);

impl Demand {
    pub(crate) fn new(access: &Access, method: &Method, url: &Url) -> Self {
        let mut segments = url.path_segments().into_iter().flatten();
        let first = segments.next().unwrap_or_default();
        let subscription = segments.next().and_then(|id| id.parse().ok());
        let scope = subscription
            .filter(|_| first.eq_ignore_ascii_case("subscriptions"))
            .map_or(Scope::Tenant, Scope::Subscription);
        let kind = match *method {
            Method::GET | Method::HEAD => Kind::Reads,
            Method::DELETE => Kind::Deletes,
            _ => Kind::Writes,
        };
        Self {
            access: access.clone(),
            scope,
            kind,
            operation: Operation::new(method, url),
        }
    }
}

impl Operation {
    fn new(method: &Method, url: &Url) -> Self {
        let mut text = method.as_str().to_ascii_lowercase();
        let mut before = "";
        for (index, segment) in url.path_segments().into_iter().flatten().enumerate() {
            let named = index % 2 == 1 && !before.eq_ignore_ascii_case("providers");
            text.push(if index == 0 { ' ' } else { '/' });
            if named {
                text.push('*');
            } else {
                text.push_str(&segment.to_ascii_lowercase());
            }
            before = segment;
        }
        Self(text)
    }
}

impl Scope {
    pub(super) fn subscription(&self) -> Option<&SubscriptionId> {
        match self {
            Self::Subscription(id) => Some(id),
            Self::Tenant => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(id) => write!(f, "subscription {id}"),
            Self::Tenant => f.write_str("the tenant"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Deletes => "deletes",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

    fn demand(method: &Method, path: &str) -> Demand {
        let access = Access {
            identity: "msp".to_owned(),
            tenant: SUBSCRIPTION.parse().unwrap(),
        };
        let url = format!("https://management.azure.com{path}?api-version=1");
        Demand::new(&access, method, &url.parse().unwrap())
    }

    #[test]
    fn names_make_no_difference_and_everything_else_does() {
        let gallery = |name: &str| {
            let path = format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}/providers/Microsoft.Compute/galleries/{name}"
            );
            demand(&Method::GET, &path)
        };
        assert_eq!(gallery("a"), gallery("b"));
        assert_eq!(
            gallery("a").operation.to_string(),
            "get subscriptions/*/resourcegroups/*/providers/microsoft.compute/galleries/*"
        );
        let listed = format!("/SUBSCRIPTIONS/{SUBSCRIPTION}/providers/Microsoft.Compute/galleries");
        let listed = demand(&Method::GET, &listed);
        assert_ne!(listed.operation, gallery("a").operation);
        assert_eq!(listed.scope, gallery("a").scope);
    }

    #[test]
    fn what_is_in_no_subscription_counts_in_the_tenant() {
        for path in ["/subscriptions", "/tenants", "/"] {
            assert_eq!(demand(&Method::GET, path).scope, Scope::Tenant, "{path}");
        }
        let graph = demand(
            &Method::POST,
            "/providers/Microsoft.ResourceGraph/resources",
        );
        assert_eq!((graph.scope, graph.kind), (Scope::Tenant, Kind::Writes));
    }

    #[test]
    fn methods_have_their_kind() {
        let path = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg");
        let kind = |method: &Method| demand(method, &path).kind;
        assert_eq!(kind(&Method::HEAD), Kind::Reads);
        assert_eq!(kind(&Method::PUT), Kind::Writes);
        assert_eq!(kind(&Method::PATCH), Kind::Writes);
        assert_eq!(kind(&Method::DELETE), Kind::Deletes);
    }
}
