//! The built program in a pseudo-terminal, by keys alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../support/mod.rs"]
mod support;

mod pictures;

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    FAST, Gallerist, MACHINES, NEWEST, STANDING, Simulator, Terminal, demo, eventually, version_id,
};

const ENTER: &str = "\r";
const ESCAPE: &str = "\x1b";
const CTRL_G: &str = "\x07";
const TAB: &str = "\t";

/// Goes to the versions of `win11-avd` and opens the form for the newest.
fn open_the_form(terminal: &mut Terminal) {
    terminal.shows(&["read at", "3 with 7 images"]);
    terminal
        .keys(CTRL_G)
        .shows(&["Jump"])
        .keys("northwind/win11-avd")
        .keys(ENTER);
    terminal
        .shows_no_more(&["Jump"])
        .keys("3")
        .shows(&["2026.11.3", "2026.10.1"]);
    terminal
        .keys("r")
        .shows(&["Replicate win11-avd 2026.11.3", "West Europe", "home"]);
}

/// Marks a region in the form, with so many replicas.
fn mark(terminal: &mut Terminal, region: &str, replicas: &str) {
    terminal.keys("/").keys("\x15").keys(region).keys(ENTER);
    terminal.keys("g").keys(" ").keys(replicas);
}

fn puts(azure: &Simulator) -> Vec<Value> {
    let mut writes = azure.writes();
    writes.retain(|request| request["method"] == "PUT");
    writes
}

/// Leaves a job that Azure has accepted, and nobody to carry it on.
fn kill_when_accepted(gallerist: &Gallerist) {
    let version = NEWEST;
    let mut run = gallerist.spawn(&["replicate", version, "--to", "uksouth=2", "--yes"]);
    run.says("accepted");
    run.kill();
}

fn the_main_job(rows: u16, columns: u16) {
    let (azure, gallerist) = demo(300);
    let mut terminal = Terminal::open(&gallerist, &[], rows, columns);
    open_the_form(&mut terminal);
    mark(&mut terminal, "uk south", "2");
    mark(&mut terminal, "east us", "1");
    terminal.shows(&["planned: 2 changes"]);
    assert_eq!(puts(&azure), Vec::<Value>::new(), "a plan changes nothing");
    terminal
        .keys(ENTER)
        .shows(&["Carry this out?", "uksouth", "eastus", "[No]"]);
    terminal.confirms();
    terminal.shows(&["4 Queue", "#1", "✔ done"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());
    assert_eq!(puts(&azure).len(), 1);
    let mut replicas = azure.replicas(&version_id(NEWEST));
    replicas.sort();
    let expected = [
        ("East US", 1),
        ("North Europe", 1),
        ("UK South", 2),
        ("West Europe", 2),
    ];
    assert_eq!(
        replicas,
        expected.map(|(region, count)| (region.to_owned(), count))
    );
}

#[test]
fn the_main_job_by_keys_at_home() {
    the_main_job(40, 120);
}

#[test]
fn the_main_job_by_keys_on_a_small_terminal() {
    the_main_job(24, 80);
}

const HOME: &str = "2bca9505-d965-44d8-8db6-1ef4845449d6";

/// Goes to something by its name.
fn jump(terminal: &mut Terminal, name: &str) {
    terminal.keys(CTRL_G).shows(&["Jump to"]).keys(name);
    terminal
        .shows(&[&format!("> {name}")])
        .keys(ENTER)
        .shows_no_more(&["Jump to"]);
}

/// Marks a tenant as a target.
fn mark_tenant(terminal: &mut Terminal, name: &str, marked: usize) {
    jump(terminal, name);
    terminal
        .keys(" ")
        .shows(&[&format!("{marked} marked of 14")]);
}

/// The one deployment that Azure accepted in a subscription.
fn deployment(azure: &Simulator, subscription: &str) -> Value {
    let mut writes = azure.writes();
    writes.retain(|write| {
        let path = write["path"].as_str().unwrap();
        path.contains(subscription) && path.contains("/deployments/")
    });
    assert_eq!(writes.len(), 1, "{writes:#?}");
    writes.remove(0)
}

/// Whom a deployment was signed in as and the token that came along, and the image of its machines.
fn reach(deployment: &Value) -> (Value, Value, Value) {
    let resources = &deployment["body"]["properties"]["template"]["resources"];
    let machine = resources
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["type"] == MACHINES);
    let image = machine.unwrap()["properties"]["storageProfile"]["imageReference"].clone();
    (
        deployment["tenant"].clone(),
        deployment["auxiliary"].clone(),
        image,
    )
}

