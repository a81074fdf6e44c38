use super::*;
use crate::queue::fixtures::{journal, submit};

#[tokio::test]
async fn a_list_shows_what_is_under_way_held_or_ended_however_much_is_newer() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    let mut jobs = Vec::new();
    for _ in 0..9 {
        jobs.extend(submit(&journal, 1).await);
    }
    let gone: [&[JobState]; 3] = [
        &[JobState::Running],
        &[JobState::Held],
        &[JobState::Running, JobState::Failed],
    ];
    for (job, states) in jobs.iter().zip(gone) {
        for state in states {
            journal.transition(*job, *state, None, None).await.unwrap();
        }
    }
    let reader = journal.reader().unwrap();
    let shown: Vec<JobId> = reader.jobs(2).unwrap().iter().map(|job| job.id).collect();
    assert_eq!(shown, [8, 7, 2, 1, 0].map(|at| jobs[at]));
    assert_eq!(reader.groups_of(&reader.jobs(2).unwrap()).unwrap(), []);
    let counts = [
        (JobState::Ready, 6),
        (JobState::Running, 1),
        (JobState::Held, 1),
        (JobState::Failed, 1),
    ];
    assert_eq!(reader.counts().unwrap(), HashMap::from(counts));
}

#[tokio::test]
async fn groups_of_several_jobs_are_told_with_their_jobs_and_unchanged_jobs_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    let older = submit(&journal, 2).await;
    let single = submit(&journal, 1).await;
    let newer = submit(&journal, 3).await;
    let reader = journal.reader().unwrap();
    let before = reader.jobs(10).unwrap();
    let groups = reader.groups_of(&before).unwrap();
    let members: Vec<&[JobId]> = groups.iter().map(|group| &group.jobs[..]).collect();
    assert_eq!(members, [&newer[..], &older[..]]);
    assert!(groups.iter().all(|group| !group.title.is_empty()));

    journal
        .transition(single[0], JobState::Running, None, None)
        .await
        .unwrap();
    let after = reader.jobs(10).unwrap();
    for (before, after) in before.iter().zip(&after) {
        let changed = after.id == single[0];
        assert_eq!(Arc::ptr_eq(before, after), !changed, "{}", after.id);
        assert_eq!(before != after, changed, "{}", after.id);
    }
}
