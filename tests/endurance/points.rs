//! The points at which a run is disturbed: one run for each, some side by side, and the figures.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::batch::{BATCH, JOBS, Run, Verdict};

/// Differences that are told of a point.
const TOLD: usize = 5;

/// How much is told of a difference.
const LENGTH: usize = 400;

/// Has `disturb` disturb one run for each point, and see that its jobs go on to their end; prints
/// the figures of the family, and fails where anything was lost, done twice or left otherwise than
/// by the run that nobody disturbed. The runs go side by side, three for each processor, since most
/// of them wait.
#[track_caller]
pub(crate) fn walk<P: Debug + Sync>(family: &str, points: &[P], disturb: impl Fn(&Run, &P) + Sync) {
    walk_from(family, points, || BATCH.begin(), disturb);
}

/// The same, with runs that begin otherwise.
#[track_caller]
pub(crate) fn walk_from<P: Debug + Sync>(
    family: &str,
    points: &[P],
    start: impl Fn() -> Run + Sync,
    disturb: impl Fn(&Run, &P) + Sync,
) {
    // One family at a time, so that the runs of two don't crowd each other out.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let batch = &*BATCH;
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let verdicts: Mutex<Vec<(&P, Verdict)>> = Mutex::default();
    let side_by_side = thread::available_parallelism().map_or(2, usize::from) * 3;
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // A point that fails by itself keeps no other from being tried.
                    let verdict = catch_unwind(AssertUnwindSafe(|| {
                        let run = start();
                        disturb(&run, point);
                        batch.judge(&run)
                    }));
                    let verdict = verdict.unwrap_or_else(|panic| Verdict::failed(&*panic));
                    verdicts.lock().unwrap().push((point, verdict));
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap();
    let sum = |of: fn(&Verdict) -> usize| -> usize {
        verdicts.iter().map(|(_, verdict)| of(verdict)).sum()
    };
    let (twice, lost) = (sum(|one| one.twice), sum(|one| one.lost));
    println!(
        "{family}: {} points ({} not reached), {} jobs, duplicates {twice}, lost {lost}, {:.0} s",
        points.len(),
        sum(|one| usize::from(one.missed)),
        points.len() * JOBS,
        began.elapsed().as_secs_f64()
    );
    let bad: Vec<String> = verdicts
        .iter()
        .filter(|(_, verdict)| !verdict.is_good())
        .map(|(point, verdict)| told(point, verdict))
        .collect();
    assert!(bad.is_empty(), "{family}\n{}", bad.join("\n"));
}

fn told(point: &impl Debug, verdict: &Verdict) -> String {
    let mut text = format!("{point:?}: {} differences", verdict.differs.len());
    for difference in verdict.differs.iter().take(TOLD) {
        text.push_str("\n    ");
        text.extend(difference.chars().take(LENGTH));
    }
    text
}

/// So many of the numbers from 1 to `all`, evenly spread; all of them where there are no more.
pub(crate) fn spread(all: usize, some: usize) -> Vec<usize> {
    let some = some.min(all);
    (0..some).map(|n| 1 + n * all / some).collect()
}
