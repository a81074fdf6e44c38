//! Large estates are read within Azure's limits: no request is refused for their number, and what
//! Resource Graph tells is as good as what Resource Manager does. Customers that share these limits
//! take turns.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gallerist::actions::share::{Means, Principal};
use gallerist::actions::{Action, Share};
use gallerist::azure::{Azure, ResourceId, TenantId};
use gallerist::config::Config;
use gallerist::database::Database;
use gallerist::engine::{Confirmed, Connection, Place, Reply, Request, Work, connect};
use gallerist::estate::{self, Loader, Reader, Scope, Store};
use gallerist::paths::Paths;
use gallerist::queue::{Pause, Terms};
use serde_json::{Value, json};
use support::estate::customer;
use support::{Simulator, eventually};
use tempfile::TempDir;

/// More definitions in a subscription than are read one by one, and two pages of versions.
const MANY: &str = "generated:tenants=2,galleries=2,images=55,versions=10,machines=1";

/// The provider's subscription in an estate that is written by hand.
const PROVIDERS: &str = "10000000-0000-4000-8000-000000000004";

/// A store that is read into from a simulated Azure.
struct Reading {
    client: Azure,
    loader: Loader,
    folder: TempDir,
}

impl Reading {
    fn of(azure: &Simulator) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("estate.sqlite");
        let config = Config::read(azure.config()).unwrap();
        let client = config.azure(folder.path().join("tokens.json")).unwrap();
        let store = Store::new(Database::open(&file, estate::SCHEMA).unwrap());
        let loader = Loader::new(client.clone(), Arc::new(config), store);
        Self {
            client,
            loader,
            folder,
        }
    }

    async fn load(&self, scope: Scope) {
        self.loader.load(scope).await.unwrap();
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join("estate.sqlite")).unwrap()
    }

    /// All versions by id, as they were kept.
    fn versions(&self) -> BTreeMap<ResourceId, Value> {
        let reader = self.reader();
        let mut versions = BTreeMap::new();
        for row in reader.definitions().unwrap() {
            assert!(row.trouble.is_none() && row.versions.is_some(), "{row:?}");
            for row in reader.versions(&row.definition.id).unwrap() {
                versions.insert(row.version.id.clone(), row.version.into_document());
            }
        }
        versions
    }
}

fn is_query(request: &Value) -> bool {
    let path = request["path"].as_str().unwrap().to_lowercase();
    path == "/providers/microsoft.resourcegraph/resources"
}

fn is_list_of_versions(request: &Value) -> bool {
    request["path"].as_str().unwrap().ends_with("/versions")
}

fn count(requests: &[Value], what: impl Fn(&Value) -> bool) -> usize {
    requests.iter().filter(|request| what(request)).count()
}

fn refusals(requests: &[Value]) -> usize {
    count(requests, |request| request["status"] == 429)
}

#[tokio::test]
async fn resource_graph_tells_what_resource_manager_would_in_fewer_requests() {
    let azure = Simulator::start_with(60, Path::new(MANY));
    let told = Reading::of(&azure);
    told.load(Scope::All).await;
    let requests = azure.requests();
    assert_eq!(refusals(&requests), 0);
    assert_eq!(count(&requests, is_query), 2);
    assert_eq!(count(&requests, is_list_of_versions), 0);
    let told = told.versions();
    assert_eq!(told.len(), 1_100);

    azure.fault(&json!({
        "match": {"method": "POST", "path": "/providers/Microsoft.ResourceGraph/resources"},
        "times": 1, "fault": {"status": 403},
    }));
    let read = Reading::of(&azure);
    read.load(Scope::All).await;
    let requests = azure.requests().split_off(requests.len());
    assert_eq!(refusals(&requests), 0);
    assert_eq!(count(&requests, is_query), 1, "it was denied");
    assert_eq!(count(&requests, is_list_of_versions), 110);
    assert_eq!(read.versions(), told);
}

#[tokio::test]
async fn what_resource_graph_is_silent_about_is_read_from_resource_manager() {
    let azure = Simulator::start_with(60, Path::new(MANY));
    let reading = Reading::of(&azure);
    azure.fault(&json!({
        "match": {"method": "POST", "path": "/providers/Microsoft.ResourceGraph/resources"},
        "times": 1,
        "fault": {"body": {"totalRecords": 0, "count": 0, "data": [], "facets": [],
            "resultTruncated": "false"}},
    }));
    reading.load(Scope::All).await;
    let requests = azure.requests();
    assert_eq!(count(&requests, is_list_of_versions), 110);
    assert_eq!(reading.versions().len(), 1_100);
}

