//! Networks that machines are put into (Microsoft.Network 2024-05-01).

mod network_interface;
mod virtual_network;

pub use network_interface::NetworkInterface;
pub use virtual_network::{Subnet, SubnetUsage, VirtualNetwork};
