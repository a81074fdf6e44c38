//! How many requests are taken in a time, and what the answers tell of it.

use super::client::{API, Client, GALLERIES, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const PER_POLICY: &str = "x-ms-ratelimit-remaining-resource";

/// A management tenant with a gallery in two groups, and what limits it is under.
fn estate(throttling: &str) -> String {
    format!(
        r#"
[throttling]
{throttling}

[application]
client_id = "6c6b5a4e-0000-4000-8000-000000000001"
client_secret = "s"
home = "6c6b5a4e-0000-4000-8000-00000000000a"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-00000000000a"
name = "Home"
domain = "home.example"
country = "NL"
application = "6c6b5a4e-0000-4000-8000-0000000000aa"

[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-00000000000b"
name = "Images"
roles = [{{ role = "Owner" }}]
resource_groups = [
  {{ name = "west", location = "westeurope" }},
  {{ name = "north", location = "northeurope" }},
]

[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-00000000000c"
name = "Other"
roles = [{{ role = "Owner" }}]
"#
    )
}

const IMAGES: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-00000000000b";
const OTHER: &str = "/subscriptions/6c6b5a4e-0000-4000-8000-00000000000c";

fn galleries(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Compute/galleries?api-version={API}")
}

fn gallery(group: &str, name: &str) -> String {
    format!(
        "{IMAGES}/resourceGroups/{group}/providers/Microsoft.Compute/galleries/{name}?api-version={API}"
    )
}

fn left(reply: &Reply, of: &str) -> Option<u64> {
    let left = reply.header(&format!("x-ms-ratelimit-remaining-{of}"))?;
    Some(left.parse().unwrap())
}

#[tokio::test]
async fn reads_writes_and_deletes_are_counted_apart_and_for_all_together() {
    let client = Client::demo().await;
    let read = client.get(&galleries(GALLERIES)).await;
    assert_eq!(left(&read, "subscription-reads"), Some(249));
    assert_eq!(left(&read, "subscription-global-reads"), Some(3749));
    assert_eq!(left(&read, "subscription-writes"), None);
    let scratch = format!(
        "{GALLERIES}/resourceGroups/rg-builds/providers/Microsoft.Compute/galleries/scratch?api-version={API}"
    );
    let written = client
        .put(&scratch, &json!({ "location": "westeurope" }))
        .await;
    assert_eq!(left(&written, "subscription-writes"), Some(199));
    assert_eq!(left(&written, "subscription-global-writes"), Some(2999));
    let deleted = client.delete(&scratch).await;
    assert_eq!(left(&deleted, "subscription-deletes"), Some(199));
    let read = client.get(&scratch).await;
    assert_eq!(left(&read, "subscription-reads"), Some(248));
    let tenants = client.get("/tenants?api-version=2022-12-01").await;
    assert_eq!(left(&tenants, "tenant-reads"), Some(249));
    assert_eq!(left(&tenants, "subscription-reads"), None);
    // Even what is refused has been counted, but not without a token.
    let wrong = client.get(&format!("{GALLERIES}/providers/x/y?a=b")).await;
    assert_eq!(
        (wrong.status.as_u16(), left(&wrong, "subscription-reads")),
        (400, Some(247))
    );
    client.stop().await;
}

#[tokio::test]
async fn one_too_many_is_told_when_to_come_back() {
    let client = Client::with_estate(&estate("reads = { size = 3, refill = 2 }")).await;
    for expected in [2, 1, 0] {
        let read = client.get(&galleries(IMAGES)).await;
        assert_eq!(
            (read.status.as_u16(), left(&read, "subscription-reads")),
            (200, Some(expected))
        );
    }
    let refused = client.get(&galleries(IMAGES)).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.code(), "SubscriptionRequestsThrottled");
    let subscription = IMAGES.trim_start_matches("/subscriptions/");
    assert_eq!(
        refused.message(),
        format!(
            "Number of 'read' requests for subscription '{subscription}' actor \
             '6c6b5a4e-0000-4000-8000-0000000000aa' exceeded. Please try again after '1' seconds."
        )
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(left(&refused, "subscription-reads"), Some(0));
    // What was refused is not taken from those for all, nor from another subscription or verb.
    assert_eq!(left(&refused, "subscription-global-reads"), Some(42));
    assert_eq!(client.get(&galleries(OTHER)).await.status, 200);
    let body = json!({ "location": "westeurope" });
    assert_eq!(client.put(&gallery("west", "g"), &body).await.status, 201);

    client.advance(1).await;
    for expected in [200, 200, 429] {
        assert_eq!(client.get(&galleries(IMAGES)).await.status, expected);
    }
    client.advance(3600).await;
    let read = client.get(&galleries(IMAGES)).await;
    assert_eq!(
        left(&read, "subscription-reads"),
        Some(2),
        "no more than full"
    );
    client.stop().await;
}

#[tokio::test]
async fn a_tenants_own_requests_have_a_limit_too() {
    let client = Client::with_estate(&estate("reads = { size = 1, refill = 1 }")).await;
    assert_eq!(
        client.get("/tenants?api-version=2022-12-01").await.status,
        200
    );
    let refused = client.get("/subscriptions?api-version=2022-12-01").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, "TenantRequestsThrottled")
    );
    assert_eq!(client.get(&galleries(IMAGES)).await.status, 200);
    client.stop().await;
}

#[tokio::test]
async fn compute_counts_by_policy_and_region() {
    let limits = "compute = { CreateUpdateGallery = [2, 3] }";
    let client = Client::with_estate(&estate(limits)).await;
    let put = async |group: &str, location: &str| {
        let body = json!({ "location": location });
        client.put(&gallery(group, group), &body).await
    };
    let header = |reply: &Reply| reply.header(PER_POLICY).unwrap_or_default().to_owned();
    let policy = "Microsoft.Compute/CreateUpdateGallery";
    assert_eq!(
        header(&put("west", "westeurope").await),
        format!("{policy}3Min;1,{policy}30Min;2")
    );
    client.advance(60).await;
    assert_eq!(put("west", "westeurope").await.status, 200);
    let refused = put("west", "westeurope").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, "OperationNotAllowed")
    );
    assert_eq!(
        refused.header("retry-after"),
        Some("120"),
        "three minutes since the first"
    );
    let error = &refused.body["error"];
    assert_eq!(error["details"][0]["code"], "TooManyRequests");
    assert_eq!(
        error["innererror"]["internalErrorCode"],
        "TooManyRequestsReceived"
    );
    let told = error["details"][0]["message"].as_str().unwrap();
    let told: Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["operationGroup"], "CreateUpdateGallery3Min");
    assert_eq!(told["allowedRequestCount"], 2);
    let time = |name: &str| -> jiff::Timestamp { told[name].as_str().unwrap().parse().unwrap() };
    assert_eq!((time("endTime") - time("startTime")).get_seconds(), 180);

    assert_eq!(
        put("north", "northeurope").await.status,
        201,
        "another region"
    );
    client.advance(120).await;
    assert_eq!(
        header(&put("west", "westeurope").await),
        format!("{policy}3Min;1,{policy}30Min;0")
    );
    let refused = put("west", "westeurope").await;
    assert_eq!(
        refused.header("retry-after"),
        Some("1620"),
        "half an hour since the first"
    );
    client.stop().await;
}

