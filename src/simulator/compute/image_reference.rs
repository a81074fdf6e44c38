//! What the `imageReference` of a machine leads to
//! (`ImageReference` of `ComputeRP 2024-07-01/virtualMachine.json`).

use axum::http::StatusCode;
use serde_json::Value;

use super::serving;
use super::sharing;
use crate::simulator::access;
use crate::simulator::answer::Refusal;
use crate::simulator::regions;
use crate::simulator::resource_path::{ResourcePath, subscription_of};
use crate::simulator::resources::text;
use crate::simulator::token::Caller;
use crate::simulator::world::World;

/// The image that a machine is made from.
pub(in crate::simulator) struct Image {
    /// The definition's document
    pub(in crate::simulator) definition: Value,
    /// The version's document
    pub(in crate::simulator) version: Value,
    /// `exactVersion` of the machine's image reference
    pub(in crate::simulator) exact_version: String,
}

/// The image behind the `imageReference` of the machine `id`, which `caller` creates in `region`.
/// It is given by `id`, `sharedGalleryImageId` or `communityGalleryImageId`, each with a version,
/// with `latest`, or with none, which means latest.
///
/// # Errors
/// Both kinds of `LinkedAuthorizationFailed` for an `id` that the caller and its auxiliary tokens
/// do not reach; `GalleryImageNotFound` where the region does not serve the version.
pub(in crate::simulator) fn image_behind(
    world: &World,
    caller: &Caller,
    id: &str,
    region: &str,
    reference: &Value,
) -> Result<Image, Refusal> {
    let form = |name: &str| reference[name].as_str().filter(|text| !text.is_empty());
    let forms = (
        form("id"),
        form("sharedGalleryImageId"),
        form("communityGalleryImageId"),
    );
    let subscription = subscription_of(id).unwrap_or_default();
    let (given, definition, version) = match forms {
        (Some(given), None, None) => {
            let (definition, version) = linked(world, caller, id, given)?;
            (given, Some(definition), version)
        }
        (None, Some(given), None) => {
            let names = Names::parse(given, "SharedGalleries", "sharedGalleryImageId")?;
            let gallery = sharing::shared_gallery(world, names.gallery, subscription);
            (given, names.definition_in(gallery), names.version)
        }
        (None, None, Some(given)) => {
            let names = Names::parse(given, "CommunityGalleries", "communityGalleryImageId")?;
            let gallery = sharing::community_gallery(world, names.gallery);
            (given, names.definition_in(gallery), names.version)
        }
        (None, None, None) => return Err(platform_image_not_found(reference)),
        _ => return Err(invalid("")),
    };
    let definition = definition
        .and_then(|id| world.resources.get(&id))
        .ok_or_else(|| not_available(given, region))?;
    let definition_id = text(definition, "/id");
    let version = match version {
        Some(version) => {
            let version = world
                .resources
                .get(&format!("{definition_id}/versions/{version}"));
            version
                .filter(|version| serving::serves(world, version, region))
                .ok_or_else(|| not_available(given, region))?
        }
        None => serving::latest(world, &definition_id, region)
            .ok_or_else(|| no_latest(world, &definition_id, given, region))?,
    };
    Ok(Image {
        definition: definition.clone(),
        version: version.clone(),
        exact_version: text(version, "/name"),
    })
}

/// The id of the definition, and the version, that an `id` names, once the caller may read it.
fn linked(
    world: &World,
    caller: &Caller,
    machine: &str,
    given: &str,
) -> Result<(String, Option<String>), Refusal> {
    if !given.starts_with("/subscriptions/") && !given.starts_with("/providers/") {
        return Err(Refusal::gateway(
            StatusCode::BAD_REQUEST,
            "LinkedInvalidPropertyId",
            format!(
                "Property id '{given}' at path 'properties.storageProfile.imageReference.id' is \
                 invalid. Expect fully qualified resource Id that start with \
                 '/subscriptions/{{subscriptionId}}' or \
                 '/providers/{{resourceProviderNamespace}}/'."
            ),
        ));
    }
    let path = ResourcePath::parse(given).filter(|path| !path.is_collection());
    let path = path.ok_or_else(|| invalid(".id"))?;
    let (definition, version) = match (path.kind().as_str(), path.parent()) {
        ("microsoft.compute/galleries/images", _) => (path.id(), None),
        ("microsoft.compute/galleries/images/versions", Some(definition)) => {
            let version = Some(path.name().to_owned());
            (definition.id(), version.filter(|name| !is_latest(name)))
        }
        _ => return Err(invalid(".id")),
    };
    let linked = match version {
        Some(_) => path.id(),
        None => definition.clone(),
    };
    let action = "Microsoft.Compute/virtualMachines/write";
    access::authorize_link(world, caller, action, machine, ("read", &linked))?;
    Ok((definition, version))
}

