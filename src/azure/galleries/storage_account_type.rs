use std::str::FromStr;

use crate::azure::invalid::Invalid;
use crate::azure::open_enum::open_enum;

open_enum! {
    /// What a replica is stored on (`StorageAccountType`, `GalleryRP` 2024-03-03).
    pub enum StorageAccountType {
        /// Standard disks, one zone.
        StandardLrs = "Standard_LRS",
        /// Standard disks, over the zones of a region.
        StandardZrs = "Standard_ZRS",
        /// Premium disks, one zone.
        PremiumLrs = "Premium_LRS",
        /// Premium disks of the second kind, one zone.
        PremiumV2Lrs = "PremiumV2_LRS",
    }
}

impl FromStr for StorageAccountType {
    type Err = Invalid;

    /// Azure's names and the short ones `lrs`, `zrs`, `premium`, `premiumv2`, in any case.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "lrs" => Ok(Self::StandardLrs),
            "zrs" => Ok(Self::StandardZrs),
            "premium" => Ok(Self::PremiumLrs),
            "premiumv2" => Ok(Self::PremiumV2Lrs),
            _ => match Self::from(text) {
                Self::Other(_) => Err(Invalid::new(
                    "a storage account type",
                    text,
                    "lrs, zrs, premium or premiumv2 is wanted",
                )),
                known => Ok(known),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_names() {
        for (text, expected) in [
            ("zrs", "Standard_ZRS"),
            ("LRS", "Standard_LRS"),
            ("standard_lrs", "Standard_LRS"),
            ("premium", "Premium_LRS"),
            ("PremiumV2_LRS", "PremiumV2_LRS"),
        ] {
            assert_eq!(
                text.parse::<StorageAccountType>().unwrap().as_str(),
                expected
            );
        }
        assert!("grs".parse::<StorageAccountType>().is_err());
        assert_eq!(
            StorageAccountType::from("StandardSSD_LRS").to_string(),
            "StandardSSD_LRS"
        );
    }
}
