//! Galleries as those see them who they are shared with, a region at a time: directly shared ones
//! (`GalleryRP 2024-03-03/sharedGallery.json`, `vm/shared_gallery.json` of the recordings), and those
//! of the community (`communityGallery.json`, `vm/community_gallery_operations.json`).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::serving;
use super::sharing;
use crate::simulator::answer::{Answer, Outcome, Refusal};
use crate::simulator::arm::{Admitted, not_found};
use crate::simulator::paging::page;
use crate::simulator::regions;
use crate::simulator::resources::text;
use crate::simulator::world::World;

/// Answers a GET of a gallery, an image, a version, or a list of them.
pub(super) fn get(world: &World, admitted: &Admitted) -> Outcome {
    admitted.authorize(world, "read")?;
    let view = View::of(world, admitted)?;
    let names: Vec<&str> = admitted.path.names.iter().map(String::as_str).collect();
    let depth = admitted.path.types.len();
    let missing = || not_found(&admitted.path);
    match (depth, names.as_slice()) {
        (2, [_]) if view.of_community => Err(admitted.method_not_allowed()),
        (2, [_]) => page(world, admitted.request, view.galleries()),
        (2, [_, gallery]) => {
            let gallery = view.gallery(gallery).ok_or_else(missing)?;
            Ok(Answer::ok(view.gallery_in_full(gallery)))
        }
        (3, [_, gallery]) => {
            let gallery = view.gallery(gallery).ok_or_else(missing)?;
            let images = view.images(gallery).map(|image| view.image(gallery, image));
            page(world, admitted.request, images.collect())
        }
        (3, [_, gallery, name]) => {
            let gallery = view.gallery(gallery).ok_or_else(missing)?;
            let image = named(view.images(gallery), name).ok_or_else(missing)?;
            Ok(Answer::ok(view.image(gallery, image)))
        }
        (_, [_, gallery, image, rest @ ..]) => {
            let gallery = view.gallery(gallery).ok_or_else(missing)?;
            let image = named(view.images(gallery), image).ok_or_else(missing)?;
            let told = |version| view.version(gallery, image, version);
            match rest {
                [] => page(
                    world,
                    admitted.request,
                    view.versions(image).map(told).collect(),
                ),
                [name, ..] => {
                    let version = named(view.versions(image), name).ok_or_else(missing)?;
                    Ok(Answer::ok(told(version)))
                }
            }
        }
        _ => Err(missing()),
    }
}

/// What a subscription sees in a region.
struct View<'a> {
    world: &'a World,
    subscription: &'a str,
    /// As it was asked for
    location: &'a str,
    of_community: bool,
    whose: Whose,
}

/// Which of the directly shared galleries are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Subscription,
    Tenant,
    Either,
}

impl<'a> View<'a> {
    fn of(world: &'a World, admitted: &'a Admitted) -> Result<Self, Refusal> {
        let location = admitted.path.names.first().map_or("", String::as_str);
        if regions::find(location).is_none() {
            return Err(unknown_location(admitted, location));
        }
        // One alone is found whichever way it is shared (descriptions in the specification).
        let whose = match admitted.request.query("sharedTo") {
            _ if !admitted.path.is_collection() => Whose::Either,
            None => Whose::Subscription,
            Some(to) if to.eq_ignore_ascii_case("tenant") => Whose::Tenant,
            Some(_) => {
                let message = "The value of parameter sharedTo is invalid.";
                return Err(Refusal::invalid("sharedTo", message));
            }
        };
        Ok(Self {
            world,
            subscription: admitted.path.subscription.as_deref().unwrap_or_default(),
            location,
            of_community: admitted.kind.name.contains("communityGalleries"),
            whose,
        })
    }

    fn is_shared(&self, gallery: &Value) -> bool {
        let directly =
            self.whose != Whose::Tenant && sharing::with_subscription(gallery, self.subscription);
        let with_tenant = self.whose != Whose::Subscription
            && sharing::with_tenant_of(self.world, gallery, self.subscription);
        directly || with_tenant
    }

    /// Whether a gallery is at home in this region, or serves a version there.
    fn is_here(&self, gallery: &Value) -> bool {
        regions::normal(&text(gallery, "/location")) == regions::normal(self.location)
            || self.images(gallery).next().is_some()
    }

    /// The directly shared galleries.
    fn galleries(&self) -> Vec<Value> {
        let all = sharing::all(self.world);
        let shared = all.filter(|gallery| self.is_shared(gallery) && self.is_here(gallery));
        shared.map(|gallery| self.brief(gallery)).collect()
    }

