//! Who sees and does what.

use super::client::{API, Client, Reply, reply};
use reqwest::Method;
use serde_json::{Value, json};

const MSP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const CUSTOMER: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const STRANGER: &str = "aaaaaaaa-0000-4000-8000-000000000003";
const OWN: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001";
const DELEGATED: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000002";
const PARTLY: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000003";
const FOREIGN: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000004";
const UNPAID: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000005";
const PRINCIPAL: &str = "cccccccc-0000-4000-8000-000000000001";

const ESTATE: &str = r#"
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
groups = ["eeeeeeee-0000-4000-8000-000000000001"]
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000001"
name = "Own"
roles = [
  { role = "Compute Gallery Image Reader", scope = "resourceGroups/images" },
  { role = "Contributor", scope = "resourceGroups/builds" },
]
resource_groups = [
  { name = "images", location = "westeurope" },
  { name = "builds", location = "westeurope" },
  { name = "secret", location = "westeurope" },
]
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "images"
location = "westeurope"
[[tenant.subscription.gallery.image]]
name = "web"
os = "Linux"
publisher = "p"
offer = "o"
sku = "s"
versions = [{ name = "1.0.0", published = "2026-01-01T00:00:00Z", regions = { westeurope = 1 } }]

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000002"
name = "Customer"
domain = "customer.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000002"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000002"
name = "Delegated"
roles = [{ role = "Contributor" }]
delegations = [{ to = "aaaaaaaa-0000-4000-8000-000000000001", principal = "eeeeeeee-0000-4000-8000-000000000001", roles = ["Reader"] }]
resource_groups = [{ name = "rg", location = "westeurope" }]
[[tenant.subscription.gallery]]
name = "copies"
resource_group = "rg"
location = "westeurope"
[[tenant.subscription.gallery.image]]
name = "web"
os = "Linux"
publisher = "p"
offer = "o"
sku = "s"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000005"
name = "Unpaid"
state = "Disabled"
delegations = [{ to = "aaaaaaaa-0000-4000-8000-000000000001", principal = "eeeeeeee-0000-4000-8000-000000000001", roles = ["Contributor"] }]
resource_groups = [{ name = "rg", location = "westeurope" }]
[[tenant.subscription.gallery]]
name = "old"
resource_group = "rg"
location = "westeurope"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000003"
name = "Partly delegated"
delegations = [{ to = "aaaaaaaa-0000-4000-8000-000000000001", resource_group = "rg", principal = "eeeeeeee-0000-4000-8000-000000000001", roles = ["Contributor"] }]
resource_groups = [
  { name = "rg", location = "westeurope" },
  { name = "private", location = "westeurope" },
]

[[tenant]]
id = "aaaaaaaa-0000-4000-8000-000000000003"
name = "Stranger"
domain = "stranger.example"
country = "NL"
application = "cccccccc-0000-4000-8000-000000000003"
[[tenant.subscription]]
id = "bbbbbbbb-0000-4000-8000-000000000004"
name = "Foreign"
"#;

async fn names(client: &Client, path: &str) -> Vec<String> {
    let reply = client.get(path).await;
    let list = reply.body["value"]
        .as_array()
        .unwrap_or_else(|| panic!("{reply:?}"));
    let name = |item: &Value| {
        let name = item.get("displayName").unwrap_or(&item["name"]);
        name.as_str().unwrap().to_owned()
    };
    list.iter().map(name).collect()
}

fn refusal(reply: &Reply) -> (u16, &str) {
    (reply.status.as_u16(), reply.code())
}

