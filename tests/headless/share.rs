//! Sharing and taking it back, headless: what is printed, and what Azure saw.

use serde_json::{Value, json};

use crate::support::{FAST, GALLERIES, Simulator, demo};

const GALLERY: &str = "acg_northwind";
const FOURTH_COFFEE: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";
const CONTOSO_DESKTOPS: &str = "5a6d387b-cb7c-4c47-9a05-f5bbe5208445";
/// The principal of Adatum in the configuration.
const ADATUM: &str = "ca69b87e-624e-4b06-a8ba-b9fe0c113172";
const IMAGE_READER: &str = "cf7c76d2-98a3-4358-a134-615aa78bf44d";

/// Whom a gallery is shared with directly, as Azure has it: tenants, then subscriptions.
fn groups(azure: &Simulator) -> [Vec<Value>; 2] {
    let gallery = azure.resource(&format!("{GALLERIES}/{GALLERY}"));
    let groups = gallery["properties"]["sharingProfile"]["groups"].clone();
    ["AADTenants", "Subscriptions"].map(|kind| {
        let groups = groups.as_array().into_iter().flatten();
        let of_kind = groups.filter(|group| group["type"] == kind);
        of_kind
            .flat_map(|group| group["ids"].as_array().unwrap().clone())
            .collect()
    })
}

#[test]
fn a_gallery_is_shared_with_a_tenant_and_a_subscription_and_taken_back() {
    let (azure, gallerist) = demo(FAST);
    let before = groups(&azure);
    let whom = [
        "acg_northwind",
        "--via",
        "direct",
        "--to-tenant",
        "Fourth Coffee",
        "--to-subscription",
        "Contoso Desktops",
        "--yes",
    ];
    let share = [&["share"], &whom[..]].concat();
    let plan = gallerist.run(&[&share[..], &["--plan"]].concat());
    for words in [
        "+ Fourth Coffee",
        "+ subscription Contoso Desktops",
        "of 5 tenants",
        "of 30 subscriptions",
        "call  POST acg_northwind/share: Add",
    ] {
        assert!(plan.succeeds().stdout.contains(words), "{plan:#?}");
    }
    assert_eq!(azure.writes(), [json!(null); 0]);
    let shared = gallerist.json(&[&share[..], &["-o", "json"]].concat());
    assert_eq!(
        (&shared["group"], &shared["state"]),
        (&json!(1), &json!("done"))
    );
    let job = &shared["jobs"][0];
    assert_eq!(
        job["steps"],
        json!([{"name": "change the sharing", "state": "done"}])
    );
    assert_eq!(
        job["target"],
        "Fourth Coffee, subscription Contoso Desktops"
    );
    let [mut tenants, mut subscriptions] = before.clone();
    tenants.push(json!(FOURTH_COFFEE));
    subscriptions.push(json!(CONTOSO_DESKTOPS));
    assert_eq!(groups(&azure), [tenants, subscriptions]);
    let body = json!({"operationType": "Add", "groups": [
        {"type": "AADTenants", "ids": [FOURTH_COFFEE]},
        {"type": "Subscriptions", "ids": [CONTOSO_DESKTOPS]},
    ]});
    assert_eq!(azure.writes()[0]["body"], body);

    let again = gallerist.run(&share);
    assert!(again.succeeds().stdout.contains("already so"), "{again:?}");
    assert_eq!(azure.writes().len(), 1);

    let listed = gallerist.json(&["get", "shared-with", "--gallery", GALLERY, "-o", "json"]);
    let with = |id: &str| {
        let mut listed = listed.as_array().unwrap().iter();
        listed.find(|one| one["with"]["id"] == id).unwrap().clone()
    };
    let customer = with(FOURTH_COFFEE);
    assert_eq!(customer["via"], "direct");
    assert_eq!(
        customer["with"],
        json!({"type": "tenant", "id": FOURTH_COFFEE, "name": "Fourth Coffee"})
    );
    assert_eq!(with(CONTOSO_DESKTOPS)["with"]["name"], "Contoso Desktops");

    gallerist
        .run(&[&["unshare"], &whom[..]].concat())
        .succeeds();
    assert_eq!(groups(&azure), before);
    let back = gallerist.run(&[&["unshare"], &whom[..]].concat());
    assert!(back.succeeds().stdout.contains("already so"), "{back:?}");
    assert_eq!(azure.writes().len(), 2);
}

