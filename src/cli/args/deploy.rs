use std::path::PathBuf;

use clap::Args;

use super::{Change, Customers};
use crate::azure::ResourceId;
use crate::config::NamePattern;

/// Create virtual machines from an image version in customers' subscriptions.
///
/// What isn't said is taken from [tenant.deploy] of each customer in the configuration.
#[derive(Debug, Args)]
pub struct Deploy {
    /// `gallery/image/version`, or a resource id.
    pub version: String,
    /// Where to.
    #[command(flatten)]
    pub customers: Customers,
    /// How many machines for each customer.
    #[arg(long, value_name = "N")]
    pub count: u32,
    /// The subscription, by name or id, where only one customer is meant.
    #[arg(long, value_name = "S")]
    pub subscription: Option<String>,
    /// The resource group; created if it is missing.
    #[arg(long, value_name = "G")]
    pub resource_group: Option<String>,
    /// The subnet's resource id; its network's region is that of the machines.
    #[arg(long, value_name = "ID", value_parser = subnet)]
    pub subnet: Option<ResourceId>,
    /// The size, such as `Standard_D4s_v5`.
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// The names, with a # for each digit of the number, such as vm-avd-####.
    #[arg(long, value_name = "PATTERN", value_parser = name)]
    pub name: Option<String>,
    /// The administrator's name.
    #[arg(long, value_name = "U")]
    pub admin_user: Option<String>,
    /// A file whose first line is the administrator's password.
    #[arg(long, value_name = "FILE", group = "password")]
    pub password_file: Option<PathBuf>,
    /// An environment variable that holds the administrator's password.
    #[arg(long, value_name = "VARIABLE", group = "password")]
    pub password_env: Option<String>,
    /// A password is made up and told to nobody: whoever needs to get in resets it.
    #[arg(long, group = "password")]
    pub generate_password: bool,
    /// How to carry it out.
    #[command(flatten)]
    pub change: Change,
}

fn subnet(text: &str) -> Result<ResourceId, String> {
    let id: ResourceId = text.parse().map_err(|error| format!("{error}"))?;
    let kind = "Microsoft.Network/virtualNetworks/subnets";
    if id.kind().eq_ignore_ascii_case(kind) {
        Ok(id)
    } else {
        Err(format!(
            "{text} is no subnet: …/virtualNetworks/NETWORK/subnets/SUBNET is wanted"
        ))
    }
}

fn name(text: &str) -> Result<String, String> {
    text.parse::<NamePattern>()
        .map(|pattern| pattern.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_is_a_subnet() {
        let network = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet";
        assert!(subnet(&format!("{network}/subnets/hosts")).is_ok());
        for wrong in [network, "vnet/hosts", ""] {
            assert!(subnet(wrong).is_err(), "{wrong:?}");
        }
    }
}
