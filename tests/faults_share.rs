//! Sharing that is asked for wrongly, that must not be, or that Azure refuses.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use serde_json::json;
use support::{GALLERIES, Gallerist, Output, Simulator};

const GALLERY: &str = "acg_northwind";
const PRINCIPAL: &str = "ca69b87e-624e-4b06-a8ba-b9fe0c113172";
/// Of a customer that the gallery is to be shared with directly.
const FOURTH_COFFEE: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";

fn start() -> (Simulator, Gallerist) {
    let azure = Simulator::start(2400);
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

fn share(gallerist: &Gallerist, args: &[&str]) -> Output {
    gallerist.run(&[&["share", GALLERY, "--yes"], args].concat())
}

fn direct(gallerist: &Gallerist, args: &[&str]) -> Output {
    share(gallerist, &[&["--via", "direct"], args].concat())
}

fn by_role(gallerist: &Gallerist, args: &[&str]) -> Output {
    share(gallerist, &[&["--via", "rbac"], args].concat())
}

#[test]
fn what_cannot_be_shared_is_refused_with_what_can() {
    let (azure, gallerist) = start();
    let machine = format!("{GALLERIES}/acg_northwind").replace("galleries/", "virtualMachines/");
    for (resource, words) in [
        ("acg_nortwind", "did you mean \"acg_northwind\"?"),
        ("acg_northwind/win11", "did you mean \"win11-avd"),
        (
            "acg_northwind/win11-avd/2026.11.4",
            "did you mean \"acg_northwind/win11-avd/",
        ),
        ("acg_northwind/win11-avd/latest", "of the form"),
        ("acg_\u{1b}[31m", "\\u{1b}[31m"),
        (&machine, "can't be shared"),
        ("/nonsense", "is neither a resource id nor"),
    ] {
        let to = ["--via", "rbac", "--to-tenant", "Adatum", "--yes"];
        let output = gallerist.run(&[&["share", resource], &to[..]].concat());
        output.fails(2, &[words]);
        assert!(!output.stderr.contains('\u{1b}'), "{output:?}");
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_direct_share_is_of_a_gallery_and_a_role_is_a_principals() {
    let (azure, gallerist) = start();
    for resource in [
        "acg_northwind/win11-avd",
        "acg_northwind/win11-avd/2026.11.3",
    ] {
        let to = ["--via", "direct", "--to-tenant", "Fourth Coffee", "--yes"];
        gallerist
            .run(&[&["share", resource], &to[..]].concat())
            .fails(
                2,
                &[
                    "a direct share is of a whole gallery",
                    "share the image by role",
                ],
            );
    }
    for (args, words) in [
        (
            &["--via", "direct", "--principal", PRINCIPAL][..],
            "--principal and --role are for --via rbac",
        ),
        (
            &[
                "--via",
                "direct",
                "--to-tenant",
                "Adatum",
                "--role",
                "Reader",
            ],
            "--principal and --role are for --via rbac",
        ),
        (
            &["--via", "rbac", "--to-subscription", "Fourth Coffee"],
            "--to-subscription is for --via direct",
        ),
        (
            &["--via", "direct"],
            "name at least one tenant or subscription",
        ),
        (&["--via", "rbac"], "name at least one tenant or principal"),
        (
            &["--via", "rbac", "--principal", "Adatum admins"],
            "\"Adatum admins\" is not an object id: a GUID such as",
        ),
        (
            &["--via", "rbac", "--principal", PRINCIPAL, "--role", "Boss"],
            "\"Boss\" is not a role: the name of a role such as Compute Gallery Image Reader",
        ),
        (
            &["--via", "post", "--to-tenant", "Adatum"],
            "[possible values: direct, rbac]",
        ),
        (&["--to-tenant", "Adatum"], "--via <VIA>"),
    ] {
        share(&gallerist, args).fails(2, &[words]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn nobody_of_that_name_is_a_customer() {
    let (azure, gallerist) = start();
    for (args, words) in [
        (
            &["--to-tenant", "Adatom"][..],
            "there is no tenant named \"Adatom\"; did you mean \"Adatum\"?",
        ),
        (
            &["--tag", "ring9"],
            "no [[tenant]] of the configuration has the tag \"ring9\"",
        ),
        (
            &["--to-subscription", "Fort Coffee"],
            "there is no subscription named \"Fort Coffee\"; did you mean \"Fourth Coffee\"?",
        ),
    ] {
        // What couldn't be read is told too: the name may be there.
        let output = direct(&gallerist, args);
        output.fails(2, &[words]);
    }
    direct(&gallerist, &["--to-tenant", "Adatom"]).fails(
        2,
        &["not read: Graphic Design Institute: signing in as msp"],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_share_is_not_begun_unless_it_may_be() {
    let (azure, gallerist) = start();
    let to = ["--to-tenant", "Fourth Coffee"];
    for (verb, whom) in [
        ("share", to),
        ("unshare", ["--to-subscription", "Fourth Coffee"]),
    ] {
        let wish = [&[verb, GALLERY, "--via", "direct"], &whom[..]].concat();
        gallerist.run(&wish).fails(
            2,
            &["nobody is there to ask: add --yes. Nothing was changed"],
        );
        gallerist
            .run(&[&wish[..], &["--yes", "--no-wait"]].concat())
            .fails(2, &["no process would carry it out: leave --no-wait away"]);
    }
    gallerist.configure(|text| format!("{text}\n[safety]\nread_only = true\n"));
    let plan = [&["share", GALLERY, "--via", "direct", "--plan"], &to[..]].concat();
    assert!(
        gallerist
            .run(&plan)
            .succeeds()
            .stdout
            .contains("+ Fourth Coffee"),
        "a plan is no change"
    );
    direct(&gallerist, &to).fails(3, &["read_only", "Take it out of [safety] first"]);
    assert_eq!(azure.writes(), [json!(null); 0]);
    assert_eq!(gallerist.json(&["queue", "list", "-o", "json"]), json!([]));
}

#[test]
fn what_is_taken_from_a_protected_tenant_wants_its_name() {
    let (azure, gallerist) = start();
    gallerist
        .configure(|text| format!("{text}\n[safety]\nprotected_tenants = [\"{FOURTH_COFFEE}\"]\n"));
    direct(&gallerist, &["--to-tenant", "Fourth Coffee"]).succeeds();
    let writes = azure.writes().len();
    let back = [
        "unshare",
        GALLERY,
        "--via",
        "direct",
        "--to-tenant",
        "Fourth Coffee",
    ];
    gallerist.run(&[&back[..], &["--yes"]].concat()).fails(
        2,
        &["nobody is there to ask: add --confirm \"Fourth Coffee\""],
    );
    gallerist
        .run(&[&back[..], &["--confirm", "fourth coffee"]].concat())
        .fails(3, &["confirm it with its name, \"Fourth Coffee\""]);
    assert_eq!(azure.writes().len(), writes);
    gallerist
        .run(&[&back[..], &["--confirm", "Fourth Coffee"]].concat())
        .succeeds();
    assert_eq!(azure.writes().len(), writes + 1);
}
