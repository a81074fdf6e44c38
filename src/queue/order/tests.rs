use proptest::prelude::*;

use super::*;

fn tenant(number: u8) -> TenantId {
    format!("{number:08}-0000-0000-0000-000000000000")
        .parse()
        .unwrap()
}

fn version(subscription: u8, name: i64) -> ResourceId {
    format!(
        "/subscriptions/{subscription:08}-0000-0000-0000-000000000000/resourceGroups/r/\
         providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.{name}"
    )
    .parse()
    .unwrap()
}

/// A job of group 1 for that tenant, on a version of its own.
fn job(id: i64, of: u8) -> Queued {
    Queued {
        id: JobId(id),
        group: GroupId(1),
        tenant: (of > 0).then(|| tenant(of)),
        priority: 0,
        state: JobState::Ready,
        reason: None,
        begun: false,
        lock: version(of, id),
        verb: "deploy".to_owned(),
        image: Some(version(0, 1)),
    }
}

fn standing(open: Vec<Queued>) -> Standing {
    Standing {
        open,
        groups: HashMap::new(),
        earlier: HashMap::new(),
        pauses: HashSet::new(),
    }
}

fn on_terms(open: Vec<Queued>, terms: Terms, failed: u32) -> Standing {
    Standing {
        groups: HashMap::from([(GroupId(1), (terms, failed))]),
        ..standing(open)
    }
}

fn after(text: &str) -> Terms {
    Terms {
        after: vec![text.parse().unwrap()],
        ..Terms::default()
    }
}

fn part(name: &str, state: PartState) -> Part {
    Part {
        name: name.to_owned(),
        percent: 0,
        state,
    }
}

fn at_once(most: u32) -> Limits {
    Limits {
        at_once: most,
        ..Limits::default()
    }
}

fn turns(standing: &Standing, limits: &Limits) -> Vec<(i64, Turn)> {
    let turns = standing.turns(&HashSet::new(), limits, Timestamp::UNIX_EPOCH);
    turns
        .into_iter()
        .map(|(job, turn)| (job.id.0, turn))
        .collect()
}

fn begins(standing: &Standing, limits: &Limits) -> Vec<i64> {
    let turns = turns(standing, limits).into_iter();
    let begins = turns.filter(|(_, turn)| *turn == Turn::Begins);
    begins.map(|(job, _)| job).collect()
}

#[test]
fn higher_priorities_come_first_and_then_the_order_in_which_they_stand() {
    let mut jobs = vec![job(1, 1), job(2, 1), job(3, 1)];
    jobs[2].priority = 5;
    let standing = standing(jobs);
    assert_eq!(begins(&standing, &at_once(2)), [3, 1]);
}

#[test]
fn one_customer_with_many_machines_doesn_t_starve_those_with_one() {
    let mut jobs: Vec<Queued> = (1..=500).map(|id| job(id, 1)).collect();
    jobs.extend((501..=550).map(|id| job(id, u8::try_from(id - 499).unwrap())));
    let begun = begins(&standing(jobs), &at_once(60));
    let of_the_big_one = begun.iter().filter(|id| **id <= 500).count();
    assert_eq!((begun.len(), of_the_big_one), (60, 10));
}

#[test]
fn one_writer_a_resource_and_the_older_first() {
    let mut jobs = vec![job(1, 0), job(2, 0)];
    jobs[1].lock = jobs[0].lock.clone();
    assert_eq!(
        turns(&standing(jobs), &Limits::default()),
        [
            (1, Turn::Begins),
            (
                2,
                Turn::Queues("#1, which writes the same resource".to_owned())
            )
        ]
    );
}

#[test]
fn what_is_paused_or_waits_for_its_terms_keeps_nobody_from_the_same_resource() {
    let late = Terms {
        not_before: Some("2026-11-24T22:00:00Z".parse().unwrap()),
        ..Terms::default()
    };
    let two = || {
        let mut jobs = vec![job(1, 1), job(2, 2)];
        jobs[1].group = GroupId(2);
        jobs[1].lock = jobs[0].lock.clone();
        jobs
    };
    assert_eq!(begins(&on_terms(two(), late, 0), &Limits::default()), [2]);
    let mut paused = standing(two());
    paused.pauses.insert(Pause::Tenant(tenant(1)));
    assert_eq!(begins(&paused, &Limits::default()), [2]);
}

