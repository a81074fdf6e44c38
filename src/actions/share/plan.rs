use super::{Share, Way};
use crate::actions::{Cause, Failure, Plan, Site};

pub(in crate::actions) async fn plan(
    wish: &Share,
    _: Way,
    site: &Site<'_>,
) -> Result<Plan, Failure> {
    site.session(&wish.resource.subscription())?;
    Err(Failure::new(Cause::Defect, "sharing isn't there yet"))
}
