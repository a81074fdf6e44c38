//! On which terms jobs may begin.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{GroupId, JobId};
use crate::actions::Part;
use crate::azure::{Region, TenantId};

/// What the operator asks of the jobs of one request: when, after what, in which order, how many at
/// once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Higher comes first; 0 is usual.
    pub priority: i32,
    /// None of them begins before.
    pub not_before: Option<Timestamp>,
    /// None of them begins before these are done.
    pub after: Vec<After>,
    /// So many of them at the same time.
    pub at_once: Option<u32>,
    /// When so many of them have failed, the others are held.
    pub hold_after: Option<u32>,
}

impl Terms {
    /// A priority, as an operator writes it.
    ///
    /// # Errors
    /// It is none, and what one looks like.
    pub fn read_priority(text: &str) -> Result<i32, String> {
        let read = text.parse();
        read.map_err(|_| format!("{text:?} is no priority: say a whole number, such as 1 or -1"))
    }

    /// A number of jobs, as an operator writes it.
    ///
    /// # Errors
    /// It is none, and what one looks like.
    pub fn read_count(text: &str) -> Result<u32, String> {
        let read = text.parse().ok().filter(|count| *count > 0);
        read.ok_or_else(|| format!("{text:?} is no number of jobs: say 1 or more"))
    }

    /// What jobs are to come after, as an operator writes it: `41, 42:westeurope`.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn read_after(text: &str) -> Result<Vec<After>, String> {
        let named = text.split(',').map(str::trim);
        named
            .filter(|one| !one.is_empty())
            .map(str::parse)
            .collect()
    }
}

/// A job that others come after, or the part of it that they come after, such as one region of a
/// replication.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct After {
    /// The job.
    pub job: JobId,
    /// The part of it; nothing where all of it is to be done.
    pub part: Option<String>,
}

/// The form in the journal: a whole job is its number alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Job(JobId),
    Part { job: JobId, part: String },
}

impl From<Written> for After {
    fn from(written: Written) -> Self {
        match written {
            Written::Job(job) => Self { job, part: None },
            Written::Part { job, part } => Self {
                job,
                part: Some(part),
            },
        }
    }
}

impl From<After> for Written {
    fn from(after: After) -> Self {
        match after {
            After { job, part: None } => Self::Job(job),
            After {
                job,
                part: Some(part),
            } => Self::Part { job, part },
        }
    }
}

impl After {
    /// What reads as this: `41:westeurope`.
    #[must_use]
    pub fn written(&self) -> String {
        match &self.part {
            Some(part) => format!("{}:{part}", self.job.0),
            None => self.job.0.to_string(),
        }
    }

    /// Whether a part of the job has this name: regions are the same however they are spelt.
    pub(super) fn names(&self, name: &str) -> bool {
        let part = self.part.as_deref().map(Region::new);
        part == Some(Region::new(name))
    }

    /// The part among those of the job.
    pub(super) fn part_of<'a>(&self, parts: &'a [Part]) -> Option<&'a Part> {
        parts.iter().find(|part| self.names(&part.name))
    }
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Some(part) => write!(f, "{part} of {}", self.job),
            None => self.job.fmt(f),
        }
    }
}

impl FromStr for After {
    type Err = String;

    /// `41`, or `41:westeurope`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (job, part) = match text.split_once(':') {
            Some((job, part)) => (job, Some(part.trim())),
            None => (text, None),
        };
        if part.is_some_and(str::is_empty) {
            return Err(format!("{text:?} names no part: say 41:westeurope, or 41"));
        }
        Ok(Self {
            job: job.parse()?,
            part: part.map(str::to_owned),
        })
    }
}

/// What is paused: nothing of it begins, and what runs sends nothing more until it is resumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    /// Everything.
    Everything,
    /// What is for a tenant.
    Tenant(TenantId),
    /// The jobs of a group.
    Group(GroupId),
    /// A job.
    Job(JobId),
}

impl Pause {
    /// Why a job is paused by it; nothing where the job itself is.
    pub(super) fn reason(&self) -> Option<String> {
        let what = match self {
            Self::Everything => "everything",
            Self::Tenant(_) => "its tenant",
            Self::Group(_) => "its group",
            Self::Job(_) => return None,
        };
        Some(format!("{what} is paused"))
    }

