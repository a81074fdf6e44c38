//! Every write that was sent is in the audit, with who asked, and what came of it. Azure itself says
//! what was sent.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::SHARE_WITH;
use crate::support::audit::{accounts_for_all, lines, told};
use crate::support::{FAST, Gallerist, NEWEST, Output, STANDING, Simulator, demo, eventually};

const REPLICATE: &[&str] = &["replicate", NEWEST, "--to", "uksouth=2", "--yes"];
const DEPLOY: &[&str] = &["deploy", NEWEST, "--count", "2", "--yes"];
const ADATUM: &[&str] = &["--to-tenant", "Adatum"];
const CARRY_ON: &[&str] = &["queue", "watch"];

/// Runs it as a local user, from elsewhere.
fn run_as(gallerist: &Gallerist, user: &str, args: &[&str]) -> Output {
    let mut command = gallerist.command(args);
    command.env("USER", user);
    command.env("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22");
    let output = command.output().unwrap();
    Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What `gallerist audit` prints as JSON.
fn entries(gallerist: &Gallerist, filter: &[&str]) -> Vec<Value> {
    let audit = [&["audit", "-o", "json"], filter].concat();
    gallerist.json(&audit).as_array().unwrap().clone()
}

/// The outcomes of the one write that there was, and that Azure knows of.
#[track_caller]
fn outcomes(azure: &Simulator, gallerist: &Gallerist) -> Vec<String> {
    accounts_for_all(azure, gallerist);
    told(&lines(gallerist))
}

#[test]
fn a_share_a_replication_and_a_deployment_are_accounted_for() {
    let (azure, gallerist) = demo(FAST);
    assert_eq!(entries(&gallerist, &[]), [json!(null); 0]);
    for (user, note, wish) in [
        ("ada", "CHG-1", [SHARE_WITH, &["Fourth Coffee"]].concat()),
        ("ada", "CHG-2", REPLICATE.to_vec()),
        ("bob", "CHG-3", [DEPLOY, ADATUM].concat()),
    ] {
        let wish = [&wish[..], &["--note", note]].concat();
        run_as(&gallerist, user, &wish).succeeds();
    }
    let writes = accounts_for_all(&azure, &gallerist);
    assert_eq!(writes, azure.writes().len());
    let stages = ["sending", "accepted", "succeeded"];
    assert_eq!(told(&lines(&gallerist)), stages.repeat(writes));

    let file = gallerist.state().join("audit.jsonl");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let secret = azure.ready["client_secret"].as_str().unwrap();
    for secret in [
        secret,
        "eyJ",
        "Bearer",
        "capsOperations",
        "operationresults",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }

    // In the order of sending, the last one first, as Azure saw them.
    let all = entries(&gallerist, &[]);
    let sent = azure.writes();
    let told = |requests: &[Value], path: &str| -> Vec<String> {
        let told = requests
            .iter()
            .map(|one| format!("{} {}", one["method"], one[path]));
        told.map(|one| one.to_lowercase()).collect()
    };
    let mut seen = told(&sent, "path");
    seen.reverse();
    assert_eq!(told(&all, "resource"), seen);
    let share = all.last().unwrap();
    assert_eq!(
        (&share["outcome"], &share["status"], &share["verb"]),
        (&json!("succeeded"), &sent[0]["status"], &json!("share"))
    );
    let by = &share["by"];
    assert_eq!(
        (&by["user"], &by["face"], &by["from"]),
        (
            &json!("ada"),
            &json!("gallerist share"),
            &json!("192.0.2.7")
        )
    );
    let principal = &share["principal"];
    assert_eq!(principal["clientId"], azure.ready["client_id"]);
    assert!(principal["objectId"].is_string(), "{share:#}");
    assert!(share["at"].as_str() < share["outcomeAt"].as_str());

    filtered(&gallerist, &all);
    printed(&gallerist, &text);
}

/// Every filter leaves what it says.
fn filtered(gallerist: &Gallerist, all: &[Value]) {
    let entries_of = |filter: &[&str]| entries(gallerist, filter);
    let deployed: Vec<Value> = all
        .iter()
        .filter(|one| one["verb"] == "deploy")
        .cloned()
        .collect();
    assert!(deployed.len() < all.len());
    let group = deployed[0]["group"].to_string();
    let job = deployed[0]["job"].to_string();
    let since = deployed.last().unwrap()["at"].as_str().unwrap();
    for filter in [
        ["--note", "chg-3"],
        ["--user", "bob"],
        ["--tenant", "Adatum"],
        ["--group", &group],
        ["--job", &job],
        ["--since", since],
    ] {
        assert_eq!(entries_of(&filter), deployed, "{filter:?}");
    }
    let before = entries_of(&["--until", since]);
    assert_eq!([deployed, before].concat(), all);
    assert_eq!(entries_of(&["--resource", "/SHARE"]), all[all.len() - 1..]);
    assert_eq!(
        entries_of(&["--since", "1h", "--outcome", "succeeded"]),
        all
    );
    assert_eq!(entries_of(&["--outcome", "refused"]), [json!(null); 0]);
    gallerist
        .run(&["audit", "--since", "soon"])
        .fails(2, &["soon"]);
    gallerist
        .run(&["audit", "--tenant", "Nobody"])
        .fails(2, &["Nobody"]);
}

/// The export is the file, and people are told who and why.
fn printed(gallerist: &Gallerist, text: &str) {
    let exported = gallerist.run(&["audit", "-o", "jsonl"]);
    assert_eq!(exported.succeeds().stdout, text);
    let table = gallerist.run(&["audit", "--note", "CHG-1"]);
    for words in [
        "ada@",
        "#1",
        "POST acg_northwind/share",
        "succeeded",
        "CHG-1",
    ] {
        assert!(table.succeeds().stdout.contains(words), "{table:#?}");
    }
    // What is printed of the job says so too.
    let shown = gallerist.run(&["queue", "show", "1"]);
    for words in [
        "by     ada@",
        "(gallerist share, from 192.0.2.7)",
        "note   CHG-1",
    ] {
        assert!(shown.succeeds().stdout.contains(words), "{shown:#?}");
    }
    let jobs = gallerist.jobs();
    assert_eq!(
        (&jobs[0]["note"], &jobs[0]["by"]["user"]),
        (&json!("CHG-3"), &json!("bob"))
    );
}

#[test]
fn a_password_never_comes_near_it() {
    let (azure, gallerist) = demo(FAST);
    std::fs::write(gallerist.folder().join("pw"), "Hunter2!Hunter2!").unwrap();
    let password = ["--admin-user", "localadmin", "--password-file", "pw"];
    gallerist
        .run(&[DEPLOY, ADATUM, &password].concat())
        .succeeds();
    assert!(accounts_for_all(&azure, &gallerist) > 0);
    let exported = gallerist.run(&["audit", "-o", "jsonl"]);
    assert!(!exported.succeeds().stdout.contains("Hunter2"));
}

#[test]
fn what_azure_refuses_and_what_it_throttles_is_told_with_its_words() {
    let (azure, gallerist) = demo(FAST);
    let fault = |status: u16, headers: Value| {
        let fault = json!({"status": status, "headers": headers});
        azure.fault(&json!({"match": {"method": "PUT"}, "fault": fault}));
    };
    fault(403, json!({}));
    assert_eq!(gallerist.run(REPLICATE).code, Some(1));
    assert_eq!(outcomes(&azure, &gallerist), ["sending", "refused"]);
    let refused = &entries(&gallerist, &["--outcome", "refused"])[0];
    assert_eq!(
        (&refused["status"], &refused["error"]["code"]),
        (&json!(403), &json!("InjectedFault"))
    );
    fault(429, json!({"retry-after": "0"}));
    gallerist.run(REPLICATE).succeeds();
    let again = ["sending", "refused", "sending", "accepted", "succeeded"];
    assert_eq!(outcomes(&azure, &gallerist)[2..], again);
    let all = entries(&gallerist, &[]);
    let states: Vec<&Value> = all.iter().map(|one| &one["status"]).collect();
    assert_eq!(states, [&json!(200), &json!(429), &json!(403)]);
}

/// Waits until the audit tells this, and lets Azure finish.
#[track_caller]
fn tells_then_ends(azure: &Simulator, gallerist: &Gallerist, expected: &[&str]) {
    eventually(&format!("{expected:?}"), || {
        (told(&lines(gallerist)) == expected).then_some(())
    });
    azure.advance(3600);
}

#[test]
fn a_write_whose_answer_is_lost_is_told_to_its_end() {
    let (azure, gallerist) = demo(STANDING);
    azure.fault(&json!({"match": {"method": "PUT"}, "fault": {"drop_after": true}}));
    let run = gallerist.spawn(REPLICATE);
    tells_then_ends(&azure, &gallerist, &["sending", "unknown", "accepted*"]);
    run.wait().succeeds();
    assert_eq!(
        outcomes(&azure, &gallerist)[2..],
        ["accepted*", "succeeded"]
    );
    let all = entries(&gallerist, &[]);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["outcome"], "succeeded");
}

