use serde::{Deserialize, Serialize};

use crate::actions::{Failure, Steps};
use crate::azure::Session;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {}

pub(super) async fn run(_: &Task, _: &Session, _: &dyn Steps) -> Result<(), Failure> {
    Ok(())
}