fn share_replicate_deploy(rows: u16, columns: u16) {
    let (azure, gallerist) = demo(FAST);
    let mut terminal = Terminal::open(&gallerist, &[], rows, columns);
    terminal.shows(&["read at", "3 with 7 images"]);

    mark_tenant(&mut terminal, "Fourth Coffee", 1);
    jump(&mut terminal, "acg_northwind");
    terminal
        .keys("s")
        .shows(&["Share acg_northwind", "1 of 5 tenants", "planned: 1 change"]);
    assert_eq!(
        azure.writes(),
        Vec::<Value>::new(),
        "a plan changes nothing"
    );
    terminal
        .keys(ENTER)
        .shows(&["Carry this out?", "+ Fourth Coffee"])
        .confirms();
    terminal.shows(&["#1", "✔ done"]);

    open_the_form(&mut terminal);
    mark(&mut terminal, "uk south", "1");
    mark(&mut terminal, "east us", "1");
    terminal
        .shows(&["planned: 2 changes"])
        .keys(ENTER)
        .confirms();
    terminal.sees("two jobs done", |screen| {
        screen.matches("✔ done").count() == 2
    });

    mark_tenant(&mut terminal, "Adatum", 2);
    mark_tenant(&mut terminal, "Trey Research", 3);
    jump(&mut terminal, "northwind/win11-avd");
    terminal.keys("3").shows(&["2026.11.3", "2026.10.1"]);
    terminal
        .keys("d")
        .shows(&["Deploy win11-avd 2026.11.3", "each of 3", "3 tenants"]);
    terminal
        .keys("2")
        .shows(&["6 machines for 3 tenants", "planned: 3 begin"]);
    terminal
        .keys(ENTER)
        .shows(&["Carry this out?", "3 jobs begin"])
        .confirms();
    // The group as a whole, and then its jobs, which are seen at once where there is room.
    terminal.shows(&["3 jobs in the queue"]);
    terminal.keys("+").sees("the group done", |screen| {
        let of_group = |line: &str| line.contains("3 tenants") && line.contains("✔ done");
        screen.lines().any(of_group)
    });
    if rows < 40 {
        terminal.keys("l");
    }
    for (job, tenant) in [
        ("#3", "Adatum"),
        ("#4", "Fourth Coffee"),
        ("#5", "Trey Research"),
    ] {
        terminal.sees(tenant, |screen| {
            let of_job = |line: &str| line.contains(job) && line.contains("✔ done");
            screen
                .lines()
                .any(|line| of_job(line) && line.contains(tenant))
        });
    }
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());

    let by_id = json!({"id": version_id(NEWEST)});
    let shared = json!({"sharedGalleryImageId":
        "/SharedGalleries/4bcff225-6938-4091-a01c-259ebff5a095-ACG_NORTHWIND/Images/win11-avd/\
         Versions/2026.11.3"});
    let (trey, fourth) = (
        "300820ae-3195-4295-b3e9-4e9bff3c041a",
        "cf68d1c5-d57d-4f0a-8247-036f7061e92e",
    );
    // Delegated: the managing tenant's token alone.
    let adatum = deployment(&azure, "44d8c18c-6e1c-42ec-8629-7598fd82b7d9");
    assert_eq!(reach(&adatum), (json!(HOME), json!([]), by_id.clone()));
    // By application: the customer's token, and one of the gallery's tenant beside it.
    let research = deployment(&azure, "90b2e690-15e8-4862-adf4-f24b17f1f14a");
    assert_eq!(reach(&research), (json!(trey), json!([HOME]), by_id));
    // By direct share: the customer's token alone.
    let coffee = deployment(&azure, "45e0f8b0-41c5-4b34-b7a5-10f1a2ffd711");
    assert_eq!(reach(&coffee), (json!(fourth), json!([]), shared));
}

#[test]
fn share_replicate_and_deploy_to_three_customers_by_keys() {
    share_replicate_deploy(40, 120);
}

#[test]
fn share_replicate_and_deploy_to_three_customers_on_a_small_terminal() {
    share_replicate_deploy(24, 80);
}

