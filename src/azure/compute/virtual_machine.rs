use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::image_reference::ImageReference;
use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::guid::SubscriptionId;
use crate::azure::open_enum::open_enum;
use crate::azure::provisioning_state::ProvisioningState;
use crate::azure::region::Region;
use crate::azure::resource_id::ResourceId;
use crate::azure::session::Session;
use crate::azure::version_number::VersionNumber;

open_enum! {
    /// Whether a machine runs (azure-compute-docs, states-billing.md).
    pub enum PowerState {
        /// About to run.
        Starting = "starting",
        /// At work.
        Running = "running",
        /// About to stop.
        Stopping = "stopping",
        /// Shut down from within; still paid for.
        Stopped = "stopped",
        /// About to be given back.
        Deallocating = "deallocating",
        /// Given back; not paid for.
        Deallocated = "deallocated",
    }
}

/// A virtual machine.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualMachine {
    /// Its id.
    pub id: ResourceId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub location: Region,
    /// Its size, `Standard_D4s_v5`.
    pub size: Option<String>,
    /// Where it is in its life.
    pub provisioning_state: ProvisioningState,
    /// What it was made from.
    pub image: Option<ImageReference>,
    /// The version of the gallery's image that it was made from.
    pub exact_version: Option<VersionNumber>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it runs; only in an answer that was asked for it.
    pub power: Option<PowerState>,
    /// `Windows` or `Linux`.
    pub os_type: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its network interfaces.
    pub network_interfaces: Vec<ResourceId>,
    /// The licence it brings along, `Windows_Client` for one.
    pub license_type: Option<String>,
    /// `TrustedLaunch` or `ConfidentialVM`; absent for neither.
    pub security_type: Option<String>,
    document: Value,
}
keeps_document!(VirtualMachine);

impl VirtualMachine {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when id, name or location is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a virtual machine", &document);
        let image = ImageReference::of(&read);
        Ok(Self {
            id: read.id()?,
            name: read.required("/name")?.to_owned(),
            location: read.location()?,
            size: read.owned("/properties/hardwareProfile/vmSize"),
            provisioning_state: ProvisioningState::of(&document),
            exact_version: image.as_ref().and_then(|image| image.exact_version(&read)),
            image,
            tags: read.tags(),
            power: power(&read),
            os_type: read.owned("/properties/storageProfile/osDisk/osType"),
            created: read.time("/properties/timeCreated"),
            network_interfaces: read.ids("/properties/networkProfile/networkInterfaces", "/id"),
            license_type: read.owned("/properties/licenseType"),
            security_type: read.owned("/properties/securityProfile/securityType"),
            document,
        })
    }
}

/// The status `PowerState/…` among those of the instance view.
fn power(read: &Reader<'_>) -> Option<PowerState> {
    let codes = read
        .items("/properties/instanceView/statuses")
        .filter_map(|status| status.get("code")?.as_str());
    let states = codes.filter_map(|code| code.strip_prefix("PowerState/"));
    states.map(PowerState::from).next()
}

impl Session {
    /// The machines of a subscription, without whether they run.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn virtual_machines(
        &self,
        subscription: &SubscriptionId,
    ) -> Result<Vec<VirtualMachine>, Error> {
        self.machines(
            &format!("/subscriptions/{subscription}"),
            &format!("the virtual machines of subscription {subscription}"),
        )
        .await
    }

    /// The machines of a resource group, without whether they run.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn virtual_machines_in(
        &self,
        group: &ResourceId,
    ) -> Result<Vec<VirtualMachine>, Error> {
        let what = format!("the virtual machines of resource group {}", group.names());
        self.machines(group.as_str(), &what).await
    }

    async fn machines(&self, scope: &str, what: &str) -> Result<Vec<VirtualMachine>, Error> {
        const KIND: &str = "Microsoft.Compute/virtualMachines";
        self.list(KIND, &format!("{scope}/providers/{KIND}"), "", what)
            .await
    }

    /// A machine, and whether it runs.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn virtual_machine(&self, id: &ResourceId) -> Result<VirtualMachine, Error> {
        self.get(id, "&$expand=instanceView", "the virtual machine")
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1";

    #[test]
    fn a_machine_may_say_little() {
        let bare = json!({"id": ID, "name": "vm-1", "location": "westeurope"});
        let machine = VirtualMachine::from_document(bare).unwrap();
        assert_eq!(machine.provisioning_state, ProvisioningState::Succeeded);
        assert_eq!(
            (machine.image, machine.power, machine.size),
            (None, None, None)
        );
        assert!(VirtualMachine::from_document(json!({"id": ID, "name": "vm-1"})).is_err());
    }

    #[test]
    fn whether_it_runs_is_one_status_among_others() {
        let nic = ID.replace("Compute/virtualMachines", "Network/networkInterfaces");
        let machine = VirtualMachine::from_document(json!({
            "id": ID, "name": "vm-1", "location": "westeurope",
            "properties": {
                "provisioningState": "Creating",
                "networkProfile": {"networkInterfaces": [{"id": nic}, {"id": "odd"}, {}]},
                "instanceView": {"statuses": [
                    {"code": "OSState/specialized"},
                    {"code": "ProvisioningState/succeeded"},
                    {"code": "PowerState/deallocated"},
                ]},
            },
        }))
        .unwrap();
        assert_eq!(machine.power, Some(PowerState::Deallocated));
        assert_eq!(machine.network_interfaces, [nic.parse().unwrap()]);
    }
}
