//! Every action on a second engine, one that knows no journal: it comes to the same in Azure, by the
//! same writes, also when it is interrupted wherever something is kept.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod memory;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;

use gallerist::actions::deploy::Target;
use gallerist::actions::share::{Means, Principal};
use gallerist::actions::{Action, Deploy, Plan, Replicate, Share, Site};
use gallerist::azure::{Azure, Region, RegionChange, StorageAccountType, TenantId};
use gallerist::config::Config;
use gallerist::database::Database;
use gallerist::estate::{self, Loader, Store};
use memory::{End, Engine, JobNumber};
use regex::Regex;
use serde_json::{Value, json};
use support::estate::{customer, estate as provider};
use support::{GALLERIES, Gallerist, Simulator, differences, eventually, timeless, version_id};
use tempfile::TempDir;

/// What an operator asks for, by the command line and as a value.
struct Wish {
    command: &'static [&'static str],
    action: Action,
}

/// Wishes one after the other in an Azure, and what goes wrong there.
struct Story {
    azure: fn() -> Simulator,
    wishes: Vec<Wish>,
    /// How many jobs fail the first time, and are tried again.
    failing: usize,
}

fn demo() -> Simulator {
    Simulator::start(2400)
}

/// A client of an Azure that plans and carries out without the queue.
struct Second {
    config: Arc<Config>,
    client: Azure,
    loader: Loader,
    engine: Engine,
    _folder: TempDir,
}

impl Second {
    fn of(azure: &Simulator, interrupted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Arc::new(Config::read(azure.config()).unwrap());
        let client = config.azure(folder.path().join("tokens.json")).unwrap();
        let file = folder.path().join("estate.sqlite");
        let store = Store::new(Database::open(&file, estate::SCHEMA).unwrap());
        Self {
            loader: Loader::new(client.clone(), config.clone(), store),
            engine: Engine::new(client.clone(), interrupted),
            client,
            config,
            _folder: folder,
        }
    }

    async fn plan(&self, action: &Action) -> Plan {
        self.loader.load_access().await.unwrap();
        let site = Site {
            azure: &self.client,
            config: &self.config,
            reach: &self.loader.reach().unwrap(),
            claimed: &[],
        };
        let action = action.clone().completed(&self.config);
        action.validate().unwrap();
        let plan = action.plan(&site).await.unwrap();
        let failed: Vec<_> = plan.failed_checks().collect();
        assert!(failed.is_empty() && !plan.is_empty(), "{failed:#?}");
        plan
    }

    /// Carries out jobs side by side; returns those that failed.
    async fn carry_out(&self, jobs: Vec<JobNumber>) -> Vec<JobNumber> {
        let running = jobs
            .into_iter()
            .map(|job| async move { (job, self.engine.carry_out(job).await) });
        let ended = futures::future::join_all(running).await;
        let failed = ended.into_iter().filter(|(_, end)| match end {
            End::Done => false,
            End::Failed(_) => true,
            End::Cancelled => unreachable!(),
        });
        failed.map(|(job, _)| job).collect()
    }

    async fn fulfil(&self, story: &Story) {
        for wish in &story.wishes {
            let plan = self.plan(&wish.action).await;
            let jobs = self.engine.submit(&plan);
            let failed = self.carry_out(jobs).await;
            assert_eq!(failed.len(), story.failing);
            for job in &failed {
                self.engine.retry(*job);
            }
            assert!(self.carry_out(failed).await.is_empty());
        }
    }
}

/// What the queue comes to, with its journal.
fn fulfil_by_queue(azure: &Simulator, story: &Story) {
    let gallerist = Gallerist::new(azure);
    for wish in &story.wishes {
        let output = gallerist.run(&[wish.command, &["--yes", "-o", "json"]].concat());
        if story.failing == 0 {
            output.succeeds();
            continue;
        }
        let group = output.json()["group"].to_string();
        let jobs = output.json()["jobs"].as_array().unwrap().clone();
        let failed = jobs.iter().filter(|job| job["state"] == "failed");
        assert_eq!(failed.count(), story.failing, "{output:#?}");
        gallerist
            .run(&["queue", "retry", "--failed-of", &group])
            .succeeds();
    }
}

