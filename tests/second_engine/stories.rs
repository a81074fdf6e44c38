//! What operators ask for, each in an Azure of its own.

use gallerist::actions::deploy::Target;
use gallerist::actions::share::{Means, Principal};
use gallerist::actions::{Action, Deploy, Replicate, Share};
use gallerist::azure::{Region, RegionChange, StorageAccountType, TenantId};
use serde_json::json;

use crate::support::estate::{self, customer, estate as provider};
use crate::support::{GALLERIES, MACHINES, NEWEST, Simulator, version_id};

/// What an operator asks for, by the command line and as a value.
pub(crate) struct Wish {
    pub(crate) command: Vec<&'static str>,
    pub(crate) action: Action,
}

/// Wishes one after the other in an Azure, and what goes wrong there.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) azure: fn() -> Simulator,
    pub(crate) wishes: Vec<Wish>,
    /// How many jobs fail the first time, and are tried again.
    pub(crate) failing: usize,
}

/// Slow enough for what Azure has accepted to be under way still when an interrupted run looks for it.
const PACE: u32 = 150;

pub(crate) const OLDER: &str = "acg_northwind/win11-avd/2026.9.1";
const ADATUM: &str = "ea6ae65d-f985-4ab4-9336-95caa4590d86";
const FOURTH_COFFEE: &str = "cf68d1c5-d57d-4f0a-8247-036f7061e92e";
const CONTOSO_DESKTOPS: &str = "5a6d387b-cb7c-4c47-9a05-f5bbe5208445";

impl Wish {
    fn new(command: &[&'static str], action: Action) -> Self {
        Self {
            command: command.to_vec(),
            action,
        }
    }
}

impl Story {
    /// One of the demo's estate, where nothing goes wrong.
    fn new(name: &'static str, wishes: impl Into<Vec<Wish>>) -> Self {
        Self {
            name,
            azure: || Simulator::start(PACE),
            wishes: wishes.into(),
            failing: 0,
        }
    }
}

/// What operators ask for, at its simplest and where it has most to do.
pub(crate) fn stories() -> [Story; 7] {
    [
        Story::new(
            "a version is replicated",
            [Wish::new(
                &["replicate", NEWEST, "--to", "uksouth=2,eastus=1"],
                replicate(NEWEST, &[("uksouth", 2, None), ("eastus", 1, None)], &[]),
            )],
        ),
        Story::new(
            "a version leaves a region",
            [Wish::new(
                &["replicate", OLDER, "--remove", "eastus"],
                replicate(OLDER, &[], &["eastus"]),
            )],
        ),
        Story::new(
            "a version is stored otherwise in a region",
            [Wish::new(
                &["replicate", OLDER, "--to", "northeurope=2:zrs"],
                replicate(OLDER, &[("northeurope", 2, Some("zrs"))], &[]),
            )],
        ),
        Story::new(
            "a gallery is shared directly and taken back",
            shared_and_taken_back(
                "acg_northwind",
                &[
                    ["--via", "direct"],
                    ["--to-tenant", "Fourth Coffee"],
                    ["--to-subscription", "Contoso Desktops"],
                ],
                Share {
                    resource: format!("{GALLERIES}/acg_northwind").parse().unwrap(),
                    means: Means::Direct {
                        tenants: vec![FOURTH_COFFEE.parse().unwrap()],
                        subscriptions: vec![CONTOSO_DESKTOPS.parse().unwrap()],
                    },
                },
            ),
        ),
        Story::new(
            "an image is shared by role and taken back",
            shared_and_taken_back(
                "acg_northwind/win11-avd",
                &[["--via", "rbac"], ["--to-tenant", "Adatum"]],
                Share {
                    resource: format!("{GALLERIES}/acg_northwind/images/win11-avd")
                        .parse()
                        .unwrap(),
                    means: Means::Role {
                        role: None,
                        principals: vec![Principal {
                            id: None,
                            tenant: Some(ADATUM.parse().unwrap()),
                        }],
                    },
                },
            ),
        ),
        Story {
            azure: || {
                let azure = two_customers();
                let broken = customer(2).id(&format!("{MACHINES}/vm-002"));
                azure.fault(&json!({"match": {"path": broken}, "fault": {"allocation_fails": {}}}));
                azure
            },
            failing: 1,
            ..Story::new(
                "machines are deployed in waves to two customers, and what failed again",
                [Wish::new(
                    &["deploy", estate::VERSION, "--tag", "all", "--count", "4"],
                    deploy(&[1, 2], 4, None),
                )],
            )
        },
        Story {
            azure: two_customers,
            ..Story::new(
                "machines are deployed to a group that is created for them",
                [Wish::new(
                    [
                        ["deploy", estate::VERSION],
                        ["--to-tenant", "Customer 01"],
                        ["--count", "2"],
                        ["--resource-group", "rg-new"],
                    ]
                    .as_flattened(),
                    deploy(&[1], 2, Some("rg-new")),
                )],
            )
        },
    ]
}

fn shared_and_taken_back(
    what: &'static str,
    whom: &[[&'static str; 2]],
    share: Share,
) -> [Wish; 2] {
    let command = |verb| [&[verb, what], whom.as_flattened()].concat();
    [
        Wish::new(&command("share"), Action::Share(share.clone())),
        Wish::new(&command("unshare"), Action::Unshare(share)),
    ]
}

pub(crate) fn replicate(
    version: &str,
    set: &[(&str, u32, Option<&str>)],
    remove: &[&str],
) -> Action {
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

/// Two customers, and room for two machines at once.
pub(crate) fn two_customers() -> Simulator {
    let estate = format!("machines_per_replica = 2\n{}", provider(2));
    Simulator::start_estate(PACE, &estate)
}

/// The version that the customers' provider has.
const VERSION: &str = "/subscriptions/10000000-0000-4000-8000-000000000004/resourceGroups/rg/\
                       providers/Microsoft.Compute/galleries/acg/images/win11/versions/1.0.0";

pub(crate) fn deploy(customers: &[usize], count: u32, group: Option<&str>) -> Action {
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