fn is_latest(version: &str) -> bool {
    version.eq_ignore_ascii_case("latest")
}

/// `/SharedGalleries/{gallery}/Images/{image}/Versions/{version}`, its end optional.
struct Names<'g> {
    gallery: &'g str,
    image: &'g str,
    /// None for the latest
    version: Option<String>,
}

impl<'g> Names<'g> {
    fn parse(given: &'g str, root: &str, property: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = given.trim_matches('/').split('/').collect();
        let are = |words: &[(usize, &str)]| {
            words
                .iter()
                .all(|(at, word)| parts[*at].eq_ignore_ascii_case(word))
        };
        match parts[..] {
            [_, gallery, _, image] if are(&[(0, root), (2, "Images")]) => Ok(Self {
                gallery,
                image,
                version: None,
            }),
            [_, gallery, _, image, _, version]
                if are(&[(0, root), (2, "Images"), (4, "Versions")]) =>
            {
                Ok(Self {
                    gallery,
                    image,
                    version: Some(version.to_owned()).filter(|name| !is_latest(name)),
                })
            }
            _ => Err(invalid(&format!(".{property}"))),
        }
    }

    fn definition_in(&self, gallery: Option<&Value>) -> Option<String> {
        gallery.map(|gallery| format!("{}/images/{}", text(gallery, "/id"), self.image))
    }
}

/// A reference that is none, or several at once. Azure's text is unverified.
fn invalid(property: &str) -> Refusal {
    let target = format!("imageReference{property}");
    let message = format!("The value of parameter {target} is invalid.");
    Refusal::invalid(&target, message)
}

/// Images of the marketplace are not simulated.
fn platform_image_not_found(reference: &Value) -> Refusal {
    let part = |name: &str| reference[name].as_str().unwrap_or_default();
    Refusal::service(
        StatusCode::NOT_FOUND,
        "PlatformImageNotFound",
        format!(
            "The platform image '{}:{}:{}:{}' is not available. Verify that all fields in the \
             storage profile are correct. For more details about storage profile information, \
             please refer to https://aka.ms/storageprofile",
            part("publisher"),
            part("offer"),
            part("sku"),
            part("version")
        ),
    )
    .target("imageReference")
}

/// The text is Azure's (Microsoft's `troubleshooting-shared-images.md`). What is not shared is
/// refused in the same way as what is not there; that Azure does so is unverified.
fn not_available(given: &str, region: &str) -> Refusal {
    Refusal::service(
        StatusCode::NOT_FOUND,
        "GalleryImageNotFound",
        format!(
            "The gallery image {given} is not available in {} region. Please contact image owner \
             to replicate to this region, or change your requested region.",
            regions::normal(region)
        ),
    )
    .target("imageReference")
}

