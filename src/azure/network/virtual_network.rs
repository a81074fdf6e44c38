use serde_json::Value;

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::region::Region;
use crate::azure::resource_id::ResourceId;
use crate::azure::session::Session;

/// A virtual network.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualNetwork {
    /// Its id.
    pub id: ResourceId,
    /// Where it is; machines in it are there as well.
    pub location: Region,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
    document: Value,
}
keeps_document!(VirtualNetwork);

/// A part of a virtual network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// Its addresses, `10.0.0.0/24`.
    pub prefixes: Vec<String>,
}

impl VirtualNetwork {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id or location is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a virtual network", &document);
        Ok(Self {
            id: read.id()?,
            location: read.location()?,
            subnets: read
                .items("/properties/subnets")
                .filter_map(subnet)
                .collect(),
            document,
        })
    }
}

fn subnet(entry: &Value) -> Option<Subnet> {
    let read = Reader::new("a subnet", entry);
    let prefixes = read
        .items("/properties/addressPrefixes")
        .filter_map(Value::as_str);
    let mut prefixes: Vec<String> = prefixes.map(str::to_owned).collect();
    if prefixes.is_empty() {
        prefixes.extend(read.owned("/properties/addressPrefix"));
    }
    Some(Subnet {
        id: read.id().ok()?,
        name: read.owned("/name")?,
        prefixes,
    })
}

/// How many addresses of a subnet are in use.
#[derive(Clone, Debug, PartialEq)]
pub struct SubnetUsage {
    /// The subnet.
    pub subnet: ResourceId,
    /// Addresses in use; nothing where Azure keeps no count, as for a gateway's subnet.
    pub used: Option<u64>,
    /// Addresses there are; likewise.
    pub limit: Option<u64>,
    document: Value,
}
keeps_document!(SubnetUsage);

impl SubnetUsage {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it does not name the subnet.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("the usage of a subnet", &document);
        Ok(Self {
            subnet: read.id()?,
            used: read.amount("/currentValue"),
            limit: read.amount("/limit"),
            document,
        })
    }

    /// How many addresses are left, where Azure says.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        Some(self.limit?.saturating_sub(self.used?))
    }
}

impl Session {
    /// A virtual network.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn virtual_network(&self, id: &ResourceId) -> Result<VirtualNetwork, Error> {
        self.get(id, "", "the virtual network").await
    }

    /// How full the subnets of a network are.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn network_usages(&self, network: &ResourceId) -> Result<Vec<SubnetUsage>, Error> {
        self.list(
            "Microsoft.Network/virtualNetworks/usages",
            &format!("{network}/usages"),
            "",
            &format!("how full the subnets of {} are", network.names()),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NETWORK: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub";

    #[test]
    fn subnets_have_one_prefix_or_several() {
        let network = VirtualNetwork::from_document(json!({
            "id": NETWORK, "name": "hub", "location": "westeurope",
            "properties": {"subnets": [
                {"id": format!("{NETWORK}/subnets/a"), "name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}},
                {"id": format!("{NETWORK}/subnets/b"), "name": "b", "properties": {"addressPrefixes": ["10.1.0.0/24", "ace::/64"]}},
                {"name": "no id"},
            ]},
        }))
        .unwrap();
        assert_eq!(network.subnets.len(), 2);
        assert_eq!(network.subnets[0].prefixes, ["10.0.0.0/24"]);
        assert_eq!(network.subnets[1].prefixes.len(), 2);
        assert_eq!(network.subnets[1].id.parent(), Some(network.id));
    }

    #[test]
    fn a_subnet_that_is_not_counted_has_no_number() {
        let usage = |used: f64, limit: f64| {
            SubnetUsage::from_document(json!({
                "id": format!("{NETWORK}/subnets/a"), "currentValue": used, "limit": limit,
            }))
            .unwrap()
        };
        assert_eq!(usage(2.0, 251.0).left(), Some(249));
        assert_eq!(usage(-1.0, -1.0).left(), None);
        assert_eq!(usage(9.0, 3.0).left(), Some(0));
    }
}
