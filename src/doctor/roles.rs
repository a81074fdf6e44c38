//! Whether roles allow what a verb takes at one place, and which to grant where they don't.

use super::{Area, Finding, State};
use crate::azure::{BuiltInRole, Permitted, ResourceId, role_allowing};

/// Actions that are told one by one.
const TOLD: usize = 2;

/// Roles beside which others say nothing more, as far as the verbs go (`builtin-roles.json`).
const COVERING: &[(BuiltInRole, BuiltInRole)] = &[
    (BuiltInRole::READER, BuiltInRole::GALLERY_IMAGE_READER),
    (
        BuiltInRole::GALLERY_ARTIFACTS_PUBLISHER,
        BuiltInRole::GALLERY_IMAGE_READER,
    ),
    (
        BuiltInRole::VIRTUAL_MACHINE_CONTRIBUTOR,
        BuiltInRole::READER,
    ),
    (BuiltInRole::NETWORK_CONTRIBUTOR, BuiltInRole::READER),
    (
        BuiltInRole::ROLE_BASED_ACCESS_CONTROL_ADMINISTRATOR,
        BuiltInRole::READER,
    ),
];

/// What came of comparing what a verb takes with what is allowed.
pub(super) fn compared(
    check: Area,
    about: &str,
    who: &str,
    (scope, permitted): (&ResourceId, &Permitted),
    takes: &[&str],
    otherwise: State,
) -> Finding {
    let allowed = |action: &&&str| permitted.allows(action);
    let lacking: Vec<&str> = takes.iter().filter(|a| !allowed(a)).copied().collect();
    let at = scope.names();
    let finding = if lacking.is_empty() {
        let text = format!("{who} may do all that it takes at {at}");
        Finding::new(check, about, State::Ok, text)
    } else {
        let text = format!("{who} is not allowed {} at {at}", told(&lacking));
        let roles = roles(&lacking, scope).join(" and ");
        Finding::new(check, about, otherwise, text)
            .advise(format!("grant {who} {roles} at {scope}"))
    };
    finding.at(scope)
}

fn told(actions: &[&str]) -> String {
    let first = actions.iter().take(TOLD).copied().collect::<Vec<_>>();
    match actions.len().saturating_sub(TOLD) {
        0 => first.join(" and "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The roles that allow these actions, none of them twice or within another.
fn roles(actions: &[&str], scope: &ResourceId) -> Vec<String> {
    let mut roles: Vec<String> = Vec::new();
    for action in actions {
        let role = role_allowing(action, scope);
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    let has = |role: &BuiltInRole| roles.iter().any(|one| one.starts_with(role.name));
    let covered = COVERING.iter().filter(|(role, _)| has(role));
    let covered: Vec<&str> = covered.map(|(_, covered)| covered.name).collect();
    roles.retain(|role| !covered.contains(&role.as_str()));
    roles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{deploy, replicate, share};

    fn advised(actions: &[&str]) -> Vec<String> {
        let scope = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg";
        roles(actions, &scope.parse().unwrap())
    }

    #[test]
    fn whoever_lacks_everything_is_told_the_least_that_serves() {
        assert_eq!(
            advised(replicate::AT_GALLERY),
            ["Compute Gallery Artifacts Publisher"]
        );
        assert_eq!(
            advised(share::DIRECT),
            [
                "Reader",
                "Compute Gallery Sharing Admin (Contributor cannot share)"
            ]
        );
        let role = advised(share::ROLE);
        assert!(role.len() == 1 && role[0].starts_with("Role Based Access Control Administrator"));
        assert_eq!(advised(deploy::AT_GALLERY), ["Reader"]);
        assert_eq!(advised(deploy::AT_GROUP), ["Virtual Machine Contributor"]);
        assert_eq!(advised(deploy::AT_SUBNET), ["Network Contributor"]);
        assert_eq!(
            advised(&deploy::AT_GALLERY[1..]),
            ["Compute Gallery Image Reader"]
        );
    }

    #[test]
    fn many_actions_are_told_as_a_number() {
        assert_eq!(told(&["a"]), "a");
        assert_eq!(told(&["a", "b"]), "a and b");
        assert_eq!(told(&["a", "b", "c", "d"]), "a, b and 2 more");
    }
}
