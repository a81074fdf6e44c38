//! Which of our images a machine uses, and how far behind it is.

use serde::{Deserialize, Serialize};

use crate::azure::{ImageReference, ResourceId};

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
pub(super) fn image(definition: &ResourceId) -> Option<String> {
    let gallery = definition.parent()?;
    Some(key(
        definition.subscription().as_str(),
        gallery.name(),
        definition.name(),
    ))
}

/// The image that a reference means, where it is one of a gallery whose name can be known: a
/// community gallery's public name is another's affair.
pub(super) fn image_of(reference: &ImageReference) -> Option<String> {
    match reference {
        ImageReference::Gallery(id) => {
            let is_version = id.kind().to_ascii_lowercase().ends_with("/versions");
            let parent = id.parent().filter(|_| is_version);
            image(parent.as_ref().unwrap_or(id))
        }
        ImageReference::Shared(id) => shared(id),
        ImageReference::Community(_)
        | ImageReference::Marketplace { .. }
        | ImageReference::Other => None,
    }
}

/// `/SharedGalleries/{subscription}-{GALLERY}/Images/{image}/…`; the first part is a gallery's
/// unique name (`recordings/vm/shared_gallery.json`).
fn shared(id: &str) -> Option<String> {
    let mut segments = id.split('/').skip(1);
    let mut next = |name: &str| {
        let named = segments.next()?.eq_ignore_ascii_case(name);
        segments.next().filter(|_| named)
    };
    let unique_name = next("SharedGalleries")?;
    let image = next("Images")?;
    let (subscription, gallery) = unique_name.split_at_checked(GUID)?;
    Some(key(subscription, gallery.strip_prefix('-')?, image))
}

/// The length of a GUID.
const GUID: usize = 36;

fn key(subscription: &str, gallery: &str, image: &str) -> String {
    format!("{subscription}/{gallery}/{image}").to_lowercase()
}

#[cfg(test)]
mod tests {
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
}
