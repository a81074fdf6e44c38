//! What a subscription is offered, and how much of it it may have.

use serde_json::{Value, json};

use super::client::{Client, GALLERIES, Reply};
use super::hosting::{
    OWN, deployment, deployment_url, estate, hosts, interface, interface_url, machine, machine_url,
    machines, names, refusal, web,
};
use crate::spec::Spec;

const SKUS: &str = "compute/resource-manager/Microsoft.Compute/Skus/stable/2021-07-01/skus.json";
const USAGES: &str =
    "compute/resource-manager/Microsoft.Compute/ComputeRP/stable/2024-07-01/computeRPCommon.json";
/// Sixteen cores, which are four machines of hosting's size.
const SHORT: &str = "roles = [{ role = \"Contributor\" }]\nquota = { standardDSv5Family = 16 }";

fn skus(subscription: &str, filter: &str) -> String {
    format!("{subscription}/providers/Microsoft.Compute/skus?api-version=2021-07-01{filter}")
}

fn usages(subscription: &str, location: &str) -> String {
    format!(
        "{subscription}/providers/Microsoft.Compute/locations/{location}/usages?api-version=2024-07-01"
    )
}

/// The estate whose own subscription has fewer cores.
fn short_of_cores() -> String {
    estate("").replacen("roles = [{ role = \"Contributor\" }]", SHORT, 1)
}

/// What there is, and what there may be.
async fn count(client: &Client, location: &str, name: &str) -> (u64, u64) {
    let usages = client.get(&usages(OWN, location)).await;
    let mut usages = usages.body["value"].as_array().unwrap().iter();
    let usage = usages.find(|usage| usage["name"]["value"] == name).unwrap();
    let number = |field: &str| usage[field].as_u64().unwrap();
    (number("currentValue"), number("limit"))
}

fn capability<'a>(sku: &'a Value, name: &str) -> Option<&'a str> {
    let mut all = sku["capabilities"].as_array().unwrap().iter();
    all.find(|capability| capability["name"] == name)?["value"].as_str()
}

/// Tries to create a machine of a size, with a security type.
async fn create(client: &Client, name: &str, size: &str, security: Option<&str>) -> Reply {
    let group = hosts(OWN);
    let mut body = machine(&group, name, &web("1.0.0"));
    body["properties"]["hardwareProfile"]["vmSize"] = json!(size);
    body["properties"]["securityProfile"] = match security {
        Some(security) => json!({ "securityType": security }),
        None => Value::Null,
    };
    client.put(&machine_url(&group, name), &body).await
}

async fn with_interface(client: &Client, name: &str) {
    let group = hosts(OWN);
    let path = interface_url(&group, &format!("{name}-nic"));
    let put = client.put(&path, &interface(&group, "hosts")).await;
    assert_eq!(put.status, 201, "{put:?}");
    client.advance(10).await;
}

#[tokio::test]
async fn what_is_offered_and_used_has_the_specified_shape() {
    let (Some(skus_spec), Some(usages_spec)) = (Spec::load(SKUS), Spec::load(USAGES)) else {
        return;
    };
    let client = Client::demo().await;
    let everywhere = client.get(&skus(GALLERIES, "")).await;
    assert_eq!(everywhere.status, 200, "{everywhere:?}");
    assert!(everywhere.body["nextLink"].is_string());
    let restricted = client
        .get(&skus(GALLERIES, "&$filter=location eq 'uksouth'"))
        .await;
    for list in [&everywhere, &restricted] {
        skus_spec
            .response("ResourceSkus_List", 200)
            .check(&list.body);
    }
    let used = client.get(&usages(GALLERIES, "westeurope")).await;
    assert_eq!(used.status, 200, "{used:?}");
    usages_spec.response("Usage_List", 200).check(&used.body);
    client.stop().await;
}