#[tokio::test]
async fn an_answer_that_is_behind_undoes_nothing() {
    let azure = Simulator::start_with(60, Path::new(MANY));
    azure.lag_resource_graph(1_000_000);
    let reading = Reading::of(&azure);
    reading.load(Scope::All).await;
    let before = reading.versions();
    let ids: Vec<ResourceId> = before.keys().cloned().collect();
    let [changed, gone, ..] = &ids[..] else {
        panic!()
    };
    azure.change_resource(changed.as_str(), |version| {
        version["tags"] = json!({"changed": "by a job"});
    });
    azure.remove_resource(gone.as_str());
    for id in [changed, gone] {
        reading.load(Scope::Version(id.clone())).await;
    }
    reading.load(Scope::All).await;
    let after = reading.versions();
    assert_eq!(after[changed]["tags"], json!({"changed": "by a job"}));
    assert!(!after.contains_key(gone));
    assert_eq!(after.len(), before.len() - 1);
    // Read anew it is as Resource Graph tells it.
    let anew = Reading::of(&azure);
    anew.load(Scope::All).await;
    assert_eq!(anew.versions(), before);
}

#[tokio::test]
async fn reads_go_as_fast_as_the_limits_allow_and_no_faster() {
    // The provider's gallery comes last in an estate without customers.
    let mut text = support::estate::estate(0);
    for number in 1..=90 {
        let image = format!(
            "\n[[tenant.subscription.gallery.image]]\nname = \"more-{number}\"\nos = \"Windows\"\n\
             publisher = \"Provider\"\noffer = \"more\"\nsku = \"{number}\"\n"
        );
        text.push_str(&image);
    }
    text.push_str("\n[throttling]\nreads = { size = 50, refill = 25 }\n");
    let azure = Simulator::start_estate(60, &text);
    let reading = Reading::of(&azure);
    reading.load(Scope::All).await;
    let requests = azure.requests();
    assert_eq!(refusals(&requests), 0);
    assert_eq!(count(&requests, is_list_of_versions), 91);
    assert_eq!(reading.reader().definitions().unwrap().len(), 91);
    // That the subscription holds less than others was learnt from the answers, nearly exactly.
    let throttle = reading.client.throttle();
    let reads = throttle.budgets.iter().find(|budget| {
        let subscription = budget.subscription.as_ref();
        subscription.is_some_and(|id| id.as_str() == PROVIDERS) && budget.what == "reads"
    });
    let of = reads.and_then(|reads| reads.of);
    assert!(of.is_some_and(|of| of < 100), "{throttle:?}");
}

/// A group of the provider's that stands for a customer.
const GROUP: &str = "40000000-0000-4000-8000-000000000001";

/// Images that one customer gets.
const IMAGES: usize = 40;

/// An estate with so many images, where roles are assigned slowly.
fn slow_to_write() -> String {
    let subscription = format!("\n[[tenant.subscription]]\nid = \"{PROVIDERS}\"");
    let group =
        format!("\n[tenant.principals]\nimages = {{ id = \"{GROUP}\", type = \"Group\" }}\n");
    let mut text = support::estate::estate(0)
        .replacen(&subscription, &(group + &subscription), 1)
        .replacen(
            "[{ role = \"Contributor\" }]",
            "[{ role = \"Contributor\" }, { role = \"User Access Administrator\" }]",
            1,
        );
    for number in 1..=IMAGES {
        let image = format!(
            "\n[[tenant.subscription.gallery.image]]\nname = \"more-{number}\"\nos = \"Windows\"\n\
             publisher = \"Provider\"\noffer = \"more\"\nsku = \"{number}\"\n"
        );
        text.push_str(&image);
    }
    text.push_str("\n[throttling]\nwrites = { size = 4, refill = 2 }\n");
    text
}

/// Shares an image of the provider's for a customer.
async fn share(engine: &Connection, image: &str, customer: &TenantId) {
    let image = format!(
        "/subscriptions/{PROVIDERS}/resourceGroups/rg/providers/Microsoft.Compute/galleries/acg/images/{image}"
    );
    let principal = Principal {
        id: Some(GROUP.to_owned()),
        tenant: Some(customer.clone()),
    };
    let action = Action::Share(Share {
        resource: image.parse().unwrap(),
        means: Means::Role {
            role: None,
            principals: vec![principal],
        },
    });
    let planned = engine.ask(Request::Plan(action)).await.unwrap();
    let Reply::Planned(plan) = planned else {
        panic!("{planned:?}");
    };
    let submit = Request::Submit {
        plan: plan.id,
        confirmation: Confirmed::Yes,
        terms: Terms::default(),
        note: None,
    };
    let submitted = engine.ask(submit).await.unwrap();
    assert!(matches!(submitted, Reply::Submitted(_)), "{submitted:?}");
}