#[tokio::test]
async fn a_machine_has_a_bucket_of_its_own() {
    let client = Client::demo().await;
    let state = super::client::reply(client.bare(Method::GET, "/_simulator/state"))
        .await
        .body;
    let machines: Vec<String> = state
        .as_object()
        .unwrap()
        .values()
        .filter(|it| it["type"] == "Microsoft.Compute/virtualMachines")
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .filter(|id| id.starts_with("/subscriptions/00d1de2f-2bac-43a0-90ee-0415ebdd515d/"))
        .take(2)
        .collect();
    let [one, two] = &machines[..] else {
        panic!("{machines:?}");
    };
    let policy = "Microsoft.Compute/LowCostGet";
    for (machine, all, own) in [(one, 23_999, 35), (one, 23_998, 34), (two, 23_997, 35)] {
        let read = client
            .get(&format!("{machine}?api-version=2024-07-01"))
            .await;
        let expected = format!("{policy}SubscriptionMaximum;{all},{policy}Resource;{own}");
        assert_eq!(read.header(PER_POLICY), Some(expected.as_str()), "{read:?}");
    }
    // What Azure Resource Manager refuses does not reach Compute.
    let missing = client.get(&format!("{one}x?api-version=2024-07-01")).await;
    assert_eq!(
        (missing.status.as_u16(), missing.header(PER_POLICY)),
        (404, None)
    );
    client.stop().await;
}

#[tokio::test]
async fn without_limits_everything_is_always_left() {
    let client = Client::demo_without_limits().await;
    for _ in 0..300 {
        let read = client.get(&galleries(GALLERIES)).await;
        assert_eq!(left(&read, "subscription-reads"), Some(249));
    }
    client.stop().await;
}
