//! The estate against the simulated Azure: every tenant for itself, and kept for the next start.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::path::Path;
use std::sync::Arc;

use gallerist::azure::ResourceId;
use gallerist::config::Config;
use gallerist::database::Database;
use gallerist::estate::{self, Loader, Reader, Scope, Store, TenantRow, TenantState};
use serde_json::json;
use support::{GALLERIES, Simulator, version_id};

fn loader(azure: &Simulator, file: &Path) -> Loader {
    let config = Config::read(azure.config()).unwrap();
    let client = config.azure().unwrap();
    let store = Store::new(Database::open(file, estate::SCHEMA).unwrap());
    Loader::new(client, Arc::new(config), store)
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
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.sqlite");
    loader(&azure, &file).load(Scope::All).await.unwrap();
    let reader = Reader::open(&file).unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.sqlite");
    let loader = loader(&azure, &file);
    loader.load(Scope::All).await.unwrap();
    let image = definition("acg_northwind/win11-avd");
    let reader = Reader::open(&file).unwrap();
    let count = reader.versions(&image).unwrap().len();
    azure.remove_resource(&version_id("acg_northwind/win11-avd/2026.7.2"));
    loader.load(Scope::Definition(image.clone())).await.unwrap();
    assert_eq!(reader.versions(&image).unwrap().len(), count - 1);
    azure.fault(&json!({
        "match": {"method": "GET", "path": "win11-avd/versions"},
        "times": 1, "fault": {"status": 403}
    }));
    loader.load(Scope::Definition(image.clone())).await.unwrap();
    assert_eq!(reader.versions(&image).unwrap().len(), count - 1);
    let rows = reader.definitions().unwrap();
    let row = rows.iter().find(|row| row.definition.id == image).unwrap();
    assert!(row.trouble.is_some(), "{row:?}");
}

#[tokio::test]
async fn a_version_that_is_being_replicated_is_read_with_how_far_it_is() {
    let azure = Simulator::start(0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.sqlite");
    let loader = loader(&azure, &file);
    loader.load(Scope::All).await.unwrap();
    let id = version_id("acg_northwind/win11-avd/2026.11.3");
    let gallerist = support::Gallerist::new(&azure);
    let mut run = gallerist.spawn(&[
        "replicate",
        "acg_northwind/win11-avd/2026.11.3",
        "--to",
        "uksouth=1",
        "--yes",
    ]);
    run.says("accepted");
    azure.advance(300);
    let image = definition("acg_northwind/win11-avd");
    loader.load(Scope::Definition(image.clone())).await.unwrap();
    let rows = Reader::open(&file).unwrap().versions(&image).unwrap();
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
