//! What can happen to the screen, and what it may want done.

use std::time::Duration;

use crossterm::event::KeyEvent;

use super::data::News;
use super::keymap::Command;
use crate::azure::Strain;
use crate::config;
use crate::engine::{Refusal, Reply, Request};
use crate::queue::{GroupId, JobId};

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key that means something here.
    Command(Command),
    /// Any other key: text, where text is wanted.
    Typed(KeyEvent),
    /// Text pasted.
    Pasted(String),
    /// The terminal has this size now, in columns and rows.
    Resized(u16, u16),
    /// Something was read from the disk.
    News(News),
    /// The engine can be asked, and this is known of it.
    Connected(Engine),
    /// The agent is being started, or reached again.
    Reaching,
    /// The agent has ended as it was meant to, for this reason; asked for something, it starts anew.
    Stopped(String),
    /// The agent is of this other version, and can't be asked.
    OtherVersion(String),
    /// There is no engine, and why.
    NotConnected(String),
    /// Requests wait for Azure's limits, or do so no more.
    Strained(Option<Strain>),
    /// The engine's answer to what was asked for.
    Answer(Asked, Result<Reply, Refusal>),
    /// A while ago this was wanted.
    Later(Later),
}

/// What is known of the engine when it can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Who owns the state folder, where it isn't this process.
    pub owner: Option<String>,
    /// Whether the configuration forbids every change.
    pub read_only: bool,
    /// Whether the terminal's bell is to ring when jobs end.
    pub bell: bool,
    /// What the configuration says of customers.
    pub customers: Vec<config::Tenant>,
    /// The agent, where the engine is in one.
    pub agent: Option<Agent>,
}

/// What is known of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// How many faces it has.
    pub faces: usize,
    /// What it takes otherwise from configuration and environment than this process would.
    pub differs: Vec<String>,
}

/// A number that tells an answer to the present question from one to an earlier one.
pub type Generation = u64;

/// What the engine was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The plan of a form, as the form stood then.
    Plan(Generation),
    /// To carry out a plan, from this confirmation.
    Submit(Generation),
    /// A job's end.
    Cancel(JobId),
    /// Another attempt at a job.
    Retry(JobId),
    /// A plan that takes back what a job has changed.
    Undo(JobId),
    /// Another attempt at those jobs of a group that failed or are held.
    RetryFailed(GroupId),
    /// Another order of jobs, or a pause.
    Order,
    /// To read a part of the estate again.
    Refresh,
    /// A code to sign in with.
    SignIn(Generation),
    /// What has come of that; this may take as long as a person takes.
    SignedIn(Generation),
}

/// What is wanted after a while, unless something else happened meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// Show what depends on the selection.
    Settle(Generation),
    /// Ask for the plan of the form.
    Plan(Generation),
    /// Let the confirmation take keys.
    Arm(Generation),
    /// Give the footer its place back.
    Unsay(Generation),
}

/// Something that the screen wants done outside of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the engine.
    Ask(Asked, Request),
    /// Say this after a while.
    After(Duration, Later),
    /// Put this on the clipboard of the operator's terminal.
    Copy(String),
    /// Have the agent end when its jobs are done, and another one start.
    ReplaceAgent,
    /// Ring the terminal's bell.
    Ring,
    /// Draw everything anew.
    Redraw,
    /// Hand the terminal back to the shell until it wakes us.
    Suspend,
    /// End.
    Quit,
}
