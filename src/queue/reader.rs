use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, ToSql, params_from_iter};

use super::order::{Queued, Standing};
use super::state::OPEN;
use super::{Group, GroupId, Job, JobId, JobState, Pause, SCHEMA, Step, Terms};
use crate::actions::{Level, PlanId, Progress};
use crate::database::columns::{json, optional_json, optional_time, optional_word, time, word};
use crate::database::{self, Error, Memo};

/// Reads the journal, for whoever shows it. It sees what was committed, by this process or another.
#[derive(Debug)]
pub struct Reader {
    pub(super) database: database::Reader,
    shown: Memo<Job>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its number; later lines have higher ones.
    pub id: i64,
    /// When it was written.
    pub at: Timestamp,
    /// The job that it belongs to.
    pub job: Option<JobId>,
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub text: String,
}

/// Which lines of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only those of this job.
    pub job: Option<JobId>,
    /// Only those that matter at least as much.
    pub level: Option<Level>,
    /// Only those that contain this text, whatever its case.
    pub containing: Option<String>,
    /// Only those before this one.
    pub before: Option<i64>,
    /// Only those after this one.
    pub after: Option<i64>,
}

const JOB_COLUMNS: &str = "id, group_id, title, target, state, reason, attempt, progress, failure, \
                           cancel, lock, access, cloud, task_version, task, created, started, ended, tenant, action, priority, origin, \
                           (SELECT note FROM groups WHERE groups.id = group_id)";

/// The groups that a list shows, by as many jobs of each kind as the parameter says.
const SHOWN: &str = "SELECT group_id FROM (SELECT group_id FROM jobs ORDER BY id DESC LIMIT ?1) \
                     UNION SELECT group_id FROM (SELECT group_id FROM jobs WHERE state IN \
                     ('running', 'unknown', 'cancelling', 'held') ORDER BY id LIMIT ?1) \
                     UNION SELECT group_id FROM (SELECT group_id FROM jobs WHERE ended IS NOT \
                     NULL ORDER BY ended DESC LIMIT ?1)";

impl Reader {
    pub(super) fn new(database: database::Reader) -> Self {
        Self {
            database,
            shown: Memo::default(),
        }
    }

    /// Opens an existing journal.
    ///
    /// # Errors
    /// As [`database::Reader::open`].
    pub fn open(path: &std::path::Path) -> Result<Self, Error> {
        database::Reader::open(path, SCHEMA).map(Self::new)
    }

