use std::sync::atomic::{AtomicU64, Ordering};

use super::failure::Failure;
use super::source::{Ask, Fresh, TokenSource};
use crate::azure::secret::Secret;

/// One identity in one tenant: its token, kept until it is about to expire.
#[derive(Default)]
pub(super) struct Slot {
    /// Held by whoever asks the source; everybody else waits for that answer, good or bad.
    state: tokio::sync::Mutex<State>,
    answers: AtomicU64,
}

#[derive(Default)]
struct State {
    kept: Option<Fresh>,
    last_failure: Option<Failure>,
    claims: Option<String>,
}

/// Which token will do.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// One that is valid.
    Valid,
    /// One newer than what ARM has refused, with the claims that it asked for.
    Renewed(Option<&'a str>),
}

impl Slot {
    /// How often the source has answered so far, with a token or without.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Acquire)
    }

    /// A token, and the number of the answer that it was. The source is asked unless it has
    /// answered more often than the caller has `seen`, which whoever waits here makes use of.
    pub(super) async fn token(
        &self,
        seen: u64,
        wanted: Wanted<'_>,
        source: &dyn TokenSource,
        ask: Ask<'_>,
    ) -> Result<(Secret, u64), Failure> {
        let mut state = self.state.lock().await;
        let answers = self.answers();
        let kept = state.kept.as_ref();
        if let (Wanted::Valid, Some(kept)) = (wanted, kept.filter(|kept| kept.lasts())) {
            return Ok((kept.secret.clone(), answers));
        }
        if answers != seen {
            if let Some(failure) = &state.last_failure {
                return Err(failure.clone());
            }
            if let Some(kept) = kept.filter(|kept| kept.is_valid()) {
                return Ok((kept.secret.clone(), answers));
            }
        }
        let claims = match wanted {
            Wanted::Valid => None,
            Wanted::Renewed(claims) => claims,
        };
        let fresh = source.token(&Ask { claims, ..ask }).await;
        let answers = self.answers.fetch_add(1, Ordering::AcqRel) + 1;
        match fresh {
            Ok(fresh) => {
                let secret = fresh.secret.clone();
                *state = State::of(fresh);
                Ok((secret, answers))
            }
            Err(failure) => {
                let usable = state.kept.take().filter(Fresh::is_valid);
                match (wanted, &usable) {
                    // It would have been replaced a little early.
                    (Wanted::Valid, Some(kept)) if failure.transient => {
                        let secret = kept.secret.clone();
                        state.kept = usable;
                        return Ok((secret, answers));
                    }
                    // ARM still takes it for whatever needs no such claims.
                    (Wanted::Renewed(Some(_)), Some(_)) => state.kept = usable,
                    _ => {}
                }
                let claims = failure.claims.as_deref().or(claims);
                state.claims = claims.map(str::to_owned).or(state.claims.take());
                state.last_failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// The claims that were last asked for in vain.
    pub(super) async fn claims(&self) -> Option<String> {
        self.state.lock().await.claims.clone()
    }

    /// Remembers claims that even a renewed token lacks.
    pub(super) async fn lacks(&self, claims: &str) {
        self.state.lock().await.claims = Some(claims.to_owned());
    }

    /// Keeps a token that came by another way.
    pub(super) async fn put(&self, fresh: Fresh) {
        let mut state = self.state.lock().await;
        *state = State::of(fresh);
        self.answers.fetch_add(1, Ordering::AcqRel);
    }

    /// Forgets everything.
    pub(super) async fn clear(&self) {
        let mut state = self.state.lock().await;
        *state = State::default();
        self.answers.fetch_add(1, Ordering::AcqRel);
    }
}

impl State {
    fn of(fresh: Fresh) -> Self {
        Self {
            kept: Some(fresh),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::azure::error::Error;
    use crate::azure::identity::{Access, Remedy};

    /// Gives out numbered tokens of some lifetime, or fails.
    #[derive(Default)]
    struct Script {
        lifetimes_s: Mutex<Vec<Result<i64, bool>>>,
        asked: Mutex<Vec<Option<String>>>,
    }

    impl Script {
        /// `Err` is whether the failure passes.
        fn new(answers: &[Result<i64, bool>]) -> Self {
            let mut answers = answers.to_vec();
            answers.reverse();
            Self {
                lifetimes_s: Mutex::new(answers),
                asked: Mutex::default(),
            }
        }

        fn asked(&self) -> Vec<Option<String>> {
            self.asked.lock().unwrap().clone()
        }
    }

    #[async_trait]
    impl TokenSource for Script {
        async fn token(&self, ask: &Ask<'_>) -> Result<Fresh, Failure> {
            let number = {
                let mut asked = self.asked.lock().unwrap();
                asked.push(ask.claims.map(str::to_owned));
                asked.len()
            };
            let answer = self.lifetimes_s.lock().unwrap().pop().unwrap();
            let lifetime = answer.map_err(|transient| Failure {
                transient,
                ..Failure::sign_in(ask.access, format!("no {number}"), Remedy::Elsewhere)
            })?;
            Ok(Fresh {
                secret: Secret::new(format!("token {number}")),
                expires_at: Timestamp::now() + SignedDuration::from_secs(lifetime),
            })
        }
    }

    async fn get(
        slot: &Slot,
        script: &Script,
        seen: u64,
        wanted: Wanted<'_>,
    ) -> Result<String, Error> {
        let access = Access {
            identity: "msp".to_owned(),
            tenant: "11111111-1111-1111-1111-111111111111".parse().unwrap(),
        };
        let ask = Ask {
            access: &access,
            scope: "s",
            claims: None,
        };
        let token = slot.token(seen, wanted, script, ask).await;
        token
            .map(|(secret, _)| secret.expose().to_owned())
            .map_err(|failure| failure.error)
    }

    async fn valid(slot: &Slot, script: &Script) -> Result<String, Error> {
        get(slot, script, slot.answers(), Wanted::Valid).await
    }

    #[tokio::test]
    async fn a_token_is_kept_until_five_minutes_before_its_end() {
        let script = Script::new(&[Ok(299), Ok(310)]);
        let slot = Slot::default();
        for expected in ["token 1", "token 2", "token 2"] {
            assert_eq!(valid(&slot, &script).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn while_the_source_is_in_trouble_a_token_serves_to_its_very_end() {
        let script = Script::new(&[Ok(60), Err(true), Err(false), Err(true)]);
        let slot = Slot::default();
        for expected in [Ok("token 1"), Ok("token 1"), Err("no 3"), Err("no 4")] {
            match (valid(&slot, &script).await, expected) {
                (Ok(token), Ok(expected)) => assert_eq!(token, expected),
                (Err(error), Err(expected)) => assert!(error.to_string().ends_with(expected)),
                (answer, _) => panic!("{answer:?}"),
            }
        }
    }

    #[tokio::test]
    async fn who_comes_after_the_answer_to_the_same_question_makes_use_of_it() {
        let script = Script::new(&[Ok(3600), Ok(3600), Err(false), Ok(3600)]);
        let slot = Slot::default();
        valid(&slot, &script).await.unwrap();
        let seen = slot.answers();
        let renewed = Wanted::Renewed(None);
        for _ in 0..3 {
            assert_eq!(get(&slot, &script, seen, renewed).await.unwrap(), "token 2");
        }
        let seen = slot.answers();
        for _ in 0..3 {
            get(&slot, &script, seen, renewed).await.unwrap_err();
        }
        assert_eq!(script.asked().len(), 3);
        assert_eq!(valid(&slot, &script).await.unwrap(), "token 4");
    }

    #[tokio::test]
    async fn claims_in_vain_cost_no_token_and_are_remembered_until_there_is_one() {
        let script = Script::new(&[Ok(3600), Err(false), Ok(3600)]);
        let slot = Slot::default();
        valid(&slot, &script).await.unwrap();
        let wanted = Wanted::Renewed(Some("{}"));
        get(&slot, &script, slot.answers(), wanted)
            .await
            .unwrap_err();
        assert_eq!(slot.claims().await.as_deref(), Some("{}"));
        assert_eq!(valid(&slot, &script).await.unwrap(), "token 1");
        let renewed = get(&slot, &script, slot.answers(), wanted).await;
        assert_eq!(renewed.unwrap(), "token 3");
        assert_eq!(slot.claims().await, None);
        let claims = Some("{}".to_owned());
        assert_eq!(script.asked(), [None, claims.clone(), claims]);
        slot.clear().await;
        assert!(slot.state.lock().await.kept.is_none());
    }
}