    fn gallery(&self, name: &str) -> Option<&'a Value> {
        let found = if self.of_community {
            sharing::community_gallery(self.world, name)
        } else {
            sharing::shared_gallery(self.world, name, self.subscription)
                .filter(|gallery| self.is_shared(gallery))
        };
        found.filter(|gallery| self.is_here(gallery))
    }

    /// The definitions with a version that this region serves.
    fn images(&self, gallery: &Value) -> impl Iterator<Item = &'a Value> {
        let images = format!("{}/images", text(gallery, "/id"));
        self.world
            .resources
            .members(&images)
            .filter(|image| self.versions(image).next().is_some())
    }

    fn versions(&self, image: &Value) -> impl Iterator<Item = &'a Value> {
        let versions = format!("{}/versions", text(image, "/id"));
        self.world
            .resources
            .members(&versions)
            .filter(|version| serving::serves(self.world, version, self.location))
    }

    /// What a gallery is called here, and the root of its unique id.
    fn name_and_root(&self, gallery: &Value) -> (String, String) {
        let (root, name) = if self.of_community {
            let name = "/properties/sharingProfile/communityGalleryInfo/publicNames/0";
            ("CommunityGalleries", name)
        } else {
            ("SharedGalleries", "/properties/identifier/uniqueName")
        };
        let name = text(gallery, name);
        let unique_id = format!("/{root}/{name}");
        (name, unique_id)
    }

    fn document(&self, name: &str, unique_id: &str) -> Value {
        json!({
            "location": self.location,
            "name": name,
            "identifier": { "uniqueId": unique_id },
        })
    }

    /// A gallery in a list.
    fn brief(&self, gallery: &Value) -> Value {
        let (name, unique_id) = self.name_and_root(gallery);
        self.document(&name, &unique_id)
    }

    /// A gallery by itself.
    fn gallery_in_full(&self, gallery: &Value) -> Value {
        let mut document = self.brief(gallery);
        document["properties"] = json!({});
        if self.of_community {
            let info = &gallery["properties"]["sharingProfile"]["communityGalleryInfo"];
            let told = ["publisherUri", "publisherContact", "eula", "publicNames"];
            let metadata: Map<String, Value> = told
                .iter()
                .map(|name| ((*name).to_owned(), info[*name].clone()))
                .collect();
            document["communityMetadata"] = json!(metadata);
            document["properties"] =
                json!({ "communityMetadata": metadata, "disclaimer": DISCLAIMER });
        }
        document
    }

    fn image(&self, gallery: &Value, image: &Value) -> Value {
        let (_, root) = self.name_and_root(gallery);
        let name = text(image, "/name");
        let told = [
            "osType",
            "osState",
            "endOfLifeDate",
            "recommended",
            "disallowed",
            "hyperVGeneration",
            "features",
            "purchasePlan",
            "architecture",
            "privacyStatementUri",
            "eula",
            "identifier",
        ];
        let mut properties = self.properties(&image["properties"], &told);
        properties.entry("recommended").or_insert(json!({}));
        if self.of_community {
            properties["identifier"] = json!({ "publisher": "", "offer": "", "sku": "" });
        }
        let mut document = self.document(&name, &format!("{root}/Images/{name}"));
        document["properties"] = json!(properties);
        document
    }

    fn version(&self, gallery: &Value, image: &Value, version: &Value) -> Value {
        let (_, root) = self.name_and_root(gallery);
        let (image, name) = (text(image, "/name"), text(version, "/name"));
        let publishing = &version["properties"]["publishingProfile"];
        let mut properties = self.properties(publishing, &["publishedDate", "endOfLifeDate"]);
        let excluded = serving::excluded(version, self.location);
        properties.insert("excludeFromLatest".into(), json!(excluded));
        let storage = &version["properties"]["storageProfile"];
        let mut told = Map::new();
        if storage["osDiskImage"].is_object() {
            told.insert("osDiskImage".into(), disk(&storage["osDiskImage"]));
        }
        if let Some(disks) = storage["dataDiskImages"].as_array() {
            let disks: Vec<Value> = disks.iter().map(disk).collect();
            told.insert("dataDiskImages".into(), json!(disks));
        }
        properties.insert("storageProfile".into(), json!(told));
        let unique_id = format!("{root}/Images/{image}/Versions/{name}");
        let mut document = self.document(&name, &unique_id);
        document["properties"] = json!(properties);
        document
    }

    /// The properties that are told to others, and in the community with its disclaimer.
    fn properties(&self, all: &Value, told: &[&str]) -> Map<String, Value> {
        let mut properties = Map::new();
        if self.of_community {
            properties.insert("disclaimer".into(), json!(DISCLAIMER));
        }
        for name in told {
            if let Some(value) = all.get(*name) {
                properties.insert((*name).to_owned(), value.clone());
            }
        }
        properties
    }
}

const DISCLAIMER: &str = "https://aka.ms/community-gallery-disclaimer";

/// Disks have `diskSizeGB` here, and no source.
fn disk(image: &Value) -> Value {
    let mut disk = Map::new();
    for (name, told) in [
        ("lun", "lun"),
        ("sizeInGB", "diskSizeGB"),
        ("hostCaching", "hostCaching"),
    ] {
        if let Some(value) = image.get(name) {
            disk.insert(told.to_owned(), value.clone());
        }
    }
    json!(disk)
}

fn named<'w>(mut documents: impl Iterator<Item = &'w Value>, name: &str) -> Option<&'w Value> {
    documents.find(|document| text(document, "/name").eq_ignore_ascii_case(name))
}

/// A location that there is not. Azure's text is unverified.
fn unknown_location(admitted: &Admitted, location: &str) -> Refusal {
    Refusal::gateway(
        StatusCode::BAD_REQUEST,
        "NoRegisteredProviderFound",
        format!(
            "No registered resource provider found for location '{location}' and API version '{}' \
             for type '{}'.",
            admitted.request.api_version(),
            admitted.path.types.join("/")
        ),
    )
}
