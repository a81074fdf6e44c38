//! The demo estate, and what a simulator leaves for its clients.

use super::client::{API, Client, GALLERIES, reply};
use gallerist::simulator::{Error, EstateSource, Limits, Options, start};
use reqwest::Method;
use serde_json::{Value, json};

async fn state(client: &Client) -> String {
    let response = client
        .bare(Method::GET, "/_simulator/state")
        .send()
        .await
        .unwrap();
    response.text().await.unwrap()
}

#[tokio::test]
async fn the_same_seed_is_the_same_state() {
    let mut states = Vec::new();
    for seed in [1, 1, 2] {
        let client = Client::of(EstateSource::Demo, seed).await;
        states.push(state(&client).await);
        assert_eq!(
            states.last(),
            Some(&state(&client).await),
            "reading changes nothing"
        );
        client.stop().await;
    }
    assert!(states[0] == states[1]);
    assert!(states[0] != states[2]);
}

#[tokio::test]
async fn the_demo_is_at_rest_and_of_a_believable_size() {
    let client = Client::demo().await;
    let state: Value = serde_json::from_str(&state(&client).await).unwrap();
    let all = state.as_object().unwrap();
    let of = |kind: &str| {
        all.values()
            .filter(|d| d["type"] == kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("Microsoft.Compute/galleries").len(), 3);
    assert!(of("Microsoft.Compute/galleries/images").len() >= 7);
    assert!((600..700).contains(&of("Microsoft.Compute/virtualMachines").len()));
    let networks = of("Microsoft.Network/virtualNetworks").len();
    let subscriptions = all.keys().filter(|id| id.matches('/').count() == 2).count();
    assert!(
        networks >= 13 && subscriptions > 15,
        "{networks} {subscriptions}"
    );
    for (id, document) in all {
        let provisioning = &document["properties"]["provisioningState"];
        assert!(
            provisioning.is_null() || *provisioning == "Succeeded",
            "{id}"
        );
        assert_eq!(*id, document["id"].as_str().unwrap().to_lowercase());
        let reference = document["properties"]["storageProfile"]["imageReference"]["id"].as_str();
        if let Some(reference) = reference {
            assert!(
                all.contains_key(&reference.to_lowercase()),
                "{id} refers to {reference}"
            );
        }
    }
    client.stop().await;
}

#[tokio::test]
async fn every_customer_is_reached_as_the_configuration_says() {
    let mut client = Client::demo().await;
    let text = std::fs::read_to_string(&client.ready.config).unwrap();
    assert!(!text.contains(&client.ready.client_secret));
    let config: toml::Table = text.parse().unwrap();
    let identity = &config["identity"][0];
    assert_eq!(config["cloud"]["name"].as_str(), Some("custom"));
    assert_eq!(
        identity["client_id"].as_str(),
        Some(client.ready.client_id.as_str())
    );
    let secret_file = identity["client_secret_file"].as_str().unwrap();
    assert_eq!(
        std::fs::read_to_string(secret_file).unwrap(),
        client.ready.client_secret
    );

    let mut reachable: Vec<Value> = Vec::new();
    let list = "/subscriptions?api-version=2022-12-01";
    reachable.extend(
        client.get(list).await.body["value"]
            .as_array()
            .unwrap()
            .clone(),
    );
    let also = identity["also"].as_array().unwrap();
    let mut failing = 0;
    for tenant in also.iter().map(|tenant| tenant.as_str().unwrap()) {
        if client.ask_token(tenant, &[]).await.status != 200 {
            failing += 1;
            continue;
        }
        client.sign_in(tenant).await;
        reachable.extend(
            client.get(list).await.body["value"]
                .as_array()
                .unwrap()
                .clone(),
        );
    }
    assert_eq!(failing, 1);
    let tenants = config["tenant"].as_array().unwrap();
    assert!(tenants.len() >= 12);
    let state: Value = serde_json::from_str(&state(&client).await).unwrap();
    for tenant in tenants {
        let id = tenant["id"].as_str().unwrap();
        let deploy = &tenant["deploy"];
        let known = reachable
            .iter()
            .any(|s| s["subscriptionId"] == deploy["subscription"].as_str().unwrap());
        assert!(
            known || also.iter().any(|a| a.as_str() == Some(id)),
            "{tenant}"
        );
        let (network, _) = deploy["subnet"]
            .as_str()
            .unwrap()
            .split_once("/subnets/")
            .unwrap();
        assert!(state[network.to_lowercase()].is_object(), "{network}");
    }
    client.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn what_holds_a_secret_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let client = Client::demo().await;
    for name in ["config.toml", "msp.secret"] {
        let file = client.ready.config.with_file_name(name);
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{name}"
        );
    }
    client.stop().await;
}

