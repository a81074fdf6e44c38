//! Galleries shared directly, as the one sees them whom they are shared with: regional, without
//! ids, by their unique name (`sharedGallery.json`, `GalleryRP` 2024-03-03).

use jiff::Timestamp;
use serde_json::Value;

use crate::azure::document::{Reader, keeps_document};
use crate::azure::error::Error;
use crate::azure::guid::SubscriptionId;
use crate::azure::region::Region;
use crate::azure::session::Session;
use crate::azure::version_number::VersionNumber;

/// A gallery that is shared with a subscription or with its tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedGallery {
    /// Its unique name, `{subscription}-{NAME}`.
    pub name: String,
    /// Its id among shared galleries, `/SharedGalleries/…`.
    pub unique_id: String,
    /// The region that it was asked for in.
    pub location: Region,
    document: Value,
}
keeps_document!(SharedGallery);

impl SharedGallery {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when name, location or unique id is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a shared gallery", &document);
        Ok(Self {
            name: read.required("/name")?.to_owned(),
            unique_id: read.required("/identifier/uniqueId")?.to_owned(),
            location: read.location()?,
            document,
        })
    }
}

/// A version in a shared gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedImageVersion {
    /// Its name.
    pub name: String,
    /// What a machine names as `sharedGalleryImageId`: `/SharedGalleries/…/Versions/…`.
    pub unique_id: String,
    /// The region that it was asked for in.
    pub location: Region,
    /// Whether "latest" passes it over.
    pub exclude_from_latest: bool,
    /// When it was made.
    pub published: Option<Timestamp>,
    /// When its owner stops caring for it; nothing stops working then.
    pub end_of_life: Option<Timestamp>,
    /// The size of the system disk in GiB.
    pub os_disk_size_gb: Option<u64>,
    document: Value,
}
keeps_document!(SharedImageVersion);

impl SharedImageVersion {
    /// Reads ARM's document.
    ///
    /// # Errors
    /// [`Error::Malformed`] when name, location or unique id is missing.
    pub fn from_document(document: Value) -> Result<Self, Error> {
        let read = Reader::new("a version of a shared image", &document);
        Ok(Self {
            name: read.required("/name")?.to_owned(),
            unique_id: read.required("/identifier/uniqueId")?.to_owned(),
            location: read.location()?,
            exclude_from_latest: read.flag("/properties/excludeFromLatest"),
            published: read.time("/properties/publishedDate"),
            end_of_life: read.time("/properties/endOfLifeDate"),
            os_disk_size_gb: read
                .value("/properties/storageProfile/osDiskImage/diskSizeGB")
                .and_then(Value::as_u64),
            document,
        })
    }
}

impl Session {
    /// The galleries shared with a subscription or with its tenant, as they are seen in a region.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn shared_galleries(
        &self,
        subscription: &SubscriptionId,
        region: &Region,
    ) -> Result<Vec<SharedGallery>, Error> {
        let mut found: Vec<SharedGallery> = Vec::new();
        for (query, with) in [("", "subscription"), ("&sharedTo=tenant", "the tenant of")] {
            let galleries: Vec<SharedGallery> = self
                .list(
                    "Microsoft.Compute/locations/sharedGalleries",
                    &shared_galleries(subscription, region),
                    query,
                    &format!("the galleries shared with {with} {subscription} in {region}"),
                )
                .await?;
            for gallery in galleries {
                let known = |other: &SharedGallery| other.name.eq_ignore_ascii_case(&gallery.name);
                if !found.iter().any(known) {
                    found.push(gallery);
                }
            }
        }
        Ok(found)
    }

    /// A version of a shared image, as it is seen in a region.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn shared_image_version(
        &self,
        subscription: &SubscriptionId,
        region: &Region,
        gallery: &str,
        image: &str,
        version: &VersionNumber,
    ) -> Result<SharedImageVersion, Error> {
        let galleries = shared_galleries(subscription, region);
        self.document(
            "Microsoft.Compute/locations/sharedGalleries/images/versions",
            &format!("{galleries}/{gallery}/images/{image}/versions/{version}"),
            "",
            &format!(
                "the version {gallery}/{image}/{version} shared with {subscription} in {region}"
            ),
        )
        .await
    }
}

fn shared_galleries(subscription: &SubscriptionId, region: &Region) -> String {
    format!(
        "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{region}/sharedGalleries"
    )
}