/// Whether a request has to do with the roles at an image, or at some.
fn is_of_roles(request: &Value, method: &str, images: &str) -> bool {
    let path = request["path"].as_str().unwrap();
    let of_roles = path.contains("/Microsoft.Authorization/roleAssignments");
    request["method"] == method && of_roles && path.contains(&format!("/images/{images}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_one_job_doesnt_wait_for_one_with_many() {
    let azure = Simulator::start_estate(60, &slow_to_write());
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::resolve(
        Some(azure.config().to_owned()),
        Some(folder.path().to_owned()),
    );
    let config = Config::read(azure.config()).unwrap();
    let place = Place::Here(Work::CarriedOut);
    let engine = connect(config, paths.unwrap(), "a test", place)
        .await
        .unwrap();
    let [large, small] = [1, 2].map(|number| customer(number).tenant.parse::<TenantId>().unwrap());
    let ask = async |request: Request| {
        assert_eq!(engine.ask(request).await.unwrap(), Reply::Accepted);
    };
    for customer in [&large, &small] {
        ask(Request::Pause(Pause::Tenant(customer.clone()))).await;
    }
    share(&engine, "win11", &small).await;
    for number in 1..=IMAGES {
        share(&engine, &format!("more-{number}"), &large).await;
    }
    let planned = azure.requests().len();
    ask(Request::Resume(Pause::Tenant(large))).await;
    eventually("all jobs of the large customer want to write", || {
        let requests = azure.requests().split_off(planned);
        let looked = count(&requests, |one| is_of_roles(one, "GET", "more"));
        (looked == IMAGES).then_some(())
    });
    let before = azure.requests().len();
    ask(Request::Resume(Pause::Tenant(small))).await;
    let written = |request: &Value| {
        is_of_roles(request, "PUT", "") && request["status"].as_u64().is_some_and(|s| s < 300)
    };
    let is_there = |one: &Value| is_of_roles(one, "PUT", "win11") && written(one);
    let requests = eventually("the small customer's image is shared", || {
        let requests = azure.requests().split_off(before);
        requests.iter().any(is_there).then_some(requests)
    });
    // From when it wants to write to when it does.
    let begun = requests.iter();
    let begun = begun.skip_while(|one| !is_of_roles(one, "GET", "win11"));
    let others = begun
        .take_while(|one| !is_there(one))
        .filter(|one| is_of_roles(one, "PUT", "more") && written(one));
    let others = others.count();
    assert!(others <= 5, "{others} of {IMAGES} came first");
}

/// The estate that is measured.
const LARGE: &str = "generated:tenants=200,galleries=50,images=40,versions=20";

/// Prints how long the large estate takes with Azure's documented limits, how long these make it
/// take at least, and how long it takes without any.
///
/// The floor is that of the requests that were made: ARM lets 250 reads of a principal go in each
/// subscription at once and 25 a second after that; Resource Graph 15 queries at once, and as many
/// five seconds later. The first reads come before the first query, and cost no more than one wait
/// for an answer each.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures, on a machine that has nothing else to do: --release -- --ignored --nocapture"]
async fn figures_of_a_large_estate() {
    for limits in [true, false] {
        let azure = Simulator::start_limited(1, Path::new(LARGE), limits);
        let reading = Reading::of(&azure);
        let began = Instant::now();
        reading.load(Scope::All).await;
        let took = began.elapsed();
        let requests = azure.requests();
        let floor = floor(&requests);
        println!(
            "limits {}: {} requests ({} queries), {} refused, {:.2} s; floor {:.2} s; {} versions",
            if limits { "on" } else { "off" },
            requests.len(),
            count(&requests, is_query),
            refusals(&requests),
            took.as_secs_f64(),
            floor.as_secs_f64(),
            reading.versions().len(),
        );
        assert_eq!(refusals(&requests), 0);
        let reader = reading.reader();
        let timed = |what: &str, read: &dyn Fn() -> usize| {
            let began = Instant::now();
            let rows = read();
            println!("  a face reads {rows} {what} in {:?}", began.elapsed());
        };
        for _ in 0..2 {
            timed("tenants", &|| reader.tenants().unwrap().len());
            timed("subscriptions", &|| reader.subscriptions().unwrap().len());
            timed("galleries", &|| reader.galleries().unwrap().len());
            timed("definitions", &|| reader.definitions().unwrap().len());
        }
    }
}

fn floor(requests: &[Value]) -> Duration {
    let mut reads: HashMap<(String, String), u32> = HashMap::new();
    let mut queries: HashMap<String, u32> = HashMap::new();
    for request in requests {
        let tenant = request["tenant"].as_str().unwrap_or_default().to_owned();
        let path = request["path"].as_str().unwrap();
        if is_query(request) {
            *queries.entry(tenant).or_default() += 1;
        } else if request["method"] == "GET" {
            let subscription = path.strip_prefix("/subscriptions/").unwrap_or_default();
            let subscription = subscription.split('/').next().unwrap_or_default();
            *reads.entry((tenant, subscription.to_owned())).or_default() += 1;
        }
    }
    let reads = reads.values().map(|reads| {
        let beyond = f64::from(reads.saturating_sub(250));
        Duration::from_secs_f64(beyond / 25.0)
    });
    let queries = queries.values().map(|queries| {
        let windows = queries.saturating_sub(1) / 15;
        Duration::from_secs(5) * windows
    });
    reads.chain(queries).max().unwrap_or_default()
}