#[tokio::test]
async fn the_ready_line_has_what_a_script_needs() {
    let client = Client::demo().await;
    let line = serde_json::to_value(&client.ready).unwrap();
    let names: Vec<&String> = line.as_object().unwrap().keys().collect();
    for name in [
        "resource_manager",
        "authority",
        "audience",
        "config",
        "tenant",
        "client_id",
        "client_secret",
    ] {
        assert!(names.iter().any(|known| *known == name), "{name}");
    }
    client.stop().await;
}

#[tokio::test]
async fn a_bad_start_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("estate.toml");
    std::fs::write(&file, "page_size = 1\ncolour = 1\n").unwrap();
    let options = |estate, pace| Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        estate,
        pace,
        seed: 1,
        folder: folder.path().to_owned(),
        tls: None,
        limits: Limits::Documented,
    };
    let error = start(options(EstateSource::File(file.clone()), 1.0))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::EstateFile { line: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("estate.toml:2"), "{error}");
    let missing = EstateSource::File(folder.path().join("missing.toml"));
    let error = start(options(missing, 1.0)).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    let error = start(options(EstateSource::Demo, -1.0)).await.unwrap_err();
    assert!(matches!(error, Error::Pace(_)), "{error}");
}

#[tokio::test]
async fn an_estate_is_made_up_in_the_size_that_is_named() {
    let name = "generated:tenants=6,galleries=2,images=3,versions=4,machines=5";
    let source = EstateSource::named(name.into()).unwrap();
    let mut client = Client::of(source.clone(), 7).await;
    let all = state(&client).await;
    let state_of: Value = serde_json::from_str(&all).unwrap();
    let count = |kind: &str| {
        let all = state_of.as_object().unwrap().values();
        all.filter(|document| document["type"] == kind).count()
    };
    assert_eq!(count("Microsoft.Compute/galleries"), 2);
    assert_eq!(count("Microsoft.Compute/galleries/images"), 2 * 3);
    assert_eq!(
        count("Microsoft.Compute/galleries/images/versions"),
        2 * 3 * 4
    );
    assert_eq!(count("Microsoft.Compute/virtualMachines"), 6 * 5);
    let listed = "/subscriptions?api-version=2022-12-01";
    let delegated = client.get(listed).await.body;
    assert_eq!(delegated["value"].as_array().unwrap().len(), 1 + 4);
    let config = std::fs::read_to_string(&client.ready.config).unwrap();
    let config: toml::Table = config.parse().unwrap();
    for tenant in config["identity"][0]["also"].as_array().unwrap() {
        client.sign_in(tenant.as_str().unwrap()).await;
        let own = client.get(listed).await.body;
        assert_eq!(own["value"].as_array().unwrap().len(), 1);
    }
    client.stop().await;
    let again = Client::of(source, 7).await;
    assert!(state(&again).await == all);
    again.stop().await;

    let error = EstateSource::named("generated:colour=3".into()).unwrap_err();
    assert!(matches!(error, Error::Generated(_)), "{error}");
    let file = EstateSource::named("estate.toml".into()).unwrap();
    assert!(matches!(file, EstateSource::File(_)));
}

#[tokio::test]
async fn a_stopped_simulator_is_gone() {
    let client = Client::demo().await;
    let request = client.bare(Method::GET, "/metadata/endpoints");
    client.stop().await;
    assert!(request.send().await.is_err());
}

#[tokio::test]
async fn copies_to_a_region_can_fail_by_the_file() {
    let estate = include_str!("../../assets/demo-estate.toml").replace(
        "replication_fails = []",
        "replication_fails = [{ region = \"Sweden Central\", detail = \"Full.\" }]",
    );
    let client = Client::with_estate(&estate).await;
    let version = format!(
        "{GALLERIES}/resourceGroups/rg-galleries/providers/Microsoft.Compute/galleries/acg_northwind/images/win11-avd/versions/2026.11.3?api-version={API}"
    );
    let mut document = client.get(&version).await.body;
    let targets = &mut document["properties"]["publishingProfile"]["targetRegions"];
    targets
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "swedencentral" }));
    let accepted = client.put(&version, &document).await;
    let failed = client.finish(&accepted).await;
    assert!(
        failed["error"]["message"]
            .as_str()
            .unwrap()
            .contains("{region:swedencentral, detail:Full.}")
    );
    let faults = reply(client.bare(Method::GET, "/_simulator/faults"))
        .await
        .body;
    assert_eq!(faults, json!([]));
    client.stop().await;
}
