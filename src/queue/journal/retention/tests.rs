use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::queue::After;
use crate::queue::fixtures::journal;

const KEEP: u32 = 90;

/// A job: how it stands, and how many days ago it ended if it has.
#[derive(Debug, Clone)]
struct Known {
    state: &'static str,
    days: i64,
}

impl Known {
    fn ended(&self) -> Option<i64> {
        let ended = ["done", "failed", "cancelled"].contains(&self.state);
        // An hour more, so that a test that takes its time counts the same days.
        ended.then(|| now() - self.days * DAY - DAY / 24)
    }

    fn is_old(&self) -> bool {
        self.ended().is_some() && self.days >= i64::from(KEEP)
    }
}

/// Groups of jobs, and the jobs that each comes after, by their places.
type World = Vec<(Vec<Known>, Vec<usize>)>;

/// Each job has three steps, an admission and so many lines.
async fn filled(journal: &Journal, world: &World, lines: usize) {
    let world = world.clone();
    let fill = move |t: &Transaction<'_>| {
        for (jobs, after) in &world {
            let terms = Terms {
                after: after
                    .iter()
                    .map(|place| After {
                        job: JobId(as_number(*place)),
                        part: None,
                    })
                    .collect(),
                ..Terms::default()
            };
            t.execute(
                "INSERT INTO groups (created, title, action, terms) VALUES (0, 't', 'null', ?1)",
                [to_json(&terms)?],
            )?;
            let group = t.last_insert_rowid();
            for job in jobs {
                t.execute(
                    "INSERT INTO jobs (group_id, title, target, state, lock, access, cloud, \
                     task_version, task, created, ended) VALUES (?1, 't', 'x', ?2, '', 'null', '', \
                     1, 'null', 0, ?3)",
                    params![group, job.state, job.ended()],
                )?;
                let id = t.last_insert_rowid();
                for step in ["a", "b", "c"] {
                    t.execute(
                        "INSERT INTO steps (job, attempt, name, state, at) VALUES (?1, 1, ?2, \
                         'done', 0)",
                        params![id, step],
                    )?;
                }
                t.execute("INSERT INTO admissions VALUES (?1, 1, 'a', 'p', 1)", [id])?;
                for _ in 0..lines {
                    t.execute(
                        "INSERT INTO log (at, job, level, text) VALUES (0, ?1, 1, 'x')",
                        [id],
                    )?;
                }
            }
        }
        Ok(())
    };
    journal.database().write(fill).await.unwrap();
}

fn as_number(place: usize) -> i64 {
    i64::try_from(place).unwrap() + 1
}

async fn numbers(journal: &Journal, query: &'static str) -> Vec<i64> {
    let read = move |t: &Transaction<'_>| {
        let mut statement = t.prepare(query)?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    journal.database().write(read).await.unwrap()
}

fn one(state: &'static str, days: i64) -> Vec<Known> {
    vec![Known { state, days }]
}

#[tokio::test]
async fn what_ended_long_ago_goes_with_all_that_belongs_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    let mixed = [one("done", 200), one("held", 0)].concat();
    let world = vec![
        (one("done", 91), vec![]),
        (one("failed", 89), vec![]),
        (mixed, vec![]),
        (one("cancelled", 400), vec![]),
    ];
    filled(&journal, &world, 5_000).await;
    let pauses = "INSERT INTO pauses VALUES ('job 1', 0), ('group 4', 0), ('group 3', 0)";
    let pause = |t: &Transaction<'_>| t.execute(pauses, []);
    journal.database().write(pause).await.unwrap();
    assert_eq!(journal.forget(KEEP).await.unwrap(), 2);
    assert_eq!(
        numbers(&journal, "SELECT id FROM jobs ORDER BY id").await,
        [2, 3, 4]
    );
    assert_eq!(
        numbers(&journal, "SELECT id FROM groups ORDER BY id").await,
        [2, 3]
    );
    for table in ["steps", "admissions", "log"] {
        let jobs: &'static str = match table {
            "steps" => "SELECT DISTINCT job FROM steps ORDER BY job",
            "admissions" => "SELECT job FROM admissions ORDER BY job",
            _ => "SELECT DISTINCT job FROM log WHERE job IS NOT NULL ORDER BY job",
        };
        assert_eq!(numbers(&journal, jobs).await, [2, 3, 4], "{table}");
    }
    assert_eq!(numbers(&journal, "SELECT count(*) FROM pauses").await, [1]);
    let last = journal.reader().unwrap();
    let last = last.log(&crate::queue::LogQuery::default(), 1).unwrap();
    assert_eq!(last[0].text, "forgot 2 jobs that ended over 90 days ago");
    assert_eq!(journal.forget(KEEP).await.unwrap(), 0);
}

