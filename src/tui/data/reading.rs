use std::any::Any;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{Estate, JobDetail, Jobs, LogPage, MachinesOf, News, Part, Watch};
use crate::engine::{self, Changed, StorageError, StorageKind};
use crate::paths::Paths;
use crate::queue::{JobId, LogQuery};
use crate::{estate, queue};

/// Jobs of each kind that are shown: under way, ended last, newest.
const JOBS: u32 = 1_000;

/// Log lines that a job's details show.
const JOB_LINES: usize = 200;

/// Between two readings of the same part, however many hints there are.
const INTERVAL: Duration = Duration::from_millis(100);

/// A part that took long to read is read again only after so many times as long: it takes a
/// twentieth of a processor at most, for many screens may be open on one machine.
const REST: u32 = 20;

/// The thread that reads; dropping it ends the thread.
pub struct Reading {
    inbox: Arc<Inbox>,
}

/// What the thread is told. Telling never waits: what is told twice is one.
#[derive(Default)]
struct Inbox {
    told: Mutex<Told>,
    changed: Condvar,
}

#[derive(Default, Clone)]
struct Told {
    watch: Watch,
    journal: bool,
    estate: bool,
    stop: bool,
}

impl Inbox {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told());
        self.changed.notify_one();
    }
}

impl Reading {
    /// What the screen looks at now.
    pub fn watch(&self, watch: Watch) {
        self.inbox.tell(|told| told.watch = watch);
    }

    /// Where hints that something changed go.
    #[must_use]
    pub fn hints(&self) -> Hints {
        Hints(self.inbox.clone())
    }
}

/// Where hints go. Hints that nobody listens to any more are lost.
#[derive(Clone)]
pub struct Hints(Arc<Inbox>);

impl Hints {
    /// There is something to read again.
    pub fn hint(&self, changed: Changed) {
        self.0.tell(|told| {
            told.journal |= changed.journal;
            told.estate |= changed.estate;
        });
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.inbox.tell(|told| told.stop = true);
    }
}

/// Starts to read what is on disk, and everything again when hinted at. Files that aren't there
/// yet are no error: they come with the engine.
///
/// # Errors
/// There is no thread to be had.
pub fn start(paths: Paths, news: mpsc::Sender<News>) -> std::io::Result<Reading> {
    let inbox = Arc::new(Inbox::default());
    inbox.tell(|told| (told.journal, told.estate) = (true, true));
    let theirs = inbox.clone();
    std::thread::Builder::new()
        .name("reader of the screen".to_owned())
        .spawn(move || {
            let mut reader = Reader {
                paths,
                news,
                estate: None,
                journal: None,
                shown: Watch::default(),
                lent: Vec::new(),
            };
            reader.run(&theirs);
        })?;
    Ok(Reading { inbox })
}

struct Reader {
    paths: Paths,
    news: mpsc::Sender<News>,
    estate: Option<estate::Reader>,
    journal: Option<queue::Reader>,
    shown: Watch,
    /// What the screen may still hold. It is freed here: to free thousands of rows takes longer
    /// than a key may.
    lent: Vec<Arc<dyn Any + Send + Sync>>,
}

/// Nobody listens any more.
struct Deaf;

