//! Galleries that are shared directly, or with the community, and what their consumers see.

use super::client::{API, Client, Reply, reply};
use reqwest::Method;
use serde_json::{Value, json};

const CUSTOMER: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const STRANGER: &str = "aaaaaaaa-0000-4000-8000-000000000003";
const GALLERIES: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001";
const PLAIN: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000005";
const THEIRS: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const STRANGERS: &str = "bbbbbbbb-0000-4000-8000-000000000003";
const UNIQUE: &str = "bbbbbbbb-0000-4000-8000-000000000001-ACG";

const ESTATE: &str = r#"
page_size = 2

[application]
client_id = "dddddddd-0000-4000-8000-000000000001"
client_secret = "s"
home = "aaaaaaaa-0000-4000-8000-000000000001"

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000001"
name = "Provider"
domain = "provider.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000001"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000001"
name = "Galleries"
features = ["Microsoft.Compute/SIGSharing"]
roles = [
  { role = "Contributor" },
  { role = "Compute Gallery Sharing Admin", scope = "resourceGroups/images" },
]
resource_groups = [
  { name = "images", location = "westeurope" },
  { name = "builds", location = "westeurope" },
]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
permissions = "Groups"
[[tenant.subscription.gallery.image]]
name = "web"
os = "Windows"
publisher = "p"
offer = "o"
sku = "s"
features = { SecurityType = "TrustedLaunchSupported" }
versions = [
  { name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1, uksouth = 1 } },
  { name = "1.1.0", published = "2026-02-01T00:00:00Z", regions = { westeurope = 1, uksouth = { exclude_from_latest = true } } },
  { name = "1.2.0", published = "2026-03-01T00:00:00Z", regions = { westeurope = 1 } },
]
[[tenant.subscription.gallery.image]]
name = "kiosk"
os = "Linux"
publisher = "p"
offer = "o"
sku = "k"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]
[[tenant.subscription.gallery]]
name = "private"
resource_group = "images"
location = "westeurope"
[[tenant.subscription.gallery]]
name = "builds"
resource_group = "builds"
location = "westeurope"
permissions = "Groups"
[[tenant.subscription.gallery]]
name = "open"
resource_group = "images"
location = "westeurope"
permissions = "Community"
community = { prefix = "open", publisher = "https://p.example", contact = "p@p.example", eula = "https://p.example/eula" }
[[tenant.subscription.gallery.image]]
name = "web"
os = "Linux"
publisher = "p"
offer = "o"
sku = "s"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000005"
name = "Without the preview"
roles = [{ role = "Owner" }]
resource_groups = [{ name = "images", location = "westeurope" }]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
permissions = "Groups"

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000002"
name = "Customer"
domain = "customer.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000002"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000002"
name = "Theirs"
roles = [{ role = "Virtual Machine Contributor" }]

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000003"
name = "Stranger"
domain = "stranger.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000003"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000003"
name = "Theirs"
roles = [{ role = "Reader" }, { role = "Network Contributor" }]
"#;

fn gallery(name: &str) -> String {
    format!("{GALLERIES}/resourceGroups/images/providers/Microsoft.Compute/galleries/{name}")
}

fn at(path: &str) -> String {
    format!("{path}?api-version={API}")
}

async fn share(client: &Client, gallery: &str, body: &Value) -> Reply {
    let path = at(&format!("{gallery}/share"));
    reply(client.request(Method::POST, &path).json(body)).await
}

fn update(operation: &str, kind: &str, ids: &[&str]) -> Value {
    json!({ "operationType": operation, "groups": [{ "type": kind, "ids": ids }] })
}

/// Shares, and waits until that has happened.
async fn shared(client: &Client, gallery: &str, body: &Value) {
    let accepted = share(client, gallery, body).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    client.advance(3).await;
}

/// A gallery's properties, whom it is shared with among them.
async fn properties(client: &Client, gallery: &str) -> Value {
    let path = format!("{}&$select=Permissions", at(gallery));
    client.get(&path).await.body["properties"].clone()
}

fn refusal(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.code())
}

