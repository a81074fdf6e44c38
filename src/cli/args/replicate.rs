use clap::Args;

use super::Change;
use crate::azure::{Region, RegionChange, StorageAccountType};

/// Change the regions and replicas of an image version.
#[derive(Debug, Args)]
pub struct Replicate {
    /// `gallery/image/version`, or a resource id.
    pub version: String,
    /// Regions to be in: NAME, NAME=REPLICAS or NAME=REPLICAS:STORAGE, with lrs, zrs or premium.
    #[arg(long, value_name = "REGION[=N[:STORAGE]]", value_delimiter = ',', value_parser = region_change)]
    pub to: Vec<RegionChange>,
    /// A region to leave.
    #[arg(long, value_name = "REGION", value_delimiter = ',', value_parser = region)]
    pub remove: Vec<Region>,
    /// Replicas enough for so many machines created at once there.
    #[arg(long, value_name = "REGION=MACHINES", value_delimiter = ',', value_parser = machines)]
    pub for_machines: Vec<Machines>,
    /// How to carry it out.
    #[command(flatten)]
    pub change: Change,
}

/// How many machines are going to be created at once in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machines {
    /// The region.
    pub region: Region,
    /// The machines.
    pub count: u32,
}

fn region(text: &str) -> Result<Region, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn region_change(text: &str) -> Result<RegionChange, String> {
    let (name, rest) = match text.split_once('=') {
        Some((name, rest)) => (name, Some(rest)),
        None => (text, None),
    };
    let region = region(name)?;
    let Some(rest) = rest else {
        return Ok(RegionChange {
            region,
            replicas: None,
            storage: None,
        });
    };
    let (count, storage) = match rest.split_once(':') {
        Some((count, storage)) => (count, Some(storage)),
        None => (rest, None),
    };
    let replicas = count
        .parse()
        .map_err(|_| format!("{count:?} isn't a number of replicas, such as {region}=3"))?;
    let storage: Option<StorageAccountType> = storage
        .map(str::parse)
        .transpose()
        .map_err(|error| format!("{error}"))?;
    Ok(RegionChange {
        region,
        replicas: Some(replicas),
        storage,
    })
}

fn machines(text: &str) -> Result<Machines, String> {
    let expected = || format!("{text:?} isn't of the form westeurope=100");
    let (name, count) = text.split_once('=').ok_or_else(expected)?;
    let count = count
        .parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(expected)?;
    Ok(Machines {
        region: region(name)?,
        count,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn regions_are_read_with_count_and_storage() {
        let change = region_change("North Europe=1:zrs").unwrap();
        assert_eq!(change.region, Region::new("northeurope"));
        assert_eq!(change.replicas, Some(1));
        assert_eq!(change.storage, Some(StorageAccountType::StandardZrs));
        assert_eq!(region_change("uksouth").unwrap().replicas, None);
        for wrong in [
            "",
            "=3",
            "uksouth=",
            "uksouth=x",
            "uksouth=3:tape",
            "uk\u{1b}south=1",
        ] {
            assert!(region_change(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_region_never_panics(text in any::<String>()) {
            let _ = region_change(&text);
            let _ = machines(&text);
        }
    }
}