#[tokio::test]
async fn subscriptions_are_those_of_the_token() {
    let mut client = Client::with_estate(ESTATE).await;
    let all = "/subscriptions?api-version=2022-12-01";
    assert_eq!(
        names(&client, all).await,
        ["Own", "Delegated", "Partly delegated", "Unpaid"]
    );
    let listed = client.get(all).await.body;
    assert_eq!(listed["value"][1]["tenantId"], CUSTOMER);
    assert_eq!(
        listed["value"][1]["managedByTenants"],
        json!([{ "tenantId": MSP }])
    );
    assert_eq!(listed["value"][0]["managedByTenants"], json!([]));
    let tenants = client.get("/tenants?api-version=2022-12-01").await.body;
    let category = |id: &str| {
        let all = tenants["value"].as_array().unwrap();
        all.iter()
            .find(|t| t["tenantId"] == id)
            .map(|t| t["tenantCategory"].clone())
    };
    assert_eq!(category(MSP), Some(json!("Home")));
    assert_eq!(category(CUSTOMER), Some(json!("ManagedBy")));
    assert_eq!(category(STRANGER), None);

    client.sign_in(CUSTOMER).await;
    assert_eq!(
        names(&client, all).await,
        ["Delegated"],
        "no role in the other one"
    );
    client.sign_in(STRANGER).await;
    assert_eq!(names(&client, all).await, [""; 0]);
    client.stop().await;
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused() {
    let client = Client::with_estate(ESTATE).await;
    let foreign = client
        .get(&format!("{FOREIGN}?api-version=2022-12-01"))
        .await;
    assert_eq!(refusal(&foreign), (401, "InvalidAuthenticationTokenTenant"));
    let expected = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{MSP}/'. It must match \
         the tenant 'https://sts.windows.net/{STRANGER}/' associated with this subscription."
    );
    assert!(foreign.message().starts_with(&expected), "{foreign:?}");
    let unknown = "/subscriptions/00000000-0000-0000-0000-00000000dead";
    let unknown = client
        .get(&format!("{unknown}?api-version=2022-12-01"))
        .await;
    assert_eq!(refusal(&unknown), (404, "SubscriptionNotFound"));
    let malformed = client
        .get("/subscriptions/mine?api-version=2022-12-01")
        .await;
    assert_eq!(refusal(&malformed), (400, "InvalidSubscriptionId"));
    client.stop().await;
}

#[tokio::test]
async fn roles_reach_down_from_where_they_are_granted() {
    let client = Client::with_estate(ESTATE).await;
    let compute = "providers/Microsoft.Compute/galleries";
    let image = format!("{OWN}/resourceGroups/images/{compute}/acg/images/web");
    let at = |path: &str| format!("{path}?api-version={API}");
    assert_eq!(client.get(&at(&image)).await.status, 200);
    assert_eq!(
        client.get(&at(&format!("{image}/versions"))).await.status,
        200
    );
    assert_eq!(
        client
            .get(&at(&format!("{image}/versions/1.0.0")))
            .await
            .status,
        200
    );

    let gallery = format!("{OWN}/resourceGroups/images/{compute}/acg");
    let refused = client.get(&at(&gallery)).await;
    assert_eq!(refusal(&refused), (403, "AuthorizationFailed"));
    assert_eq!(
        refused.message(),
        format!(
            "The client 'dddddddd-0000-4000-8000-000000000001' with object id '{PRINCIPAL}' does \
             not have authorization to perform action 'Microsoft.Compute/galleries/read' over \
             scope '{gallery}' or the scope is invalid. If access was recently granted, please \
             refresh your credentials."
        )
    );
    assert_eq!(
        client
            .delete(&at(&format!("{image}/versions/1.0.0")))
            .await
            .status,
        403
    );
    let listed = client.get(&at(&format!("{OWN}/{compute}"))).await;
    assert_eq!(
        listed.status, 403,
        "a role on groups does not list the subscription"
    );
    assert_eq!(
        names(
            &client,
            &format!("{OWN}/resourceGroups?api-version=2024-11-01")
        )
        .await,
        ["builds"]
    );
    let new = format!("{OWN}/resourceGroups/builds/{compute}/fresh");
    assert_eq!(
        client
            .put(&at(&new), &json!({ "location": "westeurope" }))
            .await
            .status,
        201
    );
    let nowhere = format!("{OWN}/resourceGroups/nowhere/{compute}/fresh");
    assert_eq!(
        client.get(&at(&nowhere)).await.status,
        403,
        "what is missing is not told"
    );
    client.stop().await;
}

#[tokio::test]
async fn delegation_gives_its_roles_and_no_more() {
    let client = Client::with_estate(ESTATE).await;
    let gallery = format!(
        "{DELEGATED}/resourceGroups/rg/providers/Microsoft.Compute/galleries/copies?api-version={API}"
    );
    assert_eq!(client.get(&gallery).await.status, 200);
    assert_eq!(
        client
            .put(&gallery, &json!({ "location": "westeurope" }))
            .await
            .status,
        403
    );
    let groups = format!("{PARTLY}/resourceGroups?api-version=2024-11-01");
    assert_eq!(names(&client, &groups).await, ["rg"]);
    let inside = format!(
        "{PARTLY}/resourceGroups/rg/providers/Microsoft.Compute/galleries/g?api-version={API}"
    );
    assert_eq!(
        client
            .put(&inside, &json!({ "location": "westeurope" }))
            .await
            .status,
        201
    );
    let outside = format!(
        "{PARTLY}/resourceGroups/private/providers/Microsoft.Compute/galleries/h?api-version={API}"
    );
    assert_eq!(
        client
            .put(&outside, &json!({ "location": "westeurope" }))
            .await
            .status,
        403
    );
    client.stop().await;
}