/// What a customer is shown in a region.
fn consumer(subscription: &str, region: &str, rest: &str) -> String {
    format!(
        "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{region}/sharedGalleries{rest}"
    )
}

async fn names(client: &Client, path: &str) -> Vec<String> {
    let reply = client.get(path).await;
    let list = reply.body["value"]
        .as_array()
        .unwrap_or_else(|| panic!("{reply:?}"));
    let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
    list.iter().map(name).collect()
}

#[tokio::test]
async fn a_gallery_is_shared_and_taken_back() {
    let client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    let add = update("Add", "Subscriptions", &[THEIRS]);
    let accepted = share(&client, &acg, &add).await;
    assert_eq!(
        (accepted.status.as_u16(), &accepted.body),
        (202, &Value::Null)
    );
    let location = accepted.header("location").unwrap().to_owned();
    assert!(location.contains("monitor=true"));
    assert_eq!(client.get(&location).await.status, 202);
    let running = properties(&client, &acg).await;
    assert_eq!(running["sharingStatus"]["aggregatedState"], "InProgress");
    assert!(running["sharingProfile"]["groups"].is_null());

    client.advance(3).await;
    let status = client
        .get(accepted.header("azure-asyncoperation").unwrap())
        .await;
    assert_eq!(status.body["status"], "Succeeded");
    assert_eq!(client.get(&location).await.status, 200);
    let done = properties(&client, &acg).await;
    let region = |name: &str| json!({ "region": name, "state": "Succeeded", "details": "" });
    assert_eq!(
        done["sharingStatus"],
        json!({ "aggregatedState": "Succeeded", "summary": [region("uksouth"), region("westeurope")] })
    );

    shared(&client, &acg, &update("Add", "AADTenants", &[CUSTOMER])).await;
    shared(
        &client,
        &acg,
        &update("Add", "Subscriptions", &[STRANGERS, THEIRS]),
    )
    .await;
    let both = json!([
        { "type": "Subscriptions", "ids": [THEIRS, STRANGERS] },
        { "type": "AADTenants", "ids": [CUSTOMER] },
    ]);
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"]["groups"],
        both
    );
    let expanded = format!("{}&$expand=sharingProfile/Groups", at(&acg));
    let expanded = client.get(&expanded).await.body;
    assert_eq!(expanded["properties"]["sharingProfile"]["groups"], both);
    let plain = client.get(&at(&acg)).await.body;
    assert!(plain["properties"]["sharingProfile"]["groups"].is_null());
    let written = client.put(&at(&acg), &plain).await;
    assert!(written.body["properties"]["sharingProfile"]["groups"].is_null());
    client.finish(&written).await;
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"]["groups"],
        both
    );

    shared(&client, &acg, &update("Remove", "AADTenants", &[CUSTOMER])).await;
    shared(&client, &acg, &update("Remove", "Subscriptions", &[THEIRS])).await;
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"]["groups"],
        json!([{ "type": "Subscriptions", "ids": [STRANGERS] }])
    );
    shared(&client, &acg, &json!({ "operationType": "Reset" })).await;
    assert_eq!(
        properties(&client, &acg).await["sharingProfile"],
        json!({ "permissions": "Private" })
    );
    client.stop().await;
}

#[tokio::test]
async fn what_is_no_sharing_update_is_refused() {
    let client = Client::with_estate(ESTATE).await;
    let refused = async |body: Value| {
        let reply = share(&client, &gallery("acg"), &body).await;
        assert_eq!(refusal(&reply), (400, "InvalidParameter"), "{body}");
        reply.body["error"]["target"].as_str().unwrap().to_owned()
    };
    for (body, target) in [
        (json!({}), "operationType"),
        (json!({ "operationType": "Share" }), "operationType"),
        (json!({ "operationType": "Add" }), "groups"),
        (json!({ "operationType": "Add", "groups": {} }), "groups"),
        (update("Add", "Subscriptions", &[]), "groups"),
        (update("Add", "Everyone", &[THEIRS]), "groups.type"),
        (
            json!({ "operationType": "Add", "groups": [{ "type": "AADTenants" }] }),
            "groups.ids",
        ),
        (
            update("Add", "AADTenants", &["customer.example"]),
            "groups.ids",
        ),
        (update("Reset", "Subscriptions", &[THEIRS]), "groups"),
    ] {
        assert_eq!(refused(body).await, format!("sharingUpdate.{target}"));
    }
    let path = at(&format!("{}/share", gallery("acg")));
    let torn = reply(client.request(Method::POST, &path).body("{")).await;
    assert_eq!(refusal(&torn), (400, "InvalidRequestContent"));
    assert_eq!(client.get(&path).await.status, 405);
    client.stop().await;
}

