use serde_json::{Value, json};

use super::{Gallery, ImageDefinition, ImageVersion, SharingUpdate};
use crate::azure::arm::Accepted;
use crate::azure::error::Error;
use crate::azure::guid::SubscriptionId;
use crate::azure::resource_id::ResourceId;
use crate::azure::session::Session;

impl Session {
    /// The galleries of a subscription.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn galleries(&self, subscription: &SubscriptionId) -> Result<Vec<Gallery>, Error> {
        self.list(
            "Microsoft.Compute/galleries",
            &format!("/subscriptions/{subscription}/providers/Microsoft.Compute/galleries"),
            "",
            &format!("the galleries of subscription {subscription}"),
        )
        .await
    }

    /// A gallery, with whom it is shared with directly.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn gallery(&self, id: &ResourceId) -> Result<Gallery, Error> {
        // Without it the groups of the sharing profile are left out (`recordings/vm/shared_gallery.json`).
        self.get(id, "&$select=Permissions", "the gallery").await
    }

    /// Changes whom a gallery is shared with directly.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::accepted`] tells whether the change may have been accepted.
    pub async fn share_gallery(
        &self,
        id: &ResourceId,
        update: &SharingUpdate,
    ) -> Result<Accepted, Error> {
        let body = json!(update);
        self.post(id, "/share", &body, "changing the sharing of")
            .await
    }

    /// The image definitions of a gallery.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn image_definitions(
        &self,
        gallery: &ResourceId,
    ) -> Result<Vec<ImageDefinition>, Error> {
        self.list(
            "Microsoft.Compute/galleries/images",
            &format!("{gallery}/images"),
            "",
            &format!("the image definitions of {}", gallery.names()),
        )
        .await
    }

    /// An image definition.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn image_definition(&self, id: &ResourceId) -> Result<ImageDefinition, Error> {
        self.get(id, "", "the image definition").await
    }

    /// The versions of an image definition, without their replication.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn image_versions(
        &self,
        definition: &ResourceId,
    ) -> Result<Vec<ImageVersion>, Error> {
        self.list(
            "Microsoft.Compute/galleries/images/versions",
            &format!("{definition}/versions"),
            "",
            &format!("the versions of {}", definition.names()),
        )
        .await
    }

    /// A version, with how far it is replicated.
    ///
    /// # Errors
    /// Any [`Error`] of a read.
    pub async fn image_version(&self, id: &ResourceId) -> Result<ImageVersion, Error> {
        self.get(id, "&$expand=ReplicationStatus", "the version")
            .await
    }

    /// Writes a version, with a body such as [`ImageVersion::update_body`] makes.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::accepted`] tells whether the write may have been accepted.
    pub async fn put_image_version(
        &self,
        id: &ResourceId,
        body: &Value,
    ) -> Result<Accepted, Error> {
        self.put(id, body, "the version").await
    }
}
