//! Tells whoever is to be notified that jobs have ended.
//!
//! The journal says of which ends nobody was told yet. For each that the configuration wants told the
//! command is run; then the journal says that it was told, whatever came of it. A process that dies
//! in between leaves that to the next one: every end is told at least once.

mod command;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::actions::Level;
use crate::config::{Notify, NotifyCommand, NotifyEvent};
use crate::database::Error;
use crate::queue::{End, JobState, Journal, Reader, Untold};

/// Commands that run at the same time.
const AT_ONCE: usize = 4;

/// Between two looks at what has ended, however much is written meanwhile.
const INTERVAL: Duration = Duration::from_millis(250);

/// After the time limit of a command that was begun just before the end, until what came of it is
/// kept.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Tells for as long as it isn't stopped.
pub(super) struct Notifier {
    stop: CancellationToken,
    work: Mutex<Option<JoinHandle<()>>>,
}

impl Notifier {
    pub(super) fn start(journal: Journal, notify: Notify) -> Self {
        let stop = CancellationToken::new();
        let telling = Telling {
            journal,
            notify: Arc::new(notify),
            being_told: HashMap::new(),
            missed: true,
            running: JoinSet::new(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        };
        let work = tokio::spawn(telling.run(stop.clone()));
        Self {
            stop,
            work: Mutex::new(Some(work)),
        }
    }

    /// Tells what has ended until now, for no longer than one command may take: the rest is told when
    /// the next process begins.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        if let Some(work) = self.work.lock().await.take() {
            // Its end is all that matters.
            let _ = work.await;
        }
    }
}

struct Telling {
    journal: Journal,
    notify: Arc<Notify>,
    /// What is being told, and what could not be kept as told: no second time by this process.
    being_told: HashMap<End, Untold>,
    /// Whether groups may have ended whose jobs don't lead to them any more.
    missed: bool,
    /// Commands; each leaves what it has told, if that is kept.
    running: JoinSet<Option<End>>,
    places: Arc<Semaphore>,
}

impl Telling {
    async fn run(mut self, stop: CancellationToken) {
        let mut changes = self.journal.database().changes();
        let reader = match self.journal.reader() {
            Ok(reader) => reader,
            Err(error) => return tracing::error!(%error, "nobody will be told of ends"),
        };
        loop {
            changes.mark_unchanged();
            let unwanted = self.begin(&reader);
            self.keep(unwanted).await;
            tokio::select! {
                () = stop.cancelled() => break,
                Some(told) = self.running.join_next() => self.forget(&told),
                Ok(()) = changes.changed() => {}
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            while let Some(told) = self.running.try_join_next() {
                self.forget(&told);
            }
        }
        let unwanted = self.begin(&reader);
        self.keep(unwanted).await;
        let told = async { while self.running.join_next().await.is_some() {} };
        let limit = self.notify.time_limit + LAST_WORDS;
        if tokio::time::timeout(limit, told).await.is_err() {
            tracing::warn!("some ends are told when Gallerist runs again");
        }
    }

    /// What is kept as told may be told again when it has ended again.
    fn forget(&mut self, told: &Result<Option<End>, JoinError>) {
        if let Ok(Some(end)) = told {
            self.being_told.remove(end);
        }
    }

    /// Begins to tell what has ended since; returns what of it nobody wants to know.
    fn begin(&mut self, reader: &Reader) -> Result<Vec<Untold>, Error> {
        let ends = reader.untold(self.missed)?;
        self.missed = false;
        let wanted = |untold: &Untold| {
            self.notify.command.is_some() && wants(&self.notify, untold.end, untold.single)
        };
        let (wanted, unwanted): (Vec<_>, Vec<_>) = ends.into_iter().partition(wanted);
        for untold in wanted {
            if let Some(told) = self.being_told.get(&untold.end) {
                // It has ended another time while it was being told.
                self.missed |= *told != untold;
                continue;
            }
            self.being_told.insert(untold.end, untold);
            let (journal, notify) = (self.journal.clone(), self.notify.clone());
            let places = self.places.clone();
            self.running.spawn(async move {
                let Ok(_place) = places.acquire_owned().await else {
                    return None;
                };
                let kept = tell(&journal, &notify, untold).await;
                kept.inspect_err(|error| tracing::error!(%error, "an end isn't kept as told"))
                    .is_ok()
                    .then_some(untold.end)
            });
        }
        Ok(unwanted)
    }

    async fn keep(&self, unwanted: Result<Vec<Untold>, Error>) {
        let kept = match unwanted {
            Ok(unwanted) if unwanted.is_empty() => Ok(()),
            Ok(unwanted) => self.journal.told(unwanted).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::error!(%error, "what there is to tell of could not be read or kept");
        }
    }
}

/// Whether the configuration wants this end told, of a group that has a single job or several. The
/// only job of a request ends with it, and that is one notice.
fn wants(notify: &Notify, end: End, single: bool) -> bool {
    let on = |event| notify.on.contains(&event);
    match end {
        End::Job(_) => on(NotifyEvent::Job) && !(single && on(NotifyEvent::Group)),
        End::Group(_) => on(NotifyEvent::Group),
    }
}

/// Runs the command, has the log say what it failed by, and keeps that the end was told.
async fn tell(journal: &Journal, notify: &Notify, untold: Untold) -> Result<(), Error> {
    if let Some(program) = &notify.command {
        let notice = notice(&journal.reader()?, untold)?;
        if let Err(why) = command::run(program, notify.time_limit, &notice).await {
            journal
                .note(Level::Warn, &failed(program, untold, &why))
                .await?;
        }
    }
    journal.told(vec![untold]).await
}

fn failed(program: &NotifyCommand, untold: Untold, why: &str) -> String {
    let what = match untold.end {
        End::Job(job) => format!("job {job}"),
        End::Group(group) => format!("group {group}"),
    };
    format!(
        "nobody may know of the end of {what}: {} {why}",
        program.program.display()
    )
}

/// What the command reads.
fn notice(reader: &Reader, untold: Untold) -> Result<Value, Error> {
    let mut jobs = reader.group(untold.group)?;
    let state = JobState::of_all(&jobs);
    let (title, note) = reader.title(untold.group)?;
    let event = match untold.end {
        End::Job(id) => {
            jobs.retain(|job| job.id == id);
            NotifyEvent::Job
        }
        End::Group(_) => NotifyEvent::Group,
    };
    let jobs = jobs
        .iter()
        .map(|job| Ok(job.document(&reader.steps(job.id)?)));
    Ok(json!({
        "event": event,
        "group": {"id": untold.group, "title": title, "note": note, "state": state},
        "jobs": jobs.collect::<Result<Vec<_>, Error>>()?,
    }))
}

#[cfg(test)]
mod tests;
