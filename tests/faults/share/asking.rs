//! Shares that are asked for wrongly, or that must not be: nothing is changed.

use serde_json::json;

use super::{GALLERY, direct, share};
use crate::support::{FAST, GALLERIES, Gallerist, NEWEST, STANDING, Simulator, demo, eventually};

const PRINCIPAL: &str = "ca69b87e-624e-4b06-a8ba-b9fe0c113172";
/// Of a customer that the gallery is to be shared with directly.
const FOURTH_COFFEE: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";

#[test]
fn what_cannot_be_shared_is_refused_with_what_can() {
    let (azure, gallerist) = demo(FAST);
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
    let (azure, gallerist) = demo(FAST);
    for resource in ["acg_northwind/win11-avd", NEWEST] {
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
    let (azure, gallerist) = demo(FAST);
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
    let (azure, gallerist) = demo(FAST);
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
            .fails(
                2,
                &["no process would carry it out: leave --no-wait or --no-agent away"],
            );
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
    assert_eq!(gallerist.jobs(), json!([]));
}

#[test]
fn what_is_taken_from_a_protected_tenant_wants_its_name() {
    let (azure, gallerist) = demo(FAST);
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

#[test]
fn a_private_gallery_cannot_be_shared_directly() {
    let (azure, gallerist) = demo(FAST);
    for (gallery, words) in [
        (
            "acg_builds",
            "acg_builds is private: only a gallery that was created with",
        ),
        (
            "acg_community",
            "acg_community is community: only a gallery that was created with",
        ),
    ] {
        let wish = [
            "share",
            gallery,
            "--via",
            "direct",
            "--to-tenant",
            "Adatum",
            "--yes",
        ];
        gallerist
            .run(&wish)
            .fails(3, &[words, "→ share it by role, or publish to a gallery"]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn the_sixth_tenant_is_one_too_many() {
    let (azure, gallerist) = demo(FAST);
    let five = ["Adatum", "Contoso", "Fabrikam", "Litware", "Proseware"];
    let five = five.map(|name| ["--to-tenant", name]);
    direct(&gallerist, five.as_flattened()).succeeds();
    let writes = azure.writes().len();
    let sixth = ["--to-tenant", "Fourth Coffee"];
    direct(&gallerist, &sixth).fails(
        3,
        &[
            "6 of 5 tenants, 1 of 30 subscriptions: more than Azure allows",
            "→ take it back from somebody first, or share by role",
        ],
    );
    // Somebody else was quicker than the job, which only Azure knows.
    gallerist
        .run(&[
            "unshare",
            GALLERY,
            "--via",
            "direct",
            "--to-tenant",
            "Adatum",
            "--yes",
        ])
        .succeeds();
    let gallery = format!("{GALLERIES}/{GALLERY}");
    let share = json!({"method": "GET", "path": "/SIGSharing\\?"});
    azure.fault(&json!({"match": share, "fault": {"held": true}}));
    let wish = ["share", GALLERY, "--via", "direct", "--yes"];
    let running = gallerist.spawn(&[&wish[..], &sixth].concat());
    eventually("the plan's look", || {
        azure.faults_left().is_empty().then_some(())
    });
    azure.change_resource(&gallery, |gallery| {
        let groups = gallery["properties"]["sharingProfile"]["groups"]
            .as_array_mut()
            .unwrap();
        let tenants = groups
            .iter_mut()
            .find(|group| group["type"] == "AADTenants")
            .unwrap();
        let one_more = json!("00000000-0000-4000-8000-000000000001");
        tenants["ids"].as_array_mut().unwrap().push(one_more);
    });
    azure.let_go();
    let output = running.wait();
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert_eq!(azure.writes().len(), writes + 1);
}

#[test]
fn a_subscription_without_the_feature_is_told_where_to_ask_for_it() {
    let demo = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo-estate.toml");
    let demo = std::fs::read_to_string(demo).unwrap();
    let without = demo.replace("\"Microsoft.Compute/SIGSharing\"", "");
    assert_ne!(demo, without);
    let azure = Simulator::start_estate(2400, &without);
    let gallerist = Gallerist::new(&azure);
    direct(&gallerist, &["--to-tenant", "Adatum"]).fails(
        3,
        &[
            "the feature Microsoft.Compute/SIGSharing is NotRegistered in the gallery's subscription",
            "→ ask for it at aka.ms/directsharedgallery-preview",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_share_of_a_gallery_that_another_process_owns_waits_for_nobody() {
    let (azure, gallerist) = demo(STANDING);
    let version = NEWEST;
    let mut owner = gallerist.spawn(&["replicate", version, "--to", "uksouth=1", "--yes"]);
    owner.says("accepted");
    let words = [
        "gallerist replicate (process ",
        "ask there, end it, or use another --state-dir",
    ];
    for verb in ["share", "unshare"] {
        let wish = [
            verb,
            GALLERY,
            "--via",
            "direct",
            "--to-tenant",
            "Adatum",
            "--yes",
        ];
        gallerist.run(&wish).fails(2, &words);
    }
    let wish = [
        "deploy",
        version,
        "--to-tenant",
        "Adatum",
        "--count",
        "1",
        "--yes",
    ];
    gallerist.run(&wish).fails(2, &words);
    gallerist
        .run(&["queue", "retry", "--failed-of", "1"])
        .fails(2, &words);
    assert_eq!(azure.writes().len(), 1);
}
