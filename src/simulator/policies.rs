//! Policies that deny resources (Microsoft's `definition-structure-policy-rule.md`).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::regions;
use super::resource_path::name_of;
use super::resources::key;
use super::world::World;

/// An assignment with the effect deny.
pub(super) struct Policy {
    /// `/subscriptions/S` or `/subscriptions/S/resourceGroups/R`
    pub(super) scope: String,
    /// The display name of the assignment
    pub(super) name: String,
    /// `Microsoft.Compute/virtualMachines`
    pub(super) resource_type: String,
    /// It denies where every field, such as `location` or `properties.hardwareProfile.vmSize`, has
    /// one of the values
    pub(super) conditions: Vec<(String, Vec<Value>)>,
}

impl Policy {
    fn covers(&self, kind: &str, id: &str) -> bool {
        let below = format!("{}/", key(&self.scope));
        self.resource_type.eq_ignore_ascii_case(kind) && key(id).starts_with(&below)
    }

    fn denies(&self, body: &Value) -> bool {
        self.conditions.iter().all(|(field, values)| {
            let given = value_of(body, field);
            values.iter().any(|value| same(value, given))
        })
    }

    /// Where its assignment is, or its definition.
    fn id(&self, world: &World, what: &str) -> String {
        let named = format!("{what} {} {}", self.scope.to_lowercase(), self.name);
        let guid = world.chance.id(&named).simple();
        let scope = match what {
            "policyAssignments" => self.scope.as_str(),
            _ => "",
        };
        format!("{scope}/providers/Microsoft.Authorization/{what}/{guid}")
    }

    /// The refusal of a resource: the policy in the text and, with what it looked at, in
    /// `additionalInfo` (azure-docs `automation/enforce-job-execution-hybrid-worker.md`).
    fn refusal(&self, world: &World, kind: &str, id: &str, body: &Value) -> Refusal {
        let (assignment, definition) = (
            self.id(world, "policyAssignments"),
            self.id(world, "policyDefinitions"),
        );
        let identifiers = json!([{
            "policyAssignment": { "name": self.name, "id": assignment },
            "policyDefinition": { "name": self.name, "id": definition },
        }]);
        let looked_at = self.conditions.iter().map(|(field, values)| {
            json!({
                "result": "True",
                "expressionKind": "Field",
                "expression": field,
                "path": field,
                "expressionValue": value_of(body, field),
                "targetValue": values,
                "operator": "In",
            })
        });
        let kind = json!({
            "result": "True",
            "expressionKind": "Field",
            "expression": "type",
            "path": "type",
            "expressionValue": kind,
            "targetValue": self.resource_type,
            "operator": "Equals",
        });
        let looked_at: Vec<Value> = [kind].into_iter().chain(looked_at).collect();
        let info = json!({
            "policyDefinitionDisplayName": self.name,
            "evaluationDetails": { "evaluatedExpressions": looked_at },
            "policyDefinitionId": definition,
            "policyDefinitionName": name_of(&definition),
            "policyDefinitionEffect": "deny",
            "policyAssignmentId": assignment,
            "policyAssignmentName": name_of(&assignment),
            "policyAssignmentDisplayName": self.name,
            "policyAssignmentScope": self.scope,
            "policyAssignmentParameters": {},
        });
        let name = name_of(id);
        Refusal::gateway(
            StatusCode::FORBIDDEN,
            "RequestDisallowedByPolicy",
            format!(
                "Resource '{name}' was disallowed by policy. Policy identifiers: '{identifiers}'."
            ),
        )
        .target(name)
        .informing("PolicyViolation", &info)
    }
}

/// Holds a resource that is about to be written against all policies.
///
/// # Errors
/// ARM's `RequestDisallowedByPolicy` of the first that denies it.
pub(super) fn check(world: &World, kind: &str, id: &str, body: &Value) -> Result<(), Refusal> {
    let mut policies = world.policies.iter();
    let denying = policies.find(|policy| policy.covers(kind, id) && policy.denies(body));
    denying.map_or(Ok(()), |policy| Err(policy.refusal(world, kind, id, body)))
}

/// What a field of a resource is; null where it has none.
fn value_of<'b>(body: &'b Value, field: &str) -> &'b Value {
    let mut value = body;
    for part in field.split('.') {
        value = &value[part];
    }
    value
}

/// Texts are compared without case, and regions however they are spelled.
fn same(wanted: &Value, given: &Value) -> bool {
    match (wanted.as_str(), given.as_str()) {
        (Some(wanted), Some(given)) => {
            wanted.eq_ignore_ascii_case(given) || regions::normal(wanted) == regions::normal(given)
        }
        _ => wanted == given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_denies_where_all_fields_match() {
        let policy = Policy {
            scope: "/subscriptions/s".to_owned(),
            name: "No machines abroad".to_owned(),
            resource_type: "Microsoft.Compute/virtualMachines".to_owned(),
            conditions: vec![
                (
                    "location".to_owned(),
                    vec![json!("West Europe"), json!("uksouth")],
                ),
                ("tags.env".to_owned(), vec![json!("test")]),
            ],
        };
        let body = |location: &str| json!({ "location": location, "tags": { "env": "Test" } });
        assert!(policy.denies(&body("westeurope")));
        assert!(!policy.denies(&body("eastus")));
        assert!(!policy.denies(&json!({ "location": "uksouth" })));
        let id = "/subscriptions/S/resourceGroups/r/providers/P/t/n";
        assert!(policy.covers("microsoft.compute/virtualmachines", id));
        assert!(!policy.covers("Microsoft.Compute/disks", id));
        assert!(!policy.covers("Microsoft.Compute/virtualMachines", "/subscriptions/sss/x"));
    }
}
