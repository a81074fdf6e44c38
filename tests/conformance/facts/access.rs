use gallerist::azure::{Feature, FeatureState, PrincipalType, RoleAssignment};
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