#[tokio::test]
async fn sizes_differ_in_what_they_run_and_where() {
    let client = Client::with_estate(&estate("")).await;
    let in_region = async |region: &str| {
        let path = skus(OWN, &format!("&$filter=location eq '{region}'"));
        client.get(&path).await.body["value"].clone()
    };
    let find = |list: &Value, name: &str| {
        let mut all = list.as_array().unwrap().iter();
        all.find(|sku| sku["name"] == name).cloned()
    };
    let here = in_region("West Europe").await;
    let usual = find(&here, "Standard_D4s_v5").unwrap();
    assert_eq!(usual["family"], "standardDSv5Family");
    assert_eq!(usual["locations"], json!(["westeurope"]));
    for (name, value) in [
        ("vCPUs", "4"),
        ("MemoryGB", "16"),
        ("HyperVGenerations", "V1,V2"),
        ("CpuArchitectureType", "x64"),
        ("PremiumIO", "True"),
    ] {
        assert_eq!(capability(&usual, name), Some(value), "{name}");
    }
    assert_eq!(capability(&usual, "TrustedLaunchDisabled"), None);
    let arm = find(&here, "Standard_D4ps_v5").unwrap();
    assert_eq!(capability(&arm, "CpuArchitectureType"), Some("Arm64"));
    assert_eq!(capability(&arm, "TrustedLaunchDisabled"), Some("True"));
    let confidential = find(&here, "Standard_DC4as_v5").unwrap();
    let technology = capability(&confidential, "ConfidentialComputingType");
    assert_eq!(technology, Some("SNP"));
    assert_eq!(
        find(&here, "Standard_E4s_v5").unwrap()["restrictions"],
        json!([])
    );

    let elsewhere = in_region("uksouth").await;
    assert!(find(&elsewhere, "Standard_DC4as_v5").is_none());
    let restricted = &find(&elsewhere, "Standard_E4s_v5").unwrap()["restrictions"][0];
    assert_eq!(restricted["type"], "Location");
    assert_eq!(restricted["reasonCode"], "NotAvailableForSubscription");
    assert_eq!(restricted["values"], json!(["uksouth"]));
    assert_eq!(in_region("atlantis").await, json!([]));
    client.stop().await;
}

#[tokio::test]
async fn whoever_may_not_read_is_told_so() {
    let roles = "roles = [{ role = \"Contributor\" }]";
    let less = "roles = [{ role = \"Compute Gallery Image Reader\" }]";
    let client = Client::with_estate(&estate("").replace(roles, less)).await;
    for path in [skus(OWN, ""), usages(OWN, "westeurope")] {
        let refused = client.get(&path).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, "AuthorizationFailed")
        );
    }
    client.stop().await;
}

#[tokio::test]
async fn a_size_that_is_not_offered_makes_no_machine() {
    let client = Client::with_estate(&estate("")).await;
    let unknown = create(&client, "vm-1", "Standard_D5s_v5", None).await;
    assert_eq!(refusal(&unknown), (400, "InvalidParameter", "vmSize"));
    assert!(unknown.message().starts_with(
        "The value Standard_D5s_v5 provided for the VM size is not valid. The valid sizes in the current region are: "
    ));
    let group = hosts(OWN);
    let mut body = machine(&group, "vm-1", &web("1.0.0"));
    body["location"] = json!("uksouth");
    let mut elsewhere = async |size: &str| {
        body["properties"]["hardwareProfile"]["vmSize"] = json!(size);
        client.put(&machine_url(&group, "vm-1"), &body).await
    };
    let missing = elsewhere("Standard_DC4as_v5").await;
    assert_eq!(refusal(&missing), (400, "InvalidParameter", "vmSize"));
    assert!(
        missing
            .message()
            .contains("is not available in the current region")
    );
    let restricted = elsewhere("Standard_E4s_v5").await;
    assert_eq!(refusal(&restricted), (409, "SkuNotAvailable", ""));
    assert!(client.get(&machine_url(&group, "vm-1")).await.status == 404);
    client.stop().await;
}

#[tokio::test]
async fn a_size_that_cannot_run_the_image_makes_no_machine() {
    let client = Client::with_estate(&estate("")).await;
    for (size, security, part) in [
        (
            "Standard_A4_v2",
            None,
            "The selected VM size 'Standard_A4_v2' cannot boot Hypervisor Generation '2'.",
        ),
        (
            "Standard_D4ps_v5",
            None,
            "because this VM size only supports a CPU Architecture of 'Arm64', but an image or disk with CPU Architecture 'x64' was given.",
        ),
        ("Standard_DC4as_v5", None, "with '<NULL>' security type."),
        (
            "Standard_DC4as_v5",
            Some("TrustedLaunch"),
            "with 'TrustedLaunch' security type. For more information, see",
        ),
        (
            "Standard_D4s_v5",
            Some("ConfidentialVM"),
            "with 'ConfidentialVM' security type.",
        ),
    ] {
        let refused = create(&client, "vm-1", size, security).await;
        assert_eq!(refusal(&refused), (400, "BadRequest", ""), "{size}");
        assert!(refused.message().contains(part), "{}", refused.message());
    }
    client.stop().await;
}