impl Reader {
    fn run(&mut self, inbox: &Inbox) {
        let (mut journal_due, mut estate_due) = (Instant::now(), Instant::now());
        loop {
            let told = {
                let mut told = inbox.told();
                loop {
                    let now = Instant::now();
                    if told.stop {
                        return;
                    }
                    let ready = (told.journal && journal_due <= now)
                        || (told.estate && estate_due <= now)
                        || told.watch != self.shown;
                    if ready {
                        break;
                    }
                    let due = [(told.journal, journal_due), (told.estate, estate_due)];
                    let due = due
                        .into_iter()
                        .filter(|(wanted, _)| *wanted)
                        .map(|(_, due)| due);
                    told = match due.min() {
                        None => inbox
                            .changed
                            .wait(told)
                            .unwrap_or_else(PoisonError::into_inner),
                        Some(due) => {
                            let wait = due.saturating_duration_since(now);
                            let waited = inbox.changed.wait_timeout(told, wait);
                            waited.unwrap_or_else(PoisonError::into_inner).0
                        }
                    };
                }
                let due = Instant::now();
                let taken = Told {
                    journal: told.journal && journal_due <= due,
                    estate: told.estate && estate_due <= due,
                    ..told.clone()
                };
                told.journal &= !taken.journal;
                told.estate &= !taken.estate;
                taken
            };
            self.lent.retain(|lent| Arc::strong_count(lent) > 1);
            let before = std::mem::replace(&mut self.shown, told.watch);
            let begun = Instant::now();
            let mut outcome = self.read_journal(&before, told.journal);
            if told.journal {
                journal_due = due_after(begun);
            }
            let begun = Instant::now();
            outcome = outcome.and_then(|()| self.read_estate(&before, told.estate));
            if told.estate {
                estate_due = due_after(begun);
            }
            if outcome.is_err() {
                return;
            }
        }
    }

    fn read_journal(&mut self, before: &Watch, changed: bool) -> Result<(), Deaf> {
        match self.journal_news(before, changed) {
            Ok(news) => self.send(news),
            Err(error) if error.kind() == StorageKind::Absent => Ok(()),
            Err(error) => self.broken(Part::Journal, &error),
        }
    }

    fn journal_news(&mut self, before: &Watch, changed: bool) -> Result<Vec<News>, StorageError> {
        self.journal = self.journal.take().filter(queue::Reader::is_current);
        let reader = opened(&mut self.journal, || engine::journal(&self.paths))?;
        let mut news = Vec::new();
        if changed {
            let rows = reader.jobs(JOBS)?;
            let jobs = Arc::new(Jobs {
                groups: reader.groups_of(&rows)?,
                rows,
                pauses: reader.pauses()?,
                counts: reader.counts()?,
                as_of: Timestamp::now(),
            });
            self.lent.push(jobs.clone());
            news.push(News::Jobs(jobs));
        }
        if changed || self.shown.log != before.log {
            news.push(News::Log(LogPage::read(reader, &self.shown.log)?));
        }
        if let Some(seek) = &self.shown.seek
            && self.shown.seek != before.seek
        {
            news.push(News::Found(seek.clone(), seek.find(reader)?));
        }
        if let Some(job) = self.shown.job
            && (changed || self.shown.job != before.job)
        {
            news.push(News::Job(job, job_detail(reader, job)?));
        }
        Ok(news)
    }

    fn read_estate(&mut self, before: &Watch, changed: bool) -> Result<(), Deaf> {
        match self.estate_news(before, changed) {
            Ok(news) => self.send(news),
            Err(error) if error.kind() == StorageKind::Absent => Ok(()),
            Err(error) => self.broken(Part::Estate, &error),
        }
    }

    fn estate_news(&mut self, before: &Watch, changed: bool) -> Result<Vec<News>, StorageError> {
        self.estate = self.estate.take().filter(estate::Reader::is_current);
        let reader = opened(&mut self.estate, || engine::estate(&self.paths))?;
        let mut news = Vec::new();
        if changed {
            let estate = Arc::new(Estate::read(reader)?);
            self.lent.push(estate.clone());
            news.push(News::Estate(estate));
        }
        if let Some(definition) = &self.shown.definition
            && (changed || self.shown.shown != before.shown)
        {
            news.push(News::Versions(
                definition.clone(),
                reader.versions(definition)?,
            ));
        }
        if let Some(of) = &self.shown.machines
            && (changed || self.shown.machines != before.machines)
        {
            let rows = match of {
                MachinesOf::Tenant(tenant) => reader.machines(tenant)?,
                MachinesOf::Version(version) => reader.machines_of_version(version)?,
            };
            news.push(News::Machines(of.clone(), rows));
        }
        if let Some(gallery) = &self.shown.access
            && (changed || self.shown.access != before.access)
        {
            let access = reader.gallery_access(gallery)?;
            news.push(News::Access(gallery.clone(), access));
        }
        if let Some(subscription) = &self.shown.regions
            && (changed || self.shown.regions != before.regions)
        {
            news.push(News::Regions(
                subscription.clone(),
                reader.locations(subscription)?,
            ));
        }
        Ok(news)
    }

