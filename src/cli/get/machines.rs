//! Virtual machines, and how far behind the latest version their image is.

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};

use super::{AT_ONCE, Answer, Owned, Row, matches, name_of, owned, told};
use crate::azure::{
    Azure, Error, ImageReference, ImageVersion, ResourceId, SubscriptionState, VirtualMachine,
};
use crate::cli::args::{Format, Get};
use crate::estate::{Behind, ImageName, Trouble};

/// All versions of images, as far as they could be read.
type Versions = BTreeMap<ImageName, Vec<ImageVersion>>;

/// The machines of the wanted tenants; their images may be in galleries of others.
pub(super) async fn rows(
    azure: &Azure,
    get: &Get,
    wanted: &[Answer],
    others: &[Answer],
    troubles: &mut Vec<String>,
) -> Vec<Row> {
    let mut note = |owned: &Owned<'_>, error: &Error| {
        troubles.push(told(owned.answer, &Trouble::from(error)));
    };
    let mut machines = Vec::new();
    for (owned, read) in read(azure, wanted).await {
        match read {
            Ok(found) => machines.extend(found.into_iter().map(|machine| (owned.clone(), machine))),
            Err(error) => note(&owned, &error),
        }
    }
    machines.retain(|(_, machine)| get.uses(machine));
    let mut versions = Versions::new();
    if get.output == Format::Table {
        let images = machines.iter().filter_map(|(_, machine)| name(machine));
        for image in images {
            versions.entry(image).or_default();
        }
        for owned in owned(wanted).chain(owned(others)) {
            if let Err(error) = read_versions(azure, &owned, &mut versions).await {
                note(&owned, &error);
            }
        }
    }
    let rows = machines.iter().map(|(owned, machine)| {
        let cells = vec![
            machine.name.clone(),
            name_of(owned.answer),
            machine.location.to_string(),
            machine.size.clone().unwrap_or_default(),
            image(machine),
            machine
                .exact_version
                .map_or_else(String::new, |version| version.to_string()),
            behind(machine, &versions),
            machine.provisioning_state.to_string(),
        ];
        owned.row(machine.document(), cells)
    });
    rows.collect()
}

/// The machines of every subscription, in order.
async fn read<'a>(
    azure: &Azure,
    answers: &'a [Answer],
) -> Vec<(Owned<'a>, Result<Vec<VirtualMachine>, Error>)> {
    let reads = owned(answers)
        .filter(|owned| owned.subscription.state != SubscriptionState::Deleted)
        .map(|owned| async move {
            let session = azure.session(owned.answer.access.clone());
            let read = session.virtual_machines(&owned.subscription.id).await;
            (owned, read)
        });
    let mut read: Vec<_> = reads.collect::<FuturesUnordered<_>>().collect().await;
    read.sort_by_key(|(owned, _)| (name_of(owned.answer), owned.subscription.id.clone()));
    read
}

/// Reads the versions of those images that are in galleries of a subscription.
async fn read_versions(
    azure: &Azure,
    owned: &Owned<'_>,
    versions: &mut Versions,
) -> Result<(), Error> {
    let id = &owned.subscription.id;
    let here: Vec<&ImageName> = versions
        .keys()
        .filter(|image| image.subscription == id.as_str())
        .collect();
    if here.is_empty() {
        return Ok(());
    }
    let session = azure.session(owned.answer.access.clone());
    let galleries = session.galleries(id).await?;
    let definitions: Vec<ResourceId> = here
        .iter()
        .filter_map(|image| {
            let mut galleries = galleries.iter();
            let gallery =
                galleries.find(|found| found.name.eq_ignore_ascii_case(&image.gallery))?;
            gallery.id.child("images", &image.image).ok()
        })
        .collect();
    let reads = definitions
        .iter()
        .map(async |definition| (definition, session.image_versions(definition).await));
    let read: Vec<_> = stream::iter(reads).buffered(AT_ONCE).collect().await;
    for (definition, read) in read {
        if let Some(image) = ImageName::of_definition(definition) {
            versions.insert(image, read?);
        }
    }
    Ok(())
}

impl Get {
    /// Whether a machine's image is in the gallery, and is the image, that are asked for.
    fn uses(&self, machine: &VirtualMachine) -> bool {
        let name = name(machine);
        let is_meant = |wanted: &Option<String>, part: fn(&ImageName) -> &str| {
            let wanted = wanted
                .as_deref()
                .map(|text| text.rsplit('/').next().unwrap_or(text));
            wanted.is_none()
                || name
                    .as_ref()
                    .is_some_and(|name| matches(wanted, part(name), ""))
        };
        is_meant(&self.gallery, |name| &name.gallery) && is_meant(&self.image, |name| &name.image)
    }
}

fn name(machine: &VirtualMachine) -> Option<ImageName> {
    ImageName::of_reference(machine.image.as_ref()?)
}

/// The image in words.
fn image(machine: &VirtualMachine) -> String {
    if let Some(name) = name(machine) {
        return format!("{}/{}", name.gallery, name.image);
    }
    match &machine.image {
        Some(ImageReference::Community(id)) => id.clone(),
        Some(ImageReference::Marketplace { offer, sku, .. }) => format!("{offer} {sku}"),
        _ => String::new(),
    }
}

fn behind(machine: &VirtualMachine, versions: &Versions) -> String {
    let all = name(machine).and_then(|image| versions.get(&image));
    let known = all.filter(|all| !all.is_empty()).zip(machine.exact_version);
    match known.map(|(all, version)| Behind::of(version, &machine.location, all)) {
        Some(Behind::Current) => "0".to_owned(),
        Some(Behind::Versions(count)) => count.to_string(),
        Some(Behind::Unknown) | None => "?".to_owned(),
    }
}