/// No version is the latest in this region: either in none at all, or in others only. The texts are
/// Azure's (Microsoft's `troubleshooting-shared-images.md`), the code of the first is unverified.
fn no_latest(world: &World, definition: &str, given: &str, region: &str) -> Refusal {
    let mut versions = world.resources.members(&format!("{definition}/versions"));
    let elsewhere = versions.any(|version| {
        let targets = version["properties"]["publishingProfile"]["targetRegions"].as_array();
        let mut regions = targets
            .into_iter()
            .flatten()
            .filter_map(|target| target["name"].as_str());
        regions.any(|region| {
            serving::serves(world, version, region) && !serving::excluded(version, region)
        })
    });
    if elsewhere {
        return not_available(given, region);
    }
    Refusal::service(
        StatusCode::NOT_FOUND,
        "GalleryImageNotFound",
        format!("There is no latest image version exists for \"{given}\"."),
    )
    .target("imageReference")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::simulator::answer::Answer;
    use crate::simulator::estate_file::EstateFile;
    use crate::simulator::population::populate;
    use crate::simulator::throttling::Limits;

    const PROVIDER: &str = "6c6b5a4e-0000-4000-8000-000000000001";
    const CUSTOMER: &str = "6c6b5a4e-0000-4000-8000-000000000002";
    const OWNER: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-000000000011";
    const MACHINE: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-000000000012/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/m";
    const SHARED: &str = "/SharedGalleries/6c6b5a4e-0000-4000-8000-000000000011-ACG/Images/web";

    const ESTATE: &str = r#"
[application]
client_id = "6c6b5a4e-0000-4000-8000-000000000003"
client_secret = "s"
home = "6c6b5a4e-0000-4000-8000-000000000001"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000001"
name = "Provider"
domain = "p.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-000000000021"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000011"
name = "Galleries"
roles = [{ role = "Compute Gallery Image Reader", scope = "resourceGroups/images" }]
resource_groups = [{ name = "images", location = "westeurope" }]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
permissions = "Groups"
[[tenant.subscription.gallery.image]]
name = "web"
os = "Linux"
publisher = "p"
offer = "o"
sku = "s"
versions = [
  { name = "1.9.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1, uksouth = 1 } },
  { name = "1.10.0", published = "2026-02-01T00:00:00Z", regions = { westeurope = 1, uksouth = { exclude_from_latest = true } } },
  { name = "2.0.0", published = "2026-03-01T00:00:00Z", regions = { westeurope = 1 }, exclude_from_latest = true },
]
[[tenant.subscription.gallery.image]]
name = "withdrawn"
os = "Linux"
publisher = "p"
offer = "o"
sku = "w"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 }, exclude_from_latest = true }]

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000002"
name = "Customer"
domain = "c.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-000000000022"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000012"
name = "Machines"
roles = [{ role = "Contributor" }]
"#;

    fn world() -> World {
        let estate = EstateFile::parse(Path::new("e.toml"), ESTATE).unwrap();
        populate(
            &estate,
            0.0,
            1,
            Limits::default(),
            "http://127.0.0.1:1".to_owned(),
        )
    }

    fn caller(tenant: &str) -> Caller {
        Caller {
            tenant: tenant.to_owned(),
            client_id: "6c6b5a4e-0000-4000-8000-000000000003".to_owned(),
            object_id: match tenant {
                PROVIDER => "6c6b5a4e-0000-4000-8000-000000000021",
                _ => "6c6b5a4e-0000-4000-8000-000000000022",
            }
            .to_owned(),
            ..Caller::default()
        }
    }

    fn with_auxiliary() -> Caller {
        Caller {
            auxiliary: vec![caller(PROVIDER)],
            ..caller(CUSTOMER)
        }
    }

    /// The version that a reference leads to, or the code and text that it is refused with.
    fn outcome(world: &World, caller: &Caller, region: &str, reference: &Value) -> String {
        match image_behind(world, caller, MACHINE, region, reference) {
            Ok(image) => image.exact_version,
            Err(refusal) => {
                let error = &Answer::from(refusal).body.unwrap()["error"];
                format!("{}: {}", text(error, "/code"), text(error, "/message"))
            }
        }
    }

    fn by_id(end: &str) -> Value {
        let gallery =
            format!("{OWNER}/resourceGroups/images/providers/Microsoft.Compute/galleries/acg");
        json!({ "id": format!("{gallery}/images/{end}") })
    }

    #[test]
    fn latest_is_numeric_and_of_the_region() {
        let world = world();
        let caller = with_auxiliary();
        for reference in [by_id("web"), by_id("web/versions/latest"), by_id("WEB")] {
            assert_eq!(
                outcome(&world, &caller, "West Europe", &reference),
                "1.10.0"
            );
            assert_eq!(outcome(&world, &caller, "uksouth", &reference), "1.9.0");
        }
        let exact = by_id("web/versions/2.0.0");
        assert_eq!(outcome(&world, &caller, "westeurope", &exact), "2.0.0");
    }

    #[test]
    fn what_a_region_does_not_serve_is_not_available() {
        let world = world();
        let caller = with_auxiliary();
        let refused = |region: &str, end: &str| outcome(&world, &caller, region, &by_id(end));
        let not_here = refused("uksouth", "web/versions/2.0.0");
        assert!(not_here.starts_with("GalleryImageNotFound: The gallery image /subscriptions/"));
        assert!(not_here.contains("/versions/2.0.0 is not available in uksouth region. Please"));
        let none_here = refused("eastus", "web");
        assert!(none_here.contains("/web is not available in eastus region."));
        let none_at_all = refused("westeurope", "withdrawn");
        assert!(none_at_all.contains("There is no latest image version exists for \"/subscr"));
        assert!(refused("westeurope", "web/versions/9.0.0").contains("9.0.0 is not available in"));
    }

    #[test]
    fn an_id_of_another_tenant_needs_an_auxiliary_token_and_a_role() {
        let world = world();
        let exact = by_id("web/versions/1.9.0");
        let alone = outcome(&world, &caller(CUSTOMER), "westeurope", &exact);
        assert!(alone.starts_with("LinkedAuthorizationFailed: "), "{alone}");
        assert!(alone.contains("is not authorized to access linked subscription"));
        let elsewhere = format!(
            "{OWNER}/resourceGroups/builds/providers/Microsoft.Compute/galleries/acg/images/web"
        );
        let elsewhere = json!({ "id": elsewhere });
        let no_role = outcome(&world, &with_auxiliary(), "westeurope", &elsewhere);
        assert!(no_role.contains("does not have permission to perform action 'read'"));
    }

    #[test]
    fn a_shared_image_needs_the_share_and_no_token() {
        let mut world = world();
        let alone = caller(CUSTOMER);
        let exact = json!({ "sharedGalleryImageId": format!("{SHARED}/Versions/1.9.0") });
        let latest = json!({ "sharedGalleryImageId": format!("{SHARED}/Versions/latest") });
        let short = json!({ "sharedGalleryImageId": SHARED });
        let before = outcome(&world, &alone, "westeurope", &exact);
        assert!(before.starts_with("GalleryImageNotFound"), "{before}");
        let gallery =
            format!("{OWNER}/resourceGroups/images/providers/Microsoft.Compute/galleries/acg");
        let shared = world.resources.get_mut(&gallery).unwrap();
        shared["properties"]["sharingProfile"]["groups"] =
            json!([{ "type": "AADTenants", "ids": [CUSTOMER] }]);
        assert_eq!(outcome(&world, &alone, "westeurope", &exact), "1.9.0");
        assert_eq!(outcome(&world, &alone, "westeurope", &latest), "1.10.0");
        assert_eq!(outcome(&world, &alone, "uksouth", &short), "1.9.0");
        let elsewhere = outcome(&world, &alone, "eastus", &exact);
        assert!(elsewhere.contains("is not available in eastus region"));
    }

    #[test]
    fn a_reference_is_one_image() {
        let world = world();
        let refused = |reference: &Value| outcome(&world, &with_auxiliary(), "uksouth", reference);
        let mut both = by_id("web");
        both["sharedGalleryImageId"] = json!(SHARED);
        assert!(refused(&both).starts_with("InvalidParameter: "));
        assert!(refused(&json!({ "id": "web" })).starts_with("LinkedInvalidPropertyId: "));
        assert!(refused(&json!({ "id": OWNER })).starts_with("InvalidParameter: "));
        assert!(refused(&json!({ "sharedGalleryImageId": "web" })).starts_with("InvalidParam"));
        let marketplace =
            json!({ "publisher": "p", "offer": "o", "sku": "s", "version": "latest" });
        assert!(refused(&marketplace).contains("The platform image 'p:o:s:latest' is not"));
    }
}
