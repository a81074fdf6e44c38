use std::path::PathBuf;

use super::*;
use crate::queue::{GroupId, JobId};

fn shell(script: &str) -> NotifyCommand {
    NotifyCommand {
        program: PathBuf::from("sh"),
        arguments: vec!["-c".to_owned(), script.to_owned()],
    }
}

async fn run(script: &str, limit: Duration) -> Result<(), String> {
    // More than a pipe holds, for those who don't read it.
    let document = json!({"text": "x".repeat(1 << 20)});
    command::run(&shell(script), limit, &document).await
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_command_reads_the_document_and_may_say_what_it_likes() {
    let reads_it = "[ $(wc -c) -gt 1048576 ] && head -c 1000000 /dev/zero && head -c 1000000 \
                    /dev/zero >&2";
    assert_eq!(run(reads_it, LONG).await, Ok(()));
    assert_eq!(run("exit 0", LONG).await, Ok(()), "it need not read");
    let leaves_something = "sleep 600 & exit 0";
    assert_eq!(run(leaves_something, LONG).await, Ok(()));
}

#[tokio::test]
async fn what_became_of_a_command_is_said_in_a_line() {
    for (script, words) in [
        (
            "echo; echo no pager >&2; echo more >&2; exit 3",
            "ended with 3: no pager",
        ),
        (
            "echo said where it should not be; exit 1",
            "ended with 1: said where",
        ),
        ("exit 7", "ended with 7"),
        ("kill -9 $$", "was ended by signal 9"),
    ] {
        let failed = run(script, LONG).await.unwrap_err();
        assert!(failed.starts_with(words), "{failed}");
    }
    let nowhere = NotifyCommand {
        program: PathBuf::from("/nowhere/tell"),
        arguments: Vec::new(),
    };
    let failed = command::run(&nowhere, LONG, &json!({})).await.unwrap_err();
    assert!(
        failed.starts_with("can't be started: No such file"),
        "{failed}"
    );
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!(
        "sleep 600 & echo $! > {0}; echo $$ >> {0}; wait",
        pids.display()
    );
    let failed = run(&script, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(failed, "took longer than 1 s and was killed");
    let pids = std::fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    let dead = async {
        while pids.lines().any(lives) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, dead)
        .await
        .expect("both are dead");
}

/// Whether there is such a process. One that is dead may not have been buried yet.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

#[test]
fn the_end_of_a_single_job_is_told_once() {
    let (job, group) = (End::Job(JobId(1)), End::Group(GroupId(1)));
    for (on, single, expected) in [
        (&[NotifyEvent::Group][..], true, [false, true]),
        (&[NotifyEvent::Group], false, [false, true]),
        (&[NotifyEvent::Job], true, [true, false]),
        (&[NotifyEvent::Job], false, [true, false]),
        (&[NotifyEvent::Job, NotifyEvent::Group], true, [false, true]),
        (&[NotifyEvent::Job, NotifyEvent::Group], false, [true, true]),
    ] {
        let notify = Notify {
            on: on.iter().copied().collect(),
            ..Notify::default()
        };
        let wanted = [job, group].map(|end| wants(&notify, end, single));
        assert_eq!(wanted, expected, "{on:?}, {single}");
    }
}
