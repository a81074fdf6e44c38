//! Private addresses of a subnet: which are taken, and which one is next.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use axum::http::StatusCode;
use serde_json::Value;

use super::prefixes::Prefix;
use super::subnets::{self, Subnet};
use crate::simulator::answer::Refusal;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// The addresses of a subnet as one interface finds them.
pub(super) struct Addresses {
    subnet: String,
    prefix: Prefix,
    /// Addresses of others, with the configuration that has each
    taken: BTreeMap<Ipv4Addr, String>,
}

impl Addresses {
    /// What is left for `interface`, which has given `own` already.
    pub(super) fn of(world: &World, subnet: &Subnet, interface: &str, own: &[Value]) -> Self {
        let mine = format!("{}/", interface.to_lowercase());
        let others = subnets::users(world, &subnet.id)
            .filter(|user| !text(user, "/id").to_lowercase().starts_with(&mine));
        let taken = others.chain(own).filter_map(|user| {
            let address = user["properties"]["privateIPAddress"].as_str()?;
            Some((address.parse().ok()?, text(user, "/id")))
        });
        Self {
            subnet: subnet.id.clone(),
            prefix: subnet.prefix,
            taken: taken.collect(),
        }
    }

    /// The lowest free address.
    ///
    /// # Errors
    /// `SubnetIsFull`; the text is Azure's (Azure/karpenter-provider-azure issue 734).
    pub(super) fn any(&self) -> Result<String, Refusal> {
        let free = self
            .prefix
            .addresses()
            .find(|address| !self.taken.contains_key(address));
        free.map(|address| address.to_string()).ok_or_else(|| {
            Refusal::service(
                StatusCode::BAD_REQUEST,
                "SubnetIsFull",
                format!(
                    "Subnet {} with address prefix {} does not have enough capacity for 1 IP \
                     addresses.",
                    self.subnet, self.prefix
                ),
            )
        })
    }

    /// The address that `configuration` asks for.
    ///
    /// # Errors
    /// One that is not of the subnet, that Azure keeps, or that another has. Texts unverified.
    pub(super) fn take(&self, wanted: &str, configuration: &str) -> Result<String, Refusal> {
        let refuse = |code: &'static str, what: String| {
            Err(Refusal::service(StatusCode::BAD_REQUEST, code, what))
        };
        let address: Option<Ipv4Addr> = wanted.parse().ok();
        let Some(address) = address.filter(|address| self.prefix.contains(*address)) else {
            return refuse(
                "PrivateIPAddressNotInSubnet",
                format!(
                    "Private static IP address {wanted} does not belong to the range of subnet \
                     prefix {}.",
                    self.prefix
                ),
            );
        };
        if !self.prefix.addresses().any(|usable| usable == address) {
            return refuse(
                "PrivateIPAddressInReservedRange",
                format!(
                    "Private static IP address {wanted} falls within reserved IP range of subnet \
                     prefix {}.",
                    self.prefix
                ),
            );
        }
        match self.taken.get(&address) {
            Some(other) => refuse(
                "PrivateIPAddressIsAllocated",
                format!(
                    "IP configuration {configuration} is using the private IP address {wanted} \
                     which is already allocated to resource {other}."
                ),
            ),
            None => Ok(address.to_string()),
        }
    }
}
