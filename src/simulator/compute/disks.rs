//! Disks, for reading: they come and go with machines (`DiskRP 2024-03-02/disk.json`).

use crate::simulator::answer::{Answer, Outcome};
use crate::simulator::arm::Admitted;
use crate::simulator::paging::page;
use crate::simulator::world::World;

/// The disks of a subscription or a resource group.
pub(super) fn list(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let scope = admitted.path.scope();
    let disks = world.resources.of_type(&scope, "Microsoft.Compute/disks");
    page(world, admitted.request, disks.cloned().collect())
}

/// One disk.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    Ok(Answer::ok(admitted.find(world)?.clone()))
}
