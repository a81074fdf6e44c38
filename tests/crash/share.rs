//! Killed while a gallery is being shared.

use serde_json::json;

use crate::CARRY_ON;
use crate::support::{demo, eventually};

#[test]
fn a_share_that_azure_accepted_before_a_kill_is_not_sent_again() {
    let gallery = "acg_northwind";
    for (wish, sent) in [
        (
            &[
                "share",
                gallery,
                "--via",
                "direct",
                "--to-tenant",
                "Fourth Coffee",
                "--yes",
            ][..],
            json!({"method": "POST", "path": "/share\\?"}),
        ),
        (
            &[
                "share",
                gallery,
                "--via",
                "rbac",
                "--to-tenant",
                "Adatum",
                "--yes",
            ],
            json!({"method": "PUT", "path": "/roleAssignments/"}),
        ),
    ] {
        let (azure, gallerist) = demo(3000);
        azure.fault(&json!({"match": sent, "fault": {"held": true}}));
        let run = gallerist.spawn(wish);
        eventually("the accepted request", || {
            (azure.writes().len() == 1).then_some(())
        });
        run.kill();
        gallerist.run(CARRY_ON).succeeds();
        let jobs = gallerist.jobs();
        assert_eq!(jobs[0]["state"], "done", "{jobs:#}");
        assert_eq!(azure.writes().len(), 1);
        assert!(gallerist.run(wish).succeeds().stdout.contains("already so"));
    }
}
