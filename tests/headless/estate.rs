//! The estate against the simulated Azure: every tenant for itself, and kept for the next start.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gallerist::azure::{Region, ResourceId, SharingGroupKind, VersionNumber};
use gallerist::config::Config;
use gallerist::database::Database;
use gallerist::estate::{
    self, Behind, GalleryRow, Loader, Reader, Scope, Store, TenantRow, TenantState,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{GALLERIES, Gallerist, NEWEST, Simulator, version_id};

fn loader(azure: &Simulator, file: &Path) -> Loader {
    let config = Config::read(azure.config()).unwrap();
    let client = config.azure(file.with_extension("tokens")).unwrap();
    let store = Store::new(Database::open(file, estate::SCHEMA).unwrap());
    Loader::new(client, Arc::new(config), store)
}

/// The estate of a simulated Azure, read in whole, and kept in a folder of its own.
struct Estate {
    loader: Loader,
    reader: Reader,
    _folder: TempDir,
}

impl Estate {
    async fn of(azure: &Simulator) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("estate.sqlite");
        let loader = loader(azure, &file);
        loader.load(Scope::All).await.unwrap();
        Self {
            loader,
            reader: Reader::open(&file).unwrap(),
            _folder: folder,
        }
    }

    /// Reads a part of it again.
    async fn load(&self, scope: Scope) {
        self.loader.load(scope).await.unwrap();
    }
}

fn tenant(reader: &Reader, name: &str) -> TenantRow {
    let rows = reader.tenants().unwrap();
    rows.into_iter()
        .find(|row| row.name == name)
        .unwrap_or_else(|| panic!("no tenant {name}"))
}

fn definition(path: &str) -> ResourceId {
    let (gallery, image) = path.split_once('/').unwrap();
    format!("{GALLERIES}/{gallery}/images/{image}")
        .parse()
        .unwrap()
}

#[tokio::test]
async fn one_tenant_that_fails_hides_no_other_and_says_how_to_mend_it() {
    let azure = Simulator::start(60);
    let estate = Estate::of(&azure).await;
    let reader = &estate.reader;
    let tenants = reader.tenants().unwrap();
    assert_eq!(tenants.len(), 14);
    assert!(tenants.iter().all(|row| !row.reading));
    let failed: Vec<&TenantRow> = tenants
        .iter()
        .filter(|row| row.state != TenantState::Ok)
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        (failed[0].name.as_str(), failed[0].state),
        ("Graphic Design Institute", TenantState::SignIn)
    );
    let trouble = failed[0].trouble.as_ref().unwrap();
    assert!(trouble.message.contains("AADSTS53003"), "{trouble:?}");
    assert!(
        trouble
            .advice
            .as_ref()
            .unwrap()
            .contains("conditional access"),
        "{trouble:?}"
    );
    assert_eq!(reader.galleries().unwrap().len(), 3);
    let versions = reader
        .versions(&definition("acg_northwind/win11-avd"))
        .unwrap();
    assert_eq!(versions[0].version.name, "2026.11.3");
}

#[tokio::test]
async fn what_was_read_is_there_at_the_next_start_and_stays_when_a_tenant_fails_later() {
    let azure = Simulator::start(60);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.sqlite");
    loader(&azure, &file).load(Scope::All).await.unwrap();
    let before = tenant(&Reader::open(&file).unwrap(), "Tailspin Toys");
    assert_eq!(before.state, TenantState::Ok);
    azure.set_principal(before.id.as_str(), Some("AADSTS7000222"));

    let next = loader(&azure, &file);
    let shown_at_once = tenant(&Reader::open(&file).unwrap(), "Tailspin Toys");
    assert_eq!(shown_at_once, before);
    next.load(Scope::Tenant(before.id.clone())).await.unwrap();
    let after = tenant(&Reader::open(&file).unwrap(), "Tailspin Toys");
    assert_eq!(after.state, TenantState::SignIn);
    assert_eq!(
        (after.read_at, after.subscriptions),
        (before.read_at, before.subscriptions)
    );

    azure.set_principal(before.id.as_str(), None);
    next.load(Scope::Tenant(before.id.clone())).await.unwrap();
    let mended = tenant(&Reader::open(&file).unwrap(), "Tailspin Toys");
    assert_eq!((mended.state, mended.trouble), (TenantState::Ok, None));
    assert!(mended.read_at > before.read_at);
}

