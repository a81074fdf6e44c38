//! Signing in and out by commands: a person with a code, and what others are told.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::{Gallerist, OPERATOR, Output, Simulator, Terminal, demo};

const HOME: &str = "2bca9505-d965-44d8-8db6-1ef4845449d6";
const TREY: &str = "300820ae-3195-4295-b3e9-4e9bff3c041a";
const WINGTIP: &str = "4ed51aed-b651-422b-88f5-bf417b0c5f13";

fn start() -> (Simulator, Gallerist) {
    let azure = Simulator::start(600);
    let gallerist = Gallerist::by_device_code(&azure);
    (azure, gallerist)
}

/// Runs `login` with these arguments while the operator types the code.
fn login(azure: &Simulator, gallerist: &Gallerist, args: &[&str], mfa: bool) -> Output {
    let login = gallerist.spawn(&[&["login"], args].concat());
    azure.person_signs_in(&azure.device_code(&[]), mfa);
    login.wait()
}

/// The states of tenants, by id.
fn states(gallerist: &Gallerist) -> Vec<(String, String)> {
    let output = gallerist.run(&["get", "tenants", "-o", "json"]);
    let tenants = output.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tenants = tenants.as_array().unwrap().iter();
    tenants
        .map(|one| (text(&one["tenantId"]), text(&one["state"])))
        .collect()
}

fn state(gallerist: &Gallerist, tenant: &str) -> String {
    let states = states(gallerist);
    let of_it = states.into_iter().find(|(id, _)| id == tenant);
    of_it.unwrap().1
}

#[test]
fn a_person_signs_in_with_a_code_and_is_told_where_that_is_enough() {
    let (azure, gallerist) = start();
    assert_eq!(state(&gallerist, HOME), "sign-in");
    let output = login(&azure, &gallerist, &[], false);
    output.succeeds();
    for words in [
        "to sign in as msp",
        "/devicelogin",
        "  type  ",
        "good until",
    ] {
        assert!(output.stderr.contains(words), "{words}: {output:#?}");
    }
    assert!(
        output
            .stdout
            .contains(&format!("msp ({OPERATOR}) is signed in")),
        "{output:#?}"
    );
    assert!(output.stdout.contains("Trey Research"), "{output:#?}");
    assert!(
        output.stdout.contains("Wingtip Toys doesn't: ") && output.stdout.contains("AADSTS50076"),
        "{output:#?}"
    );
    for (tenant, expected) in [(HOME, "ok"), (TREY, "ok"), (WINGTIP, "sign-in")] {
        assert_eq!(state(&gallerist, tenant), expected, "{tenant}");
    }
    let tokens = gallerist.state().join("tokens.json");
    let mode = std::fs::metadata(&tokens).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let output = login(&azure, &gallerist, &["--tenant", "wingtip toys"], true);
    output.succeeds();
    assert_eq!(state(&gallerist, WINGTIP), "ok");
    assert_eq!(state(&gallerist, TREY), "ok");
}

#[test]
fn programs_read_a_line_with_the_code_and_one_with_the_outcome() {
    let (azure, gallerist) = start();
    let output = login(&azure, &gallerist, &["-o", "json"], false);
    output.succeeds();
    let lines: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [code, outcome] = &lines[..] else {
        panic!("{output:#?}");
    };
    let keys: Vec<&String> = code.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["expiresAt", "tenant", "userCode", "verificationUri"]);
    assert_eq!(code["tenant"], HOME);
    assert_eq!(
        (&outcome["state"], &outcome["identity"], &outcome["account"]),
        (&json!("signed-in"), &json!("msp"), &json!(OPERATOR))
    );
    let tenants = outcome["tenants"].as_array().unwrap();
    let of = |id: &str| tenants.iter().find(|one| one["tenantId"] == id).unwrap();
    assert_eq!(
        (&of(TREY)["state"], &of(WINGTIP)["state"]),
        (&json!("ok"), &json!("sign-in"))
    );
}