#[tokio::test]
async fn a_gallery_has_room_for_thirty_subscriptions_and_five_tenants() {
    let client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    for (kind, most) in [("Subscriptions", 30), ("AADTenants", 5)] {
        let ids: Vec<String> = (0..=most)
            .map(|n| format!("eeeeeeee-0000-4000-8000-{n:012}"))
            .collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        shared(&client, &acg, &update("Add", kind, &ids[..most])).await;
        shared(&client, &acg, &update("Add", kind, &ids[..1])).await;
        let one_more = share(&client, &acg, &update("Add", kind, &ids[most..])).await;
        assert_eq!(refusal(&one_more), (400, "InvalidParameter"));
        assert!(
            one_more
                .message()
                .contains(&format!("at most {most} groups"))
        );
    }
    client.stop().await;
}

#[tokio::test]
async fn a_share_needs_the_right_the_preview_and_a_gallery_made_for_it() {
    let client = Client::with_estate(ESTATE).await;
    let add = update("Add", "Subscriptions", &[THEIRS]);
    let builds = gallery("builds").replace("/images/", "/builds/");
    let contributor = share(&client, &builds, &add).await;
    assert_eq!(refusal(&contributor), (403, "AuthorizationFailed"));
    assert!(contributor.message().contains(&format!(
        "perform action 'Microsoft.Compute/galleries/share/action' over scope '{builds}'"
    )));
    let missing = share(&client, &gallery("nowhere"), &add).await;
    assert_eq!(refusal(&missing), (404, "ResourceNotFound"));
    let private = share(&client, &gallery("private"), &add).await;
    assert_eq!(refusal(&private), (409, "OperationNotAllowed"));
    assert!(private.message().contains("are 'Private' and not 'Groups'"));
    let enable = json!({ "operationType": "EnableCommunity" });
    let not_open = share(&client, &gallery("acg"), &enable).await;
    assert_eq!(refusal(&not_open), (409, "OperationNotAllowed"));

    let plain = gallery("acg").replace(GALLERIES, PLAIN);
    let early = share(&client, &plain, &add).await;
    assert_eq!(refusal(&early), (400, "InvalidParameter"));
    assert!(
        early
            .message()
            .contains("'Microsoft.Compute/SIGSharing' feature is not enabled")
    );
    let groups = json!({
        "location": "westeurope",
        "properties": { "sharingProfile": { "permissions": "Groups" } },
    });
    let new = gallery("fresh").replace(GALLERIES, PLAIN);
    let early = client.put(&at(&new), &groups).await;
    assert_eq!(refusal(&early), (400, "InvalidParameter"));
    client.stop().await;
}

#[tokio::test]
async fn one_thing_at_a_time_is_done_to_a_gallery() {
    let client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    let add = update("Add", "Subscriptions", &[THEIRS]);
    let first = share(&client, &acg, &add).await;
    let second = share(&client, &acg, &update("Add", "AADTenants", &[CUSTOMER])).await;
    let written = client
        .put(&at(&acg), &json!({ "location": "westeurope" }))
        .await;
    for busy in [second, written] {
        assert_eq!(refusal(&busy), (409, "OperationNotAllowed"));
        assert!(
            busy.message()
                .starts_with("Operation 'Update Gallery' is not allowed on acg")
        );
    }
    client.finish(&first).await;
    let gone = client.delete(&at(&acg)).await;
    assert_eq!(refusal(&gone), (409, "OperationNotAllowed"));
    assert_eq!(share(&client, &acg, &add).await.status, 202);
    client.stop().await;
}

