//! Jobs that are paused or cancelled: what is sent no more, and what is watched all the same.

use super::*;

#[tokio::test]
async fn a_cancelled_job_is_parked_before_it_sends_and_the_action_never_sees_it() {
    let bench = bench().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let effect = Scripted::new([Ok(Settled::NotBegun(json!({})))], []);
    let (steps, mut why) = bench.steps(&cancel);
    tokio::select! {
        _ = steps.effect("update", &effect) => panic!("the action went on"),
        why = why.recv() => assert!(matches!(why, Some(Parked::Cancelled))),
    }
    assert_eq!(effect.asked(), ["settled"]);
}

#[tokio::test]
async fn a_paused_job_looks_again_before_it_sends_when_it_is_resumed() {
    let bench = bench().await;
    let (job, running) = (bench.job, JobState::Running);
    let moved = bench.journal.transition(job, running, None, None).await;
    assert!(moved.unwrap());
    let not_begun = || Ok(Settled::NotBegun(json!({})));
    let effect = Scripted::new([not_begun(), not_begun(), not_begun()], [Ok(accepted())]);
    bench
        .pauses
        .send_replace(HashSet::from([Pause::Everything]));
    let (steps, _parked) = bench.steps(&CancellationToken::new());
    let mut runs = Box::pin(steps.effect("update", &effect));
    tokio::select! {
        outcome = &mut runs => panic!("{outcome:?}"),
        reason = bench.paused() => assert_eq!(reason.as_deref(), Some("everything is paused")),
    }
    // Another pause of it, when the first is lifted, doesn't let it go on.
    bench.pauses.send_replace(HashSet::from([Pause::Job(job)]));
    assert_eq!(effect.asked(), ["settled"]);
    bench.pauses.send_replace(HashSet::new());
    runs.await.unwrap();
    assert_eq!(effect.asked(), ["settled", "settled", "send", "watch"]);
    bench.reporter.flush().await;
    assert_eq!(bench.job(job).state, running);
}

#[tokio::test]
async fn a_paused_job_can_be_cancelled_and_sends_nothing() {
    let bench = bench().await;
    let not_begun = || Ok(Settled::NotBegun(json!({})));
    let effect = Scripted::new([not_begun(), not_begun()], []);
    bench
        .pauses
        .send_replace(HashSet::from([Pause::Job(bench.job)]));
    let cancel = CancellationToken::new();
    let (steps, mut parked) = bench.steps(&cancel);
    let why = tokio::select! {
        outcome = steps.effect("update", &effect) => panic!("{outcome:?}"),
        why = async {
            assert_eq!(bench.paused().await, None);
            cancel.cancel();
            parked.recv().await
        } => why,
    };
    assert!(matches!(why, Some(Parked::Cancelled)));
    assert_eq!(effect.asked(), ["settled", "settled"]);
}

#[tokio::test]
async fn a_cancelled_job_still_watches_what_azure_accepted() {
    let bench = bench().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let effect = Scripted::new([Ok(Settled::UnderWay(accepted()))], []);
    let (steps, _why) = bench.steps(&cancel);
    steps.effect("update", &effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled", "watch"]);
}

/// Azure accepted it, and can't be read any more.
struct Unreadable;

#[async_trait]
impl Effect for Unreadable {
    async fn settled(&self, _: bool, _: &dyn Teller) -> Result<Settled, Failure> {
        Ok(Settled::UnderWay(accepted()))
    }

    async fn send(&self, _: Value, _: &dyn Teller) -> Result<Accepted, Unsent> {
        Err(Unsent::Refused(failure("not to be sent")))
    }

    async fn watch(&self, _: &Accepted, tell: &dyn Teller) -> Result<(), Failure> {
        tell.tell(Told::Unknown("403".to_owned()));
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_is_left_where_azure_can_t_be_read_any_more() {
    let bench = bench().await;
    let cancel = CancellationToken::new();
    let (steps, mut why) = bench.steps(&cancel);
    let mut watching = Box::pin(steps.effect("update", &Unreadable));
    tokio::select! {
        _ = &mut watching => panic!("the action went on"),
        () = tokio::time::sleep(Duration::from_secs(3600)) => {}
    }
    assert!(why.try_recv().is_err(), "nobody has asked for its end yet");
    cancel.cancel();
    tokio::select! {
        _ = &mut watching => panic!("the action went on"),
        why = why.recv() => assert!(matches!(why, Some(Parked::Cancelled))),
    }
}
