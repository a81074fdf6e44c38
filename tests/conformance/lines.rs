//! The table itself: its lines are operations of the specifications, and of the client.

use crate::specifications;
use crate::support::operations::{OPERATIONS, Operation, query};

const GALLERY: &str = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/galleries/g";

#[test]
fn lines_are_those_of_the_specifications() {
    let specifications = specifications();
    for operation in OPERATIONS.iter() {
        let file = operation.specification;
        let Some(spec) = file.and_then(|file| specifications.get(file)) else {
            continue;
        };
        let (template, _) = spec.declared(operation.id);
        assert!(operation.is_at(template), "{operation:?} is at {template}");
        assert_eq!(operation.method, spec.method(operation.id), "{operation:?}");
        let known = spec.query_parameters(operation.id);
        for parameter in operation.parameters() {
            let name = parameter.split('=').next().unwrap().to_owned();
            assert!(known.contains(&name), "{operation:?} takes no {name}");
        }
    }
}

fn of(method: &str, target: &str) -> String {
    Operation::of(method, target).map_or_else(String::new, Operation::label)
}

#[test]
fn requests_are_told_apart() {
    let at = |rest: &str| format!("{GALLERY}{rest}");
    assert_eq!(of("GET", &at("?api-version=1")), "Galleries_Get");
    assert_eq!(of("GET", &at("").to_uppercase()), "Galleries_Get");
    assert_eq!(of("GET", &at("/images")), "GalleryImages_ListByGallery");
    assert_eq!(of("GET", &at("/images/")), "");
    assert_eq!(of("DELETE", GALLERY), "");
    let assignments = "/providers/Microsoft.Authorization/roleAssignments";
    let filter = "?%24filter=principalId+eq+%27p%27";
    assert_eq!(
        of("GET", &format!("{GALLERY}{assignments}{filter}")),
        "RoleAssignments_ListForScope $filter=principalId eq '{}'"
    );
    let one = format!("{assignments}/a");
    assert_eq!(of("GET", &at(&one)), "RoleAssignments_Get");
    assert_eq!(of("GET", &one), "");
    let polled = "/subscriptions/s/providers/p/locations/l/capsOperations/o?t=1";
    assert_eq!(of("GET", polled), "Azure-AsyncOperation");
    assert_eq!(of("GET", &format!("{polled}&monitor=true")), "Location");
    let machine = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/v";
    assert_eq!(of("PUT", machine), "");
}

#[test]
fn queries_are_compared() {
    let gallery = Operation::of("GET", GALLERY).unwrap();
    assert_eq!(gallery.lacks(&[]), ["$select=Permissions"]);
    let more = query("?api-version=1&$select=Permissions&$expand=x");
    assert!(gallery.lacks(&more).is_empty());
    assert_eq!(gallery.exceeded_by(&more), ["$expand=x"]);
}