#[test]
fn each_limit_says_what_is_waited_for() {
    let limits = [
        (
            "tenant",
            Limits {
                per_tenant: Some(1),
                ..Limits::default()
            },
        ),
        (
            "subscription",
            Limits {
                per_subscription: Some(1),
                ..Limits::default()
            },
        ),
        (
            "gallery g",
            Limits {
                per_gallery: Some(1),
                ..Limits::default()
            },
        ),
        (
            "deploy jobs",
            Limits {
                deploy: Some(1),
                ..Limits::default()
            },
        ),
        ("running jobs", at_once(1)),
    ];
    for (word, limits) in limits {
        let found = turns(&standing(vec![job(1, 1), job(2, 1)]), &limits);
        assert_eq!(found[0], (1, Turn::Begins));
        let Turn::Queues(what) = &found[1].1 else {
            panic!("{found:?}")
        };
        assert!(
            what.starts_with("one of 1 ") && what.ends_with(word) || what.contains(word),
            "{what}"
        );
    }
}

#[test]
fn terms_hold_wait_and_let_begin() {
    let two = || vec![job(1, 1), job(2, 2)];
    let mut standing = on_terms(two(), after("9"), 0);
    let mut becomes = |state, turn| {
        standing.earlier.insert(JobId(9), (state, Vec::new()));
        assert_eq!(turns(&standing, &Limits::default())[0].1, turn);
    };
    let waits = Turn::Waits("#9, which it comes after".to_owned());
    becomes(JobState::Held, waits);
    let held = Turn::Held("it comes after #9, which is failed".to_owned());
    becomes(JobState::Failed, held);
    becomes(JobState::Done, Turn::Begins);
    standing.earlier.clear();
    let held = Turn::Held("it comes after #9, which is not there any more".to_owned());
    assert_eq!(turns(&standing, &Limits::default())[0].1, held);

    let one = Terms {
        at_once: Some(1),
        ..Terms::default()
    };
    assert_eq!(begins(&on_terms(two(), one, 0), &Limits::default()), [1]);

    let careful = Terms {
        hold_after: Some(2),
        ..Terms::default()
    };
    assert_eq!(
        begins(&on_terms(two(), careful.clone(), 1), &Limits::default()),
        [1, 2]
    );
    let held = Turn::Held("2 jobs of its group failed".to_owned());
    assert_eq!(
        turns(&on_terms(two(), careful, 2), &Limits::default())[1].1,
        held
    );
}

#[test]
fn what_comes_after_a_part_begins_when_that_is_done_whatever_the_others_do() {
    let mut standing = on_terms(vec![job(1, 1)], after("9:West Europe"), 0);
    let mut turn = |state, parts: &[(&str, PartState)]| {
        let parts = parts.iter().map(|(name, state)| part(name, *state));
        let earlier = (state, parts.collect());
        standing.earlier.insert(JobId(9), earlier);
        let awaited = standing.awaited().len();
        let turn = turns(&standing, &Limits::default()).pop().unwrap().1;
        assert_eq!(awaited == 1, matches!(turn, Turn::Waits(_)));
        turn
    };
    let waits = Turn::Waits("West Europe of #9, which it comes after".to_owned());
    let held = |is| Turn::Held(format!("it comes after West Europe of #9, which is {is}"));
    let near = |state| [("westeurope", state), ("eastus", PartState::Running)];
    assert_eq!(turn(JobState::Ready, &[]), waits);
    for unfinished in [PartState::Pending, PartState::Running] {
        assert_eq!(turn(JobState::Running, &near(unfinished)), waits);
        assert_eq!(
            turn(JobState::Cancelled, &near(unfinished)),
            held("cancelled")
        );
        assert_eq!(turn(JobState::Done, &near(unfinished)), Turn::Begins);
    }
    assert_eq!(
        turn(JobState::Running, &near(PartState::Failed)),
        held("failed")
    );
    assert_eq!(turn(JobState::Failed, &[]), held("failed"));
    for state in JobState::ALL {
        assert_eq!(turn(state, &near(PartState::Done)), Turn::Begins, "{state}");
    }
}

#[test]
fn what_waits_for_the_clock_says_when_the_clock_has_it_begin() {
    let at: Timestamp = "2026-11-24T22:00:00Z".parse().unwrap();
    let late = Terms {
        not_before: Some(at),
        ..Terms::default()
    };
    let standing = on_terms(vec![job(1, 1)], late, 0);
    let before = "2026-11-24T21:59:59Z".parse().unwrap();
    let running = HashSet::new();
    let found = standing.turns(&running, &Limits::default(), before);
    assert!(matches!(&found[0].1, Turn::Waits(_)), "{found:?}");
    assert_eq!(standing.next(before), Some(at));
    let found = standing.turns(&running, &Limits::default(), at);
    assert_eq!(found[0].1, Turn::Begins);
    assert_eq!(standing.next(at), None);
}

