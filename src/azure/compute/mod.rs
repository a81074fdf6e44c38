//! Virtual machines, and what a subscription may have of them (Microsoft.Compute 2024-07-01).

mod image_reference;
mod sizes;
mod usages;
mod virtual_machine;

pub use image_reference::ImageReference;
pub use sizes::VmSize;
pub use usages::Usage;
pub use virtual_machine::{PowerState, VirtualMachine};
