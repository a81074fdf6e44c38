use std::collections::BTreeMap;

use serde_json::Value;

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::resource_id::ResourceId;
use crate::azure::session::Session;

/// A network interface.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkInterface {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The machine that has it.
    pub virtual_machine: Option<ResourceId>,
    document: Value,
}
keeps_document!(NetworkInterface);

impl NetworkInterface {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id or name is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a network interface", &document);
        Ok(Self {
            id: read.id()?,
            name: read.required("/name")?.to_owned(),
            tags: read.tags(),
            virtual_machine: read
                .text("/properties/virtualMachine/id")
                .and_then(|id| id.parse().ok()),
            document,
        })
    }
}

impl Session {
    /// The network interfaces of a resource group.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn network_interfaces_in(
        &self,
        group: &ResourceId,
    ) -> Result<Vec<NetworkInterface>, Error> {
        const KIND: &str = "Microsoft.Network/networkInterfaces";
        let what = format!("the network interfaces of resource group {}", group.names());
        self.list(KIND, &format!("{group}/providers/{KIND}"), "", &what)
            .await
    }

    /// A network interface.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn network_interface(&self, id: &ResourceId) -> Result<NetworkInterface, Error> {
        self.get(id, "", "the network interface").await
    }
}
