//! From what a person types to the one resource that is meant.

use std::fmt;
use std::sync::Arc;

use super::{DefinitionRow, GalleryRow, Reader};
use crate::azure::{ResourceId, SubscriptionId, TenantId, VersionNumber};
use crate::database;

/// Why a name doesn't say which resource is meant.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved {
    /// It is neither a resource id nor of the expected form.
    #[error("{text:?} is neither a resource id nor {form}")]
    Form {
        /// What was typed.
        text: String,
        /// What would do.
        form: &'static str,
    },
    /// There is nothing of that name.
    #[error("there is no {what} named {name:?}{}", nearest.as_ref().map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    Unknown {
        /// The kind of resource.
        what: &'static str,
        /// The name.
        name: String,
        /// One that is nearly the same.
        nearest: Option<String>,
    },
    /// There are several.
    #[error("{name:?} is ambiguous: give the id of one of these:\n  {}", ids.join("\n  "))]
    Ambiguous {
        /// The name.
        name: String,
        /// All that have it.
        ids: Vec<String>,
    },
    /// The estate can't be read.
    #[error(transparent)]
    Estate(#[from] database::Error),
}

/// The image definition that `gallery/image` or a resource id means.
///
/// # Errors
/// [`Unresolved`].
pub fn resolve_definition(estate: &Reader, text: &str) -> Result<ResourceId, Unresolved> {
    if text.starts_with('/') {
        return id(
            text,
            "Microsoft.Compute/galleries/images",
            "that of an image definition",
        );
    }
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [gallery, image] if !gallery.is_empty() && !image.is_empty() => {
            definition(estate, gallery, image)
        }
        _ => Err(form(text, "of the form gallery/image")),
    }
}

/// What `gallery`, `gallery/image`, `gallery/image/version` or a resource id means, of those that
/// can be shared.
///
/// # Errors
/// [`Unresolved`].
pub fn resolve_shareable(estate: &Reader, text: &str) -> Result<ResourceId, Unresolved> {
    match text.matches('/').count() {
        0 => {
            let rows = estate.galleries()?;
            let named = rows
                .iter()
                .map(|row| (row.gallery.name.as_str(), &row.gallery.id));
            by_name("gallery", text, named)
        }
        1 => resolve_definition(estate, text),
        _ if text.starts_with('/') => text.parse().map_err(|_| form(text, "a gallery")),
        _ => resolve_version(estate, text),
    }
}

/// The image version that `gallery/image/version` or a resource id means.
///
/// # Errors
/// [`Unresolved`].
pub fn resolve_version(estate: &Reader, text: &str) -> Result<ResourceId, Unresolved> {
    if text.starts_with('/') {
        let what = "that of an image version";
        return id(text, "Microsoft.Compute/galleries/images/versions", what);
    }
    let wanted = "of the form gallery/image/version, such as acg/win11/2026.11.3";
    let [gallery, image, number] = text.split('/').collect::<Vec<_>>()[..] else {
        return Err(form(text, wanted));
    };
    let number: VersionNumber = number.parse().map_err(|_| form(text, wanted))?;
    let definition = definition(estate, gallery, image)?;
    let versions = estate.versions(&definition)?;
    let found = versions
        .iter()
        .find(|row| row.version.number == Some(number));
    match found {
        Some(row) => Ok(row.version.id.clone()),
        None => Err(Unresolved::Unknown {
            what: "version",
            name: text.to_owned(),
            nearest: versions
                .first()
                .map(|row| format!("{gallery}/{image}/{}", row.version.name)),
        }),
    }
}

fn definition(estate: &Reader, gallery: &str, image: &str) -> Result<ResourceId, Unresolved> {
    let galleries = estate.galleries()?;
    let is_meant = |row: &&GalleryRow| row.gallery.name.eq_ignore_ascii_case(gallery);
    let ids: Vec<&ResourceId> = galleries
        .iter()
        .filter(is_meant)
        .map(|row| &row.gallery.id)
        .collect();
    if ids.is_empty() {
        let names = galleries.iter().map(|row| row.gallery.name.as_str());
        return Err(unknown("gallery", gallery, names));
    }
    let in_gallery = |row: &&Arc<DefinitionRow>| {
        row.definition
            .id
            .parent()
            .is_some_and(|parent| ids.contains(&&parent))
    };
    let definitions = estate.definitions()?;
    let found: Vec<&ResourceId> = definitions
        .iter()
        .filter(in_gallery)
        .filter(|row| row.definition.name.eq_ignore_ascii_case(image))
        .map(|row| &row.definition.id)
        .collect();
    match found.as_slice() {
        [] => {
            let names = definitions
                .iter()
                .filter(in_gallery)
                .map(|row| row.definition.name.as_str());
            Err(unknown("image definition", image, names))
        }
        [one] => Ok((*one).clone()),
        several => Err(Unresolved::Ambiguous {
            name: format!("{gallery}/{image}"),
            ids: several.iter().map(ToString::to_string).collect(),
        }),
    }
}

fn id(text: &str, kind: &str, what: &'static str) -> Result<ResourceId, Unresolved> {
    let id: ResourceId = text.parse().map_err(|_| form(text, what))?;
    if id.kind().eq_ignore_ascii_case(kind) {
        Ok(id)
    } else {
        Err(form(text, what))
    }
}

fn form(text: &str, form: &'static str) -> Unresolved {
    Unresolved::Form {
        text: text.to_owned(),
        form,
    }
}

fn unknown<'a>(what: &'static str, name: &str, names: impl Iterator<Item = &'a str>) -> Unresolved {
    let nearest = names
        .map(|known| {
            (
                strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase()),
                known,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    Unresolved::Unknown {
        what,
        name: name.to_owned(),
        nearest: nearest.map(|(_, known)| known.to_owned()),
    }
}

/// The tenant that a name or a tenant id means.
///
/// # Errors
/// [`Unresolved`].
pub fn resolve_tenant(estate: &Reader, text: &str) -> Result<TenantId, Unresolved> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let rows = estate.tenants()?;
    let named = rows.iter().map(|row| (row.name.as_str(), &row.id));
    by_name("tenant", text, named)
}

/// The subscription that a name or a subscription id means.
///
/// # Errors
/// [`Unresolved`].
pub fn resolve_subscription(estate: &Reader, text: &str) -> Result<SubscriptionId, Unresolved> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let rows = estate.subscriptions()?;
    let named = rows
        .iter()
        .map(|row| (row.subscription.name.as_str(), &row.subscription.id));
    by_name("subscription", text, named)
}

fn by_name<'a, I: Clone + fmt::Display + 'a>(
    what: &'static str,
    wanted: &str,
    named: impl Iterator<Item = (&'a str, &'a I)> + Clone,
) -> Result<I, Unresolved> {
    let is_meant = |(name, _): &(&str, &I)| name.eq_ignore_ascii_case(wanted);
    let found: Vec<&I> = named.clone().filter(is_meant).map(|(_, id)| id).collect();
    match found.as_slice() {
        [] => Err(unknown(what, wanted, named.map(|(name, _)| name))),
        [one] => Ok((*one).clone()),
        several => Err(Unresolved::Ambiguous {
            name: wanted.to_owned(),
            ids: several.iter().map(ToString::to_string).collect(),
        }),
    }
}
