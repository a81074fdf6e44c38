//! Replicate: the regions of a version, with replicas and storage, beside the plan.

mod draw;
mod sheet;

use tui_input::Input;

use crate::azure::{
    ImageVersion, Location, ProvisioningState, Region, RegionChange, RegionReplication,
    ReplicationState, ResourceId, StorageAccountType,
};
use crate::tui::list::List;

/// Replicas that one region may have; a version has as many over all its regions
/// (azure-compute-docs, `azure-compute-gallery.md`, limits).
const MAX_REPLICAS: u32 = crate::actions::replicate::MAX_REPLICAS;

/// What is said until the regions on offer have come.
const READING: &str = "the subscription's other regions are being read";

/// The regions of a version.
#[derive(Debug)]
pub struct Regions {
    /// The version.
    pub version: ResourceId,
    /// The version in words, such as `win11-avd 2026.11.3`.
    pub title: String,
    /// The version's home region.
    pub home: Region,
    /// All regions: those that the version is in first, then those on offer.
    pub regions: Vec<RegionRow>,
    /// The regions as they are seen.
    pub list: List<usize>,
    /// Whether the subscription's regions have come.
    pub offered: bool,
    /// The region whose replicas are being typed.
    typing: Option<Region>,
}

/// A region, as it is and as it shall be.
#[derive(Debug)]
pub struct RegionRow {
    /// The region.
    pub region: Region,
    /// What the version has there.
    pub was: Option<Was>,
    /// Whether the version shall be there.
    pub wanted: bool,
    /// With how many replicas, as typed.
    pub replicas: Input,
    /// On what.
    pub storage: StorageAccountType,
}

/// What a version has in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Was {
    /// Its replicas.
    pub replicas: u32,
    /// What they are stored on.
    pub storage: StorageAccountType,
    /// How far the copy is, where it was read.
    pub copy: Option<RegionReplication>,
}

impl RegionRow {
    /// The replicas typed, or what is wrong with them.
    ///
    /// # Errors
    /// What would be right.
    pub fn count(&self) -> Result<u32, String> {
        match self.replicas.value().parse() {
            Ok(count @ 1..=MAX_REPLICAS) => Ok(count),
            Ok(0) => Err("at least 1; to leave the region, unmark it".to_owned()),
            _ => Err(format!("1 to {MAX_REPLICAS} replicas")),
        }
    }

    /// `+` to be added, `-` to be removed, `~` to be changed.
    #[must_use]
    pub fn sign(&self) -> Option<&'static str> {
        match (&self.was, self.wanted) {
            (None, true) => Some("+"),
            (Some(_), false) => Some("-"),
            (Some(was), true)
                if self.count() != Ok(was.replicas) || self.storage != was.storage =>
            {
                Some("~")
            }
            _ => None,
        }
    }

    fn change(&self) -> Result<Option<RegionChange>, String> {
        if !self.wanted || self.sign().is_none() {
            return Ok(None);
        }
        let count = self
            .count()
            .map_err(|wrong| format!("{}: {wrong}", self.region))?;
        let (replicas, storage) = match &self.was {
            None => (Some(count), Some(self.storage.clone())),
            Some(was) => (
                (was.replicas != count).then_some(count),
                (was.storage != self.storage).then(|| self.storage.clone()),
            ),
        };
        Ok(Some(RegionChange {
            region: self.region.clone(),
            replicas,
            storage,
        }))
    }
}

impl Regions {
    /// Those of a version as it was last read.
    #[must_use]
    pub fn new(version: &ImageVersion) -> Self {
        let definition = version.id.parent();
        let name = definition
            .as_ref()
            .map_or("", |definition| definition.name());
        let usual = version.storage_account_type.clone();
        let usual = usual.unwrap_or(StorageAccountType::StandardLrs);
        let row = |target: &crate::azure::TargetRegion| {
            let replicas = target.replicas.or(version.replica_count).unwrap_or(1);
            let storage = target.storage.clone().unwrap_or_else(|| usual.clone());
            let copies = version
                .replication
                .iter()
                .flat_map(|status| &status.regions);
            let copy = copies
                .into_iter()
                .find(|copy| copy.region == target.region)
                .cloned();
            let copy = copy.or_else(|| at_rest(version, &target.region));
            RegionRow {
                region: target.region.clone(),
                was: Some(Was {
                    replicas,
                    storage: storage.clone(),
                    copy,
                }),
                wanted: true,
                replicas: Input::new(replicas.to_string()),
                storage,
            }
        };
        let mut regions: Vec<RegionRow> = version.target_regions.iter().map(row).collect();
        regions.sort_by_key(|row| row.region != version.location);
        let mut sheet = Self {
            version: version.id.clone(),
            title: format!("{name} {}", version.name),
            home: version.location.clone(),
            regions,
            list: List::default(),
            offered: false,
            typing: None,
        };
        sheet.arrange();
        sheet
    }

