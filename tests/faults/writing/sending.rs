//! What Azure answers to the request itself.

use serde_json::{Value, json};

use super::{PATH, has, job};
use crate::support::{FAST, NEWEST, demo};

#[test]
fn a_write_is_printed_in_the_documented_shape() {
    let (_azure, gallerist) = demo(FAST);
    let output = gallerist.replicate(NEWEST, &["--to", "uksouth=1", "-o", "json"]);
    let printed = output.succeeds().json();
    assert_eq!(
        (&printed["group"], &printed["state"]),
        (&json!(1), &json!("done"))
    );
    let job = job(&output);
    assert_eq!((&job["id"], &job["state"]), (&json!(1), &json!("done")));
    assert_eq!(
        (&job["target"], &job["error"]),
        (&json!("uksouth 1"), &Value::Null)
    );
    assert_eq!(
        job["steps"],
        json!([{"name": "update regions", "state": "done"}])
    );
    let nothing = gallerist.replicate(NEWEST, &["--to", "uksouth=1", "-o", "json"]);
    assert_eq!(
        nothing.succeeds().json(),
        json!({"group": null, "state": "done", "jobs": []})
    );
    let listed = gallerist.jobs();
    assert_eq!(listed, json!([job]));
    let plan = gallerist.json(&[
        "replicate",
        NEWEST,
        "--to",
        "eastus=1",
        "--plan",
        "-o",
        "json",
    ]);
    assert_eq!(
        plan["jobs"][0]["changes"],
        json!([{"sign": "add", "text": "eastus  1 replica"}])
    );
    assert_eq!(gallerist.jobs(), listed, "a plan is no job");
}

#[test]
fn a_refused_write_fails_with_azures_words_and_what_to_do_and_can_be_retried() {
    let (azure, gallerist) = demo(FAST);
    let forbidden = json!({"error": {"code": "AuthorizationFailed", "message": "The client 'a' with object id 'b' does not have authorization to perform action 'Microsoft.Compute/galleries/images/versions/write' over scope '/s/v' or the scope is invalid."}});
    let odd = json!({"error": {"code": "TryAnotherDay", "message": "It is Monday."}});
    for (fault, code, advice) in [
        (
            json!({"status": 403, "body": forbidden}),
            "AuthorizationFailed",
            "grant Compute Gallery Artifacts Publisher at /s/v",
        ),
        (
            json!({"status": 404}),
            "InjectedFault",
            "it isn't there, or not for this identity to see",
        ),
        (
            json!({"status": 409}),
            "Conflict",
            "something else may be changing it: try again when that is over",
        ),
        (
            json!({"status": 400, "body": odd}),
            "TryAnotherDay",
            "mend what Azure names, then `gallerist queue retry 4`",
        ),
    ] {
        let before = azure.requests_to("PUT", PATH).len();
        azure.fault(&json!({"match": {"method": "PUT"}, "fault": fault}));
        let output = gallerist.replicate(NEWEST, &["--to", "uksouth=1", "-o", "json"]);
        assert_eq!(output.code, Some(1), "{output:#?}");
        assert_eq!(output.json()["state"], "failed");
        let job = job(&output);
        let error = &job["error"];
        assert_eq!(error["code"], code);
        assert!(
            error["advice"].as_str().unwrap().contains(advice),
            "{error:#}"
        );
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .starts_with("writing the version acg_northwind/")
        );
        assert!(error["correlationId"].as_str().unwrap().len() > 30);
        assert_eq!(
            azure.requests_to("PUT", PATH).len(),
            before + 1,
            "a refusal isn't repeated"
        );
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
    let shown = gallerist.run(&["queue", "show", "1"]);
    for words in [
        "AuthorizationFailed: ",
        "→ grant Compute Gallery",
        "correlation ",
        "update regions: failed",
    ] {
        assert!(
            shown.succeeds().stdout.contains(words),
            "{words}: {shown:#?}"
        );
    }
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert!(has(&azure, "UK South", 1));
    gallerist.run(&["queue", "retry", "1"]).fails(
        3,
        &["#1 is done: only a failed, cancelled or held job can be tried again"],
    );
    gallerist
        .run(&["queue", "retry", "77"])
        .fails(2, &["there is no job #77", "queue list"]);
}

