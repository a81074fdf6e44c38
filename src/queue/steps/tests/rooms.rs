//! Room that all jobs share: who is let in, and what gives it back.

use super::*;

/// Room for that many, once that many looks have found nothing yet.
struct Places(u32, Mutex<u32>);

#[async_trait]
impl Supply for Places {
    fn pool(&self) -> String {
        "version westeurope".to_owned()
    }

    async fn room(&self, _: &dyn Teller) -> Result<Room, Failure> {
        let mut not_yet = self.1.lock().unwrap();
        if *not_yet == 0 {
            return Ok(Room::For(self.0));
        }
        *not_yet -= 1;
        let what = "uksouth 62 %".to_owned();
        Ok(Room::NotYet(what, Duration::from_secs(15)))
    }
}

fn places(count: u32) -> Places {
    Places(count, Mutex::new(0))
}

async fn ended(steps: &JournalSteps, name: &str) {
    let done = Scripted::new([Ok(Settled::Done)], []);
    steps.effect(name, &done).await.unwrap();
}

#[tokio::test]
async fn all_jobs_share_the_room_and_a_wave_that_ended_gives_it_back() {
    let bench = bench().await;
    let (first, second) = (bench.another().await, bench.another().await);
    assert_eq!(first.admit("wave 1", &places(20), 15).await.unwrap(), 15);
    assert_eq!(second.admit("wave 1", &places(20), 15).await.unwrap(), 5);
    // After a restart the same answer, whatever the room is then.
    assert_eq!(first.admit("wave 1", &places(0), 99).await.unwrap(), 15);
    let third = bench.another().await;
    let places = places(20);
    let mut waiting = Box::pin(third.admit("wave 1", &places, 60));
    tokio::select! {
        admitted = &mut waiting => panic!("{admitted:?} were let in beyond the room"),
        () = ended(&second, "something else") => {}
    }
    ended(&first, "wave 1").await;
    assert_eq!(waiting.await.unwrap(), 15);
}

#[tokio::test]
async fn a_job_that_ends_gives_all_its_room_back() {
    let bench = bench().await;
    let first = bench.another().await;
    assert_eq!(first.admit("wave 1", &places(3), 3).await.unwrap(), 3);
    let told = Some((Level::Debug, "runs".to_owned()));
    let (journal, job) = (&bench.journal, first.job);
    assert!(
        journal
            .transition(job, JobState::Running, None, told)
            .await
            .unwrap()
    );
    let second = bench.another().await;
    let places = places(3);
    let mut waiting = Box::pin(second.admit("wave 1", &places, 2));
    tokio::select! {
        admitted = &mut waiting => panic!("{admitted:?} were let in beyond the room"),
        end = journal.end(job, JobState::Failed, None, Vec::new()) => assert!(end.unwrap()),
    }
    assert_eq!(waiting.await.unwrap(), 2);
}

#[tokio::test]
async fn what_azure_may_still_be_at_counts_also_when_its_job_was_ended() {
    let bench = bench().await;
    let first = bench.another().await;
    assert_eq!(first.admit("wave 1", &places(3), 2).await.unwrap(), 2);
    let (journal, job) = (&bench.journal, first.job);
    let mark = Mark::Accepted(Box::new(accepted()));
    journal
        .keep(job, 1, "wave 1", StepState::Accepted, mark, None)
        .await
        .unwrap();
    let ended = journal
        .end(job, JobState::Cancelled, None, Vec::new())
        .await;
    assert!(ended.unwrap());
    let second = bench.another().await;
    assert_eq!(second.admit("wave 1", &places(3), 3).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ready_is_waited_for_by_name() {
    let bench = bench().await;
    let steps = bench.another().await;
    let told = Some((Level::Debug, "runs".to_owned()));
    let journal = &bench.journal;
    journal
        .transition(steps.job, JobState::Running, None, told)
        .await
        .unwrap();
    let late = Places(5, Mutex::new(3));
    assert_eq!(steps.admit("wave 1", &late, 2).await.unwrap(), 2);
    bench.reporter.flush().await;
    let query = LogQuery {
        job: Some(steps.job),
        ..LogQuery::default()
    };
    let lines = journal.reader().unwrap().log(&query, 50).unwrap();
    let waits = lines
        .iter()
        .filter(|line| line.text == "waits for uksouth 62 %");
    assert_eq!(waits.count(), 1, "the same reason is told once");
}