#[test]
fn a_code_that_is_declined_or_expires_is_a_failure_with_what_to_do() {
    let (azure, gallerist) = start();
    let waiting = gallerist.spawn(&["login", "-o", "json"]);
    let code = azure.device_code(&[]);
    azure.person_declines(&code);
    let output = waiting.wait();
    output.fails(1, &["signing in as msp", "gallerist login"]);
    let outcome: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(outcome["state"], "failed");

    let waiting = gallerist.spawn(&["login"]);
    azure.device_code(&[code]);
    azure.advance(1000);
    waiting.wait().fails(1, &["expired"]);
    assert_eq!(state(&gallerist, HOME), "sign-in");
}

#[test]
fn an_interrupted_login_ends_as_interrupted() {
    let (azure, gallerist) = start();
    let waiting = gallerist.spawn(&["login"]);
    azure.device_code(&[]);
    waiting.signal("INT");
    assert_eq!(waiting.wait().code, Some(130));
}

#[test]
fn logout_forgets_one_tenant_or_all() {
    let (azure, gallerist) = start();
    login(&azure, &gallerist, &[], false).succeeds();
    login(&azure, &gallerist, &["--tenant", "Wingtip Toys"], true).succeeds();
    let output = gallerist.run(&["logout", "--tenant", "Wingtip Toys"]);
    output.succeeds();
    assert!(output.stdout.contains("is forgotten"), "{output:#?}");
    assert_eq!(state(&gallerist, WINGTIP), "sign-in");
    assert_eq!(state(&gallerist, TREY), "ok");
    let again = gallerist.run(&["logout", "--tenant", "Wingtip Toys"]);
    again.succeeds();
    assert!(again.stdout.contains("wasn't signed in"), "{again:#?}");
    gallerist.run(&["logout"]).succeeds();
    assert_eq!(state(&gallerist, HOME), "sign-in");
    assert_eq!(state(&gallerist, TREY), "sign-in");
}

#[test]
fn an_application_is_told_whether_it_signs_in_and_what_to_mend_if_not() {
    let (azure, gallerist) = demo(600);
    let output = gallerist.run(&["login"]);
    output.succeeds();
    assert!(output.stdout.contains("msp is signed in to"), "{output:#?}");
    let output = gallerist.run(&["login", "--tenant", "Graphic Design Institute"]);
    output.fails(1, &["AADSTS53003", "conditional access"]);
    azure.set_principal(HOME, Some("AADSTS7000222"));
    let output = gallerist.run(&["login", "-o", "json"]);
    output.fails(1, &["AADSTS7000222", "has expired: make a new one"]);
    assert_eq!(output.json()["error"]["code"], "AADSTS7000222");
    let output = gallerist.run(&["logout"]);
    output.succeeds();
    assert!(
        output.stdout.contains("nothing of that is kept"),
        "{output:#?}"
    );
}

#[test]
fn whom_and_where_have_to_be_known() {
    let (azure, gallerist) = start();
    gallerist
        .run(&["login", "--tenant", "Nowhere"])
        .fails(2, &["no tenant is called \"Nowhere\""]);
    gallerist
        .run(&["login", "--identity", "nobody"])
        .fails(2, &["no [[identity]] is named \"nobody\": there is msp"]);
    let stranger = "00000000-0000-0000-0000-0000000000ff";
    gallerist
        .run(&["login", "--tenant", stranger])
        .fails(2, &["no [[identity]] signs in to"]);
    assert!(azure.requests().is_empty());
}

#[test]
fn a_login_beside_the_interface_heals_it() {
    let (azure, gallerist) = start();
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["need sign-in", "queue: this process"]);
    login(&azure, &gallerist, &[], false).succeeds();
    terminal
        .keys("R")
        .shows(&["Trey Research", "member", "1 needs sign-in"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn doctor_says_who_has_to_sign_in_and_how() {
    let (azure, gallerist) = start();
    login(&azure, &gallerist, &[], false).succeeds();
    let output = gallerist.run(&["doctor", "-o", "json", "--tenant", "Wingtip Toys"]);
    output.fails(1, &[]);
    let findings = output.json();
    let findings = findings.as_array().unwrap().iter();
    let mut failed = findings.filter(|one| one["state"] == "failed");
    let sign_in = failed.next().unwrap();
    assert_eq!(sign_in["check"], "sign-in");
    let advice = sign_in["advice"].as_str().unwrap();
    assert!(advice.contains("gallerist login --tenant"), "{advice}");
    assert!(failed.next().is_none());
}
