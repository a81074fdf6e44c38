//! The rows of the queue pane: jobs, and groups of several jobs that fold out into them.

use std::collections::HashMap;

use super::{Pane, State};
use crate::queue::{Group, GroupId, Job, JobId, Pause};

/// What tells a row of the queue pane from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A group of several jobs.
    Group(GroupId),
    /// A job.
    Job(JobId),
}

/// Where the data of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Among the groups.
    Group(usize),
    /// Among the jobs; whether its group has a row above it.
    Job(usize, bool),
}

impl State {
    /// What there is to pause under the cursor.
    #[must_use]
    pub fn pause(&self) -> Option<Pause> {
        match self.focus {
            Pane::Tenants => Some(Pause::Tenant(self.tenant()?.id.clone())),
            Pane::Queue if self.is_group() => Some(Pause::Group(self.group()?.id)),
            Pane::Queue => Some(Pause::Job(self.job()?.id)),
            _ => None,
        }
    }

    /// Whether just this is paused.
    #[must_use]
    pub fn is_paused(&self, what: &Pause) -> bool {
        let known = self.queue.known();
        known.is_some_and(|jobs| jobs.pauses.contains(what))
    }

    /// Makes the rows of the queue pane.
    pub fn arrange_jobs(&mut self) {
        let Some(jobs) = self.queue.known() else {
            return;
        };
        let filter = self.jobs.filter.as_ref();
        let keeps = |text: &str| filter.is_none_or(|filter| filter.keeps(text));
        let keeps_job = |job: &Job| {
            filter.is_none_or(|filter| {
                let reason = job.reason.as_deref().unwrap_or_default();
                let (id, state) = (job.id, job.state);
                filter.keeps(&format!(
                    "{id} {} {} {state} {reason}",
                    job.title, job.target
                ))
            })
        };
        let groups = jobs.groups.iter().enumerate();
        let groups: HashMap<GroupId, usize> = groups.map(|(at, group)| (group.id, at)).collect();
        let mut members: HashMap<GroupId, Vec<usize>> = HashMap::new();
        for (at, job) in jobs.rows.iter().enumerate().rev() {
            if groups.contains_key(&job.group) {
                members.entry(job.group).or_default().push(at);
            }
        }
        let mut lines = Vec::new();
        let mut rows: Vec<(Entry, usize)> = Vec::new();
        let mut add = |entry, line| {
            rows.push((entry, lines.len()));
            lines.push(line);
        };
        for (at, job) in jobs.rows.iter().enumerate() {
            let Some(group) = groups.get(&job.group) else {
                if keeps_job(job) {
                    add(Entry::Job(job.id), Line::Job(at, false));
                }
                continue;
            };
            // The group stands where its newest job would.
            let Some(own) = members.remove(&job.group) else {
                continue;
            };
            let whole = keeps(&jobs.groups[*group].title);
            let kept: Vec<usize> = own
                .into_iter()
                .filter(|at| whole || keeps_job(&jobs.rows[*at]))
                .collect();
            if kept.is_empty() {
                continue;
            }
            add(Entry::Group(job.group), Line::Group(*group));
            // A filter unfolds what it finds.
            if self.unfolded.contains(&job.group) || filter.is_some() {
                for at in kept {
                    add(Entry::Job(jobs.rows[at].id), Line::Job(at, true));
                }
            }
        }
        self.lines = lines;
        self.jobs.show(rows);
        if let Some(awaited) = self.awaited
            && self.jobs.select(&awaited)
        {
            self.awaited = None;
        }
    }

    /// The selected row of the queue pane.
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        self.lines.get(self.jobs.selected_index()?).copied()
    }

    /// The job that is selected.
    #[must_use]
    pub fn job(&self) -> Option<&Job> {
        match self.line()? {
            Line::Job(at, _) => self.queue.known()?.rows.get(at).map(|job| &**job),
            Line::Group(_) => None,
        }
    }

    /// The group that is selected, or that the selected job belongs to; none of a single job.
    #[must_use]
    pub fn group(&self) -> Option<&Group> {
        let groups = &self.queue.known()?.groups;
        match self.line()? {
            Line::Group(at) => groups.get(at),
            Line::Job(..) => self.job().and_then(|job| self.group_of(job.group)),
        }
    }

    /// Whether the selected row of the queue is a group.
    #[must_use]
    pub fn is_group(&self) -> bool {
        matches!(self.line(), Some(Line::Group(_)))
    }

    /// A group of several jobs.
    #[must_use]
    pub fn group_of(&self, id: GroupId) -> Option<&Group> {
        self.queue
            .known()?
            .groups
            .iter()
            .find(|group| group.id == id)
    }

    /// The jobs of a group, oldest first.
    #[must_use]
    pub fn jobs_of(&self, group: GroupId) -> Vec<&Job> {
        let jobs = self.queue.known().into_iter().flat_map(|jobs| &jobs.rows);
        let jobs = jobs.map(|job| &**job);
        let mut own: Vec<&Job> = jobs.filter(|job| job.group == group).collect();
        own.reverse();
        own
    }

    /// A job.
    #[must_use]
    pub fn job_of(&self, id: JobId) -> Option<&Job> {
        let mut jobs = self.queue.known()?.rows.iter().map(|job| &**job);
        jobs.find(|job| job.id == id)
    }

    /// Unfolds a group, or folds it.
    pub fn fold(&mut self, group: GroupId, fold: bool) {
        if fold {
            self.unfolded.remove(&group);
        } else {
            self.unfolded.insert(group);
        }
        self.arrange_jobs();
    }
}
