use gallerist::azure::{
    Feature, FeatureState, Permitted, PrincipalType, RegistrationState, RoleAssignment,
};
use serde_json::Value;

pub(crate) fn role_assignment(got: &RoleAssignment, said: &Value, place: &str) {
    assert_eq!(said["id"], got.id.as_str(), "{place}");
    let properties = &said["properties"];
    assert_eq!(properties["scope"], got.scope.as_str(), "{place}");
    assert_eq!(properties["principalId"], got.principal.as_str(), "{place}");
    let definition = properties["roleDefinitionId"].as_str().unwrap();
    assert!(
        definition.ends_with(&format!("/{}", got.role)),
        "{place}: {definition}"
    );
    let kind = got.principal_type.as_ref().map(PrincipalType::as_str);
    assert_eq!(properties["principalType"].as_str(), kind, "{place}");
    assert_eq!(
        properties["createdOn"].is_string(),
        got.created.is_some(),
        "{place}"
    );
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn feature(got: &Feature, said: &Value, place: &str) {
    assert_eq!(said["name"], got.name.as_str(), "{place}");
    let state = said["properties"]["state"].as_str().unwrap();
    assert_eq!(got.state, FeatureState::from(state), "{place}");
    assert!(!matches!(got.state, FeatureState::Other(_)), "{place}");
    assert_eq!(got.document(), said, "{place}");
}

pub(crate) fn registration(got: &RegistrationState, said: &Value, place: &str) {
    assert_eq!(said["registrationState"], got.as_str(), "{place}");
    assert!(!matches!(got, RegistrationState::Other(_)), "{place}");
}

/// What is allowed by name is allowed, what is not spoken of is not.
pub(crate) fn permitted(got: &Permitted, said: &Value, place: &str) {
    for role in super::items(said) {
        let out = super::list(&role["notActions"]);
        for action in super::list(&role["actions"]) {
            let named = action.as_str().unwrap().replace('*', "x");
            assert!(got.allows(&named) || !out.is_empty(), "{place}: {named}");
        }
    }
    assert!(!got.allows("Nobody.Knows/it/action"), "{place}");
}