#[tokio::test]
async fn old_lines_of_no_job_go_and_younger_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    let old = now() - 91 * DAY;
    let fill = move |t: &Transaction<'_>| {
        for (count, at) in [(4_500, old), (3, now()), (2, old)] {
            for _ in 0..count {
                t.execute(
                    "INSERT INTO log (at, level, text) VALUES (?1, 1, 'x')",
                    [at],
                )?;
            }
        }
        Ok(())
    };
    journal.database().write(fill).await.unwrap();
    assert_eq!(journal.forget(KEEP).await.unwrap(), 0);
    assert_eq!(numbers(&journal, "SELECT count(*) FROM log").await, [3]);
}

#[tokio::test]
async fn what_goes_on_meanwhile_is_kept_however_old_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    // The second comes after the first; each was found to be old, and the second was retried then.
    let world = vec![(one("done", 100), vec![]), (one("ready", 0), vec![0])];
    filled(&journal, &world, 1).await;
    let before = now() - i64::from(KEEP) * DAY;
    let groups = vec![GroupId(2), GroupId(1)];
    assert!(journal.forget_lines_of(&groups, before).await.unwrap());
    assert_eq!(journal.forget_groups(groups, before).await.unwrap(), 0);
    assert_eq!(numbers(&journal, "SELECT count(*) FROM log").await, [2]);
}

#[tokio::test]
async fn a_year_that_never_was_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(&folder);
    filled(&journal, &vec![(one("done", 10_000), vec![])], 1).await;
    assert_eq!(journal.forget(u32::MAX).await.unwrap(), 0);
}

#[test]
fn portions_are_small_but_a_large_group_is_one() {
    let group = |number| GroupId(number);
    assert_eq!(in_portions(Vec::new()), Vec::<Vec<GroupId>>::new());
    assert_eq!(
        in_portions(vec![
            (group(9), 60),
            (group(8), 40),
            (group(7), 1),
            (group(6), 5_000),
            (group(5), 1)
        ]),
        [
            vec![group(9), group(8)],
            vec![group(7)],
            vec![group(6)],
            vec![group(5)]
        ]
    );
}

/// Up to eight groups of up to three jobs, each of which may come after jobs of older groups.
fn worlds() -> impl Strategy<Value = World> {
    let state = prop::sample::select(vec![
        "done",
        "done",
        "done",
        "failed",
        "cancelled",
        "held",
        "running",
        "waiting",
    ]);
    let job = (state, 80..100i64).prop_map(|(state, days)| Known { state, days });
    let group = (
        prop::collection::vec(job, 1..4),
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    );
    prop::collection::vec(group, 1..8).prop_map(|groups| {
        let mut older = 0;
        let mut world = World::new();
        for (jobs, after) in groups {
            let after = after.iter().filter(|_| older > 0);
            let after = after.map(|index| index.index(older)).collect();
            older += jobs.len();
            world.push((jobs, after));
        }
        world
    })
}

/// The jobs that are to be kept: those of groups that aren't old, and of those they come after.
fn kept(world: &World) -> HashSet<i64> {
    let mut group_of = Vec::new();
    for (place, (jobs, _)) in world.iter().enumerate() {
        group_of.extend(jobs.iter().map(|_| place));
    }
    let young = |place: &usize| !world[*place].0.iter().all(Known::is_old);
    let mut found: Vec<usize> = (0..world.len()).filter(young).collect();
    let mut groups: HashSet<usize> = found.iter().copied().collect();
    while let Some(place) = found.pop() {
        let after = world[place].1.iter().map(|job| group_of[*job]);
        found.extend(after.filter(|group| groups.insert(*group)));
    }
    let jobs = group_of.iter().enumerate();
    let jobs = jobs.filter(|(_, group)| groups.contains(group));
    jobs.map(|(job, _)| as_number(job)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However requests have ended and come after one another: what may be forgotten is, once and
    /// for all, nothing of what is kept is touched, and no number comes again.
    #[test]
    fn only_what_nobody_needs_is_forgotten_and_no_number_comes_again(world in worlds()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let journal = journal(&folder);
            filled(&journal, &world, 2).await;
            let all = numbers(&journal, "SELECT max(id) FROM jobs").await[0];
            let kept = kept(&world);
            let forgotten = journal.forget(KEEP).await.unwrap();
            let left = numbers(&journal, "SELECT id FROM jobs ORDER BY id").await;
            prop_assert_eq!(left.iter().copied().collect::<HashSet<_>>(), kept.clone());
            prop_assert_eq!(as_number(left.len()) + i64::from(forgotten), all + 1);
            for (belongings, each) in [
                ("SELECT job FROM steps", 3),
                ("SELECT job FROM admissions", 1),
                ("SELECT job FROM log WHERE job IS NOT NULL", 2),
            ] {
                let belongings = numbers(&journal, belongings).await;
                prop_assert_eq!(belongings.len(), left.len() * each);
                prop_assert!(belongings.iter().all(|job| kept.contains(job)));
            }
            prop_assert_eq!(journal.forget(KEEP).await.unwrap(), 0);
            filled(&journal, &vec![(one("ready", 0), vec![])], 0).await;
            prop_assert_eq!(numbers(&journal, "SELECT max(id) FROM jobs").await, [all + 1]);
            Ok(())
        })?;
    }
}
