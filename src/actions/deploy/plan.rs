use super::Deploy;
use crate::actions::{Cause, Failure, Plan, Site};

pub(in crate::actions) async fn plan(wish: &Deploy, site: &Site<'_>) -> Result<Plan, Failure> {
    site.session(&wish.version.subscription())?;
    Err(Failure::new(Cause::Defect, "deploying isn't there yet"))
}
