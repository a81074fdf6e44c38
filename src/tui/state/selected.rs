//! What is selected in the panes, and what is known of one thing.

use super::{Link, Node, State};
use crate::azure::{ResourceId, TenantId};
use crate::config;
use crate::estate::{DefinitionRow, GalleryRow, MachineRow, TenantRow, VersionRow};
use crate::tui::data::MachinesOf;

impl State {
    /// The tenant that is selected.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantRow> {
        self.estate
            .known()?
            .tenants
            .get(self.tenants.selected_index()?)
    }

    /// The tenants that verbs are for: those that are marked, or else the selected one.
    #[must_use]
    pub fn targets(&self) -> Vec<&TenantRow> {
        let known = self.estate.known();
        let all = known.iter().flat_map(|estate| &estate.tenants);
        let marked: Vec<&TenantRow> = all.filter(|row| self.marked.contains(&row.id)).collect();
        if marked.is_empty() {
            self.tenant().into_iter().collect()
        } else {
            marked
        }
    }

    /// What the configuration says of customers.
    #[must_use]
    pub fn customers(&self) -> &[config::Tenant] {
        match &self.link {
            Link::Up(engine) => &engine.customers,
            _ => &[],
        }
    }

    /// What the configuration says of a tenant.
    #[must_use]
    pub fn customer(&self, id: &TenantId) -> Option<&config::Tenant> {
        self.customers().iter().find(|customer| customer.id == *id)
    }

    /// The machines of a tenant or a version, where they were read.
    #[must_use]
    pub fn machines_of(&self, of: &MachinesOf) -> Option<&[MachineRow]> {
        let (read, rows) = self.machines.known()?;
        (read == of).then_some(rows)
    }

    /// A machine among those that were read.
    #[must_use]
    pub fn machine_of(&self, id: &ResourceId) -> Option<&MachineRow> {
        let (_, rows) = self.machines.known()?;
        rows.iter().find(|row| row.machine.id == *id)
    }

    /// The row of the galleries pane that is selected.
    #[must_use]
    pub fn node(&self) -> Option<&Node> {
        self.tree.get(self.galleries.selected_index()?)
    }

    /// The gallery that is selected, or that holds the selected definition.
    #[must_use]
    pub fn gallery(&self) -> Option<&GalleryRow> {
        self.estate.known()?.galleries.get(self.node()?.gallery)
    }

    /// The gallery that something is, or is in.
    #[must_use]
    pub fn gallery_of(&self, id: &ResourceId) -> Option<&GalleryRow> {
        let estate = self.estate.known()?;
        let mut at = Some(id.clone());
        while let Some(id) = at {
            if let Some(row) = estate.gallery(&id) {
                return Some(row);
            }
            at = id.parent();
        }
        None
    }

    /// The definition that is selected.
    #[must_use]
    pub fn definition(&self) -> Option<&DefinitionRow> {
        let place = self.node()?.definition?;
        self.estate
            .known()?
            .definitions
            .get(place)
            .map(|row| &**row)
    }

    /// The versions that are shown.
    #[must_use]
    pub fn version_rows(&self) -> &[VersionRow] {
        self.shown
            .as_ref()
            .and_then(|shown| shown.rows.as_deref())
            .unwrap_or_default()
    }

    /// The version that is selected.
    #[must_use]
    pub fn version(&self) -> Option<&VersionRow> {
        self.version_rows().get(self.versions.selected_index()?)
    }

    /// A version among those that are shown.
    #[must_use]
    pub fn version_of(&self, id: &ResourceId) -> Option<&VersionRow> {
        self.version_rows().iter().find(|row| row.version.id == *id)
    }
}