    /// Adds the regions that the subscription offers.
    pub fn offer(&mut self, locations: &[Location]) {
        self.offered = !locations.is_empty();
        let at_home = self.regions.first().and_then(|row| row.was.as_ref());
        let replicas = at_home.map_or(1, |was| was.replicas);
        let mut more: Vec<&Region> = locations
            .iter()
            .filter(|location| location.physical)
            .map(|location| &location.region)
            .filter(|region| !self.regions.iter().any(|row| row.region == **region))
            .collect();
        more.sort_by_key(|region| region.display_name());
        let rows = more.into_iter().map(|region| RegionRow {
            region: region.clone(),
            was: None,
            wanted: false,
            replicas: Input::new(replicas.to_string()),
            storage: StorageAccountType::StandardLrs,
        });
        let rows: Vec<RegionRow> = rows.collect();
        self.regions.extend(rows);
        self.arrange();
    }

    fn arrange(&mut self) {
        let filter = self.list.filter.as_ref();
        let kept = self.regions.iter().enumerate().filter(|(_, row)| {
            let text = format!("{} {}", row.region.display_name(), row.region);
            filter.is_none_or(|filter| filter.keeps(&text))
        });
        let rows = kept.map(|(index, _)| (index, index)).collect();
        self.list.show(rows);
    }

    /// The region that is selected.
    #[must_use]
    pub fn selected(&self) -> Option<&RegionRow> {
        self.regions.get(self.list.selected_index()?)
    }

    /// The region that is selected, to be edited.
    ///
    /// # Errors
    /// There is none, perhaps not yet.
    fn editable(&mut self) -> Result<&mut RegionRow, String> {
        let offered = self.offered;
        let index = self.list.selected_index();
        index
            .and_then(|index| self.regions.get_mut(index))
            .ok_or_else(|| {
                if offered {
                    "no region is selected".to_owned()
                } else {
                    format!("{READING}: try again in a moment")
                }
            })
    }

    /// Adds the selected region, or removes it.
    ///
    /// # Errors
    /// Why it must stay.
    fn toggle(&mut self) -> Result<(), String> {
        let home = self.home.clone();
        let row = self.editable()?;
        if row.region == home && row.wanted {
            return Err(format!(
                "{} is the version's home: Azure keeps it there",
                row.region.display_name()
            ));
        }
        row.wanted = !row.wanted;
        Ok(())
    }

    /// Takes the next storage type for the selected region.
    ///
    /// # Errors
    /// Why it can't be another one.
    fn next_storage(&mut self) -> Result<(), String> {
        use StorageAccountType::{PremiumLrs, StandardLrs, StandardZrs};
        let home = self.home.clone();
        let row = self.editable()?;
        if row.region == home {
            return Err(
                "the home region's storage can't be changed: that means leaving it".to_owned(),
            );
        }
        row.storage = match row.storage {
            StandardLrs => StandardZrs,
            StandardZrs => PremiumLrs,
            _ => StandardLrs,
        };
        row.wanted = true;
        Ok(())
    }

    /// Replicas over all regions, as typed.
    #[must_use]
    pub fn total(&self) -> u32 {
        let wanted = self.regions.iter().filter(|row| row.wanted);
        wanted.map(|row| row.count().unwrap_or(0)).sum()
    }
}

/// A list of versions doesn't say how far copies are; those of a version at rest are complete.
fn at_rest(version: &ImageVersion, region: &Region) -> Option<RegionReplication> {
    (version.provisioning_state == ProvisioningState::Succeeded).then(|| RegionReplication {
        region: region.clone(),
        state: ReplicationState::Completed,
        details: String::new(),
        progress: 100,
    })
}

/// The short name of a storage type.
#[must_use]
pub fn storage_word(storage: &StorageAccountType) -> &str {
    match storage {
        StorageAccountType::StandardLrs => "lrs",
        StorageAccountType::StandardZrs => "zrs",
        StorageAccountType::PremiumLrs => "premium",
        StorageAccountType::PremiumV2Lrs => "premiumv2",
        StorageAccountType::Other(text) => text,
    }
}