#[tokio::test]
async fn a_subscription_sees_what_is_shared_with_it_where_that_is() {
    let mut client = Client::with_estate(ESTATE).await;
    let acg = gallery("acg");
    shared(&client, &acg, &update("Add", "Subscriptions", &[THEIRS])).await;
    client.sign_in(CUSTOMER).await;
    let see = |region: &str, rest: &str| at(&consumer(THEIRS, region, rest));
    assert_eq!(names(&client, &see("westeurope", "")).await, [UNIQUE]);
    assert_eq!(names(&client, &see("uksouth", "")).await, [UNIQUE]);
    assert_eq!(names(&client, &see("eastus", "")).await, [""; 0]);
    let images = format!("/{UNIQUE}/images");
    assert_eq!(
        names(&client, &see("westeurope", &images)).await,
        ["kiosk", "web"]
    );
    assert_eq!(names(&client, &see("uksouth", &images)).await, ["web"]);
    let versions = format!("{images}/web/versions");
    assert_eq!(
        names(&client, &see("uksouth", &versions)).await,
        ["1.0.0", "1.1.0"]
    );
    let first = client.get(&see("westeurope", &versions)).await;
    let next = first.body["nextLink"].as_str().unwrap();
    assert_eq!(
        names(&client, next).await,
        ["1.2.0"],
        "the third, on a page of its own"
    );

    let version = client
        .get(&see("UKSouth", &format!("{versions}/1.1.0")))
        .await;
    let unique_id = format!("/SharedGalleries/{UNIQUE}/Images/web/Versions/1.1.0");
    assert_eq!(
        version.body,
        json!({
            "location": "UKSouth",
            "name": "1.1.0",
            "identifier": { "uniqueId": unique_id },
            "properties": {
                "publishedDate": "2026-02-01T00:00:00.0000000+00:00",
                "excludeFromLatest": true,
                "storageProfile": {
                    "osDiskImage": { "diskSizeGB": 127, "hostCaching": "ReadWrite" },
                },
            },
        })
    );
    for missing in [
        see("eastus", &format!("/{UNIQUE}")),
        see("uksouth", &format!("{images}/kiosk")),
        see("uksouth", &format!("{versions}/1.2.0")),
        see("westeurope", &format!("{images}/other/versions")),
        see(
            "westeurope",
            "/bbbbbbbb-0000-4000-8000-000000000001-PRIVATE",
        ),
        see("westeurope", "/nothing"),
    ] {
        assert_eq!(
            refusal(&client.get(&missing).await),
            (404, "ResourceNotFound"),
            "{missing}"
        );
    }
    let nowhere = client.get(&see("atlantis", "")).await;
    assert_eq!(refusal(&nowhere), (400, "NoRegisteredProviderFound"));
    assert_eq!(
        client
            .put(&see("uksouth", &images), &json!({}))
            .await
            .status,
        405
    );

    client.sign_in(STRANGER).await;
    let see = |rest: &str| at(&consumer(STRANGERS, "westeurope", rest));
    assert_eq!(names(&client, &see("")).await, [""; 0]);
    assert_eq!(client.get(&see(&format!("/{UNIQUE}"))).await.status, 404);
    client.stop().await;
}

#[tokio::test]
async fn what_is_shared_with_a_tenant_is_listed_when_that_is_asked_for() {
    let mut client = Client::with_estate(ESTATE).await;
    shared(
        &client,
        &gallery("acg"),
        &update("Add", "AADTenants", &[CUSTOMER]),
    )
    .await;
    client.sign_in(CUSTOMER).await;
    let see =
        |rest: &str, query: &str| format!("{}{query}", at(&consumer(THEIRS, "westeurope", rest)));
    let to_tenant = "&sharedTo=tenant";
    assert_eq!(names(&client, &see("", "")).await, [""; 0]);
    assert_eq!(names(&client, &see("", to_tenant)).await, [UNIQUE]);
    let images = format!("/{UNIQUE}/images");
    assert_eq!(client.get(&see(&images, "")).await.status, 404);
    assert_eq!(names(&client, &see(&images, to_tenant)).await.len(), 2);
    assert_eq!(
        client.get(&see(&format!("{images}/web"), "")).await.status,
        200
    );
    let wrong = client.get(&see("", "&sharedTo=all")).await;
    assert_eq!(refusal(&wrong), (400, "InvalidParameter"));
    client.stop().await;
}