    fn send(&self, news: Vec<News>) -> Result<(), Deaf> {
        news.into_iter()
            .try_for_each(|news| self.news.blocking_send(news).map_err(|_| Deaf))
    }

    fn broken(&self, part: Part, error: &StorageError) -> Result<(), Deaf> {
        self.send(vec![News::Broken(part, error.to_string())])
    }
}

/// When a part is due again that was read since.
fn due_after(begun: Instant) -> Instant {
    let now = Instant::now();
    now + INTERVAL.max(now.duration_since(begun) * REST)
}

fn opened<R>(
    reader: &mut Option<R>,
    open: impl FnOnce() -> Result<R, StorageError>,
) -> Result<&R, StorageError> {
    match reader {
        Some(reader) => Ok(reader),
        None => Ok(reader.insert(open()?)),
    }
}

fn job_detail(reader: &queue::Reader, job: JobId) -> Result<JobDetail, StorageError> {
    let query = LogQuery {
        job: Some(job),
        ..LogQuery::default()
    };
    Ok(JobDetail {
        steps: reader.steps(job)?,
        lines: reader.log(&query, JOB_LINES)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::Level;
    use crate::queue::Journal;

    async fn next_log(news: &mut mpsc::Receiver<News>) -> LogPage {
        loop {
            if let News::Log(page) = news.recv().await.unwrap() {
                return page;
            }
        }
    }

    #[tokio::test]
    async fn what_is_looked_at_is_read_at_a_hint_and_at_another_look() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().to_owned();
        let paths = Paths::resolve(Some("config.toml".into()), Some(state)).unwrap();
        let (told, mut news) = mpsc::channel(16);
        // Nothing is there yet, and that is no error.
        let reading = start(paths.clone(), told).unwrap();
        let journal = Journal::open(&paths.journal()).await.unwrap();
        journal.note(Level::Info, "one").await.unwrap();
        reading.hints().hint(Changed {
            journal: true,
            estate: true,
            ..Changed::default()
        });
        // What is read before that is empty.
        while next_log(&mut news).await.lines.len() != 1 {}
        journal.note(Level::Debug, "two").await.unwrap();
        let mut watch = Watch::default();
        watch.log.level = Level::Debug;
        reading.watch(watch.clone());
        let page = next_log(&mut news).await;
        assert_eq!((page.lines.len(), &page.view), (2, &watch.log));
        drop(reading);
        while news.recv().await.is_some() {}
    }

    async fn next_jobs(news: &mut mpsc::Receiver<News>) -> Arc<Jobs> {
        loop {
            if let News::Jobs(jobs) = news.recv().await.unwrap() {
                return jobs;
            }
        }
    }

    #[tokio::test]
    async fn what_the_screen_lets_go_of_is_freed_by_the_thread_that_reads() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().to_owned();
        let paths = Paths::resolve(Some("config.toml".into()), Some(state)).unwrap();
        let _journal = Journal::open(&paths.journal()).await.unwrap();
        let (told, mut news) = mpsc::channel(16);
        let reading = start(paths, told).unwrap();
        let shown = next_jobs(&mut news).await;
        let freed = Arc::downgrade(&shown);
        drop(shown);
        assert_eq!(freed.strong_count(), 1, "the screen would free it");
        reading.hints().hint(Changed {
            journal: true,
            ..Changed::default()
        });
        next_jobs(&mut news).await;
        assert_eq!(freed.strong_count(), 0);
    }

    #[tokio::test]
    async fn what_is_damaged_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().to_owned();
        let paths = Paths::resolve(Some("config.toml".into()), Some(state)).unwrap();
        std::fs::write(
            paths.journal(),
            "this is no database at all, whatever it says it is",
        )
        .unwrap();
        let (told, mut news) = mpsc::channel(16);
        let _reading = start(paths, told).unwrap();
        let Some(News::Broken(Part::Journal, why)) = news.recv().await else {
            panic!()
        };
        assert!(why.contains("is damaged (file is not a database)"), "{why}");
    }
}
