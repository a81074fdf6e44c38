use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::azure::{ResourceId, SubscriptionId, TenantId};
use crate::engine::StorageError;
use crate::estate::{DefinitionRow, GalleryRow, Reader, SubscriptionRow, TenantRow, TenantState};

/// Tenants, subscriptions, galleries and image definitions, as they were last read from Azure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estate {
    /// All tenants.
    pub tenants: Vec<TenantRow>,
    /// All subscriptions.
    pub subscriptions: Vec<SubscriptionRow>,
    /// All galleries, by name.
    pub galleries: Vec<GalleryRow>,
    /// All image definitions, by name.
    pub definitions: Vec<Arc<DefinitionRow>>,
    /// When this was read from the disk.
    pub as_of: Timestamp,
    /// Where the definitions of each gallery are.
    of_gallery: Vec<Vec<usize>>,
}

impl Estate {
    pub(super) fn read(reader: &Reader) -> Result<Self, StorageError> {
        Ok(Self::new(
            reader.tenants()?,
            reader.subscriptions()?,
            reader.galleries()?,
            reader.definitions()?,
            Timestamp::now(),
        ))
    }

    /// What was read from the disk at this time.
    #[must_use]
    pub fn new(
        tenants: Vec<TenantRow>,
        subscriptions: Vec<SubscriptionRow>,
        galleries: Vec<GalleryRow>,
        definitions: Vec<Arc<DefinitionRow>>,
        as_of: Timestamp,
    ) -> Self {
        let mut children: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, row) in definitions.iter().enumerate() {
            if let Some(gallery) = row.definition.id.parent() {
                children.entry(gallery.key()).or_default().push(index);
            }
        }
        let own = |row: &GalleryRow| children.remove(&row.gallery.id.key()).unwrap_or_default();
        let of_gallery = galleries.iter().map(own).collect();
        Self {
            tenants,
            subscriptions,
            galleries,
            definitions,
            as_of,
            of_gallery,
        }
    }

    /// The definitions of a gallery, of which its place is given, each with its place among all.
    pub fn definitions_of(&self, gallery: usize) -> impl Iterator<Item = (usize, &DefinitionRow)> {
        let own = self.of_gallery.get(gallery).into_iter().flatten();
        own.filter_map(|index| Some((*index, &**self.definitions.get(*index)?)))
    }

    /// When the oldest part of it was read from Azure; nothing where some of it never was.
    #[must_use]
    pub fn read_at(&self) -> Option<Timestamp> {
        self.tenants
            .iter()
            .filter_map(|tenant| tenant.read_at)
            .min()
    }

    /// Whether any of it is being read.
    #[must_use]
    pub fn reading(&self) -> bool {
        self.tenants.iter().any(|tenant| tenant.reading)
    }

    /// How many tenants are in this state.
    #[must_use]
    pub fn count(&self, state: TenantState) -> usize {
        self.tenants
            .iter()
            .filter(|tenant| tenant.state == state)
            .count()
    }

    /// A tenant.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> Option<&TenantRow> {
        self.tenants.iter().find(|tenant| tenant.id == *id)
    }

    /// What a tenant is called.
    #[must_use]
    pub fn tenant_name<'a>(&'a self, id: &'a TenantId) -> &'a str {
        self.tenant(id).map_or(id.as_str(), |tenant| &tenant.name)
    }

    /// A subscription.
    #[must_use]
    pub fn subscription(&self, id: &SubscriptionId) -> Option<&SubscriptionRow> {
        self.subscriptions
            .iter()
            .find(|row| row.subscription.id == *id)
    }

    /// The tenant that owns what has this id.
    #[must_use]
    pub fn owner(&self, id: &ResourceId) -> Option<&TenantRow> {
        let row = self.subscription(&id.subscription())?;
        self.tenant(&row.subscription.tenant)
    }

    /// A gallery.
    #[must_use]
    pub fn gallery(&self, id: &ResourceId) -> Option<&GalleryRow> {
        self.galleries.iter().find(|row| row.gallery.id == *id)
    }

    /// An image definition.
    #[must_use]
    pub fn definition(&self, id: &ResourceId) -> Option<&DefinitionRow> {
        let mut rows = self.definitions.iter().map(|row| &**row);
        rows.find(|row| row.definition.id == *id)
    }
}