#[tokio::test]
async fn what_azure_no_longer_lists_is_forgotten_and_what_it_cannot_read_is_kept() {
    let azure = Simulator::start(60);
    let estate = Estate::of(&azure).await;
    let image = definition("acg_northwind/win11-avd");
    let reader = &estate.reader;
    let count = reader.versions(&image).unwrap().len();
    azure.remove_resource(&version_id("acg_northwind/win11-avd/2026.7.2"));
    estate.load(Scope::Definition(image.clone())).await;
    assert_eq!(reader.versions(&image).unwrap().len(), count - 1);
    azure.fault(&json!({
        "match": {"method": "GET", "path": "win11-avd/versions"},
        "times": 1, "fault": {"status": 403}
    }));
    estate.load(Scope::Definition(image.clone())).await;
    assert_eq!(reader.versions(&image).unwrap().len(), count - 1);
    let rows = reader.definitions().unwrap();
    let row = rows.iter().find(|row| row.definition.id == image).unwrap();
    assert!(row.trouble.is_some(), "{row:?}");
}

#[tokio::test]
async fn a_version_that_is_being_replicated_is_read_with_how_far_it_is() {
    let azure = Simulator::start(0);
    let estate = Estate::of(&azure).await;
    let id = version_id(NEWEST);
    let gallerist = Gallerist::new(&azure);
    let mut run = gallerist.spawn(&["replicate", NEWEST, "--to", "uksouth=1", "--yes"]);
    run.says("accepted");
    azure.advance(300);
    let image = definition("acg_northwind/win11-avd");
    estate.load(Scope::Definition(image.clone())).await;
    let rows = estate.reader.versions(&image).unwrap();
    let row = rows
        .iter()
        .find(|row| row.version.id.as_str().eq_ignore_ascii_case(&id))
        .unwrap();
    let copies = &row.version.replication.as_ref().unwrap().regions;
    let uksouth = copies
        .iter()
        .find(|copy| copy.region.as_str() == "uksouth")
        .unwrap();
    assert!((1..100).contains(&uksouth.progress), "{uksouth:?}");
    let latest: Vec<&str> = row
        .latest_in
        .iter()
        .map(gallerist::azure::Region::as_str)
        .collect();
    assert_eq!(latest, ["northeurope", "westeurope"]);
}

/// How many versions of its image a machine could have got instead, said by Azure's own documents.
fn newer(state: &Value, machine: &Value) -> u32 {
    let storage = &machine["properties"]["storageProfile"];
    let reference = &storage["imageReference"];
    let id = reference["id"].as_str().unwrap().to_lowercase();
    let definition = id.split("/versions/").next().unwrap();
    let prefix = format!("{definition}/versions/");
    let number = |text: &str| -> VersionNumber { text.parse().unwrap() };
    let used = number(reference["exactVersion"].as_str().unwrap());
    let region = Region::new(machine["location"].as_str().unwrap());
    let versions = state.as_object().unwrap().iter();
    let newer = versions.filter(|(key, version)| {
        let profile = &version["properties"]["publishingProfile"];
        let regions = profile["targetRegions"].as_array();
        let offered = regions.into_iter().flatten().any(|target| {
            Region::new(target["name"].as_str().unwrap()) == region
                && target["excludeFromLatest"] != true
        });
        key.starts_with(&prefix)
            && offered
            && profile["excludeFromLatest"] != true
            && number(version["name"].as_str().unwrap()) > used
    });
    u32::try_from(newer.count()).unwrap()
}

