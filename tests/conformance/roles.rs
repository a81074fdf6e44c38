//! The roles that the client names, held against their definitions as Azure returned them.

use gallerist::actions::{deploy, replicate, share};
use gallerist::azure::{ArmError, BuiltInRole};
use serde_json::Value;

use crate::ground_truth;
use crate::support::spec;

fn definitions() -> Option<Value> {
    let folder = spec::azure_folder()?;
    Some(ground_truth::read(&folder.join("builtin-roles.json")))
}

#[test]
fn names_and_ids_are_those_of_azure() {
    let Some(definitions) = definitions() else {
        return;
    };
    for role in BuiltInRole::ALL {
        let definition = &definitions[role.name];
        assert_eq!(definition["name"], role.id().as_str(), "{}", role.name);
    }
}

#[test]
fn the_role_that_is_advised_allows_what_was_refused() {
    let Some(definitions) = definitions() else {
        return;
    };
    for action in [
        "Microsoft.Compute/galleries/read",
        "Microsoft.Compute/galleries/images/read",
        "Microsoft.Compute/galleries/images/versions/read",
        "Microsoft.Compute/galleries/images/versions/write",
        "Microsoft.Compute/galleries/share/action",
        "Microsoft.Compute/virtualMachines/read",
        "Microsoft.Compute/virtualMachines/write",
        "Microsoft.Network/networkInterfaces/write",
        "Microsoft.Network/networkInterfaces/join/action",
        "Microsoft.Network/virtualNetworks/subnets/join/action",
        "Microsoft.Resources/deployments/write",
        "Microsoft.Resources/deployments/validate/action",
        "Microsoft.Resources/subscriptions/resourceGroups/write",
        "Microsoft.Authorization/roleAssignments/read",
    ] {
        let mut refused = ArmError::default();
        "AuthorizationFailed".clone_into(&mut refused.code);
        refused.message = format!(
            "The client 'a' with object id 'b' does not have authorization to perform action \
             '{action}' over scope '/subscriptions/s' or the scope is invalid."
        );
        refused.status = Some(403);
        let advice = refused.advice().unwrap();
        let advised = BuiltInRole::ALL.into_iter().filter(|role| {
            advice.starts_with(&format!("grant {} at ", role.name))
                || advice.starts_with(&format!("grant {} (", role.name))
        });
        let advised: Vec<BuiltInRole> = advised.collect();
        let [role] = advised.as_slice() else {
            panic!("{action}: {advice}");
        };
        let permissions = &definitions[role.name]["properties"]["permissions"][0];
        assert!(allows(permissions, action), "{} and {action}", role.name);
    }
}

#[test]
fn who_assigns_roles_may_do_it() {
    let Some(definitions) = definitions() else {
        return;
    };
    let action = "Microsoft.Authorization/roleAssignments/write";
    let may = |role: &str| allows(&definitions[role]["properties"]["permissions"][0], action);
    assert!(may("Role Based Access Control Administrator"));
    assert!(may("User Access Administrator") && may("Owner"));
    assert!(!may("Contributor"));
}

/// Whether one of the actions covers it and none of those that are taken out does.
fn allows(permissions: &Value, action: &str) -> bool {
    let covered = |list: &str| {
        let patterns = permissions[list].as_array().unwrap().iter();
        let mut patterns = patterns.map(|pattern| pattern.as_str().unwrap());
        patterns.any(|pattern| covers(&pattern.to_lowercase(), &action.to_lowercase()))
    };
    covered("actions") && !covered("notActions")
}

/// Whether a pattern with one `*` or several covers an action.
fn covers(pattern: &str, action: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == action,
        Some((start, rest)) => action.strip_prefix(start).is_some_and(|action| {
            (0..=action.len()).any(|at| action.is_char_boundary(at) && covers(rest, &action[at..]))
        }),
    }
}

#[test]
fn the_least_roles_of_the_readme_allow_what_the_verbs_take() {
    let Some(definitions) = definitions() else {
        return;
    };
    let (reader, image_reader) = (BuiltInRole::READER, BuiltInRole::GALLERY_IMAGE_READER);
    let machines = BuiltInRole::VIRTUAL_MACHINE_CONTRIBUTOR;
    let assigning = BuiltInRole::ROLE_BASED_ACCESS_CONTROL_ADMINISTRATOR;
    for (takes, roles) in [
        (
            replicate::AT_GALLERY,
            vec![BuiltInRole::GALLERY_ARTIFACTS_PUBLISHER],
        ),
        (
            share::DIRECT,
            vec![reader, BuiltInRole::GALLERY_SHARING_ADMIN],
        ),
        (share::ROLE, vec![assigning]),
        (deploy::AT_GALLERY, vec![reader]),
        (deploy::OF_IMAGE, vec![image_reader]),
        (deploy::AT_GROUP, vec![machines]),
        (deploy::AT_SUBNET, vec![BuiltInRole::NETWORK_CONTRIBUTOR]),
    ] {
        for action in takes {
            let allowed = roles.iter().any(|role| {
                allows(
                    &definitions[role.name]["properties"]["permissions"][0],
                    action,
                )
            });
            assert!(allowed, "{action}");
        }
    }
}