#[test]
fn a_write_that_came_to_nothing_is_told_apart_from_the_one_that_follows() {
    let (azure, gallerist) = demo(FAST);
    azure.fault(&json!({"match": {"method": "PUT"}, "fault": {"drop_before": true}}));
    gallerist.run(REPLICATE).succeeds();
    assert_eq!(
        outcomes(&azure, &gallerist),
        [
            "sending",
            "unknown",
            "void*",
            "sending",
            "accepted",
            "succeeded"
        ]
    );
    let all = entries(&gallerist, &[]);
    assert_eq!(
        (&all[0]["outcome"], &all[1]["outcome"]),
        (&json!("succeeded"), &json!("void"))
    );
    assert_eq!(all[1]["found"], true);
}

#[test]
fn what_azure_accepts_and_fails_to_do_is_told() {
    let (azure, gallerist) = demo(FAST);
    let failing = json!({"replication_fails": "UK South", "detail": "no room there"});
    azure.fault(&json!({"fault": failing}));
    assert_eq!(gallerist.run(REPLICATE).code, Some(1));
    assert_eq!(
        outcomes(&azure, &gallerist),
        ["sending", "accepted", "failed"]
    );
    let failed = &entries(&gallerist, &[])[0];
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("no room there"), "{failed:#}");
}