#[test]
fn the_demo_opens_and_leaves_without_a_trace() {
    let (azure, gallerist) = demo(60);
    let mut terminal = Terminal::open(&gallerist, &["--demo"], 40, 120);
    terminal.shows(&[
        "demo · 14 tenants · 1 needs sign-in",
        "acg_northwind",
        "win11-avd",
    ]);
    terminal
        .keys("?")
        .shows(&["Keys in", "▼"])
        .keys(ESCAPE)
        .shows_no_more(&["Keys in"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());
    let left = std::fs::read_dir(gallerist.state()).unwrap().count();
    assert_eq!(left, 0, "the demo's state went with it");
    assert_eq!(
        azure.requests(),
        Vec::<Value>::new(),
        "the demo asks nobody but itself"
    );
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let (_azure, gallerist) = demo(60);
        let mut terminal = Terminal::open(&gallerist, &[], 24, 80);
        terminal.shows(&["14 tenants"]);
        let sent = Command::new("kill")
            .args(["-s", signal, &terminal.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        terminal.ends();
        assert!(terminal.is_restored(), "{signal}");
    }
}

#[test]
fn with_every_answer_late_the_screen_is_as_quick_as_ever() {
    let (azure, gallerist) = demo(60);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["14 tenants", "win11-avd"]);
    terminal.is_quiet_for(Duration::from_millis(500));
    azure.fault(&json!({"match": {}, "times": 10_000, "fault": {"delay_ms": 10_000}}));
    let before = azure.requests().len();
    terminal.keys("1R");
    eventually("a request that waits", || {
        (azure.requests().len() > before).then_some(())
    });
    // All of this happens before the first of those answers comes.
    terminal
        .keys("?")
        .shows(&["Keys in Tenants"])
        .keys(ESCAPE)
        .shows_no_more(&["Keys in"]);
    terminal
        .keys("/adat")
        .shows(&["Adatum"])
        .shows_no_more(&["Contoso"]);
    terminal.keys(ESCAPE).shows(&["Contoso"]);
    terminal
        .keys(ENTER)
        .shows(&["Tenant Adatum"])
        .keys(ESCAPE)
        .shows_no_more(&["tenant id"]);
    terminal.keys(TAB).keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(terminal.is_restored());
}

#[test]
fn a_second_interface_names_the_owner_reads_and_takes_over() {
    let (_azure, gallerist) = demo(60);
    let mut owner = Terminal::open(&gallerist, &[], 24, 80);
    owner.shows(&["14 tenants"]);
    let mut reader = Terminal::open(&gallerist, &[], 40, 120);
    reader.shows(&[
        "14 tenants",
        "the terminal interface",
        &owner.id().to_string(),
    ]);
    owner.keys("q");
    assert_eq!(owner.ends(), 0);
    reader.shows(&["queue: this process"]).keys("q");
    assert_eq!(reader.ends(), 0);
}

#[test]
fn a_rollout_goes_on_when_the_terminal_is_gone_and_the_next_one_shows_it() {
    let azure = Simulator::start(60);
    let gallerist = Gallerist::with_agent(&azure);
    let mut terminal = Terminal::open(&gallerist, &[], 24, 80);
    open_the_form(&mut terminal);
    mark(&mut terminal, "uk south", "2");
    mark(&mut terminal, "east us", "1");
    terminal.shows(&["planned: 2 changes"]).keys(ENTER);
    terminal.shows(&["Carry this out?"]).confirms();
    terminal.shows(&["4 Queue", "#1", "running"]);
    terminal.hangs_up();
    let job = || gallerist.jobs()[0].clone();
    let before = job()["percent"].as_i64().unwrap();
    eventually("the job to move on with nobody there", || {
        (job()["percent"].as_i64().unwrap() > before).then_some(())
    });
    let mut one = Terminal::open(&gallerist, &[], 40, 120);
    one.shows(&["queue: agent", "#1", "running"]);
    let mut other = Terminal::open(&gallerist, &[], 24, 80);
    other.shows(&["#1"]);
    one.shows(&["queue: agent, 2 faces"]);
    azure.advance(3600);
    for face in [&mut one, &mut other] {
        face.shows(&["✔ done"]).keys("q");
        assert_eq!(face.ends(), 0);
    }
    assert_eq!(puts(&azure).len(), 1);
}

#[test]
fn killed_in_the_middle_the_next_one_shows_where_it_stands_and_carries_on() {
    let (azure, gallerist) = demo(60);
    kill_when_accepted(&gallerist);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["#1", "running", "carried on from where the journal stands"]);
    azure.advance(3600);
    terminal.shows(&["✔ done"]).keys("q");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(puts(&azure).len(), 1);
}