/// All resources and all writes, but for what differs from run to run by nature: when, by which job,
/// and what Azure makes up for each machine as it is born.
fn outcome(azure: &Simulator) -> (Value, Value) {
    let state = azure.state();
    let writes = azure.writes().into_iter().map(|write| {
        json!([
            write["method"],
            write["path"],
            write["query"],
            write["body"]
        ])
        .to_string()
    });
    let mut writes: Vec<String> = writes.collect();
    let mut state = state.to_string();
    let mut jobs = Vec::new();
    collect_jobs(&azure.state(), &mut jobs);
    for job in jobs {
        for text in writes.iter_mut().chain([&mut state]) {
            *text = text.replace(&job, "JOB").replace(&job[..12], "JOB");
        }
    }
    let born = Regex::new("(?i)(_osdisk_1_|\"(?:vmid|uniqueid)\":\")[0-9a-f-]+").unwrap();
    state = born.replace_all(&state, "$1").into_owned();
    writes.sort();
    let writes: Vec<Value> = writes
        .iter()
        .map(|write| serde_json::from_str(write).unwrap())
        .collect();
    let state = serde_json::from_str(&state).unwrap();
    (timeless(state), timeless(writes.into()))
}

/// The names of jobs that resources are tagged with.
fn collect_jobs(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(job) if name == "gallerist-job" => found.push(job.clone()),
                    _ => collect_jobs(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_jobs(item, found)),
        _ => {}
    }
}

/// Tells a story on both engines, and once more on the second, interrupted wherever it can be.
async fn comes_to_the_same(story: Story) {
    let azure = (story.azure)();
    fulfil_by_queue(&azure, &story);
    let (state, writes) = outcome(&azure);
    assert!(!writes.as_array().unwrap().is_empty());
    for interrupted in [false, true] {
        let azure = (story.azure)();
        let second = Second::of(&azure, interrupted);
        second.fulfil(&story).await;
        let (its_state, its_writes) = outcome(&azure);
        assert_eq!(differences(&state, &its_state), [""; 0], "{interrupted}");
        assert_eq!(differences(&writes, &its_writes), [""; 0], "{interrupted}");
        let interruptions = second.engine.interruptions();
        // Each write has an intent and a result, before and after, and an acceptance.
        let least = if interrupted {
            5 * writes.as_array().unwrap().len()
        } else {
            0
        };
        assert!(interruptions >= least, "{interruptions}");
    }
}

const NEWEST: &str = "acg_northwind/win11-avd/2026.11.3";
const OLDER: &str = "acg_northwind/win11-avd/2026.9.1";
const ADATUM: &str = "Adatum";
const FOURTH_COFFEE: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";
const CONTOSO_DESKTOPS: &str = "5a6d387b-cb7c-4c47-9a05-f5bbe5208445";