/// Killed when Azure has accepted the request and before it has answered.
fn killed_before_the_answer() -> (Simulator, Gallerist) {
    let (azure, gallerist) = demo(STANDING);
    azure.fault(&json!({"match": {"method": "PUT"}, "fault": {"held": true}}));
    let run = gallerist.spawn(&[REPLICATE, &["--note", "CHG-9"]].concat());
    eventually("the accepted request", || {
        (azure.writes().len() == 1).then_some(())
    });
    run.kill();
    // It is on disk before anybody knows that it was accepted.
    assert_eq!(outcomes(&azure, &gallerist), ["sending"]);
    assert_eq!(entries(&gallerist, &[])[0]["outcome"], "sending");
    (azure, gallerist)
}

#[test]
fn killed_before_the_answer_the_next_process_finds_out_and_mends_the_file() {
    let (azure, gallerist) = killed_before_the_answer();
    // A power cut in the middle of a line.
    let file = gallerist.state().join("audit.jsonl");
    let torn = std::fs::read_to_string(&file).unwrap() + "{\"at\":\"2026-11-2";
    std::fs::write(&file, torn).unwrap();
    let run = gallerist.spawn(CARRY_ON);
    tells_then_ends(&azure, &gallerist, &["sending", "accepted*"]);
    run.wait().succeeds();
    assert_eq!(
        outcomes(&azure, &gallerist),
        ["sending", "accepted*", "succeeded"]
    );
    let printed = gallerist.run(&["audit", "-o", "json"]);
    let all = printed.succeeds().json();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert!(printed.stderr.contains("1 line of "), "{printed:#?}");
    assert_eq!(all[0]["note"], "CHG-9");
}

#[test]
fn killed_before_the_answer_the_next_process_finds_it_done() {
    let (azure, gallerist) = killed_before_the_answer();
    azure.advance(3600);
    gallerist.run(CARRY_ON).succeeds();
    assert_eq!(outcomes(&azure, &gallerist), ["sending", "succeeded*"]);
}

#[test]
fn nothing_is_sent_that_can_t_be_accounted_for() {
    let (azure, gallerist) = demo(FAST);
    let file = gallerist.state().join("audit.jsonl");
    std::fs::create_dir_all(&file).unwrap();
    let mut run = gallerist.spawn(REPLICATE);
    run.says("nothing is sent without it");
    let jobs = eventually("the job waits for it", || {
        let jobs = gallerist.jobs();
        (jobs[0]["state"] == "waiting").then_some(jobs)
    });
    let reason = jobs[0]["reason"].as_str().unwrap();
    assert!(reason.contains("audit.jsonl can't be written"), "{reason}");
    run.kill();
    assert_eq!(azure.writes(), [json!(null); 0]);
    std::fs::remove_dir(&file).unwrap();
    gallerist.run(CARRY_ON).succeeds();
    assert_eq!(
        outcomes(&azure, &gallerist),
        ["sending", "accepted", "succeeded"]
    );
}

#[test]
fn it_is_read_while_it_is_written() {
    let (_azure, gallerist) = demo(STANDING);
    let mut run = gallerist.spawn(REPLICATE);
    run.says("accepted");
    let accepted = eventually("the answer's line", || {
        let all = entries(&gallerist, &["--outcome", "accepted"]);
        all.first().cloned()
    });
    assert_eq!(accepted["job"], 1);
    run.kill();
}
