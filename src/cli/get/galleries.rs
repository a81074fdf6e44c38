use std::cmp::Reverse;

use futures::StreamExt;
use futures::stream;

use super::{AT_ONCE, Owned, Row, matches, name_of};
use crate::azure::{
    Error, Gallery, ImageDefinition, ImageVersion, Permissions, Session, SharingGroupKind,
};
use crate::cli::args::{Get, What};
use crate::estate::latest_by_region;

/// What is wanted of the galleries of a subscription.
pub(super) async fn rows(
    session: &Session,
    get: &Get,
    owned: &Owned<'_>,
    note: &mut impl FnMut(Error),
) -> Result<Vec<Row>, Error> {
    let galleries = wanted(session, get, owned).await?;
    if get.what == What::Galleries {
        let galleries = whole(session, galleries, note).await;
        let cells = |gallery: &Gallery| {
            vec![
                gallery.name.clone(),
                name_of(owned.answer),
                gallery.location.to_string(),
                sharing(gallery),
                gallery.provisioning_state.to_string(),
            ]
        };
        return Ok(galleries
            .iter()
            .map(|g| owned.row(g.document(), cells(g)))
            .collect());
    }
    let mut rows = Vec::new();
    for gallery in &galleries {
        match images(session, get, owned, gallery, note).await {
            Ok(found) => rows.extend(found),
            Err(error) => note(error),
        }
    }
    Ok(rows)
}

/// The galleries of a subscription that are asked for.
pub(super) async fn wanted(
    session: &Session,
    get: &Get,
    owned: &Owned<'_>,
) -> Result<Vec<Gallery>, Error> {
    let mut galleries = session.galleries(&owned.subscription.id).await?;
    galleries.retain(|found| matches(get.gallery.as_deref(), &found.name, found.id.as_str()));
    Ok(galleries)
}

/// The galleries with whom they are shared with, which lists leave out.
async fn whole(
    session: &Session,
    listed: Vec<Gallery>,
    note: &mut impl FnMut(Error),
) -> Vec<Gallery> {
    let mut whole = Vec::new();
    for gallery in listed {
        let read = match gallery.sharing {
            Permissions::Groups => session.gallery(&gallery.id).await,
            _ => Ok(gallery.clone()),
        };
        whole.push(read.unwrap_or_else(|error| {
            note(error);
            gallery
        }));
    }
    whole
}

fn sharing(gallery: &Gallery) -> String {
    let count = |kind: &SharingGroupKind, what: &str| {
        let groups = gallery.groups.iter().filter(|group| group.kind == *kind);
        match groups.map(|group| group.ids.len()).sum::<usize>() {
            0 => String::new(),
            1 => format!(", 1 {what}"),
            several => format!(", {several} {what}s"),
        }
    };
    format!(
        "{}{}{}",
        gallery.sharing,
        count(&SharingGroupKind::Tenants, "tenant"),
        count(&SharingGroupKind::Subscriptions, "subscription")
    )
}

async fn images(
    session: &Session,
    get: &Get,
    owned: &Owned<'_>,
    gallery: &Gallery,
    note: &mut impl FnMut(Error),
) -> Result<Vec<Row>, Error> {
    let mut definitions = session.image_definitions(&gallery.id).await?;
    definitions.retain(|found| matches(get.image.as_deref(), &found.name, found.id.as_str()));
    if get.what == What::Images {
        let cells = |definition: &ImageDefinition| {
            vec![
                gallery.name.clone(),
                definition.name.clone(),
                definition.location.to_string(),
                definition.os_type.clone(),
                definition.generation.clone().unwrap_or_default(),
                definition.security_type.clone().unwrap_or_default(),
            ]
        };
        return Ok(definitions
            .iter()
            .map(|d| owned.row(d.document(), cells(d)))
            .collect());
    }
    let read = definitions.iter().map(|definition| async move {
        (definition, session.image_versions(&definition.id).await)
    });
    let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).collect().await;
    let mut rows = Vec::new();
    for (definition, versions) in read {
        match versions {
            Ok(versions) => rows.extend(version_rows(owned, gallery, definition, versions)),
            Err(error) => note(error),
        }
    }
    Ok(rows)
}

fn version_rows(
    owned: &Owned<'_>,
    gallery: &Gallery,
    definition: &ImageDefinition,
    mut versions: Vec<ImageVersion>,
) -> Vec<Row> {
    versions.sort_by_key(|version| Reverse(version.number));
    let latest = latest_by_region(&versions);
    let cells = |version: &ImageVersion| {
        let regions = version.target_regions.iter().map(|target| {
            let count = target.replicas.or(version.replica_count).unwrap_or(1);
            format!("{} {count}", target.region)
        });
        let latest = latest
            .iter()
            .filter(|(_, number)| Some(**number) == version.number);
        let latest: Vec<&str> = latest.map(|(region, _)| region.as_str()).collect();
        vec![
            gallery.name.clone(),
            definition.name.clone(),
            version.name.clone(),
            version.provisioning_state.to_string(),
            regions.collect::<Vec<_>>().join(", "),
            latest.join(", "),
        ]
    };
    versions
        .iter()
        .map(|version| owned.row(version.document(), cells(version)))
        .collect()
}