#[tokio::test]
async fn a_disabled_subscription_is_read_and_emptied_only() {
    let client = Client::with_estate(ESTATE).await;
    let listed = client
        .get(&format!("{UNPAID}?api-version=2022-12-01"))
        .await;
    assert_eq!(listed.body["state"], "Disabled");
    let gallery = format!(
        "{UNPAID}/resourceGroups/rg/providers/Microsoft.Compute/galleries/old?api-version={API}"
    );
    let read = client.get(&gallery).await;
    assert_eq!(read.status, 200);
    let written = client.put(&gallery, &read.body).await;
    assert_eq!(refusal(&written), (409, "ReadOnlyDisabledSubscription"));
    assert_eq!(
        written.message(),
        "The subscription 'bbbbbbbb-0000-4000-8000-000000000005' is disabled and therefore marked \
         as read only. You cannot perform any write actions on this subscription until it is \
         re-enabled."
    );
    let share = gallery.replace('?', "/share?");
    let shared = reply(client.request(Method::POST, &share)).await;
    assert_eq!(shared.code(), "ReadOnlyDisabledSubscription");
    assert_eq!(client.delete(&gallery).await.status, 202);
    client.stop().await;
}

#[tokio::test]
async fn a_new_role_assignment_takes_a_while() {
    let client = Client::with_estate(ESTATE).await;
    let gallery = format!(
        "{OWN}/resourceGroups/images/providers/Microsoft.Compute/galleries/acg?api-version={API}"
    );
    assert_eq!(client.get(&gallery).await.status, 403);
    let now = reply(
        client
            .bare(Method::POST, "/_simulator/clock")
            .json(&json!({ "advance_s": 0 })),
    )
    .await;
    let id = format!(
        "{OWN}/providers/Microsoft.Authorization/roleAssignments/ffffffff-0000-4000-8000-000000000001"
    );
    let assignment = json!({
        "id": id,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": format!("{OWN}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"),
            "principalId": PRINCIPAL,
            "createdOn": now.body["now"],
        },
    });
    client.smuggle(&id, &assignment).await;
    assert_eq!(client.get(&gallery).await.status, 403);
    client.advance(121).await;
    assert_eq!(client.get(&gallery).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn a_source_in_another_tenant_needs_an_auxiliary_token_and_a_role() {
    let mut client = Client::with_estate(ESTATE).await;
    client.sign_in(CUSTOMER).await;
    let path = format!(
        "{DELEGATED}/resourceGroups/rg/providers/Microsoft.Compute/galleries/copies/images/web/versions/1.0.0?api-version={API}"
    );
    let source = |group: &str, gallery: &str| {
        json!({
            "location": "westeurope",
            "properties": { "storageProfile": { "source": { "id": format!(
                "{OWN}/resourceGroups/{group}/providers/Microsoft.Compute/galleries/{gallery}/images/web/versions/1.0.0"
            ) } } },
        })
    };
    let alone = client.put(&path, &source("images", "acg")).await;
    assert_eq!(refusal(&alone), (403, "LinkedAuthorizationFailed"));
    assert!(alone.message().contains(&format!(
        "the current tenant '{CUSTOMER}' is not authorized to access linked subscription"
    )));

    let auxiliary = format!("Bearer {}", client.token_of(MSP).await);
    let put = |body: Value| {
        let request = client.request(Method::PUT, &path).json(&body);
        reply(request.header("x-ms-authorization-auxiliary", &auxiliary))
    };
    let secret = put(source("secret", "acg")).await;
    assert_eq!(refusal(&secret), (403, "LinkedAuthorizationFailed"));
    assert!(
        secret
            .message()
            .contains("does not have permission to perform action 'read' on the linked scope(s)")
    );
    let missing = put(source("images", "other")).await;
    assert_eq!(refusal(&missing), (404, "NotFound"));
    let accepted = put(source("images", "acg")).await;
    assert_eq!(accepted.status, 201, "{accepted:?}");
    client.stop().await;
}
