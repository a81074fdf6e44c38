use crate::azure::document::Reader;
use crate::azure::resource_id::ResourceId;
use crate::azure::version_number::VersionNumber;

/// What a machine was made from (`ImageReference`, `ComputeRP` 2024-07-01).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageReference {
    /// An image definition, which means its latest version at that time, or a version.
    Gallery(ResourceId),
    /// `/SharedGalleries/…`: a gallery shared directly.
    Shared(String),
    /// `/CommunityGalleries/…`
    Community(String),
    /// One of the marketplace.
    Marketplace {
        /// Who offers it.
        publisher: String,
        /// What is offered.
        offer: String,
        /// Which of it.
        sku: String,
        /// The version in use, where Azure says, otherwise the one asked for.
        version: String,
    },
    /// Something else, a managed image for one.
    Other,
}

impl ImageReference {
    /// The reference at `properties.storageProfile.imageReference`; what was made from a disk has
    /// none.
    pub(super) fn of(read: &Reader<'_>) -> Option<Self> {
        read.value("/properties/storageProfile/imageReference")?;
        let text = |field| read.owned(&at(field));
        let id = || -> Option<ResourceId> { read.text(&at("id"))?.parse().ok() };
        let in_gallery = |id: &ResourceId| {
            let kind = id.kind();
            ["", "/versions"].iter().any(|end| {
                kind.eq_ignore_ascii_case(&format!("Microsoft.Compute/galleries/images{end}"))
            })
        };
        let reference = if let Some(shared) = text("sharedGalleryImageId") {
            Self::Shared(shared)
        } else if let Some(community) = text("communityGalleryImageId") {
            Self::Community(community)
        } else if let Some(id) = id().filter(in_gallery) {
            Self::Gallery(id)
        } else if let (Some(publisher), Some(offer), Some(sku)) =
            (text("publisher"), text("offer"), text("sku"))
        {
            let version = text("exactVersion").or_else(|| text("version"));
            Self::Marketplace {
                publisher,
                offer,
                sku,
                version: version.unwrap_or_default(),
            }
        } else {
            Self::Other
        };
        Some(reference)
    }

    /// The version in use of an image that is numbered as galleries do, where Azure says, else
    /// the one asked for.
    pub(super) fn exact_version(&self, read: &Reader<'_>) -> Option<VersionNumber> {
        let asked = match self {
            Self::Gallery(id) => id.name(),
            Self::Shared(id) | Self::Community(id) => id.rsplit('/').next()?,
            Self::Marketplace { .. } | Self::Other => return None,
        };
        let exact = read.text(&at("exactVersion"));
        exact.unwrap_or(asked).parse().ok()
    }
}

fn at(field: &str) -> String {
    format!("/properties/storageProfile/imageReference/{field}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DEFINITION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/galleries/acg/images/win11";

    fn read(reference: &Value) -> (Option<ImageReference>, Option<String>) {
        let machine = json!({"properties": {"storageProfile": {"imageReference": reference}}});
        let read = Reader::new("a machine", &machine);
        let reference = ImageReference::of(&read);
        let exact = reference.as_ref().and_then(|r| r.exact_version(&read));
        (reference, exact.map(|number| number.to_string()))
    }

    #[test]
    fn every_form_is_told_apart() {
        let gallery = |id: &str| Some(ImageReference::Gallery(id.parse().unwrap()));
        let version = format!("{DEFINITION}/versions/1.4.12");
        let upper = version.to_uppercase();
        let some = |text: &str| Some(text.to_owned());
        let shared = "/SharedGalleries/s-ACG/Images/win11/Versions/1.4.12";
        let community = "/CommunityGalleries/pub-1/Images/win11/Versions/latest";
        for (reference, what, exact) in [
            (
                json!({"id": DEFINITION, "exactVersion": "1.1.3"}),
                gallery(DEFINITION),
                some("1.1.3"),
            ),
            (json!({"id": DEFINITION}), gallery(DEFINITION), None),
            (
                json!({"id": version, "exactVersion": "1.4.12"}),
                gallery(&version),
                some("1.4.12"),
            ),
            (json!({"id": upper}), gallery(&version), some("1.4.12")),
            (
                json!({"sharedGalleryImageId": shared}),
                Some(ImageReference::Shared(shared.to_owned())),
                some("1.4.12"),
            ),
            (
                json!({"communityGalleryImageId": community, "exactVersion": "1.1.2"}),
                Some(ImageReference::Community(community.to_owned())),
                some("1.1.2"),
            ),
            (
                json!({"publisher": "Canonical", "offer": "Ubuntu", "sku": "18.04-LTS", "version": "latest", "exactVersion": "18.04.202401161"}),
                Some(ImageReference::Marketplace {
                    publisher: "Canonical".to_owned(),
                    offer: "Ubuntu".to_owned(),
                    sku: "18.04-LTS".to_owned(),
                    version: "18.04.202401161".to_owned(),
                }),
                None,
            ),
            (
                json!({"id": DEFINITION.replace("galleries/acg/images/win11", "images/old")}),
                Some(ImageReference::Other),
                None,
            ),
            (json!({}), Some(ImageReference::Other), None),
            (Value::Null, None, None),
        ] {
            assert_eq!(read(&reference), (what, exact), "{reference}");
        }
    }
}