    /// Whether its file wasn't set aside for another one.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.database.is_current()
    }

    /// A number that changes when another process has written.
    ///
    /// # Errors
    /// As [`database::Reader::data_version`].
    pub fn data_version(&self) -> Result<i64, Error> {
        self.database.data_version()
    }

    /// The jobs of the groups that matter most, newest first: of which something is under way or
    /// held, which ended last, and which are newest, by at most so many jobs of each. One that is as
    /// it was when they were last asked for is the same as then.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn jobs(&self, limit: u32) -> Result<Vec<Arc<Job>>, Error> {
        self.database.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {JOB_COLUMNS} FROM jobs WHERE group_id IN ({SHOWN}) ORDER BY id DESC"
            ))?;
            self.shown.rows(&mut statement, [limit], job)
        })
    }

    /// What is paused.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn pauses(&self) -> Result<HashSet<Pause>, Error> {
        self.database.read(|c| {
            let mut statement = c.prepare_cached("SELECT what FROM pauses")?;
            statement.query_map([], |row| word(row, 0))?.collect()
        })
    }

    /// What whose turn it is depends on.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub(super) fn standing(&self) -> Result<Standing, Error> {
        let pauses = self.pauses()?;
        self.database.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT id, group_id, tenant, priority, state, reason, started IS NOT NULL OR \
                 cancel, lock, coalesce(json_extract(action, '$.verb'), ''), \
                 coalesce(json_extract(action, '$.version'), json_extract(action, '$.resource')) \
                 FROM jobs WHERE {OPEN} ORDER BY priority DESC, coalesce(place, id), id"
            ))?;
            let open: Vec<Queued> = statement.query_map([], queued)?.collect::<Result<_, _>>()?;
            let mut statement = c.prepare_cached(&format!(
                "SELECT id, terms, (SELECT count(*) FROM jobs WHERE group_id = groups.id AND \
                 state = 'failed') FROM groups WHERE id IN (SELECT group_id FROM jobs WHERE {OPEN})"
            ))?;
            let groups = statement.query_map([], |row| {
                Ok((GroupId(row.get(0)?), (json::<Terms>(row, 1)?, row.get(2)?)))
            })?;
            let groups: HashMap<GroupId, (Terms, u32)> = groups.collect::<Result<_, _>>()?;
            let mut stands = c.prepare_cached("SELECT state, progress FROM jobs WHERE id = ?1")?;
            let mut earlier = HashMap::new();
            for after in groups.values().flat_map(|(terms, _)| &terms.after) {
                let found = stands.query_row([after.job.0], |row| {
                    Ok((word(row, 0)?, json::<Progress>(row, 1)?.parts))
                });
                earlier.extend(found.optional()?.map(|stands| (after.job, stands)));
            }
            Ok(Standing {
                open,
                groups,
                earlier,
                pauses,
            })
        })
    }

    /// The jobs that have not ended, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn open_jobs(&self) -> Result<Vec<Job>, Error> {
        self.select_jobs(&format!("WHERE {OPEN} ORDER BY id"), &[])
    }

    /// The jobs of a verb that have not ended, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn open_jobs_of(&self, verb: &str) -> Result<Vec<Job>, Error> {
        let of_verb = format!("WHERE {OPEN} AND json_extract(action, '$.verb') = ?1 ORDER BY id");
        self.select_jobs(&of_verb, &[&verb])
    }

    /// The jobs of a group, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn group(&self, group: GroupId) -> Result<Vec<Job>, Error> {
        self.select_jobs("WHERE group_id = ?1 ORDER BY id", &[&group.0])
    }

    /// The groups of several jobs among [`Self::jobs`], newest first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn groups_of(&self, jobs: &[Arc<Job>]) -> Result<Vec<Group>, Error> {
        let mut members: BTreeMap<GroupId, Vec<JobId>> = BTreeMap::new();
        for job in jobs.iter().rev() {
            members.entry(job.group).or_default().push(job.id);
        }
        members.retain(|_, jobs| jobs.len() > 1);
        self.database.read(|c| {
            let mut statement = c.prepare_cached("SELECT title FROM groups WHERE id = ?1")?;
            let mut groups = Vec::with_capacity(members.len());
            for (id, jobs) in members.into_iter().rev() {
                // Its time may have come since the jobs were read.
                let title = statement.query_row([id.0], |row| row.get(0)).optional()?;
                groups.extend(title.map(|title| Group { id, title, jobs }));
            }
            Ok(groups)
        })
    }

    /// The group that was made of a plan, if it was submitted.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn group_of(&self, plan: PlanId) -> Result<Option<Group>, Error> {
        self.database.read(|c| {
            let sql = "SELECT id, title, (SELECT json_group_array(id) FROM (SELECT id FROM jobs \
                       WHERE group_id = groups.id ORDER BY id)) FROM groups WHERE plan = ?1";
            c.query_row(sql, [plan.to_string()], group).optional()
        })
    }

    /// Whether there is a job that goes on by itself.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn goes_on(&self) -> Result<bool, Error> {
        self.database.read(|c| {
            let sql = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state IN ('waiting', 'ready', \
                       'running', 'cancelling', 'unknown'))";
            c.query_row(sql, [], |row| row.get(0))
        })
    }

    /// What was asked for by a group, and the note that the operator gave it.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn title(&self, group: GroupId) -> Result<(String, Option<String>), Error> {
        let title = "SELECT title, note FROM groups WHERE id = ?1";
        self.database
            .read(|c| c.query_row(title, [group.0], |row| Ok((row.get(0)?, row.get(1)?))))
    }

    /// A job.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn job(&self, job: JobId) -> Result<Option<Job>, Error> {
        self.select_jobs("WHERE id = ?1", &[&job.0])
            .map(|mut jobs| jobs.pop())
    }

    pub(super) fn select_jobs(&self, rest: &str, values: &[&dyn ToSql]) -> Result<Vec<Job>, Error> {
        self.database.read(|c| {
            let mut statement =
                c.prepare_cached(&format!("SELECT {JOB_COLUMNS} FROM jobs {rest}"))?;
            statement.query_map(values, job)?.collect()
        })
    }

    /// How many jobs there are in each state.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn counts(&self) -> Result<HashMap<JobState, usize>, Error> {
        self.database.read(|c| {
            let mut statement =
                c.prepare_cached("SELECT state, count(*) FROM jobs GROUP BY state")?;
            let rows = statement.query_map([], |row| {
                Ok((word(row, 0)?, row.get::<_, u32>(1)? as usize))
            })?;
            rows.collect()
        })
    }

    /// The steps of a job, in the order in which they began.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn steps(&self, job: JobId) -> Result<Vec<Step>, Error> {
        self.database.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT name, attempt, state, accepted IS NOT NULL OR (sent AND state = 'done') \
                 FROM steps WHERE job = ?1 ORDER BY attempt, rowid",
            )?;
            let rows = statement.query_map([job.0], |row| {
                Ok(Step {
                    name: row.get(0)?,
                    attempt: row.get(1)?,
                    state: word(row, 2)?,
                    accepted: row.get(3)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Lines of the log, oldest first: the newest `limit` of those that the query names, or the
    /// oldest ones after [`LogQuery::after`].
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn log(&self, query: &LogQuery, limit: usize) -> Result<Vec<LogLine>, Error> {
        let (conditions, values) = query.conditions();
        let order = if query.after.is_some() { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT id, at, job, level, text FROM log WHERE {conditions} ORDER BY id {order} LIMIT \
             {limit}"
        );
        let mut lines: Vec<LogLine> = self.database.read(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            statement
                .query_map(params_from_iter(values), log_line)?
                .collect()
        })?;
        if query.after.is_none() {
            lines.reverse();
        }
        Ok(lines)
    }

    /// How many lines of the log the query names.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn count_log(&self, query: &LogQuery) -> Result<u32, Error> {
        let (conditions, values) = query.conditions();
        let sql = format!("SELECT count(*) FROM log WHERE {conditions}");
        self.database
            .read(|c| c.query_row(&sql, params_from_iter(values), |row| row.get(0)))
    }
}

impl LogQuery {
    fn conditions(&self) -> (String, Vec<Box<dyn ToSql>>) {
        let mut conditions = vec!["1".to_owned()];
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut add = |condition: &str, value: Box<dyn ToSql>| {
            values.push(value);
            conditions.push(condition.replace('?', &format!("?{}", values.len())));
        };
        if let Some(job) = self.job {
            add("job = ?", Box::new(job.0));
        }
        if let Some(level) = self.level {
            add("level >= ?", Box::new(level as u8));
        }
        if let Some(text) = &self.containing {
            add("instr(lower(text), ?) > 0", Box::new(text.to_lowercase()));
        }
        if let Some(before) = self.before {
            add("id < ?", Box::new(before));
        }
        if let Some(after) = self.after {
            add("id > ?", Box::new(after));
        }
        (conditions.join(" AND "), values)
    }
}

fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group {
        id: GroupId(row.get(0)?),
        title: row.get(1)?,
        jobs: json(row, 2)?,
    })
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: JobId(row.get(0)?),
        group: GroupId(row.get(1)?),
        title: row.get(2)?,
        target: row.get(3)?,
        state: word(row, 4)?,
        reason: row.get(5)?,
        attempt: row.get(6)?,
        progress: json(row, 7)?,
        failure: optional_json(row, 8)?,
        cancel: row.get(9)?,
        lock: word(row, 10)?,
        access: json(row, 11)?,
        cloud: row.get(12)?,
        task_version: row.get(13)?,
        task: json(row, 14).ok(),
        created: time(row, 15)?,
        started: optional_time(row, 16)?,
        ended: optional_time(row, 17)?,
        tenant: optional_word(row, 18)?,
        action: json(row, 19).ok(),
        priority: row.get(20)?,
        origin: json(row, 21)?,
        note: row.get(22)?,
    })
}

fn queued(row: &Row<'_>) -> rusqlite::Result<Queued> {
    Ok(Queued {
        id: JobId(row.get(0)?),
        group: GroupId(row.get(1)?),
        tenant: optional_word(row, 2)?,
        priority: row.get(3)?,
        state: word(row, 4)?,
        reason: row.get(5)?,
        begun: row.get(6)?,
        lock: word(row, 7)?,
        verb: row.get(8)?,
        image: optional_word(row, 9)?,
    })
}

fn log_line(row: &Row<'_>) -> rusqlite::Result<LogLine> {
    let level = match row.get::<_, u8>(3)? {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warn,
        _ => Level::Error,
    };
    Ok(LogLine {
        id: row.get(0)?,
        at: time(row, 1)?,
        job: row.get::<_, Option<i64>>(2)?.map(JobId),
        level,
        text: row.get(4)?,
    })
}

#[cfg(test)]
mod tests;
