use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use super::guid::SubscriptionId;
use super::invalid::{Invalid, serde_as_text};

/// The id of something inside a subscription, such as
/// `/subscriptions/S/resourceGroups/R/providers/Microsoft.Compute/galleries/G`.
///
/// Keeps its spelling and is compared without regard to case, as ARM does: a list by resource
/// group returned the group upper-cased (`recordings/vm/gallery_e2e.json`).
#[derive(Clone)]
pub struct ResourceId {
    text: Arc<str>,
    subscription: SubscriptionId,
}

impl ResourceId {
    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The subscription that holds it.
    #[must_use]
    pub fn subscription(&self) -> SubscriptionId {
        self.subscription.clone()
    }

    /// The name of the resource group, if it is in one.
    #[must_use]
    pub fn resource_group(&self) -> Option<&str> {
        let mut segments = self.segments().skip(2);
        let kind = segments.next()?;
        let name = segments.next()?;
        kind.eq_ignore_ascii_case("resourceGroups").then_some(name)
    }

    /// The last segment: `1.4.12` for a version.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// What holds it: the definition of a version, the resource group of a gallery; nothing for
    /// what lies directly in the subscription.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let mut parent = cut_pair(&self.text)?;
        // Above `…/providers/NAMESPACE` lies what the provider's resource belongs to.
        if let Some(above) = cut_pair(parent)
            && parent[above.len()..]
                .split('/')
                .nth(1)
                .is_some_and(|s| s.eq_ignore_ascii_case("providers"))
        {
            parent = above;
        }
        (parent.split('/').count() > 3).then(|| Self {
            text: parent.into(),
            subscription: self.subscription.clone(),
        })
    }

    /// Its resource type with the provider's namespace, `Microsoft.Compute/galleries/images`;
    /// of a resource group `Microsoft.Resources/resourceGroups`.
    #[must_use]
    pub fn kind(&self) -> String {
        let segments: Vec<&str> = self.segments().collect();
        let provider = segments
            .iter()
            .step_by(2)
            .rposition(|s| s.eq_ignore_ascii_case("providers"));
        let (namespace, types) = match provider {
            Some(pair) => (segments[2 * pair + 1], &segments[2 * pair + 2..]),
            None => ("Microsoft.Resources", &segments[2..]),
        };
        let mut kind = namespace.to_owned();
        for name in types.iter().step_by(2) {
            kind.push('/');
            kind.push_str(name);
        }
        kind
    }

    /// The lower-cased id: equal for equal ids, for locks and stores.
    #[must_use]
    pub fn key(&self) -> String {
        self.folded().collect()
    }

    /// The id of something inside this: `child("versions", "1.4.12")` of a definition.
    ///
    /// # Errors
    /// When the result would not be a resource id, say because the name holds a slash.
    pub fn child(&self, kind: &str, name: &str) -> Result<Self, Invalid> {
        if kind.contains('/') || name.contains('/') {
            return Err(Invalid::new("a resource name", name, "it holds a slash"));
        }
        format!("{self}/{kind}/{name}").parse()
    }

    /// The id of a provider's resource in this resource group, or on this resource:
    /// `resource("Microsoft.Resources/deployments", "wave-1")` of a group.
    ///
    /// # Errors
    /// When the result would not be a resource id, say because the name holds a slash.
    pub fn resource(&self, kind: &str, name: &str) -> Result<Self, Invalid> {
        if name.contains('/') {
            return Err(Invalid::new("a resource name", name, "it holds a slash"));
        }
        format!("{self}/providers/{kind}/{name}").parse()
    }

    /// The names along its resource type, `acg/win11/1.4.12`, for messages.
    #[must_use]
    pub fn names(&self) -> String {
        let above = self
            .parent()
            .filter(|p| p.kind() != "Microsoft.Resources/resourceGroups");
        match above {
            Some(parent) => format!("{}/{}", parent.names(), self.name()),
            None => self.name().to_owned(),
        }
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').skip(1)
    }

    fn folded(&self) -> impl Iterator<Item = char> {
        self.text.chars().flat_map(char::to_lowercase)
    }
}

/// The path without its last two segments.
fn cut_pair(path: &str) -> Option<&str> {
    let (path, _) = path.rsplit_once('/')?;
    Some(path.rsplit_once('/')?.0)
}

impl FromStr for ResourceId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let subscription = check(text).map_err(|why| Invalid::new("a resource id", text, why))?;
        Ok(Self {
            text: text.into(),
            subscription,
        })
    }
}

/// The subscription of a well-formed id, or what is wrong with it.
fn check(text: &str) -> Result<SubscriptionId, &'static str> {
    let path = text
        .strip_prefix('/')
        .ok_or("it does not start with a slash")?;
    if text
        .chars()
        .any(|c| c.is_control() || "?#%\\<>".contains(c))
    {
        return Err("it holds a character that no id has");
    }
    let segments: Vec<&str> = path.split('/').collect();
    if segments.iter().any(|s| s.trim().is_empty()) {
        return Err("it has an empty segment");
    }
    if segments.iter().any(|s| matches!(*s, "." | "..")) {
        return Err("it has a relative segment");
    }
    if !segments[0].eq_ignore_ascii_case("subscriptions") {
        return Err("it does not start with /subscriptions");
    }
    let subscription = segments
        .get(1)
        .and_then(|s| s.parse().ok())
        .ok_or("its subscription is not a GUID")?;
    if segments.len() < 4 || !segments.len().is_multiple_of(2) {
        return Err("it is not made of pairs of type and name");
    }
    if segments[segments.len() - 2].eq_ignore_ascii_case("providers") {
        return Err("it ends after the provider");
    }
    Ok(subscription)
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        let (one, another) = (&*self.text, &*other.text);
        // Of letters beyond ASCII there are hardly any, and lists compare thousands of ids.
        one.eq_ignore_ascii_case(another)
            || !(one.is_ascii() && another.is_ascii()) && self.folded().eq(other.folded())
    }
}