#[test]
fn any_size_is_drawn_and_the_way_back_too() {
    let (_azure, gallerist) = demo(60);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["14 tenants", "5 Log"]);
    for (rows, columns) in [(24, 80), (10, 60), (5, 20), (3, 10), (60, 200), (12, 41)] {
        terminal.resize(rows, columns);
    }
    terminal
        .resize(40, 120)
        .shows(&["1 Tenants", "2 Galleries", "3 Versions", "4 Queue", "5 Log"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn cancelling_what_azure_has_accepted_is_told_as_it_is() {
    let (azure, gallerist) = demo(STANDING);
    kill_when_accepted(&gallerist);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["queue: this process", "running", "carried on from where"]);
    terminal.keys("4x");
    terminal.confirms();
    terminal.shows(&["cancelling", "Azure can't stop what it has accepted"]);
    azure.advance(3600);
    terminal.shows(&["✔ done", "done before it could be cancelled"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(puts(&azure).len(), 1);
}

/// Signs in to the selected tenant by keys, while the operator types the code elsewhere.
fn sign_in(terminal: &mut Terminal, azure: &Simulator, tenant: &str, mfa: bool) {
    jump(terminal, tenant);
    terminal.keys(ENTER).shows(&[
        &format!("Sign in to {tenant}"),
        "/devicelogin",
        "It is good until",
    ]);
    let code = azure.device_code(&[]);
    let spaced: Vec<String> = code.chars().map(String::from).collect();
    terminal.shows(&[&spaced.join(" ")]);
    azure.person_signs_in(&code, mfa);
    terminal
        .shows(&["signed in to"])
        .shows_no_more(&[&format!("Sign in to {tenant}")]);
}

#[test]
fn a_sign_in_goes_on_when_it_is_left_and_begins_anew_when_it_is_declined() {
    let azure = Simulator::start(600);
    let gallerist = Gallerist::by_device_code(&azure);
    let mut terminal = Terminal::open(&gallerist, &[], 24, 80);
    terminal.shows(&["need sign-in"]);
    jump(&mut terminal, "Trey Research");
    let title = "Sign in to Trey Research";
    let spaced = |code: &str| code.chars().map(String::from).collect::<Vec<_>>().join(" ");
    terminal.keys("i").shows(&[title, "It is good until"]);
    let code = azure.device_code(&[]);
    terminal.shows(&[&spaced(&code)]);
    terminal.keys(ESCAPE).shows_no_more(&[title]);
    // The same code, as long as it waits.
    terminal.keys(ENTER).shows(&[title, &spaced(&code)]);
    azure.person_declines(&code);
    terminal.shows(&["✘ signing in as msp", "n asks for a new code"]);
    terminal.keys("n").shows(&["It is good until"]);
    let next = azure.device_code(&[code]);
    terminal.shows(&[&spaced(&next)]);
    terminal.keys(ESCAPE).shows_no_more(&[title]);
    azure.person_signs_in(&next, false);
    // Nobody looks, and the tenant comes alive all the same.
    terminal.shows(&["2 need sign-in", "msp is signed in to Trey Research"]);
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn three_tenants_are_signed_in_to_by_keys_alone() {
    let azure = Simulator::start(600);
    let gallerist = Gallerist::by_device_code(&azure);
    let mut terminal = Terminal::open(&gallerist, &[], 40, 120);
    terminal.shows(&["need sign-in", "queue: this process"]);
    // What the tenant is called is known from Azure alone.
    sign_in(&mut terminal, &azure, HOME, false);
    terminal.shows(&["Northwind Manag"]);
    // One sign-in opens the others too, but for the one that wants its own second factor.
    terminal.shows(&["1 needs sign-in", "read at"]);
    sign_in(&mut terminal, &azure, "Wingtip Toys", true);
    terminal.shows_no_more(&["needs sign-in"]);
    jump(&mut terminal, "Trey Research");
    terminal.keys(ENTER).shows(&[
        "Tenant Trey Research",
        "member",
        "operator@northwind.example",
    ]);
    terminal
        .keys(ESCAPE)
        .shows_no_more(&["Tenant Trey Research"])
        .keys("q");
    assert_eq!(terminal.ends(), 0);
    assert!(azure.writes().is_empty());
}