#[tokio::test]
async fn every_machine_says_what_it_was_made_from_and_how_far_behind_it_is() {
    let azure = Simulator::start(0);
    let estate = Estate::of(&azure).await;
    let reader = &estate.reader;
    let state = azure.state();
    let mut counted = BTreeMap::new();
    for tenant in reader.tenants().unwrap() {
        let machines = reader.machines(&tenant.id).unwrap();
        let outdated = machines.iter().filter(|row| row.behind > Behind::Current);
        let outdated = u32::try_from(outdated.count()).unwrap();
        assert_eq!(tenant.outdated, outdated, "{}", tenant.name);
        assert_eq!(tenant.machines as usize, machines.len());
        for row in machines {
            let said = &state[row.machine.id.key()];
            if row.image.is_none() {
                let storage = &said["properties"]["storageProfile"];
                assert_eq!(storage["imageReference"], Value::Null, "{}", row.machine.id);
                assert_eq!((row.version, row.behind), (None, Behind::Unknown));
                continue;
            }
            let expected = match newer(&state, said) {
                0 => Behind::Current,
                newer => Behind::Versions(newer),
            };
            assert_eq!(row.behind, expected, "{}", row.machine.id);
            *counted.entry(row.behind).or_insert(0) += 1;
            assert_eq!(reader.machine(&row.machine.id).unwrap().unwrap(), row);
        }
    }
    assert!(counted.len() > 3, "of all kinds: {counted:?}");
    let subscriptions = reader.subscriptions().unwrap();
    let in_subscriptions: u32 = subscriptions.iter().map(|row| row.machines).sum();
    let all: u32 = reader.tenants().unwrap().iter().map(|t| t.machines).sum();
    assert_eq!(in_subscriptions, all);

    let image = definition("acg_northwind/win11-avd");
    let versions = reader.versions(&image).unwrap();
    assert!(versions.iter().any(|row| row.machines > 0));
    for row in versions {
        let machines = reader.machines_of_version(&row.version.id).unwrap();
        assert_eq!(row.machines as usize, machines.len(), "{}", row.version.id);
        for machine in machines {
            assert_eq!(machine.image.as_ref(), Some(&image));
            assert_eq!(machine.version, row.version.number);
        }
    }
}

#[tokio::test]
async fn a_newer_version_leaves_machines_behind_without_their_being_read_again() {
    let azure = Simulator::start(0);
    let estate = Estate::of(&azure).await;
    let reader = &estate.reader;
    let latest = version_id(NEWEST);
    let machines = reader
        .machines_of_version(&latest.parse().unwrap())
        .unwrap();
    assert!(machines.iter().all(|row| row.behind == Behind::Current));
    let machine = &machines[0];
    let home = machine.machine.location.as_str();
    let mut newer = azure.resource(&latest);
    let next = latest.replace("2026.11.3", "2026.12.0");
    newer["name"] = "2026.12.0".into();
    newer["id"] = next.clone().into();
    newer["properties"]["publishingProfile"]["targetRegions"] = json!([{"name": home}]);
    azure.put_resource(&next, &newer);
    let image = definition("acg_northwind/win11-avd");
    estate.load(Scope::Definition(image.clone())).await;
    let now = reader.machine(&machine.machine.id).unwrap().unwrap();
    assert_eq!(now.behind, Behind::Versions(1));
    assert_eq!(now.read_at, machine.read_at);
    azure.change_resource(&next, |version| {
        version["properties"]["publishingProfile"]["excludeFromLatest"] = true.into();
    });
    estate.load(Scope::Version(next.parse().unwrap())).await;
    let now = reader.machine(&machine.machine.id).unwrap().unwrap();
    assert_eq!(now.behind, Behind::Current);
    azure.remove_resource(&next);
    estate.load(Scope::Version(next.parse().unwrap())).await;
    assert!(
        reader
            .versions(&image)
            .unwrap()
            .iter()
            .all(|row| row.version.name != "2026.12.0")
    );
}

#[tokio::test]
async fn a_machine_from_a_shared_gallery_uses_the_same_version() {
    let azure = Simulator::start(0);
    let estate = Estate::of(&azure).await;
    let reader = &estate.reader;
    let version: ResourceId = version_id(NEWEST).parse().unwrap();
    let machine = reader.machines_of_version(&version).unwrap().remove(0);
    let unique = format!("{}-ACG_NORTHWIND", version.subscription());
    azure.change_resource(machine.machine.id.as_str(), |document| {
        document["properties"]["storageProfile"]["imageReference"] = json!({
            "sharedGalleryImageId":
                format!("/SharedGalleries/{unique}/Images/win11-avd/Versions/2026.10.1"),
            "exactVersion": "2026.10.1",
        });
    });
    let scope = Scope::Machines(machine.subscription.clone());
    estate.load(scope.clone()).await;
    let shared = reader.machine(&machine.machine.id).unwrap().unwrap();
    assert_eq!(shared.image, machine.image);
    assert_eq!(shared.version.unwrap().to_string(), "2026.10.1");
    assert_eq!(shared.behind, Behind::Versions(1));
    azure.change_resource(machine.machine.id.as_str(), |document| {
        document["properties"]["storageProfile"]["imageReference"] =
            json!({"communityGalleryImageId": "/CommunityGalleries/other/Images/x/Versions/1.0.0"});
    });
    estate.load(scope.clone()).await;
    let foreign = reader.machine(&machine.machine.id).unwrap().unwrap();
    assert_eq!((foreign.image, foreign.behind), (None, Behind::Unknown));
    azure.remove_resource(machine.machine.id.as_str());
    estate.load(scope).await;
    assert_eq!(reader.machine(&machine.machine.id).unwrap(), None);
}