#[test]
fn an_image_is_shared_by_the_least_role_that_serves() {
    let (azure, gallerist) = demo(FAST);
    let image = format!("{GALLERIES}/{GALLERY}/images/win11-avd");
    let wish = [
        "acg_northwind/win11-avd",
        "--via",
        "rbac",
        "--to-tenant",
        "Adatum",
        "--yes",
    ];
    let share = [&["share"], &wish[..]].concat();
    let shared = gallerist.run(&[&share[..], &["-o", "json"]].concat());
    assert_eq!(shared.succeeds().json()["jobs"][0]["target"], "Adatum");
    let sent = &azure.writes()[0];
    let path = sent["path"].as_str().unwrap();
    assert!(
        path.starts_with(&format!("{image}/providers/Microsoft.Authorization/")),
        "{path}"
    );
    let properties = &sent["body"]["properties"];
    assert_eq!(properties["principalId"], ADATUM);
    let role = properties["roleDefinitionId"].as_str().unwrap();
    assert!(role.ends_with(IMAGE_READER), "{role}");

    let plan = gallerist.run(&[&share[..], &["--plan"]].concat());
    assert!(
        plan.succeeds()
            .stdout
            .contains("Adatum has Compute Gallery Image Reader already"),
        "{plan:#?}"
    );
    gallerist.run(&share).succeeds();
    assert_eq!(azure.writes().len(), 1, "what is there is recognised");

    let list = ["--gallery", GALLERY, "--image", "win11-avd", "-o", "json"];
    let roles = gallerist.json(&[&["get", "role-assignments"], &list[..]].concat());
    let roles = roles.as_array().unwrap();
    let own = roles
        .iter()
        .find(|one| one["properties"]["principalId"] == ADATUM)
        .unwrap();
    assert_eq!(
        own["properties"]["scope"].as_str().unwrap().to_lowercase(),
        image.to_lowercase()
    );
    assert!(own["tenantId"].is_string() && own["subscriptionId"].is_string());
    assert!(roles.len() > 1, "those from above are told too");
    let shared_with = gallerist.json(&[&["get", "shared-with"], &list[..]].concat());
    let mut shared_with = shared_with.as_array().unwrap().iter();
    let by_role = shared_with.find(|one| one["with"]["id"] == ADATUM).unwrap();
    assert_eq!(by_role["via"], "rbac");
    assert_eq!(by_role["with"]["name"], "Adatum");
    assert_eq!(by_role["role"]["name"], "Compute Gallery Image Reader");

    gallerist
        .run(&[&["unshare"], &wish[..]].concat())
        .succeeds();
    assert_eq!(
        azure
            .requests_to("DELETE", path.rsplit('/').next().unwrap())
            .len(),
        1
    );
    let roles = gallerist.json(&[&["get", "role-assignments"], &list[..]].concat());
    let mut roles = roles.as_array().unwrap().iter();
    assert!(!roles.any(|one| one["properties"]["principalId"] == ADATUM));
}

#[test]
fn several_customers_are_a_group_of_which_one_lacks_its_principal() {
    let (azure, gallerist) = demo(FAST);
    gallerist.configure(|text| {
        let (before, trey) = text.split_once("name = \"Trey Research\"").unwrap();
        let (tags, after) = trey.split_once("principal = ").unwrap();
        let (_, after) = after.split_once('\n').unwrap();
        format!("{before}name = \"Trey Research\"{tags}{after}")
    });
    let wish = [
        "share",
        "acg_northwind/win11-avd",
        "--via",
        "rbac",
        "--tag",
        "ring1",
        "--yes",
    ];
    let shared = gallerist.run(&[&wish[..], &["-o", "json"]].concat());
    shared.fails(
        4,
        &[
            "held: Trey Research: the configuration names no principal",
            "→ set principal in [[tenant]]",
        ],
    );
    let jobs = shared.json()["jobs"].as_array().unwrap().clone();
    let states: Vec<_> = jobs
        .iter()
        .map(|job| (&job["target"], &job["state"]))
        .collect();
    // Litware has the role already.
    let expected = json!([["Adatum", "done"], ["Trey Research", "held"]]);
    assert_eq!(json!(states), expected);
    assert_eq!(azure.writes().len(), 1);
}