    /// What of a job's surroundings may be paused, and it itself.
    pub(super) fn all_of(tenant: Option<&TenantId>, group: GroupId, job: JobId) -> Vec<Self> {
        let tenant = tenant.cloned().map(Self::Tenant);
        let mut all = vec![Self::Everything, Self::Group(group), Self::Job(job)];
        all.extend(tenant);
        all
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Tenant(tenant) => write!(f, "tenant {tenant}"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::Job(job) => write!(f, "job {}", job.0),
        }
    }
}

impl FromStr for Pause {
    type Err = String;

    /// What [`Pause`] displays as: the form in the journal.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("nothing to pause is called {text:?}");
        if text == "everything" {
            return Ok(Self::Everything);
        }
        let (kind, which) = text.split_once(' ').ok_or_else(unknown)?;
        match kind {
            "tenant" => which.parse().map(Self::Tenant).map_err(|_| unknown()),
            "group" => which.parse().map(Self::Group),
            "job" => which.parse().map(Self::Job),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jobs_come_after_is_read_as_it_is_written_and_as_it_was_written_before() {
        let whole = After {
            job: JobId(41),
            part: None,
        };
        let part = After {
            part: Some("westeurope".to_owned()),
            ..whole.clone()
        };
        let terms: Terms = serde_json::from_str(r#"{"after": [41]}"#).unwrap();
        assert_eq!(terms.after, std::slice::from_ref(&whole));
        let terms = Terms {
            after: vec![whole.clone(), part.clone()],
            ..Terms::default()
        };
        let json = serde_json::to_value(&terms).unwrap();
        assert_eq!(
            json["after"],
            serde_json::json!([41, {"job": 41, "part": "westeurope"}])
        );
        assert_eq!(serde_json::from_value::<Terms>(json).unwrap(), terms);
        for (text, after) in [
            ("41", &whole),
            ("#41", &whole),
            ("#41:westeurope", &part),
            ("41: westeurope", &part),
        ] {
            assert_eq!(text.parse().as_ref(), Ok(after), "{text}");
        }
        for wrong in ["", ":westeurope", "41:", "41: ", "one"] {
            assert!(wrong.parse::<After>().is_err(), "{wrong}");
        }
        assert_eq!(
            (whole.written(), part.written()),
            ("41".into(), "41:westeurope".into())
        );
        let both = Terms::read_after("41, 41:westeurope,");
        assert_eq!(both, Ok(vec![whole, part]));
        assert!(Terms::read_after("41, one").is_err());
        assert_eq!(Terms::read_after(" "), Ok(Vec::new()));
    }

    #[test]
    fn numbers_are_read_and_what_is_none_is_answered_with_what_to_say() {
        assert_eq!(Terms::read_priority("-2"), Ok(-2));
        assert_eq!(Terms::read_count("10"), Ok(10));
        for wrong in ["", "many", "1.5"] {
            let said = Terms::read_priority(wrong).unwrap_err();
            assert!(
                said.ends_with("say a whole number, such as 1 or -1"),
                "{said}"
            );
        }
        for wrong in ["", "0", "-1", "many"] {
            let said = Terms::read_count(wrong).unwrap_err();
            assert!(said.ends_with("say 1 or more"), "{said}");
        }
    }

    #[test]
    fn a_region_is_the_same_part_however_it_is_spelt() {
        let after: After = "41:West Europe".parse().unwrap();
        assert!(after.names("westeurope") && !after.names("northeurope"));
        assert_eq!(after.to_string(), "West Europe of #41");
        assert!(!"41".parse::<After>().unwrap().names("westeurope"));
    }

    #[test]
    fn what_is_paused_is_read_as_it_is_written() {
        let tenant = "11111111-1111-1111-1111-111111111111".parse().unwrap();
        for pause in [
            Pause::Everything,
            Pause::Tenant(tenant),
            Pause::Group(GroupId(4)),
            Pause::Job(JobId(12)),
        ] {
            assert_eq!(pause.to_string().parse(), Ok(pause));
        }
        for wrong in ["", "nothing", "tenant adatum", "job 0", "group"] {
            assert!(wrong.parse::<Pause>().is_err(), "{wrong}");
        }
    }
}
