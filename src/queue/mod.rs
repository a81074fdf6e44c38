//! Jobs: their states, the journal that outlives every process, and who runs when.
//!
//! A submitted plan becomes a group of [jobs](Job) in the journal. The [`Queue`] runs each when
//! nothing else in it writes the same resource, over steps that are journalled as they happen, so
//! that a process that dies at any instant is followed by one that carries on. Faces read the
//! journal with a [`Reader`] of their own.

mod aftermath;
mod audit;
mod document;
#[cfg(test)]
mod fixtures;
mod job;
mod journal;
mod order;
mod origin;
mod reader;
mod record;
mod reporter;
mod requests;
mod runner;
mod scheduler;
mod state;
mod steps;
mod terms;
pub mod times;
mod untold;
#[cfg(test)]
mod walks;

pub use audit::{
    Audit, AuditQuery, Entry, Error as AuditError, History, Line, Lines, Outcome, Raw, Said, Signed,
};
pub use job::{Group, GroupId, Job, JobId, Step, StepState};
pub use journal::{Journal, SCHEMA, Vacuumed};
pub use origin::Origin;
pub use reader::{LogLine, LogQuery, Reader};
pub use record::{Record, Submitted};
pub use reporter::OnSeen;
pub use requests::Refusal;
pub use scheduler::Queue;
pub use state::JobState;
pub use terms::{After, Pause, Terms};
pub use untold::{End, Untold};
