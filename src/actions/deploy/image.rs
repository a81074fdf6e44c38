//! How machines of one target name their image, and whose tokens that takes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::actions::{Check, Verdict};
use crate::azure::{
    Access, Error, Gallery, ImageDefinition, ImageVersion, Region, ResourceId, Session,
    SubscriptionId,
};

/// The image as its owner sees it.
pub(super) struct Image {
    /// Whom it is read as.
    pub(super) access: Access,
    pub(super) gallery: Gallery,
    pub(super) definition: ImageDefinition,
    pub(super) version: ImageVersion,
}

/// How machines name their image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reference {
    /// By the version's id, with the token of the request alone: it is good for both sides.
    Own(ResourceId),
    /// By the version's id, and with an auxiliary token of the gallery's tenant.
    Linked(ResourceId, Access),
    /// By the id of a directly shared version: the customer's own token sees it.
    Shared(String),
}

impl Reference {
    /// The `imageReference` of a machine.
    pub(super) fn body(&self) -> Value {
        match self {
            Self::Own(id) | Self::Linked(id, _) => json!({ "id": id }),
            Self::Shared(id) => json!({ "sharedGalleryImageId": id }),
        }
    }

    /// Whose tokens a write carries besides its own.
    pub(super) fn auxiliary(&self) -> Vec<Access> {
        match self {
            Self::Own(_) | Self::Shared(_) => Vec::new(),
            Self::Linked(_, access) => vec![access.clone()],
        }
    }
}

/// Where machines go.
pub(super) struct Place<'a> {
    pub(super) session: &'a Session,
    pub(super) subscription: &'a SubscriptionId,
    pub(super) region: &'a Region,
}

/// How the image is reached from there, with what was looked at: the customer's direct share where
/// there is one, and otherwise the version itself, read as the identity that will deploy.
pub(super) async fn reach(image: &Image, place: &Place<'_>) -> Result<(Reference, Check), Error> {
    let id = image.version.id.clone();
    let access = place.session.access();
    if access.tenant == image.access.tenant {
        place.session.image_version(&id).await?;
        let text = format!(
            "{} reads the image with the token that deploys",
            access.identity
        );
        return Ok((Reference::Own(id), Check::new(Verdict::Pass, text)));
    }
    if let Some(shared) = shared(image, place).await? {
        let text = "the gallery is shared directly with the customer";
        return Ok((Reference::Shared(shared), Check::new(Verdict::Pass, text)));
    }
    let linked = Access {
        identity: access.identity.clone(),
        tenant: image.access.tenant.clone(),
    };
    let session = place.session.acting_as(linked.clone());
    session.image_version(&id).await?;
    let text = format!(
        "{} reads the image in the gallery's tenant: that token goes along",
        linked.identity
    );
    let check = Check::new(Verdict::Pass, text);
    Ok((Reference::Linked(id, linked), check))
}

/// The id by which the customer sees the version, where the gallery is shared with it.
async fn shared(image: &Image, place: &Place<'_>) -> Result<Option<String>, Error> {
    let (Some(gallery), Some(number)) = (&image.gallery.unique_name, image.version.number) else {
        return Ok(None);
    };
    let found = place
        .session
        .shared_image_version(
            place.subscription,
            place.region,
            gallery,
            &image.definition.name,
            &number,
        )
        .await;
    match found {
        Ok(version) => Ok(Some(version.unique_id)),
        // Not shared, or the identity may not look at shared galleries: then by role.
        Err(error) if matches!(error.status(), Some(403 | 404)) => Ok(None),
        Err(error) => Err(error),
    }
}
