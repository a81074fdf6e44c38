//! Steps that send are looked at, sent once and watched; steps that read are answered once.

use super::*;

#[tokio::test]
async fn a_change_is_looked_at_sent_watched_and_then_replayed() {
    let bench = bench().await;
    let effect = Scripted::new([Ok(Settled::NotBegun(json!({})))], [Ok(accepted())]);
    bench.run(&effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled", "send", "watch"]);
    let again = Scripted::default();
    bench.run(&again).await.unwrap();
    assert_eq!(again.asked(), [""; 0]);
}

#[tokio::test]
async fn what_is_done_already_is_not_sent() {
    let bench = bench().await;
    let effect = Scripted::new([Ok(Settled::Done)], []);
    bench.run(&effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled"]);
    assert_eq!(bench.state(), StepState::Done);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_resolved_by_reading_and_never_by_sending_blindly() {
    let bench = bench().await;
    let effect = Scripted::new(
        [
            Ok(Settled::NotBegun(json!({}))),
            Err(failure("no answer")),
            Ok(Settled::UnderWay(accepted())),
        ],
        [Err(Unsent::Unknown(failure("504")))],
    );
    bench.run(&effect).await.unwrap();
    assert_eq!(
        effect.asked(),
        [
            "settled",
            "send",
            "settled, begun",
            "settled, begun",
            "watch"
        ]
    );
    let lines = bench
        .journal
        .reader()
        .unwrap()
        .log(&LogQuery::default(), 50);
    let lines = lines.unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.text.contains("it isn't known whether Azure"))
    );
}

#[tokio::test]
async fn a_refusal_is_the_step_s_result_also_after_a_restart() {
    let bench = bench().await;
    let effect = Scripted::new(
        [Ok(Settled::NotBegun(json!({})))],
        [Err(Unsent::Refused(failure("409")))],
    );
    assert_eq!(bench.run(&effect).await.unwrap_err().message, "409");
    let again = Scripted::default();
    assert_eq!(bench.run(&again).await.unwrap_err().message, "409");
    assert_eq!(again.asked(), [""; 0]);
}

#[tokio::test]
async fn an_intent_without_acceptance_is_begun_and_an_acceptance_is_only_watched() {
    let bench = bench().await;
    let told = || Some((Level::Info, "x".to_owned()));
    bench
        .journal
        .keep(
            bench.job,
            1,
            "update",
            StepState::Intended,
            Mark::Nothing,
            told(),
        )
        .await
        .unwrap();
    let effect = Scripted::new([Ok(Settled::UnderWay(accepted()))], []);
    bench.run(&effect).await.unwrap();
    assert_eq!(effect.asked(), ["settled, begun", "watch"]);
    let mark = Mark::Accepted(Box::new(accepted()));
    bench
        .journal
        .keep(bench.job, 1, "next", StepState::Accepted, mark, told())
        .await
        .unwrap();
    let effect = Scripted::default();
    let steps = bench.steps(&CancellationToken::new()).0;
    steps.effect("next", &effect).await.unwrap();
    assert_eq!(effect.asked(), ["watch"]);
}

#[tokio::test]
async fn what_was_read_once_is_the_answer_after_a_restart() {
    let bench = bench().await;
    for (found, kept) in [(1, 1), (2, 1)] {
        let steps = bench.steps(&CancellationToken::new()).0;
        let steps: &dyn Steps = &steps;
        let read: u32 = steps.read("count", async { Ok(found) }).await.unwrap();
        assert_eq!(read, kept);
    }
    let steps = bench.steps(&CancellationToken::new()).0;
    let steps: &dyn Steps = &steps;
    let failed = steps.read::<u32>("other", async { Err(failure("403")) });
    assert_eq!(failed.await.unwrap_err().message, "403");
    assert_eq!(steps.read("other", async { Ok(7) }).await.unwrap(), 7);
}