#[test]
fn what_is_paused_doesn_t_begin_and_what_has_begun_is_carried_on() {
    for pause in [
        Pause::Everything,
        Pause::Tenant(tenant(1)),
        Pause::Group(GroupId(1)),
        Pause::Job(JobId(1)),
    ] {
        let mut standing = standing(vec![job(1, 1)]);
        standing.pauses.insert(pause.clone());
        let limits = Limits::default();
        assert_eq!(turns(&standing, &limits), [(1, Turn::Paused(pause))]);
        standing.open[0].begun = true;
        assert_eq!(begins(&standing, &limits), [1]);
    }
}

fn any_job() -> impl Strategy<Value = Queued> {
    (0u8..4, 0u8..3, -1i32..2, any::<bool>(), 1i64..8).prop_map(
        |(of, group, priority, begun, lock)| Queued {
            group: GroupId(i64::from(group)),
            priority,
            begun,
            lock: version(of, lock),
            ..job(0, of)
        },
    )
}

proptest! {
    /// Whatever there is: every job has one turn, no limit is passed, no resource has two
    /// writers, nothing paused begins, and something begins where nothing forbids it.
    #[test]
    fn turns_keep_the_rules(
        mut open in proptest::collection::vec(any_job(), 0..40),
        most in 1u32..10,
        per_tenant in proptest::option::of(1u32..4),
        paused in proptest::option::of(0u8..4),
    ) {
        for (id, job) in (1..).zip(&mut open) {
            job.id = JobId(id);
        }
        let limits = Limits { per_tenant, ..at_once(most) };
        let mut standing = standing(open);
        standing.pauses.extend(paused.map(tenant).map(Pause::Tenant));
        let turns = standing.turns(&HashSet::new(), &limits, Timestamp::UNIX_EPOCH);
        prop_assert_eq!(turns.len(), standing.open.len());
        let begun: Vec<&Queued> = turns
            .iter()
            .filter(|(_, turn)| *turn == Turn::Begins)
            .map(|(job, _)| *job)
            .collect();
        prop_assert!(u32::try_from(begun.len()).unwrap() <= most);
        let locks: HashSet<String> = begun.iter().map(|job| job.lock.key()).collect();
        prop_assert_eq!(locks.len(), begun.len());
        for job in &begun {
            prop_assert!(job.begun || standing.pause_of(job).is_none());
            let own = |other: &&&Queued| other.tenant == job.tenant && !other.begun;
            let running = u32::try_from(begun.iter().filter(own).count()).unwrap();
            prop_assert!(job.tenant.is_none() || job.begun || per_tenant.is_none_or(|most| running <= most));
        }
        let free = |job: &&Queued| job.begun || standing.pause_of(job).is_none();
        prop_assert_eq!(begun.is_empty(), !standing.open.iter().any(|job| free(&job)));
    }
}

fn any_after() -> impl Strategy<Value = After> {
    (20i64..24, prop::option::of("[ab]")).prop_map(|(job, part)| After {
        job: JobId(job),
        part,
    })
}

fn any_earlier() -> impl Strategy<Value = HashMap<JobId, (JobState, Vec<Part>)>> {
    let states = [
        PartState::Pending,
        PartState::Running,
        PartState::Done,
        PartState::Failed,
    ];
    let part = ("[ab]", prop::sample::select(states.to_vec()))
        .prop_map(|(name, state)| part(&name, state));
    let stands = (
        prop::sample::select(JobState::ALL.to_vec()),
        prop::collection::vec(part, 0..3),
    );
    prop::collection::hash_map((20i64..24).prop_map(JobId), stands, 0..4)
}

proptest! {
    /// A job begins when all is done that it comes after; it waits only for what can still be
    /// done, and then somebody listens for its parts.
    #[test]
    fn what_comes_after_others_begins_when_they_are_done_and_never_waits_for_nothing(
        after in prop::collection::vec(any_after(), 0..4),
        earlier in any_earlier(),
    ) {
        let terms = Terms { after: after.clone(), ..Terms::default() };
        let standing = Standing { earlier, ..on_terms(vec![job(1, 1)], terms, 0) };
        let reached: Vec<_> = after.iter().map(|after| standing.reached(after)).collect();
        let turn = turns(&standing, &Limits::default()).pop().unwrap().1;
        let expected = match reached.iter().find(|reached| **reached != Ok(true)) {
            None => "begins",
            Some(Ok(_)) => "waits",
            Some(Err(_)) => "is held",
        };
        prop_assert_eq!(expected, match turn {
            Turn::Begins => "begins",
            Turn::Waits(_) => "waits",
            _ => "is held",
        });
        let awaited = standing.awaited();
        for after in after {
            let stands = standing.earlier.get(&after.job);
            let may_be_done = stands.is_some_and(|(state, _)| !state.is_final());
            if standing.reached(&after) == Ok(false) {
                prop_assert!(may_be_done);
                prop_assert_eq!(awaited.contains(&after), after.part.is_some());
            }
        }
    }
}
