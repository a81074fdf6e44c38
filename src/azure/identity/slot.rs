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