fn replicate(version: &str, set: &[(&str, u32, Option<&str>)], remove: &[&str]) -> Action {
    Action::Replicate(Replicate {
        version: version_id(version).parse().unwrap(),
        set: set
            .iter()
            .map(|(region, replicas, storage)| RegionChange {
                region: Region::new(region),
                replicas: Some(*replicas),
                storage: storage.map(|storage| storage.parse::<StorageAccountType>().unwrap()),
            })
            .collect(),
        remove: remove.iter().map(|region| Region::new(region)).collect(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_replicated() {
    let wish = Wish {
        command: &["replicate", NEWEST, "--to", "uksouth=2,eastus=1"],
        action: replicate(NEWEST, &[("uksouth", 2, None), ("eastus", 1, None)], &[]),
    };
    let (azure, failing) = (demo, 0);
    comes_to_the_same(Story {
        azure,
        wishes: vec![wish],
        failing,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_leaves_a_region() {
    let wish = Wish {
        command: &["replicate", OLDER, "--remove", "eastus"],
        action: replicate(OLDER, &[], &["eastus"]),
    };
    let (azure, failing) = (demo, 0);
    comes_to_the_same(Story {
        azure,
        wishes: vec![wish],
        failing,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_stored_otherwise_in_a_region() {
    let wish = Wish {
        command: &["replicate", OLDER, "--to", "northeurope=2:zrs"],
        action: replicate(OLDER, &[("northeurope", 2, Some("zrs"))], &[]),
    };
    let (azure, failing) = (demo, 0);
    comes_to_the_same(Story {
        azure,
        wishes: vec![wish],
        failing,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gallery_is_shared_directly_and_taken_back() {
    let share = Share {
        resource: format!("{GALLERIES}/acg_northwind").parse().unwrap(),
        means: Means::Direct {
            tenants: vec![FOURTH_COFFEE.parse().unwrap()],
            subscriptions: vec![CONTOSO_DESKTOPS.parse().unwrap()],
        },
    };
    let share_command = &[
        "share",
        "acg_northwind",
        "--via",
        "direct",
        "--to-tenant",
        "Fourth Coffee",
        "--to-subscription",
        "Contoso Desktops",
    ];
    let unshare_command = &[
        "unshare",
        "acg_northwind",
        "--via",
        "direct",
        "--to-tenant",
        "Fourth Coffee",
        "--to-subscription",
        "Contoso Desktops",
    ];
    let wishes = vec![
        Wish {
            command: share_command,
            action: Action::Share(share.clone()),
        },
        Wish {
            command: unshare_command,
            action: Action::Unshare(share),
        },
    ];
    let (azure, failing) = (demo, 0);
    comes_to_the_same(Story {
        azure,
        wishes,
        failing,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_shared_by_role_and_taken_back() {
    let azure = demo();
    let config = Config::read(azure.config()).unwrap();
    let tenants = config.tenant_names().into_iter();
    let adatum = tenants
        .filter(|(_, name)| name == ADATUM)
        .map(|(tenant, _)| tenant);
    let share = Share {
        resource: format!("{GALLERIES}/acg_northwind/images/win11-avd")
            .parse()
            .unwrap(),
        means: Means::Role {
            role: None,
            principals: adatum
                .map(|tenant| Principal {
                    id: None,
                    tenant: Some(tenant),
                })
                .collect(),
        },
    };
    let share_command = &[
        "share",
        "acg_northwind/win11-avd",
        "--via",
        "rbac",
        "--to-tenant",
        ADATUM,
    ];
    let unshare_command = &[
        "unshare",
        "acg_northwind/win11-avd",
        "--via",
        "rbac",
        "--to-tenant",
        ADATUM,
    ];
    let wishes = vec![
        Wish {
            command: share_command,
            action: Action::Share(share.clone()),
        },
        Wish {
            command: unshare_command,
            action: Action::Unshare(share),
        },
    ];
    let (azure, failing) = (demo, 0);
    comes_to_the_same(Story {
        azure,
        wishes,
        failing,
    })
    .await;
}

/// Two customers, two machines at once, and one machine that fails once.
fn two_customers() -> Simulator {
    let estate = format!("machines_per_replica = 2\n{}", provider(2));
    let azure = Simulator::start_estate(2400, &estate);
    let broken = customer(2).id("Microsoft.Compute/virtualMachines/vm-002");
    azure.fault(&json!({"match": {"path": broken}, "fault": {"allocation_fails": {}}}));
    azure
}

/// The version that the customers' provider has.
const VERSION: &str = "/subscriptions/10000000-0000-4000-8000-000000000004/resourceGroups/rg/\
                       providers/Microsoft.Compute/galleries/acg/images/win11/versions/1.0.0";

fn deploy(customers: &[usize], count: u32, group: Option<&str>) -> Action {
    Action::Deploy(Deploy {
        version: VERSION.parse().unwrap(),
        targets: customers
            .iter()
            .map(|number| {
                let tenant: TenantId = customer(*number).tenant.parse().unwrap();
                Target {
                    resource_group: group.map(str::to_owned),
                    ..Target::new(tenant, count)
                }
            })
            .collect(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_deployed_in_waves_to_two_customers_and_what_failed_again() {
    let wish = Wish {
        command: &[
            "deploy",
            support::estate::VERSION,
            "--tag",
            "all",
            "--count",
            "4",
        ],
        action: deploy(&[1, 2], 4, None),
    };
    let (azure, failing) = (two_customers, 1);
    comes_to_the_same(Story {
        azure,
        wishes: vec![wish],
        failing,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_deployed_to_a_group_that_is_created_for_them() {
    let wish = Wish {
        command: &[
            "deploy",
            support::estate::VERSION,
            "--to-tenant",
            "Customer 01",
            "--count",
            "2",
            "--resource-group",
            "rg-new",
        ],
        action: deploy(&[1], 2, Some("rg-new")),
    };
    let (azure, failing) = (two_customers, 0);
    comes_to_the_same(Story {
        azure,
        wishes: vec![wish],
        failing,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_jobs_share_the_room_of_this_engine_too() {
    let azure = two_customers();
    azure.clear_faults();
    let second = Second::of(&azure, false);
    let plan = second.plan(&deploy(&[1, 2], 4, None)).await;
    let jobs = second.engine.submit(&plan);
    assert!(second.carry_out(jobs).await.is_empty());
    assert_eq!(azure.most_at_once(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_watches_what_azure_does_and_sends_no_more() {
    let azure = Simulator::start(0);
    let second = Second::of(&azure, false);
    let plan = second.plan(&replicate(OLDER, &[], &["eastus"])).await;
    let [job] = second.engine.submit(&plan)[..] else {
        unreachable!()
    };
    let engine = second.engine.clone();
    let carried_out = tokio::spawn(async move { engine.carry_out(job).await });
    eventually("the first request", || {
        (azure.writes().len() == 1).then_some(())
    });
    second.engine.cancel(job);
    azure.advance(3600);
    assert_eq!(carried_out.await.unwrap(), End::Cancelled);
    assert_eq!(azure.writes().len(), 1);
    let version = azure.resource(&version_id(OLDER));
    assert_eq!(version["properties"]["provisioningState"], "Succeeded");
}
