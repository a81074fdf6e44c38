//! Azure Resource Manager paths taken apart.

/// What a path names: a resource, a collection, or an action on a resource.
///
/// `/subscriptions/S/resourceGroups/R/providers/Microsoft.Compute/galleries/G/images` has the
/// types `galleries`, `images` and the name `G`. Subscriptions and resource groups are written as
/// types of `Microsoft.Resources`, as their role actions are. A role assignment on a gallery has the
/// provider `Microsoft.Authorization` and the gallery as its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResourcePath {
    pub(super) subscription: Option<String>,
    pub(super) group: Option<String>,
    /// The resource of another provider that this one is on
    host: Option<String>,
    /// None for what Azure Resource Manager serves itself
    provider: Option<String>,
    pub(super) types: Vec<String>,
    pub(super) names: Vec<String>,
}

impl ResourcePath {
    /// Reads a path in any case, with or without a slash at the end.
    /// None where it does not have the shape of an ARM path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (scope, resource) = segments.split_at(provider_at(&segments));
        let is_hosted = scope.iter().any(|part| is_providers(part));
        let host = is_hosted.then(|| format!("/{}", scope.join("/")));
        let mut subscription = None;
        let mut group = None;
        for pair in scope.chunks(2) {
            if let [kind, name] = pair {
                if kind.eq_ignore_ascii_case("subscriptions") {
                    subscription = Some((*name).to_owned());
                } else if kind.eq_ignore_ascii_case("resourceGroups") {
                    group = Some((*name).to_owned());
                }
            }
        }
        let (provider, rest) = match resource {
            [_, namespace, rest @ ..] if !rest.is_empty() => (Some((*namespace).to_owned()), rest),
            // A provider itself, as a subscription has it, is Azure Resource Manager's.
            [_, _] if host.is_none() && group.is_none() => (None, segments.as_slice()),
            [] => (None, scope),
            _ => return None,
        };
        if rest.is_empty() {
            return None;
        }
        let every_second = |from| -> Vec<String> {
            rest.iter()
                .skip(from)
                .step_by(2)
                .map(|s| (*s).to_owned())
                .collect()
        };
        Some(Self {
            subscription,
            group,
            host,
            provider,
            types: every_second(0),
            names: every_second(1),
        })
    }

    /// `Microsoft.Compute`, as it was asked for.
    pub(super) fn namespace(&self) -> &str {
        self.provider.as_deref().unwrap_or("Microsoft.Resources")
    }

    /// `microsoft.compute/galleries/images`
    pub(super) fn kind(&self) -> String {
        format!("{}/{}", self.namespace(), self.types.join("/")).to_lowercase()
    }

    /// Whether a name is missing at the end: a collection, or an action.
    pub(super) fn is_collection(&self) -> bool {
        self.types.len() > self.names.len()
    }

    /// The name at the end, empty for a collection at the top.
    pub(super) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// The resource that a collection or an action belongs to, or the resource above this one.
    /// None at the top of a provider.
    pub(super) fn parent(&self) -> Option<Self> {
        let keep = self.types.len() - 1;
        (keep > 0).then(|| Self {
            types: self.types[..keep].to_vec(),
            names: self.names[..keep].to_vec(),
            ..self.clone()
        })
    }

    /// `galleries/G/images/D`, as error texts say it; types and names as they were asked for.
    pub(super) fn relative(&self) -> String {
        let mut parts = Vec::new();
        for (at, kind) in self.types.iter().enumerate() {
            parts.push(kind.as_str());
            parts.extend(self.names.get(at).map(String::as_str));
        }
        parts.join("/")
    }

    /// The id as it was asked for.
    pub(super) fn id(&self) -> String {
        match &self.provider {
            None => format!("/{}", self.relative()),
            Some(provider) => format!("{}/providers/{provider}/{}", self.scope(), self.relative()),
        }
    }

    /// What the resource is in or on: `/subscriptions/S`, `/subscriptions/S/resourceGroups/R` or a
    /// resource; empty for a tenant-wide path.
    pub(super) fn scope(&self) -> String {
        self.host.clone().unwrap_or_else(|| self.home())
    }

    /// The subscription or resource group that the resource is in; empty for a tenant-wide path.
    pub(super) fn home(&self) -> String {
        let mut scope = String::new();
        if let Some(subscription) = &self.subscription {
            scope = format!("/subscriptions/{subscription}");
        }
        if let Some(group) = &self.group {
            scope = format!("{scope}/resourceGroups/{group}");
        }
        scope
    }
}

