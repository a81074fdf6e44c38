//! Tenants that refuse the sign-in.

use serde_json::json;

use super::{ALL_GALLERIES, names};
use crate::support::{NEWEST, demo};

const TAILSPIN: &str = "435eff3f-9d92-45b1-9ee8-3cbba1b85ae0";

#[test]
fn one_tenant_that_refuses_the_sign_in_hides_no_other() {
    let (azure, gallerist) = demo(600);
    for (code, words) in [
        (
            "AADSTS7000222",
            "the client secret of msp has expired: make a new one",
        ),
        (
            "AADSTS7000215",
            "the client secret of msp is wrong: put the secret's value",
        ),
        ("AADSTS7000112", "is disabled in tenant"),
        ("AADSTS50076", "wants multi-factor authentication"),
    ] {
        azure.set_principal(TAILSPIN, Some(code));
        let tenants = gallerist.run(&["get", "tenants", "-o", "json"]);
        tenants.fails(
            0,
            &[
                &format!("Tailspin Toys: signing in as msp in tenant {TAILSPIN}: {code}: "),
                words,
            ],
        );
        for noise in ["Trace ID", "Timestamp", "Correlation ID"] {
            assert!(!tenants.stderr.contains(noise), "{tenants:?}");
        }
        let tenants = tenants.json();
        let failing = tenants
            .as_array()
            .unwrap()
            .iter()
            .filter(|t| t["state"] == "sign-in");
        let failing: Vec<_> = failing.map(|tenant| &tenant["displayName"]).collect();
        assert_eq!(failing, ["Graphic Design Institute", "Tailspin Toys"]);
    }
    let galleries = gallerist.json(&["get", "galleries", "-o", "json"]);
    assert_eq!(names(&galleries), ALL_GALLERIES);
    azure.set_principal(TAILSPIN, None);
    let tenants = gallerist.run(&["get", "tenants"]);
    assert!(!tenants.stderr.contains("Tailspin"), "{tenants:?}");
}

#[test]
fn a_secret_that_is_wrong_everywhere_says_so_and_is_no_success() {
    let (azure, gallerist) = demo(600);
    let secret = gallerist.folder().join("wrong.secret");
    std::fs::write(&secret, "hunter2-is-wrong").unwrap();
    gallerist.configure(|text| {
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some(("client_secret_file", _)) => format!("client_secret_file = {secret:?}"),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    let output = gallerist.run(&["get", "galleries", "-o", "json"]);
    output.fails(1, &["AADSTS7000215", "the client secret of msp is wrong"]);
    assert_eq!(output.json(), json!([]));
    assert!(!output.stderr.contains("hunter2"), "{output:?}");
    // A name is looked for among tenants that nobody can sign in to.
    gallerist.replicate(NEWEST, &["--to", "uksouth=1"]).fails(
        2,
        &[
            "there is no gallery named \"acg_northwind\"",
            "not read: Tailspin Toys: signing in",
            "the client secret of msp is wrong",
        ],
    );
    let beyond_sign_in = azure.requests();
    assert!(
        beyond_sign_in
            .iter()
            .all(|request| request["path"].as_str().unwrap().ends_with("/token"))
    );
}

#[test]
fn the_home_tenant_failing_hides_no_customer_that_is_signed_in_to() {
    let (azure, gallerist) = demo(600);
    azure.set_principal(
        azure.ready["tenant"].as_str().unwrap(),
        Some("AADSTS7000222"),
    );
    let output = gallerist.run(&["get", "subscriptions", "-o", "json"]);
    output.fails(0, &["AADSTS7000222", "has expired: make a new one"]);
    let subscriptions = output.json();
    assert_eq!(subscriptions.as_array().unwrap().len(), 6);
}