impl Eq for ResourceId {}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for c in self.folded() {
            c.hash(state);
        }
        state.write_u8(0xff);
    }
}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serde_as_text!(ResourceId);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const S: &str = "/subscriptions/00000000-0000-0000-0000-00000000000A";

    fn id(rest: &str) -> ResourceId {
        format!("{S}{rest}").parse().unwrap()
    }

    #[test]
    fn parts_of_a_version() {
        let version = id(
            "/resourceGroups/rg-Images/providers/Microsoft.Compute/galleries/acg/images/win11/versions/1.4.12",
        );
        assert_eq!(
            version.subscription().as_str(),
            "00000000-0000-0000-0000-00000000000a"
        );
        assert_eq!(version.resource_group(), Some("rg-Images"));
        assert_eq!(version.name(), "1.4.12");
        assert_eq!(
            version.kind(),
            "Microsoft.Compute/galleries/images/versions"
        );
        let definition = version.parent().unwrap();
        assert_eq!(definition.name(), "win11");
        assert_eq!(definition.child("versions", "1.4.12").unwrap(), version);
        let group = definition.parent().unwrap().parent().unwrap();
        assert_eq!(group.kind(), "Microsoft.Resources/resourceGroups");
        assert_eq!(group.parent(), None);
        assert_eq!(version.names(), "acg/win11/1.4.12");
    }

    #[test]
    fn an_extension_resource_belongs_to_what_it_extends() {
        let gallery = id("/resourceGroups/r/providers/Microsoft.Compute/galleries/acg");
        let assignment: ResourceId =
            format!("{gallery}/providers/Microsoft.Authorization/roleAssignments/x")
                .parse()
                .unwrap();
        assert_eq!(assignment.kind(), "Microsoft.Authorization/roleAssignments");
        assert_eq!(assignment.parent(), Some(gallery.clone()));
        assert_eq!(
            gallery.resource("Microsoft.Authorization/roleAssignments", "x"),
            Ok(assignment)
        );
        assert!(
            gallery
                .resource("Microsoft.Authorization/x", "a/b")
                .is_err()
        );
        assert_eq!(
            id("/providers/Microsoft.Authorization/roleAssignments/x").parent(),
            None
        );
    }

    #[test]
    fn case_does_not_matter_to_equality_but_is_kept() {
        let upper = id("/RESOURCEGROUPS/RG/providers/Microsoft.Compute/galleries/ACG");
        let lower = id("/resourcegroups/rg/providers/microsoft.compute/galleries/acg");
        assert_eq!(upper, lower);
        assert_eq!(upper.key(), lower.key());
        assert_eq!(HashSet::from([upper.clone(), lower]).len(), 1);
        assert!(upper.as_str().ends_with("/ACG"));
        // Beyond ASCII too: the Kelvin sign is a k.
        let upper = id("/resourceGroups/GERÄTE\u{212a}");
        let lower = id("/resourcegroups/gerätek");
        assert_eq!((&upper, upper.key()), (&lower, lower.key()));
        assert_eq!(HashSet::from([upper, lower]).len(), 1);
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for rest in [
            "",
            "/",
            "/resourceGroups",
            "/resourceGroups/",
            "/resourceGroups//providers",
            "/resourceGroups/../x/y",
            "/resourceGroups/r/providers/Microsoft.Compute",
            "/resourceGroups/r/providers/Microsoft.Compute/galleries",
            "/resourceGroups/r?x=1",
            "/resourceGroups/r#x",
            "/resourceGroups/%2e%2e",
            "/resourceGroups/a\nb",
            "/resourceGroups/r/",
        ] {
            assert!(
                format!("{S}{rest}").parse::<ResourceId>().is_err(),
                "{rest}"
            );
        }
        assert!(
            "/subscriptions/x/resourceGroups/r"
                .parse::<ResourceId>()
                .is_err()
        );
        assert!("/tenants/t/resourceGroups/r".parse::<ResourceId>().is_err());
        assert!(id("/resourceGroups/r").child("providers", "a/b").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "(/[a-zA-Z0-9./ _-]{0,12}){0,8}") {
            let text = format!("{S}{text}");
            if let Ok(id) = text.parse::<ResourceId>() {
                prop_assert_eq!(id.as_str(), text.as_str());
                prop_assert_eq!(&id, &id.key().parse().unwrap());
                prop_assert!(!id.kind().is_empty() && !id.name().is_empty());
                if let Some(parent) = id.parent() {
                    prop_assert!(id.as_str().starts_with(parent.as_str()));
                    prop_assert_eq!(&parent.as_str().parse::<ResourceId>().unwrap(), &parent);
                }
            }
        }
    }
}
