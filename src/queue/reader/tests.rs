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
    let groups = reader.groups(2).unwrap().into_iter();
    let members: Vec<JobId> = groups.flat_map(|group| group.jobs).collect();
    assert_eq!(members, shown);
    let counts = [
        (JobState::Ready, 6),
        (JobState::Running, 1),
        (JobState::Held, 1),
        (JobState::Failed, 1),
    ];
    assert_eq!(reader.counts().unwrap(), HashMap::from(counts));
}