#[test]
fn what_was_surely_not_accepted_is_sent_again_and_told() {
    let (azure, gallerist) = demo(FAST);
    for (at, fault, words) in [
        (1, json!({"status": 401}), "again at once"),
        (
            2,
            json!({"status": 429, "headers": {"retry-after": "1"}}),
            "attempt 2 of 5 in 1 s",
        ),
    ] {
        azure.fault(&json!({"match": {"method": "PUT"}, "fault": fault}));
        let count = format!("uksouth={at}");
        gallerist
            .replicate(NEWEST, &["--to", &count])
            .fails(0, &[words]);
        assert!(has(&azure, "UK South", at));
    }
    assert_eq!(
        (azure.requests_to("PUT", PATH).len(), azure.writes().len()),
        (4, 2)
    );
    let line = gallerist.run(&["queue", "show", "2"]);
    assert!(line.stdout.contains("attempt 2 of 5 in 1 s"), "{line:#?}");
}

#[test]
fn what_azure_may_have_accepted_is_looked_at_before_it_is_sent_again() {
    let (azure, gallerist) = demo(FAST);
    let not_accepted = [
        json!({"status": 500}),
        json!({"status": 503}),
        json!({"status": 504}),
        json!({"drop_before": true}),
    ];
    for (at, fault) in (1..).zip(not_accepted) {
        azure.fault(&json!({"match": {"method": "PUT"}, "fault": fault}));
        let before = azure.requests().len();
        let count = format!("uksouth={at}");
        gallerist.replicate(NEWEST, &["--to", &count]).fails(
            0,
            &["it isn't known whether Azure accepted it, looking again in 2 s"],
        );
        assert!(has(&azure, "UK South", at));
        let requests = azure.requests().split_off(before);
        let of_version = requests
            .iter()
            .filter(|r| r["path"].as_str().unwrap().ends_with(PATH));
        let methods: Vec<&str> = of_version.map(|r| r["method"].as_str().unwrap()).collect();
        let put = |nth| {
            methods
                .iter()
                .enumerate()
                .filter(|(_, m)| **m == "PUT")
                .map(|(i, _)| i)
                .nth(nth)
                .unwrap()
        };
        assert!(
            methods[put(0)..put(1)].contains(&"GET"),
            "looked between: {methods:?}"
        );
        assert_eq!(
            azure.writes().len(),
            usize::try_from(at).unwrap(),
            "{fault}"
        );
    }
}

#[test]
fn what_azure_accepted_before_the_connection_broke_is_not_sent_again() {
    let (azure, gallerist) = demo(FAST);
    for (at, fault) in (1..).zip([json!({"drop_after": true}), json!({"truncate": true})]) {
        azure.fault(&json!({"match": {"method": "PUT"}, "fault": fault}));
        let count = format!("uksouth={at}");
        gallerist.replicate(NEWEST, &["--to", &count]).succeeds();
        assert!(has(&azure, "UK South", at));
        assert_eq!(
            azure.requests_to("PUT", PATH).len(),
            usize::try_from(at).unwrap()
        );
    }
}

#[test]
fn a_job_that_nobody_can_sign_in_for_is_held_until_that_is_mended() {
    let (azure, gallerist) = demo(FAST);
    let home = azure.ready["tenant"].as_str().unwrap();
    // The plan reads the version once; the job's own look is held up until it is interrupted.
    let look = json!({"method": "GET", "path": PATH});
    azure.fault(&json!({"match": look, "fault": {"delay_ms": 1}}));
    azure.fault(&json!({"match": look, "fault": {"held": true}}));
    let mut running = gallerist.spawn(&["replicate", NEWEST, "--to", "uksouth=1", "--yes"]);
    running.says("submitted");
    running.signal("INT");
    running.wait().fails(
        130,
        &["interrupted; `gallerist queue watch` carries on from here"],
    );
    azure.clear_faults();
    azure.set_principal(home, Some("AADSTS7000222"));
    gallerist.run(&["queue", "watch"]).fails(
        1,
        &[
            "AADSTS7000222",
            "→ the client secret of msp has expired: make a new one",
            "held until that is mended: then `gallerist queue retry 1`",
        ],
    );
    assert_eq!(gallerist.jobs()[0]["state"], "held");
    azure.set_principal(home, None);
    gallerist.run(&["queue", "retry", "1"]).succeeds();
    assert_eq!(azure.writes().len(), 1);
    assert!(has(&azure, "UK South", 1));
}
