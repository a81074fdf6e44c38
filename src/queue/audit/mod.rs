//! The audit: every write that was sent, for whoever has to account for it later.
//!
//! A file of lines that are only ever added, each a JSON object that stands for itself. Before a
//! write leaves, a line is on disk that says so; where that can't be, nothing is sent. A second one
//! says what Azure answered, and a third how what it accepted ended. All of a request have its id.

mod file;
mod history;
mod line;
mod query;
mod reading;
mod recorder;

pub use file::{Audit, Error};
pub use history::{Entry, History};
pub use line::{Line, Outcome, Said, Signed};
pub use query::AuditQuery;
pub use reading::{Lines, Raw};
pub(super) use recorder::Recorder;
