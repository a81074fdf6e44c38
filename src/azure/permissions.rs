//! What a caller may do (Microsoft.Authorization 2022-04-01, `authorization-RoleDefinitionsCalls`).

use serde_json::Value;

use super::advice;
use super::document::Document;
use super::error::Error;
use super::resource_id::ResourceId;
use super::session::Session;

const KIND: &str = "Microsoft.Authorization/permissions";

/// What the roles that a caller has at a scope allow there, those granted above it included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permitted(Vec<Permission>);

/// What one role allows: its actions, but for those that it takes out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Permission {
    actions: Vec<String>,
    not_actions: Vec<String>,
}

impl Permitted {
    /// Whether one of the roles allows `action`, such as `Microsoft.Compute/galleries/read`. What
    /// one role takes out another may allow.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        self.0.iter().any(|role| role.allows(action))
    }
}

impl Permission {
    fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| covers(pattern, action));
        any(&self.actions) && !any(&self.not_actions)
    }
}

impl Document for Permission {
    fn read(document: Value) -> Result<Self, Error> {
        let texts = |name: &str| -> Vec<String> {
            let list = document.get(name).and_then(Value::as_array);
            let texts = list.into_iter().flatten().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        Ok(Self {
            actions: texts("actions"),
            not_actions: texts("notActions"),
        })
    }
}

/// Whether a pattern of a role covers an action. Case doesn't count, and `*` stands for any
/// characters, slashes too (azure-docs, role-based access control, `role-definitions.md`).
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == action;
    };
    let Some(mut left) = action.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

/// The built-in role to grant so that an action is allowed at a scope: the narrowest that is known
/// here, with what is to be said of it.
#[must_use]
pub fn role_allowing(action: &str, scope: &ResourceId) -> String {
    advice::narrowest_role(action, scope.as_str())
}

impl Session {
    /// What this session's identity may do at a resource group or a resource.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn permitted(&self, scope: &ResourceId) -> Result<Permitted, Error> {
        let what = format!("what is allowed at {}", scope.names());
        let path = format!("{scope}/providers/{KIND}");
        Ok(Permitted(self.list(KIND, &path, "", &what).await?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn permitted(roles: &[(&[&str], &[&str])]) -> Permitted {
        let read = |(actions, not_actions): &(&[&str], &[&str])| {
            Permission::read(json!({
                "actions": actions, "notActions": not_actions, "dataActions": ["*"],
            }))
            .unwrap()
        };
        Permitted(roles.iter().map(read).collect())
    }

    #[test]
    fn patterns_cover_any_characters_in_any_case() {
        for (pattern, action, covered) in [
            ("*", "Microsoft.Compute/galleries/read", true),
            ("*/read", "Microsoft.Compute/galleries/READ", true),
            ("*/read", "Microsoft.Compute/galleries/write", false),
            (
                "microsoft.compute/Galleries/*",
                "Microsoft.Compute/galleries/images/write",
                true,
            ),
            (
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/roleAssignments/write",
                true,
            ),
            (
                "Microsoft.Compute/galleries/read",
                "Microsoft.Compute/galleries/images/read",
                false,
            ),
            (
                "Microsoft.*/galleries/*/read",
                "Microsoft.Compute/galleries/images/read",
                true,
            ),
            (
                "Microsoft.Compute/galleries*galleries/read",
                "Microsoft.Compute/galleries/read",
                false,
            ),
            ("", "Microsoft.Compute/galleries/read", false),
        ] {
            assert_eq!(covers(pattern, action), covered, "{pattern} {action}");
        }
    }

    #[test]
    fn what_one_role_takes_out_another_may_allow() {
        let share = "Microsoft.Compute/galleries/share/action";
        let contributor: (&[&str], &[&str]) = (&["*"], &[share]);
        assert!(!permitted(&[contributor]).allows(share));
        assert!(permitted(&[contributor]).allows("Microsoft.Compute/galleries/write"));
        assert!(permitted(&[contributor, (&[share], &[])]).allows(share));
        assert!(!permitted(&[]).allows(share));
        let odd = Permission::read(json!({"actions": [7, share]})).unwrap();
        assert!(odd.allows(share));
    }

    proptest! {
        #[test]
        fn a_pattern_covers_what_it_is_made_from(text in "[a-zA-Z./]{0,20}", at in 0usize..20) {
            prop_assert!(covers(&text, &text));
            let cut = at.min(text.len());
            let (before, after) = text.split_at(cut);
            for pattern in [format!("{before}*"), format!("*{after}"), format!("{before}*{after}")] {
                prop_assert!(covers(&pattern, &text), "{} {}", pattern, text);
            }
        }

        #[test]
        fn covering_never_panics(pattern in ".{0,12}", action in ".{0,12}") {
            let _ = covers(&pattern, &action);
        }
    }
}
