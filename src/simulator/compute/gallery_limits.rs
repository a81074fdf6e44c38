//! How many galleries, definitions and versions a subscription may have in a region (Microsoft's
//! `azure-compute-gallery.md`).

use axum::http::StatusCode;

use crate::simulator::answer::Refusal;
use crate::simulator::arm::Admitted;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// That one more may be made there. Azure's code and text are unverified.
pub(super) fn check(world: &World, admitted: &Admitted, location: &str) -> Result<(), Refusal> {
    let kind = admitted.kind.name;
    let (most, what) = match kind {
        "Microsoft.Compute/galleries" => (100, "galleries"),
        "Microsoft.Compute/galleries/images" => (1_000, "gallery images"),
        _ => (10_000, "gallery image versions"),
    };
    let subscription = admitted.path.subscription.as_deref().unwrap_or_default();
    let there = world
        .resources
        .of_type(&format!("/subscriptions/{subscription}"), kind)
        .filter(|resource| text(resource, "/location") == location);
    if there.count() < most {
        return Ok(());
    }
    Err(Refusal::service(
        StatusCode::CONFLICT,
        "OperationNotAllowed",
        format!(
            "The maximum of {most} {what} in subscription '{subscription}' and region '{location}' \
             has been reached."
        ),
    ))
}
