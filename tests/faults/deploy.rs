//! Machines that are asked for wrongly, or that a look beforehand forbids: told with what would do,
//! and nothing is changed.

use serde_json::json;

use crate::MISNAMED;
use crate::support::estate::{self, customer, estate};
use crate::support::{FAST, Gallerist, NEWEST, Output, Simulator, demo};

/// Two machines for whom the arguments say.
fn deploy(gallerist: &Gallerist, args: &[&str]) -> Output {
    gallerist.run(&[&["deploy", NEWEST, "--count", "2", "--yes"], args].concat())
}

#[test]
fn a_deployment_that_is_not_named_well_is_refused_with_what_would_do() {
    let (azure, gallerist) = demo(FAST);
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
        let wish = ["deploy", NEWEST, "--yes", "--count", count];
        gallerist.run(&[&wish[..], &to].concat()).fails(2, &[words]);
    }
    for (version, words) in MISNAMED {
        let wish = ["deploy", version, "--yes", "--count", "1"];
        gallerist.run(&[&wish[..], &to].concat()).fails(2, &[words]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_deployment_is_not_begun_unless_it_may_be() {
    let (azure, gallerist) = demo(FAST);
    let wish = ["deploy", NEWEST, "--to-tenant", "Adatum", "--count", "2"];
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
    gallerist.configure(|text| format!("{text}\n[safety]\nread_only = true\n"));
    let plan = gallerist.run(&[&wish[..], &["--plan"]].concat());
    assert!(plan.succeeds().stdout.contains("+ 2 machines"), "{plan:#?}");
    deploy(&gallerist, &["--to-tenant", "Adatum"])
        .fails(3, &["read_only", "Take it out of [safety] first"]);
    assert_eq!(azure.writes(), [json!(null); 0]);
    assert_eq!(gallerist.jobs(), json!([]));
}

/// One customer of an estate of its own, whose machines are there by the first look at them.
fn start_small(change: impl FnOnce(String) -> String) -> (Simulator, Gallerist) {
    let azure = Simulator::start_estate(2400, &change(estate(1)));
    let gallerist = Gallerist::new(&azure);
    (azure, gallerist)
}

fn small(gallerist: &Gallerist, args: &[&str]) -> Output {
    let wish = [
        "deploy",
        estate::VERSION,
        "--to-tenant",
        "Customer 01",
        "--yes",
    ];
    gallerist.run(&[&wish[..], args].concat())
}

#[test]
fn a_disabled_subscription_takes_no_machines() {
    let (azure, gallerist) = start_small(|text| text);
    let id = format!("/subscriptions/{}", customer(1).subscription);
    azure.change_resource(&id, |found| found["state"] = json!("Disabled"));
    small(&gallerist, &["--count", "1"]).fails(
        3,
        &[
            "subscription Customer 01 Desktops is Disabled: nothing can be changed in it",
            "→ have its owner enable it again",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_size_that_is_not_offered_is_refused_with_one_that_is() {
    let (azure, gallerist) = start_small(|text| text);
    for (size, words) in [
        ("Standard_D4s_v55", "did you mean Standard_D4s_v5?"),
        (
            "Huge",
            "Huge isn't offered in westeurope → choose another size",
        ),
    ] {
        small(&gallerist, &["--count", "1", "--size", size]).fails(3, &[words]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_quota_that_is_too_short_is_refused_with_what_fits() {
    let (azure, gallerist) = start_small(|text| {
        let name = "name = \"Customer 01 Desktops\"";
        text.replace(
            name,
            &format!("{name}\nquota = {{ standardDSv5Family = 7 }}"),
        )
    });
    small(&gallerist, &["--count", "4"]).fails(
        3,
        &[
            "in westeurope: 0 of 7 used, and 8 more are wanted",
            "→ 3 machines fit now; ask for more quota, or choose another size or region",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
    small(&gallerist, &["--count", "3"]).succeeds();
}

#[test]
fn a_full_subnet_is_refused_with_what_is_left() {
    let (azure, gallerist) = start_small(|text| text);
    let network = customer(1).id("Microsoft.Network/virtualNetworks/vnet");
    // Eight addresses, of which Azure keeps five.
    let subnet = format!("{network}/subnets/small");
    let args = ["--subnet", &subnet, "--count"];
    small(&gallerist, &[&args[..], &["4"]].concat()).fails(
        3,
        &[
            "subnet vnet/small has 3 addresses left, and 4 are wanted",
            "→ take another subnet, enlarge this one, or create fewer machines",
        ],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
    small(&gallerist, &[&args[..], &["3"]].concat()).succeeds();
    small(&gallerist, &[&args[..], &["1"]].concat()).fails(
        3,
        &["subnet vnet/small has 0 addresses left, and 1 are wanted"],
    );
}

#[test]
fn a_subnet_or_a_network_that_is_not_there_is_named() {
    let (azure, gallerist) = start_small(|text| text);
    let network = customer(1).id("Microsoft.Network/virtualNetworks/vnet");
    for (subnet, words) in [
        (
            format!("{network}/subnets/hots"),
            "there is no subnet vnet/hots → name another",
        ),
        (format!("{network}2/subnets/hosts"), "→ it isn't there"),
    ] {
        small(&gallerist, &["--count", "1", "--subnet", &subnet]).fails(3, &[words]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn what_the_configuration_leaves_open_is_named_with_its_flag() {
    let (azure, gallerist) = start_small(|text| text);
    gallerist.configure(|text| {
        let (before, _) = text.split_once("[tenant.deploy]").unwrap();
        before.to_owned()
    });
    small(&gallerist, &["--count", "1"]).fails(3, &["set subscription in [tenant.deploy]"]);
    let subscription = ["--count", "1", "--subscription", "Customer 01 Desktops"];
    small(&gallerist, &subscription)
        .fails(3, &["no subnet is named", "no resource group is named"]);
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn numbers_that_run_out_and_names_that_are_too_long_are_refused() {
    let (azure, gallerist) = start_small(|text| text);
    for (name, count, words) in [
        (
            "vm-#",
            "10",
            "has room for numbers up to 9, and 10 from 1 on are wanted",
        ),
        (
            "vm-avd-amsterdam-###",
            "1",
            "names like vm-avd-amsterdam-### have 20 characters, and 15 is the most",
        ),
    ] {
        small(&gallerist, &["--name", name, "--count", count]).fails(3, &[words]);
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_password_that_is_not_there_is_asked_for() {
    let (azure, gallerist) = start_small(|text| text);
    let file = gallerist.folder().join("password");
    let path = file.to_str().unwrap();
    small(&gallerist, &["--count", "1", "--password-file", path]).fails(
        3,
        &[
            "the password file",
            "can't be read",
            "name another one in [tenant.deploy]",
        ],
    );
    std::fs::write(&file, "\n").unwrap();
    small(&gallerist, &["--count", "1", "--password-file", path]).fails(
        3,
        &["is empty → put the administrator's password into its first line"],
    );
    small(&gallerist, &["--count", "1", "--password-env", "NOWHERE"])
        .fails(3, &["the environment variable NOWHERE isn't set"]);
    assert_eq!(azure.writes(), [json!(null); 0]);
    std::fs::write(&file, "Correct-Horse-1\n").unwrap();
    // A relative file is meant from where the command is given.
    small(&gallerist, &["--count", "1", "--password-file", "password"]).succeeds();
    let requests = serde_json::to_string(&azure.requests()).unwrap();
    assert!(
        !requests.contains("Correct-Horse"),
        "the simulator masks what is secret"
    );
    for entry in std::fs::read_dir(gallerist.state()).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read(&path).unwrap_or_default();
        let kept = text.windows(13).any(|bytes| bytes == b"Correct-Horse");
        assert!(!kept, "{}", path.display());
    }
}

#[test]
fn a_version_that_is_not_where_the_machines_go_is_told_with_what_to_do() {
    let (azure, gallerist) = demo(FAST);
    gallerist
        .run(&[
            "deploy",
            NEWEST,
            "--to-tenant",
            "Tailspin Toys",
            "--count",
            "1",
            "--yes",
        ])
        .fails(
            3,
            &["2026.11.3 isn't replicated to eastus → replicate it to eastus first"],
        );
    assert_eq!(azure.writes(), [json!(null); 0]);
}

#[test]
fn a_customer_that_nobody_can_sign_in_to_is_held_and_keeps_no_other() {
    let (_azure, gallerist) = demo(FAST);
    let to = [
        "--to-tenant",
        "Adatum",
        "--to-tenant",
        "Graphic Design Institute",
    ];
    let output = deploy(&gallerist, &[&to[..], &["-o", "json"]].concat());
    output.fails(
        4,
        &[
            "held: Graphic Design Institute: ",
            "AADSTS53003",
            "conditional access",
        ],
    );
    let jobs = output.json()["jobs"].as_array().unwrap().clone();
    let states: Vec<_> = jobs
        .iter()
        .map(|job| (&job["target"], &job["state"]))
        .collect();
    let expected = json!([["Adatum", "done"], ["Graphic Design Institute", "held"]]);
    assert_eq!(json!(states), expected);
    // Alone, nothing is left to do.
    deploy(&gallerist, &["--to-tenant", "Graphic Design Institute"]).fails(3, &["AADSTS53003"]);
    let plan = deploy(&gallerist, &[&to[..], &["--plan", "-o", "json"]].concat());
    assert_eq!(plan.code, Some(4), "{plan:#?}");
    let planned = plan.json()["jobs"][1].clone();
    assert_eq!(planned["tenant"], "f9773528-9f57-430f-8473-3a6f2509b9ad");
    assert_eq!(planned["checks"][0]["verdict"], "fail");
}

#[test]
fn a_resource_group_elsewhere_is_told_and_allowed() {
    let (azure, gallerist) = start_small(|text| {
        let here = "{ name = \"rg-avd\", location = \"westeurope\" }";
        text.replace(
            here,
            &format!("{here}, {{ name = \"rg-far\", location = \"uksouth\" }}"),
        )
    });
    let args = ["--count", "1", "--resource-group", "rg-far"];
    let plan = small(&gallerist, &[&args[..], &["--plan"]].concat());
    let told = "warn  the resource group lies in uksouth, and its machines go to westeurope";
    assert!(plan.succeeds().stdout.contains(told), "{plan:#?}");
    small(&gallerist, &args).succeeds();
    let id = customer(1)
        .id("Microsoft.Compute/virtualMachines/vm-001")
        .replace("rg-avd", "rg-far");
    assert_eq!(azure.resource(&id)["location"], "westeurope");
}

#[test]
fn a_policy_that_forbids_machines_is_told_by_name() {
    let (azure, gallerist) = start_small(|text| {
        let deny = "policies = [{ deny = \"Only approved sizes\", resource_type = \"Microsoft.Compute/virtualMachines\", where = { \"properties.hardwareProfile.vmSize\" = [\"Standard_D2s_v5\"] } }]\nresource_groups = [{ name = \"rg-avd\"";
        text.replace("resource_groups = [{ name = \"rg-avd\"", deny)
    });
    small(&gallerist, &["--count", "2"]).fails(
        3,
        &["RequestDisallowedByPolicy", "Only approved sizes", "→ "],
    );
    assert_eq!(azure.writes(), [json!(null); 0]);
    small(&gallerist, &["--count", "2", "--size", "Standard_D4s_v5"]).succeeds();
}