#[tokio::test]
async fn machines_that_cannot_be_read_hide_nothing_else() {
    let azure = Simulator::start(0);
    let estate = Estate::of(&azure).await;
    let reader = &estate.reader;
    let rows = reader.subscriptions().unwrap();
    let before = rows.iter().find(|row| row.machines > 0).unwrap();
    let id = &before.subscription.id;
    azure.fault(&json!({
        "match": {"method": "GET", "path": format!("{id}/providers/Microsoft.Compute/virtualMachines")},
        "times": 1, "fault": {"status": 403}
    }));
    let tenant = before.subscription.tenant.clone();
    estate.load(Scope::Tenant(tenant.clone())).await;
    let after = reader.subscription(id).unwrap().unwrap();
    assert!(after.machines_trouble.is_some());
    assert_eq!((after.trouble, after.machines), (None, before.machines));
    let row = reader
        .tenants()
        .unwrap()
        .into_iter()
        .find(|row| row.id == tenant);
    assert_eq!(row.unwrap().state, TenantState::Ok);
    estate.load(Scope::Machines(id.clone())).await;
    let mended = reader.subscription(id).unwrap().unwrap();
    assert_eq!(mended.machines_trouble, None);
}

#[tokio::test]
async fn a_gallery_says_whom_it_is_shared_with() {
    let azure = Simulator::start(0);
    let id: ResourceId = format!("{GALLERIES}/acg_northwind").parse().unwrap();
    let customer = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    azure.change_resource(id.as_str(), |gallery| {
        gallery["properties"]["sharingProfile"]["groups"] =
            json!([{"type": "AADTenants", "ids": [customer]}]);
    });
    let estate = Estate::of(&azure).await;
    let reader = &estate.reader;
    let row = || {
        let mut rows = reader.galleries().unwrap().into_iter();
        rows.find(|row| row.gallery.id == id).unwrap()
    };
    let shared = |row: &GalleryRow| {
        row.gallery
            .is_shared_with(&SharingGroupKind::Tenants, customer)
    };
    assert!(shared(&row()) && row().sharing_trouble.is_none());
    assert_eq!(
        reader.gallery_access(&id).unwrap(),
        None,
        "nobody has asked"
    );

    azure.fault(&json!({
        "match": {"method": "GET", "path": "galleries/acg_northwind"},
        "times": 1, "fault": {"status": 403}
    }));
    estate.load(Scope::Gallery(id.clone())).await;
    assert!(shared(&row()) && row().sharing_trouble.is_some());
    assert_eq!(row().trouble, None);
    estate.load(Scope::Gallery(id.clone())).await;
    assert!(shared(&row()) && row().sharing_trouble.is_none());

    azure.remove_resource(id.as_str());
    estate.load(Scope::Gallery(id.clone())).await;
    assert!(
        reader
            .galleries()
            .unwrap()
            .iter()
            .all(|row| row.gallery.id != id)
    );
    assert_eq!(reader.gallery_access(&id).unwrap(), None);
}

#[tokio::test]
async fn a_gallery_says_who_has_which_role_there_once_somebody_asks() {
    let azure = Simulator::start(0);
    let estate = Estate::of(&azure).await;
    assert!(azure.requests_to("GET", "roleAssignments").is_empty());
    let id: ResourceId = format!("{GALLERIES}/acg_northwind").parse().unwrap();
    estate.load(Scope::Gallery(id.clone())).await;
    let reader = &estate.reader;
    let access = reader.gallery_access(&id).unwrap().unwrap();
    assert_eq!(access.trouble, None);
    let state = azure.state();
    let all = state.as_object().unwrap().iter();
    let at_or_above = all.filter(|(key, document)| {
        let scope = document["properties"]["scope"].as_str();
        key.contains("/providers/microsoft.authorization/roleassignments/")
            && scope.is_some_and(|scope| id.key().starts_with(&scope.to_lowercase()))
    });
    let mut expected: Vec<&str> = at_or_above
        .map(|(_, document)| document["id"].as_str().unwrap())
        .collect();
    let mut told: Vec<&str> = access.assignments.iter().map(|a| a.id.as_str()).collect();
    expected.sort_unstable();
    told.sort_unstable();
    assert!(!told.is_empty());
    assert_eq!(told, expected);
}
