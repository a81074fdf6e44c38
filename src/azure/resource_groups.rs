//! Resource groups (Microsoft.Resources/resourceGroups 2024-07-01).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::arm::Accepted;
use super::document::{Reader, keeps_document};
use super::error::Error;
use super::provisioning_state::ProvisioningState;
use super::region::Region;
use super::resource_id::ResourceId;
use super::session::Session;

/// A resource group.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceGroup {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// Where its own record is kept; it cannot move.
    pub location: Region,
    /// Where it is in its life.
    pub provisioning_state: ProvisioningState,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    document: Value,
}
keeps_document!(ResourceGroup);

impl ResourceGroup {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id, name or location is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a resource group", &document);
        Ok(Self {
            id: read.id()?,
            name: read.required("/name")?.to_owned(),
            location: read.location()?,
            provisioning_state: ProvisioningState::of(&document),
            tags: read.tags(),
            document,
        })
    }
}

impl Session {
    /// A resource group.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn resource_group(&self, id: &ResourceId) -> Result<ResourceGroup, Error> {
        self.get(id, "", "the resource group").await
    }

    /// Makes a resource group. One that is there would lose its tags: look first.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::accepted`] tells whether it may have been made.
    pub async fn put_resource_group(
        &self,
        id: &ResourceId,
        location: &Region,
    ) -> Result<Accepted, Error> {
        self.put(id, &json!({ "location": location }), "the resource group")
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_with_its_tags() {
        let group = ResourceGroup::from_document(json!({
            "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg",
            "name": "rg",
            "location": "westeurope",
            "tags": {"a": "b", "odd": 1},
            "properties": {"provisioningState": "Succeeded"},
        }))
        .unwrap();
        assert_eq!(group.id.kind(), "Microsoft.Resources/resourceGroups");
        assert_eq!(
            group.tags,
            BTreeMap::from([("a".to_owned(), "b".to_owned())])
        );
    }
}