/// Where the provider's part of a path begins: at the last `providers`, but that features are of
/// `Microsoft.Features` and name the provider they belong to.
fn provider_at(segments: &[&str]) -> usize {
    let last = segments.iter().rposition(|part| is_providers(part));
    let last = last.unwrap_or(segments.len());
    match segments[..last] {
        [.., before, namespace]
            if is_providers(before) && namespace.eq_ignore_ascii_case("Microsoft.Features") =>
        {
            last - 2
        }
        _ => last,
    }
}

fn is_providers(part: &str) -> bool {
    part.eq_ignore_ascii_case("providers")
}

/// The subscription that an id is in.
pub(super) fn subscription_of(id: &str) -> Option<&str> {
    let mut parts = id.split('/').skip(1);
    parts
        .next()
        .filter(|first| first.eq_ignore_ascii_case("subscriptions"))
        .and_then(|_| parts.next())
}

/// The last name of an id.
pub(super) fn name_of(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: &str = "/subscriptions/s/resourcegroups/R/providers/Microsoft.Compute/galleries/g/images/d/versions/";

    #[test]
    fn a_collection_has_one_name_less_than_types() {
        let path = ResourcePath::parse(VERSIONS).unwrap();
        assert!(path.is_collection());
        assert_eq!(path.kind(), "microsoft.compute/galleries/images/versions");
        assert_eq!(path.parent().unwrap().relative(), "galleries/g/images/d");
        assert_eq!(path.group.as_deref(), Some("R"));
    }

    #[test]
    fn a_role_assignment_is_on_its_host() {
        let gallery = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/galleries/g";
        let id = format!("{gallery}/providers/Microsoft.Authorization/roleAssignments/n");
        let path = ResourcePath::parse(&id).unwrap();
        assert_eq!(path.kind(), "microsoft.authorization/roleassignments");
        assert_eq!(path.scope(), gallery);
        assert_eq!(path.home(), "/subscriptions/s/resourceGroups/r");
        assert_eq!(path.id(), id);
    }

    #[test]
    fn a_provider_is_a_subscriptions() {
        let path = ResourcePath::parse("/subscriptions/s/providers/Microsoft.Compute").unwrap();
        assert_eq!(path.kind(), "microsoft.resources/subscriptions/providers");
        assert_eq!(
            (path.name(), path.is_collection()),
            ("Microsoft.Compute", false)
        );
        assert_eq!(path.subscription.as_deref(), Some("s"));
        assert_eq!(
            ResourcePath::parse("/subscriptions/s/resourceGroups/r/providers/P"),
            None
        );
    }

    #[test]
    fn a_feature_names_its_provider() {
        let id = "/subscriptions/s/providers/microsoft.features/providers/P/features/f";
        let path = ResourcePath::parse(&format!("{id}/register")).unwrap();
        assert_eq!(
            path.kind(),
            "microsoft.features/providers/features/register"
        );
        assert_eq!(path.names, ["P", "f"]);
        assert_eq!(path.parent().unwrap().id(), id);
        assert_eq!(path.scope(), "/subscriptions/s");
    }

    #[test]
    fn subscriptions_are_resources_too() {
        let path = ResourcePath::parse("/subscriptions/s/resourceGroups/r").unwrap();
        assert_eq!(
            path.kind(),
            "microsoft.resources/subscriptions/resourcegroups"
        );
        assert_eq!(path.id(), "/subscriptions/s/resourceGroups/r");
        assert!(!path.is_collection());
        assert!(
            ResourcePath::parse("/subscriptions")
                .unwrap()
                .is_collection()
        );
        assert_eq!(ResourcePath::parse("/"), None);
    }
}
