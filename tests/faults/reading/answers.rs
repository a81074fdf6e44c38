//! Answers that are late, broken, or point elsewhere.

use std::path::PathBuf;

use serde_json::json;

use super::{ALL_GALLERIES, GALLERY_SUBSCRIPTION, names};
use crate::support::{Gallerist, Simulator, Witness, demo};

/// The demo estate with pages of one item.
fn start_with_short_pages() -> (Simulator, Gallerist) {
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo-estate.toml");
    let demo = std::fs::read_to_string(demo).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    let short = demo.replace("page_size = 100", "page_size = 1");
    assert_ne!(short, demo);
    std::fs::write(&file, short).unwrap();
    let azure = Simulator::start_with(600, &file);
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

#[test]
fn what_passes_is_tried_again_and_told() {
    let (azure, gallerist) = demo(600);
    let galleries =
        format!("/subscriptions/{GALLERY_SUBSCRIPTION}/providers/Microsoft.Compute/galleries");
    for (fault, words) in [
        (json!({"status": 401}), "again at once"),
        (json!({"status": 408}), "attempt 2 of 5"),
        (
            json!({"status": 429, "headers": {"retry-after": "1"}}),
            "attempt 2 of 5 in 1 s",
        ),
        (json!({"status": 500}), "InternalServerError"),
        (
            json!({"status": 502, "body": "<html>bad gateway</html>"}),
            "HTTP 502",
        ),
        (json!({"status": 503}), "ServiceUnavailable"),
        (json!({"status": 504}), "GatewayTimeout"),
        (json!({"drop_before": true}), "no complete answer"),
        (json!({"drop_after": true}), "no complete answer"),
        (json!({"truncate": true}), "no complete answer"),
    ] {
        azure.fault(
            &json!({"match": {"method": "GET", "path": "4bcff225.*/galleries\\?"}, "fault": fault}),
        );
        let before = azure.requests_to("GET", &galleries).len();
        let output = gallerist.run(&["get", "galleries", "-o", "json"]);
        output.fails(0, &[words]);
        assert_eq!(names(&output.json()), ALL_GALLERIES, "{fault}");
        assert_eq!(
            azure.requests_to("GET", &galleries).len(),
            before + 2,
            "{fault}"
        );
        assert!(azure.faults_left().is_empty());
    }
}

#[test]
fn what_stays_broken_is_named_with_what_to_do_and_hides_nothing_else() {
    let (azure, gallerist) = demo(600);
    let refusal = json!({"error": {"code": "AuthorizationFailed", "message": "The client 'a' with object id 'b' does not have authorization to perform action 'Microsoft.Compute/galleries/images/read' over scope '/subscriptions/s/acg_builds' or the scope is invalid."}});
    for (fault, words) in [
        (
            json!({"status": 403, "body": refusal}),
            "→ grant Compute Gallery Image Reader at /subscriptions/s/acg_builds",
        ),
        (
            json!({"status": 404}),
            "→ it isn't there, or not for this identity to see",
        ),
        (
            json!({"status": 409}),
            "→ something else may be changing it",
        ),
        (json!({"status": 401}), "→ sign in again"),
        (
            json!({"body": "{\"value\": [,]}"}),
            "not understood: no JSON",
        ),
        (
            json!({"body": {"odd": 1}}),
            "not understood: a page without a list",
        ),
        (
            json!({"body": {"value": [{"id": "/nonsense"}]}}),
            "not understood",
        ),
        (
            json!({"status": 302, "headers": {"location": "https://evil.example/"}}),
            "the answer points to https://evil.example",
        ),
    ] {
        azure.fault(&json!({"times": 99, "match": {"method": "GET", "path": "/acg_builds/images\\?"}, "fault": fault}));
        let output = gallerist.run(&["get", "images", "-o", "json"]);
        output.fails(0, &[words, "Northwind Managed Desktops: reading the "]);
        let images = output.json();
        let images = names(&images);
        assert!(
            images.contains(&"ubuntu-kiosk") && images.contains(&"win11-avd"),
            "{images:?}"
        );
        assert!(!images.contains(&"win11-avd-next"));
        azure.clear_faults();
    }
}

#[test]
fn no_answer_at_all_is_no_empty_answer() {
    let (azure, gallerist) = demo(600);
    azure.fault(
        &json!({"times": 999, "match": {"path": "/galleries\\?"}, "fault": {"status": 403}}),
    );
    let output = gallerist.run(&["get", "galleries", "-o", "json"]);
    output.fails(1, &["reading the galleries of subscription"]);
    assert_eq!(output.json(), json!([]));
}

#[test]
fn a_cloud_that_is_not_there_is_said_to_be_so() {
    let (azure, gallerist) = demo(600);
    gallerist.configure(|text| text.replace(azure.origin(), "http://127.0.0.1:1"));
    gallerist.run(&["get", "tenants"]).fails(
        0,
        &[
            "not reached: ",
            "check the network, the proxy and the cloud's addresses",
        ],
    );
}

#[test]
fn pages_are_followed_by_absolute_and_by_relative_links() {
    let (azure, gallerist) = start_with_short_pages();
    assert_eq!(
        names(&gallerist.json(&["get", "galleries", "-o", "json"])),
        ALL_GALLERIES
    );
    azure.fault(&json!({"times": 999, "fault": {"replace": {"from": azure.origin(), "to": ""}}}));
    assert_eq!(
        names(&gallerist.json(&["get", "galleries", "-o", "json"])),
        ALL_GALLERIES
    );
    assert!(azure.faults_left()[0]["times"].as_u64().unwrap() < 980);
}

#[test]
fn a_page_at_another_host_is_refused_and_gets_no_token() {
    let (azure, gallerist) = start_with_short_pages();
    let witness = Witness::listen();
    let own = azure.origin().trim_start_matches("http:");
    let other = witness.origin();
    let masked = format!("http:{own}@{}", other.trim_start_matches("http://"));
    for to in [other.as_str(), other.trim_start_matches("http:"), &masked] {
        azure.fault(&json!({
            "times": 999, "match": {"path": "4bcff225.*/galleries\\?"},
            "fault": {"replace": {"from": azure.origin(), "to": to}},
        }));
        let output = gallerist.run(&["get", "galleries"]);
        output.fails(
            1,
            &[
                &format!(
                    "the answer points to {other}, and tokens go to {} only",
                    azure.origin()
                ),
                "→ nothing was sent there",
            ],
        );
        azure.clear_faults();
    }
    azure.fault(&json!({
        "times": 999, "match": {"path": "4bcff225.*/galleries\\?"},
        "fault": {"status": 307, "headers": {"location": format!("{other}/galleries")}},
    }));
    gallerist
        .run(&["get", "galleries"])
        .fails(1, &[&format!("the answer points to {other}")]);
    assert_eq!(witness.heard(), [""; 0]);
}
