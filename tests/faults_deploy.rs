//! Machines that are asked for wrongly, or that a look beforehand forbids: told with what would do,
//! and nothing is changed.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use serde_json::{Value, json};
use support::{Gallerist, Output, Simulator};

const VERSION: &str = "acg_northwind/win11-avd/2026.11.3";

fn start() -> (Simulator, Gallerist) {
    let azure = Simulator::start(2400);
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

/// Two machines for whom the arguments say.
fn deploy(gallerist: &Gallerist, args: &[&str]) -> Output {
    gallerist.run(&[&["deploy", VERSION, "--count", "2", "--yes"], args].concat())
}

#[test]
fn a_deployment_that_is_not_named_well_is_refused_with_what_would_do() {
    let (azure, gallerist) = start();
    let subnet = "/subscriptions/44d8c18c-6e1c-42ec-8629-7598fd82b7d9/resourceGroups/rg-avd-weu/\
                  providers/Microsoft.Network/virtualNetworks/vnet-avd-weu/subnets/hosts";
    let network = subnet.trim_end_matches("/subnets/hosts");
    let to = ["--to-tenant", "Adatum"];
    for (args, words) in [
        (&[][..], "name at least one tenant to deploy to"),
        (
            &["--to-tenant", "Adatom"],
            "there is no tenant named \"Adatom\"; did you mean \"Adatum\"?",
        ),
        (
            &["--tag", "ring9"],
            "no [[tenant]] of the configuration has the tag \"ring9\"",
        ),
        (
            &["--tag", "ring1", "--subscription", "Adatum Test"],
            "are a single customer's, and 3 are meant",
        ),
        (
            &["--tag", "ring1", "--subnet", subnet],
            "are a single customer's, and 3 are meant",
        ),
        (
            &["--to-tenant", "Adatum", "--subscription", "Adatum Tests"],
            "did you mean \"Adatum Test\"?",
        ),
        (&["--subnet", network], "is no subnet"),
        (&["--subnet", "hosts"], "is not a resource id"),
        (
            &["--name", "vm-avd"],
            "has no #: a name such as vm-avd-####",
        ),
        (
            &["--password-file", "p", "--generate-password"],
            "cannot be used with",
        ),
        (
            &["--password", "hunter2"],
            "unexpected argument '--password'",
        ),
    ] {
        deploy(&gallerist, args).fails(2, &[words]);
    }
    for (count, words) in [
        ("0", "0 machines for one tenant: 1 to 1000 are wanted"),
        ("1001", "1001 machines for one tenant"),
        ("-1", "unexpected argument"),
        ("many", "invalid digit"),
    ] {
        let wish = ["deploy", VERSION, "--yes", "--count", count];
        gallerist.run(&[&wish[..], &to].concat()).fails(2, &[words]);
    }
    for (version, words) in [
        (
            "acg_northwind/win11-avd",
            "of the form gallery/image/version",
        ),
        (
            "acg_northwind/win11-avd/latest",
            "of the form gallery/image/version",
        ),
        (
            "acg_nortwind/win11-avd/2026.11.3",
            "did you mean \"acg_northwind\"?",
        ),
    ] {
        let wish = ["deploy", version, "--yes", "--count", "1"];
        gallerist.run(&[&wish[..], &to].concat()).fails(2, &[words]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_deployment_is_not_begun_unless_it_may_be() {
    let (azure, gallerist) = start();
    let wish = ["deploy", VERSION, "--to-tenant", "Adatum", "--count", "2"];
    gallerist.run(&wish).fails(
        2,
        &["nobody is there to ask: add --yes. Nothing was changed"],
    );
    gallerist
        .run(&[&wish[..], &["--yes", "--no-wait"]].concat())
        .fails(2, &["no process would carry it out: leave --no-wait away"]);
    gallerist.configure(|text| format!("{text}\n[safety]\nread_only = true\n"));
    let plan = gallerist.run(&[&wish[..], &["--plan"]].concat());
    assert!(plan.succeeds().stdout.contains("+ 2 machines"), "{plan:#?}");
    deploy(&gallerist, &["--to-tenant", "Adatum"])
        .fails(3, &["read_only", "Take it out of [safety] first"]);
    assert_eq!(azure.writes(), [json!(null); 0]);
    assert_eq!(gallerist.json(&["queue", "list", "-o", "json"]), json!([]));
}
