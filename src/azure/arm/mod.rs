//! Azure Resource Manager: request, retry, paging, long-running operations, errors.

mod answer;
pub(crate) mod api_versions;
mod challenge;
mod error;
mod exchange;
mod governor;
mod operation;
mod origin;
mod paging;
mod polling;
mod request;
mod retry;
mod retry_after;

pub(crate) use answer::Answer;
pub use error::ArmError;
pub(crate) use exchange::chain;
pub(crate) use governor::{Governor, Priority};
pub use governor::{Strain, Throttle, ThrottleBudget};
pub use operation::{Accepted, OperationStatus, OperationUrl};
pub(crate) use request::{Arm, Request, Write, client};
pub use retry::RetryPolicy;
pub(crate) use retry::{Attempts, Caller};
pub(crate) use retry_after::retry_after;