#[tokio::test]
async fn a_community_gallery_is_everyones_once_it_is_enabled() {
    let mut client = Client::with_estate(ESTATE).await;
    let open = gallery("open");
    let name = "/sharingProfile/communityGalleryInfo/publicNames/0";
    let profile = properties(&client, &open).await;
    let name = profile.pointer(name).unwrap().as_str().unwrap().to_owned();
    let see = |rest: &str| {
        let path = consumer(STRANGERS, "westeurope", rest);
        at(&path.replace("sharedGalleries", "communityGalleries"))
    };
    let path = see(&format!("/{name}/images/web/versions/1.0.0"));
    client.sign_in(STRANGER).await;
    assert_eq!(client.get(&path).await.status, 404, "not enabled yet");

    client.sign_in(&client.ready.tenant.clone()).await;
    shared(
        &client,
        &open,
        &json!({ "operationType": "EnableCommunity", "groups": [] }),
    )
    .await;
    client.sign_in(STRANGER).await;
    let version = client.get(&path).await;
    assert_eq!(
        version.body["identifier"]["uniqueId"],
        format!("/CommunityGalleries/{name}/Images/web/Versions/1.0.0")
    );
    let image = client.get(&see(&format!("/{name}/images/web"))).await.body;
    assert_eq!(image["properties"]["identifier"]["publisher"], "");
    let gallery = client.get(&see(&format!("/{name}"))).await.body;
    assert_eq!(
        gallery["communityMetadata"]["publisherContact"],
        "p@p.example"
    );
    assert_eq!(
        client.get(&see("")).await.status,
        405,
        "there is no list of them all"
    );

    client.sign_in(&client.ready.tenant.clone()).await;
    shared(&client, &open, &json!({ "operationType": "Reset" })).await;
    client.sign_in(STRANGER).await;
    assert_eq!(client.get(&path).await.status, 404);
    client.stop().await;
}

#[tokio::test]
async fn features_are_registered_and_unregistered() {
    let client = Client::with_estate(ESTATE).await;
    let path = |subscription: &str, rest: &str| {
        format!(
            "{subscription}/providers/Microsoft.Features/providers/Microsoft.Compute/features{rest}?api-version=2021-07-01"
        )
    };
    let state = async |path: &str| client.get(path).await.body["properties"]["state"].clone();
    let act = async |path: &str| {
        let reply = reply(client.request(Method::POST, path)).await;
        reply.body["properties"]["state"].clone()
    };
    assert_eq!(state(&path(GALLERIES, "/SIGSharing")).await, "Registered");
    assert_eq!(state(&path(PLAIN, "/sigsharing")).await, "NotRegistered");
    let listed = client.get(&path(PLAIN, "")).await.body;
    let listed: Vec<&Value> = listed["value"].as_array().unwrap().iter().collect();
    assert!(
        listed
            .iter()
            .any(|f| f["name"] == "Microsoft.Compute/EncryptionAtHost")
    );

    let host = |verb: &str| path(PLAIN, &format!("/EncryptionAtHost{verb}"));
    assert_eq!(act(&host("/register")).await, "Registering");
    client.advance(601).await;
    assert_eq!(state(&host("")).await, "Registered");
    assert_eq!(act(&host("/register")).await, "Registered");
    assert_eq!(act(&host("/unregister")).await, "Unregistering");
    client.advance(601).await;
    assert_eq!(state(&host("")).await, "Unregistered");

    let sharing = |verb: &str| path(PLAIN, &format!("/SIGSharing{verb}"));
    assert_eq!(act(&sharing("/register")).await, "Pending");
    client.advance(3600).await;
    assert_eq!(
        state(&sharing("")).await,
        "Pending",
        "Microsoft decides on it"
    );
    let unknown = client.get(&path(PLAIN, "/Teleportation")).await;
    assert_eq!(refusal(&unknown), (404, "FeatureNotFound"));
    client.stop().await;
}