#[tokio::test]
async fn machines_use_up_a_quota() {
    let client = Client::with_estate(&short_of_cores()).await;
    let family = "standardDSv5Family";
    assert_eq!(count(&client, "westeurope", family).await, (0, 16));
    assert_eq!(count(&client, "westeurope", "cores").await, (0, 1000));
    for name in ["vm-1", "vm-2"] {
        with_interface(&client, name).await;
        let created = create(&client, name, "Standard_D8s_v5", None).await;
        assert_eq!(created.status, 201, "{created:?}");
    }
    assert_eq!(count(&client, "West Europe", family).await, (16, 16));
    assert_eq!(count(&client, "westeurope", "cores").await, (16, 1000));
    assert_eq!(
        count(&client, "westeurope", "virtualMachines").await,
        (2, 25_000)
    );
    assert_eq!(count(&client, "uksouth", family).await, (0, 16));

    with_interface(&client, "vm-3").await;
    let over = create(&client, "vm-3", "Standard_D2s_v5", None).await;
    assert_eq!(refusal(&over), (409, "OperationNotAllowed", ""));
    assert!(over.message().starts_with(
        "Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 16, Current Usage: 16, Additional Required: 2, (Minimum) New Limit Required: 18. "
    ));
    let other_family = create(&client, "vm-3", "Standard_D2as_v5", None).await;
    assert_eq!(other_family.status, 201, "{other_family:?}");

    client.advance(600).await;
    let deleted = client.delete(&machine_url(&hosts(OWN), "vm-1")).await;
    assert_eq!(deleted.status, 202, "{deleted:?}");
    client.advance(600).await;
    assert_eq!(count(&client, "westeurope", family).await, (8, 16));
    let nowhere = client.get(&usages(OWN, "atlantis")).await;
    assert_eq!(refusal(&nowhere).1, "NoRegisteredProviderFound");
    client.stop().await;
}

#[tokio::test]
async fn a_deployment_is_counted_whole_before_it_begins() {
    let client = Client::with_estate(&short_of_cores()).await;
    let group = hosts(OWN);
    let path = deployment_url(&group, "wave-1");
    let of = |count: usize| deployment(&machines(&group, &names("vm", count), &web("1.0.0")));
    let validate = path.replace('?', "/validate?");
    let validated = client.post(&validate, &of(5)).await;
    let deployed = client.put(&path, &of(5)).await;
    for refused in [&validated, &deployed] {
        assert_eq!(refusal(refused), (400, "InvalidTemplateDeployment", ""));
        let detail = &refused.body["error"]["details"][0];
        assert_eq!(detail["code"], "QuotaExceeded");
        let message = detail["message"].as_str().unwrap();
        assert!(message.contains("Current Limit: 16, Current Usage: 0, Additional Required: 20, (Minimum) New Limit Required: 20."), "{message}");
    }
    let fits = client.put(&path, &of(4)).await;
    assert_eq!(fits.status, 201, "{fits:?}");
    client.advance(3600).await;
    assert_eq!(
        count(&client, "westeurope", "standardDSv5Family").await,
        (16, 16)
    );
    // Those that are there already need nothing more.
    let again = client.put(&path, &of(4)).await;
    assert_eq!(again.status, 200, "{again:?}");
    client.stop().await;
}

#[tokio::test]
async fn a_deployment_hears_of_a_restriction_before_and_of_a_generation_while_it_runs() {
    let client = Client::with_estate(&estate("")).await;
    let group = hosts(OWN);
    let of = |size: &str, region: &str| {
        let mut resources = machines(&group, &names("vm", 1), &web("1.0.0"));
        let machine = &mut resources[1];
        machine["properties"]["hardwareProfile"]["vmSize"] = json!(size);
        machine["location"] = json!(region);
        deployment(&resources)
    };
    let path = deployment_url(&group, "wave-1");
    let restricted = client.put(&path, &of("Standard_E4s_v5", "uksouth")).await;
    assert_eq!(refusal(&restricted).1, "InvalidTemplateDeployment");
    let detail = &restricted.body["error"]["details"][0];
    assert_eq!(detail["code"], "SkuNotAvailable");

    let begun = client.put(&path, &of("Standard_A4_v2", "westeurope")).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    client.advance(3600).await;
    let ended = client.get(&path).await.body.to_string();
    assert!(
        ended.contains("cannot boot Hypervisor Generation '2'"),
        "{ended}"
    );
    client.stop().await;
}
