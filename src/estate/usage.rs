//! Which of our images a machine uses, and how far behind it is.

use serde::{Deserialize, Serialize};

use super::latest::counts;
use crate::azure::{ImageReference, ImageVersion, Region, ResourceId, VersionNumber};

/// How far the version that a machine uses is behind: how many newer ones a machine made now in its
/// region could have got instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// It isn't known: the image isn't ours, or was never read, or Azure doesn't say the version.
    Unknown,
    /// There is none newer in its region.
    Current,
    /// So many.
    Versions(u32),
}

impl Behind {
    /// Of a machine with this version in `region`, by all versions of its image.
    #[must_use]
    pub fn of(version: VersionNumber, region: &Region, all: &[ImageVersion]) -> Self {
        let newer = all
            .iter()
            .filter(|other| other.number > Some(version) && counts(other, region));
        Self::counted(u32::try_from(newer.count()).ok(), true)
    }

    /// From the number of newer versions, where it could be counted, and whether all versions of
    /// the image were read, so that none can be meant.
    pub(super) fn counted(newer: Option<u32>, all_read: bool) -> Self {
        match newer {
            Some(0) if all_read => Self::Current,
            Some(newer) if newer > 0 => Self::Versions(newer),
            _ => Self::Unknown,
        }
    }
}

/// What all ways to refer to an image come down to: subscription, gallery and image definition by
/// name, lower-cased. A gallery's name is unique in its subscription
/// (azure-compute-docs, troubleshooting-shared-images.md).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageName {
    /// The subscription's id.
    pub subscription: String,
    /// The gallery.
    pub gallery: String,
    /// The image definition.
    pub image: String,
}

impl ImageName {
    fn new(subscription: &str, gallery: &str, image: &str) -> Self {
        Self {
            subscription: subscription.to_lowercase(),
            gallery: gallery.to_lowercase(),
            image: image.to_lowercase(),
        }
    }

    /// That of an image definition.
    #[must_use]
    pub fn of_definition(definition: &ResourceId) -> Option<Self> {
        let gallery = definition.parent()?;
        let subscription = definition.subscription();
        Some(Self::new(
            subscription.as_str(),
            gallery.name(),
            definition.name(),
        ))
    }

    /// The image that a reference means, where it is one of a gallery whose name can be known: a
    /// community gallery's public name is another's affair.
    #[must_use]
    pub fn of_reference(reference: &ImageReference) -> Option<Self> {
        match reference {
            ImageReference::Gallery(id) => {
                let is_version = id.kind().to_ascii_lowercase().ends_with("/versions");
                let parent = id.parent().filter(|_| is_version);
                Self::of_definition(parent.as_ref().unwrap_or(id))
            }
            ImageReference::Shared(id) => Self::of_shared(id),
            ImageReference::Community(_)
            | ImageReference::Marketplace { .. }
            | ImageReference::Other => None,
        }
    }

    /// `/SharedGalleries/{subscription}-{GALLERY}/Images/{image}/…`; the first part is a gallery's
    /// unique name (`recordings/vm/shared_gallery.json`).
    fn of_shared(id: &str) -> Option<Self> {
        let mut segments = id.split('/').skip(1);
        let mut next = |name: &str| {
            let named = segments.next()?.eq_ignore_ascii_case(name);
            segments.next().filter(|_| named)
        };
        let unique_name = next("SharedGalleries")?;
        let image = next("Images")?;
        let (subscription, gallery) = unique_name.split_at_checked(GUID)?;
        Some(Self::new(subscription, gallery.strip_prefix('-')?, image))
    }

    fn key(&self) -> String {
        format!("{}/{}/{}", self.subscription, self.gallery, self.image)
    }
}

/// An image definition as a key.
pub(super) fn image(definition: &ResourceId) -> Option<String> {
    ImageName::of_definition(definition).map(|name| name.key())
}

/// The image that a reference means as a key.
pub(super) fn image_of(reference: &ImageReference) -> Option<String> {
    ImageName::of_reference(reference).map(|name| name.key())
}

/// The length of a GUID.
const GUID: usize = 36;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GALLERY: &str = "/subscriptions/00000000-0000-0000-0000-00000000000A/resourceGroups/rg/providers/Microsoft.Compute/galleries/Acg_1";

    fn by_id(path: &str) -> ImageReference {
        ImageReference::Gallery(format!("{GALLERY}{path}").parse().unwrap())
    }

    #[test]
    fn every_way_to_refer_to_an_image_comes_down_to_the_same() {
        let definition: ResourceId = format!("{GALLERY}/images/win11-avd").parse().unwrap();
        let expected = image(&definition);
        assert_eq!(
            expected.as_deref(),
            Some("00000000-0000-0000-0000-00000000000a/acg_1/win11-avd")
        );
        let shared = |path: &str| {
            ImageReference::Shared(format!(
                "/SharedGalleries/00000000-0000-0000-0000-00000000000a-ACG_1{path}"
            ))
        };
        for reference in [
            by_id("/images/win11-avd"),
            by_id("/images/WIN11-avd/versions/1.4.12"),
            by_id("/Images/win11-avd/Versions/latest"),
            shared("/Images/win11-avd/Versions/1.4.12"),
            shared("/images/win11-avd"),
        ] {
            assert_eq!(image_of(&reference), expected, "{reference:?}");
        }
    }

    #[test]
    fn what_is_no_image_of_a_gallery_is_none_of_ours() {
        for reference in [
            ImageReference::Other,
            ImageReference::Community("/CommunityGalleries/pub/Images/a/Versions/1.0.0".to_owned()),
            ImageReference::Shared("/SharedGalleries/short/Images/a".to_owned()),
            ImageReference::Shared("/SharedGalleries".to_owned()),
            ImageReference::Shared(String::new()),
            ImageReference::Shared(format!("/SharedGalleries/{}/Images/a", "é".repeat(30))),
            ImageReference::Shared(format!("/Galleries/{}-g/Images/a", "0".repeat(36))),
        ] {
            assert_eq!(image_of(&reference), None, "{reference:?}");
        }
    }

    #[test]
    fn none_newer_means_current_only_where_all_were_read() {
        assert_eq!(Behind::counted(Some(0), true), Behind::Current);
        assert_eq!(Behind::counted(Some(0), false), Behind::Unknown);
        assert_eq!(Behind::counted(Some(3), false), Behind::Versions(3));
        assert_eq!(Behind::counted(None, true), Behind::Unknown);
    }

    #[test]
    fn newer_versions_count_where_the_machine_is() {
        let version = |number: &str, regions: &[&str]| {
            let regions: Vec<_> = regions.iter().map(|name| json!({"name": name})).collect();
            ImageVersion::from_document(json!({
                "id": format!("{GALLERY}/images/win11-avd/versions/{number}"),
                "name": number, "location": "westeurope",
                "properties": {
                    "provisioningState": "Succeeded",
                    "publishingProfile": {"targetRegions": regions},
                },
            }))
            .unwrap()
        };
        let all = [
            version("1.9.0", &["westeurope", "uksouth"]),
            version("1.10.0", &["westeurope"]),
            version("1.11.0", &["westeurope"]),
        ];
        let behind = |number: &str, region: &str| {
            Behind::of(number.parse().unwrap(), &Region::new(region), &all)
        };
        assert_eq!(behind("1.9.0", "westeurope"), Behind::Versions(2));
        assert_eq!(behind("1.9.0", "uksouth"), Behind::Current);
        assert_eq!(behind("1.11.0", "westeurope"), Behind::Current);
    }
}
