//! Azure Resource Manager: request, retry, paging, long-running operations, errors.

mod error;
mod operation;

pub use error::ArmError;
pub use operation::{Accepted, OperationStatus, OperationUrl};
