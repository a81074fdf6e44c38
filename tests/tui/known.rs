//! What the tests' screens know: a small estate, a queue, a log.

use std::collections::{HashMap, HashSet};

use gallerist::actions::{Cause, Failure, Level, Part, PartState, Plan, Progress};
use gallerist::azure::{
    Access, BuiltInRole, Gallery, ImageDefinition, ImageVersion, Location, Region, Remedy,
    ResourceId, RoleAssignment, Subscription, VirtualMachine,
};
use gallerist::config;
use gallerist::estate::{
    Behind, DefinitionRow, GalleryAccess, GalleryRow, MachineRow, Route, SubscriptionRow,
    TenantRow, TenantState, Trouble, VersionRow,
};
use gallerist::queue::{Group, GroupId, Job, JobId, JobState, LogLine, Origin};
use gallerist::tui::data::{Estate, Jobs, LogPage, News};
use gallerist::tui::state::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

pub(crate) const MANAGING: &str = "4bcff225-6938-4091-a01c-259ebff5a095";

pub(crate) fn time(clock: &str) -> Timestamp {
    format!("2026-11-23T{clock}Z").parse().unwrap()
}

fn tenant_guid(number: usize) -> String {
    format!("{number:08}-0000-4000-8000-000000000000")
}

fn subscription_guid(tenant: usize, number: usize) -> String {
    format!("{tenant:08}-{number:04}-4000-8000-000000000001")
}

pub(crate) fn tenants() -> Vec<TenantRow> {
    let of = |number: usize, name: &str, route, state, subscriptions| TenantRow {
        id: tenant_guid(number).parse().unwrap(),
        name: name.to_owned(),
        route,
        state,
        trouble: None,
        reading: false,
        read_at: Some(time("14:01:00")),
        subscriptions,
        machines: 0,
        outdated: 0,
        access: Some(access()),
        account: None,
    };
    let mut tenants = vec![
        of(1, "Northwind MSP", Route::Home, TenantState::Ok, 2),
        of(2, "Adatum", Route::Delegated, TenantState::Ok, 2),
        of(3, "Contoso", Route::Delegated, TenantState::Ok, 3),
        of(4, "Fabrikam", Route::Application, TenantState::Ok, 1),
        of(5, "Litware", Route::Member, TenantState::Failed, 0),
        of(
            6,
            "Tailspin Toys",
            Route::Application,
            TenantState::SignIn,
            0,
        ),
        of(7, "Woodgrove Bank", Route::Delegated, TenantState::Ok, 12),
    ];
    for (tenant, machines, outdated) in [(1, 42, 0), (2, 64, 58), (3, 118, 12), (6, 1230, 7)] {
        (tenants[tenant].machines, tenants[tenant].outdated) = (machines, outdated);
    }
    tenants[5].trouble = Some(Trouble {
        remedy: Some(Remedy::Elsewhere),
        message: "signing in to Tailspin Toys: AADSTS7000229: the client application is missing a \
                  service principal in the tenant"
            .to_owned(),
        advice: Some(
            "have an administrator of Tailspin Toys consent to the application".to_owned(),
        ),
    });
    tenants
}

/// What the configuration says of customers: of Contoso no subnet, of Woodgrove Bank nothing.
pub(crate) fn customers() -> Vec<config::Tenant> {
    let of = |number: usize, name: &str, subnet: Option<&str>| config::Tenant {
        id: tenant_guid(number).parse().unwrap(),
        name: Some(name.to_owned()),
        tags: Vec::new(),
        principal: Some(format!("{number:08}-0000-4000-8000-0000000000aa")),
        deploy: Some(config::Deploy {
            resource_group: Some("avd-weu-rg".to_owned()),
            subnet: subnet.map(|network| subnet_id(number, network).parse().unwrap()),
            size: Some("Standard_D4s_v5".to_owned()),
            name: Some("vm-avd-####".to_owned()),
            ..config::Deploy::default()
        }),
    };
    vec![
        of(2, "Adatum", Some("vnet-avd")),
        of(3, "Contoso", None),
        of(4, "Fabrikam", Some("vnet-fabrikam-westeurope")),
    ]
}

pub(crate) fn subnet_id(number: usize, network: &str) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/\
         {network}/subnets/hosts",
        tenant_guid(number)
    )
}

fn gallery_id(name: &str) -> String {
    format!(
        "/subscriptions/{MANAGING}/resourceGroups/rg-galleries/providers/Microsoft.Compute/\
         galleries/{name}"
    )
}

pub(crate) fn definition_id(name: &str) -> ResourceId {
    format!("{}/images/{name}", gallery_id("acg_northwind"))
        .parse()
        .unwrap()
}

fn gallery(name: &str, permissions: &str) -> GalleryRow {
    let mut document = json!({
        "id": gallery_id(name), "name": name, "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "sharingProfile": {"permissions": permissions},
        },
    });
    if permissions == "Groups" {
        document["properties"]["sharingProfile"]["groups"] = json!([
            {"type": "AADTenants", "ids": [tenant_guid(2), tenant_guid(99)]},
            {"type": "Subscriptions", "ids": [subscription_guid(3, 1)]},
        ]);
    }
    GalleryRow {
        gallery: Gallery::from_document(document).unwrap(),
        tenant: tenant_guid(1).parse().unwrap(),
        definitions: 2,
        trouble: None,
        sharing_trouble: None,
        read_at: time("14:01:00"),
    }
}

fn definition(gallery: &str, name: &str, security: Option<&str>, versions: u32) -> DefinitionRow {
    let features: Vec<Value> = security
        .iter()
        .map(|kind| json!({"name": "SecurityType", "value": kind}))
        .collect();
    let document = json!({
        "id": format!("{}/images/{name}", gallery_id(gallery)), "name": name,
        "location": "westeurope",
        "properties": {
            "osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2",
            "architecture": "x64", "features": features, "provisioningState": "Succeeded",
            "identifier": {"publisher": "northwind", "offer": "avd", "sku": name},
        },
    });
    DefinitionRow {
        definition: ImageDefinition::from_document(document).unwrap(),
        versions: Some(versions),
        trouble: None,
    }
}

pub(crate) fn estate() -> Estate {
    let subscription = |id: &str, tenant: usize, name: &str, route| {
        let document = json!({
            "id": format!("/subscriptions/{id}"), "subscriptionId": id,
            "tenantId": tenant_guid(tenant), "displayName": name, "state": "Enabled",
        });
        SubscriptionRow {
            subscription: Subscription::from_document(document).unwrap(),
            route,
            access: access(),
            trouble: None,
            machines: 0,
            machines_trouble: None,
        }
    };
    let part = |tenant: usize, number: usize, name: &str, route| {
        subscription(&subscription_guid(tenant, number), tenant, name, route)
    };
    Estate {
        tenants: tenants(),
        subscriptions: vec![
            subscription(MANAGING, 1, "Northwind Galleries", Route::Home),
            part(2, 0, "Adatum Production", Route::Delegated),
            part(2, 1, "Adatum Test", Route::Delegated),
            part(3, 0, "Contoso Production", Route::Delegated),
            part(3, 1, "Contoso AVD", Route::Delegated),
            part(4, 0, "Fabrikam", Route::Application),
        ],
        galleries: vec![
            gallery("acg_builds", "Private"),
            gallery("acg_community", "Community"),
            gallery("acg_northwind", "Groups"),
        ],
        definitions: vec![
            definition("acg_northwind", "server2025", None, 0),
            definition(
                "acg_northwind",
                "win11-avd",
                Some("TrustedLaunchSupported"),
                5,
            ),
            definition(
                "acg_builds",
                "win11-next",
                Some("ConfidentialVmSupported"),
                1,
            ),
        ],
        as_of: time("14:05:00"),
    }
}

fn access() -> Access {
    Access {
        identity: "msp".to_owned(),
        tenant: tenant_guid(1).parse().unwrap(),
    }
}

pub(crate) fn version(
    name: &str,
    regions: &[(&str, u32)],
    change: impl FnOnce(&mut Value),
) -> ImageVersion {
    let targets: Vec<Value> = regions
        .iter()
        .map(|(name, replicas)| {
            json!({"name": name, "regionalReplicaCount": replicas, "storageAccountType": "Standard_LRS"})
        })
        .collect();
    let mut document = json!({
        "id": format!("{}/versions/{name}", definition_id("win11-avd")), "name": name,
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "publishingProfile": {
                "targetRegions": targets, "publishedDate": "2026-11-20T09:00:00Z",
            },
            "storageProfile": {
                "osDiskImage": {"sizeInGB": 127},
                "source": {"virtualMachineId": format!(
                    "/subscriptions/{MANAGING}/resourceGroups/rg/providers/Microsoft.Compute/\
                     virtualMachines/build-win11"
                )},
            },
        },
    });
    change(&mut document["properties"]);
    ImageVersion::from_document(document).unwrap()
}

pub(crate) fn versions() -> Vec<VersionRow> {
    let row = |version: ImageVersion, latest: &[&str]| VersionRow {
        machines: match version.name.as_str() {
            "2026.11.3" => 4,
            "2026.11.2" => 40,
            "2026.9.1" => 18,
            _ => 0,
        },
        version,
        latest_in: latest.iter().map(|region| Region::new(region)).collect(),
        read_at: time("14:01:00"),
    };
    let updating = |properties: &mut Value| {
        properties["provisioningState"] = "Updating".into();
        properties["replicationStatus"] = json!({"aggregatedState": "InProgress", "summary": [
            {"region": "West Europe", "state": "Completed", "progress": 100, "details": ""},
            {"region": "North Europe", "state": "Completed", "progress": 100, "details": ""},
            {"region": "UK South", "state": "Replicating", "progress": 62, "details": ""},
            {"region": "East US", "state": "Failed", "progress": 0,
             "details": "The replication failed: QuotaExceeded: snapshots in eastus: limit 50000, \
                         used 50000."},
        ]});
    };
    let everywhere = [
        ("westeurope", 3),
        ("northeurope", 3),
        ("uksouth", 2),
        ("eastus", 1),
    ];
    vec![
        row(
            version("2026.11.3", &everywhere, updating),
            &["westeurope", "northeurope"],
        ),
        row(
            version("2026.11.2", &everywhere, |_| ()),
            &["uksouth", "eastus"],
        ),
        row(
            version("2026.10.9", &everywhere[..2], |properties| {
                properties["publishingProfile"]["excludeFromLatest"] = true.into();
            }),
            &[],
        ),
        row(
            version("2026.9.1", &everywhere[..1], |properties| {
                properties["publishingProfile"]["endOfLifeDate"] = "2026-12-15T00:00:00Z".into();
            }),
            &[],
        ),
        row(
            version("2026.8.4", &everywhere[..1], |properties| {
                properties["publishingProfile"]["endOfLifeDate"] = "2026-01-01T00:00:00Z".into();
            }),
            &[],
        ),
    ]
}

/// A machine of Contoso, made from a version of ours unless it has none.
pub(crate) fn machine(number: usize, version: Option<&str>, behind: Behind) -> MachineRow {
    let name = format!("vm-avd-{number:04}");
    let subscription = subscription_guid(3, 0);
    let image = version.map_or(
        json!({"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer",
               "sku": "2022-datacenter", "version": "latest"}),
        |version| json!({"id": definition_id("win11-avd"), "exactVersion": version}),
    );
    let document = json!({
        "id": format!("/subscriptions/{subscription}/resourceGroups/avd-weu-rg/providers/\
                       Microsoft.Compute/virtualMachines/{name}"),
        "name": name, "location": "westeurope", "tags": {"pool": "hp-office"},
        "properties": {
            "provisioningState": "Succeeded", "timeCreated": "2026-11-20T09:00:00Z",
            "hardwareProfile": {"vmSize": "Standard_D4s_v5"},
            "securityProfile": {"securityType": "TrustedLaunch"},
            "storageProfile": {"imageReference": image, "osDisk": {"osType": "Windows"}},
            "networkProfile": {"networkInterfaces": [{"id": format!(
                "/subscriptions/{subscription}/resourceGroups/avd-weu-rg/providers/\
                 Microsoft.Network/networkInterfaces/{name}-nic"
            )}]},
        },
    });
    MachineRow {
        machine: VirtualMachine::from_document(document).unwrap(),
        tenant: tenant_guid(3).parse().unwrap(),
        subscription: subscription.parse().unwrap(),
        image: version.map(|_| definition_id("win11-avd")),
        version: version.map(|version| version.parse().unwrap()),
        behind,
        read_at: time("14:01:00"),
    }
}

/// Some machines of Contoso.
pub(crate) fn machines() -> Vec<MachineRow> {
    (1..=64)
        .map(|number| match number {
            1..=40 => machine(number, Some("2026.11.2"), Behind::Versions(1)),
            41..=58 => machine(number, Some("2026.9.1"), Behind::Versions(3)),
            59..=62 => machine(number, Some("2026.11.3"), Behind::Current),
            _ => machine(number, None, Behind::Unknown),
        })
        .collect()
}

/// Who has which role at the gallery that is shared directly.
pub(crate) fn gallery_access() -> (ResourceId, GalleryAccess) {
    let gallery = gallery_id("acg_northwind");
    let assignment = |number: usize, scope: &str, role: &BuiltInRole, principal: &str, kind| {
        let name = format!("{number:08}-0000-4000-8000-0000000000ff");
        let of = if scope == "/" { "" } else { scope };
        let document = json!({
            "id": format!("{of}/providers/Microsoft.Authorization/roleAssignments/{name}"),
            "name": name, "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "scope": scope, "principalId": principal, "principalType": kind,
                "roleDefinitionId": format!(
                    "/subscriptions/{MANAGING}/providers/Microsoft.Authorization/roleDefinitions/{}",
                    role.id()
                ),
            },
        });
        RoleAssignment::from_document(document).unwrap()
    };
    let of_customer = |number: usize| format!("{number:08}-0000-4000-8000-0000000000aa");
    let subscription = format!("/subscriptions/{MANAGING}");
    let reader = BuiltInRole::GALLERY_IMAGE_READER;
    let access = GalleryAccess {
        assignments: vec![
            assignment(1, "/", &BuiltInRole::OWNER, &of_customer(1), "User"),
            assignment(
                2,
                &subscription,
                &BuiltInRole::READER,
                &of_customer(4),
                "ServicePrincipal",
            ),
            assignment(3, &gallery, &reader, &of_customer(3), "ServicePrincipal"),
            assignment(4, &gallery, &reader, &of_customer(77), "Group"),
        ],
        trouble: None,
        read_at: Some(time("14:01:00")),
    };
    (gallery.parse().unwrap(), access)
}

pub(crate) fn job(number: i64, state: JobState, percent: u8) -> Job {
    let lock = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    Job {
        id: JobId(number),
        group: GroupId(number),
        title: "replicate win11-avd 2026.11.3".to_owned(),
        target: "uksouth 2, eastus 1".to_owned(),
        tenant: None,
        priority: 0,
        state,
        reason: None,
        attempt: 1,
        progress: Progress {
            percent,
            parts: vec![
                Part {
                    name: "uksouth".to_owned(),
                    percent,
                    state: PartState::Running,
                },
                Part {
                    name: "eastus".to_owned(),
                    percent: 0,
                    state: PartState::Pending,
                },
            ],
        },
        failure: None,
        cancel: false,
        lock: lock.parse().unwrap(),
        access: Some(access()),
        cloud: "https://management.azure.com/".to_owned(),
        task_version: 1,
        task: None,
        action: None,
        origin: None,
        note: None,
        created: time("14:00:00"),
        started: Some(time("14:00:10")),
        ended: None,
    }
}

pub(crate) fn jobs() -> Jobs {
    let mut jobs = vec![
        job(45, JobState::Waiting, 0),
        job(44, JobState::Running, 62),
        job(43, JobState::Held, 0),
        job(42, JobState::Done, 100),
        job(41, JobState::Failed, 10),
        job(40, JobState::Cancelled, 0),
    ];
    jobs[0].reason = Some("#44, which writes the same resource".to_owned());
    jobs[0].started = None;
    jobs[2].reason = Some("sign in to Fabrikam again".to_owned());
    jobs[2].started = None;
    jobs[3].ended = Some(time("14:04:31"));
    jobs[4].ended = Some(time("15:02:00"));
    jobs[4].note = Some("CHG-4711".to_owned());
    jobs[4].origin = Some(Origin {
        user: "ada".to_owned(),
        host: "jump-1".to_owned(),
        face: "gallerist replicate".to_owned(),
        from: Some("192.0.2.7".to_owned()),
    });
    jobs[4].failure = Some(Failure {
        cause: Cause::Azure,
        code: Some("QuotaExceeded".to_owned()),
        message: "updating win11-avd 2026.11.3: QuotaExceeded: snapshots in eastus: limit 50000, \
                  used 50000"
            .to_owned(),
        correlation_id: Some("6f1c0000-0000-4000-8000-0000000000a2".to_owned()),
        advice: Some("ask for more quota in eastus, or leave that region out".to_owned()),
    });
    Jobs {
        counts: counts(&jobs, 45),
        rows: jobs,
        groups: Vec::new(),
        pauses: HashSet::new(),
        as_of: time("14:05:00"),
    }
}

/// How many of so many are in each state: those that aren't shown are done.
pub(crate) fn counts(shown: &[Job], total: usize) -> HashMap<JobState, usize> {
    let mut counts = HashMap::from([(JobState::Done, total - shown.len())]);
    for job in shown {
        *counts.entry(job.state).or_default() += 1;
    }
    counts
}

pub(crate) fn log_lines() -> Vec<LogLine> {
    let line = |id: i64, job: i64, level, text: &str| LogLine {
        id,
        at: time("14:00:00") + jiff::SignedDuration::from_secs(id),
        job: Some(JobId(job)),
        level,
        text: text.to_owned(),
    };
    let mut lines = vec![
        line(
            1,
            41,
            Level::Info,
            "submitted: replicate win11-avd 2026.11.3  eastus 1",
        ),
        line(
            2,
            41,
            Level::Warn,
            "update regions: Azure is busy (429): tried again in 17 s, attempt 2",
        ),
        line(
            3,
            41,
            Level::Error,
            "update regions: QuotaExceeded: snapshots in eastus: limit 50000, used 50000: ask for \
             more quota in eastus, or leave that region out (correlation 6f1c0000-0000-4000-8000-\
             0000000000a2)",
        ),
        line(4, 44, Level::Info, "update regions: accepted"),
    ];
    lines.extend((5..30).map(|id| line(id, 44, Level::Info, &format!("uksouth {} %", id * 2))));
    lines
}

/// A deployment of sixty machines in the midst of its second wave, waiting for room.
pub(crate) fn sixty() -> Job {
    let mut job = job(51, JobState::Waiting, 33);
    "deploy 60 machines  win11-avd 2026.11.3".clone_into(&mut job.title);
    "Contoso".clone_into(&mut job.target);
    job.reason = Some("room: 20 of 20 in use".to_owned());
    let part = |number: usize| Part {
        name: format!("vm-avd-{number:04}"),
        percent: if number < 20 { 100 } else { 0 },
        state: match number {
            0..20 => PartState::Done,
            27 => PartState::Failed,
            20..40 => PartState::Running,
            _ => PartState::Pending,
        },
    };
    job.progress.parts = (0..60).map(part).collect();
    job
}

/// The queue with two groups: one that goes on, one that ended partly.
pub(crate) fn jobs_in_groups() -> Jobs {
    let mut known = jobs();
    let mut member = |number: i64, group: i64, tenant: usize, state, percent| {
        let name = tenants()[tenant - 1].name.clone();
        let mut job = job(number, state, percent);
        job.group = GroupId(group);
        "deploy 20 machines  win11-avd 2026.11.3".clone_into(&mut job.title);
        job.target = format!("{name} · westeurope");
        job.tenant = Some(tenant_guid(tenant).parse().unwrap());
        if state.is_final() {
            job.ended = Some(time("14:03:41"));
        }
        match state {
            JobState::Failed => {
                let message =
                    "creating vm-avd-0049: AllocationFailed: no room for the size in zone 1";
                job.failure = Some(Failure::new(Cause::Azure, message));
            }
            JobState::Held => {
                job.started = None;
                job.reason = Some("80 cores are wanted, 36 of 100 are left".to_owned());
            }
            JobState::Waiting => {
                job.reason = Some("room: 20 of 20 in use".to_owned());
            }
            _ => {}
        }
        known.rows.insert(0, job);
    };
    member(46, 46, 2, JobState::Done, 100);
    member(47, 46, 3, JobState::Failed, 40);
    member(48, 46, 4, JobState::Done, 100);
    member(49, 49, 2, JobState::Running, 55);
    member(50, 49, 3, JobState::Held, 0);
    member(51, 49, 4, JobState::Waiting, 30);
    let group = |id: i64, title: &str| Group {
        id: GroupId(id),
        title: title.to_owned(),
        jobs: (id..id + 3).map(JobId).collect(),
    };
    known.groups = vec![
        group(49, "deploy win11-avd 2026.11.3 to 3 tenants"),
        group(46, "deploy win11-avd 2026.11.2 to 3 tenants"),
    ];
    known.counts = counts(&known.rows, 51);
    known
}

/// The log's answer to what the screen looks at.
pub(crate) fn log_page(state: &State, lines: Vec<LogLine>) -> News {
    News::Log(LogPage {
        view: state.log.view(),
        lines,
        older: false,
        newer: false,
        new: 0,
    })
}

pub(crate) fn locations() -> Vec<Location> {
    [
        "uksouth",
        "eastus",
        "swedencentral",
        "japaneast",
        "australiasoutheast",
        "westeurope",
    ]
    .iter()
    .map(|name| {
        let display = Region::new(name).display_name().to_owned();
        Location::from_document(json!({"name": name, "displayName": display})).unwrap()
    })
    .collect()
}

pub(crate) fn plan(confirmation: &Value, verdict: &str) -> Plan {
    let version = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    serde_json::from_value(json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "made_at": "2026-11-23T14:05:00Z",
        "action": {"verb": "replicate", "version": version, "set": [], "remove": []},
        "title": "replicate win11-avd 2026.11.3",
        "confirmation": confirmation,
        "jobs": [{
            "title": "replicate win11-avd 2026.11.3",
            "target": "swedencentral 3",
            "lock": version,
            "access": {"identity": "msp", "tenant": tenant_guid(1)},
            "checks": [
                {"verdict": "pass", "text": "the version is there and at rest", "advice": null},
                {"verdict": "warn", "text": "eastus failed before: it is sent again", "advice": null},
                {"verdict": verdict, "text": "9 of 100 replicas in all",
                 "advice": "ask for fewer replicas"},
            ],
            "changes": [
                {"sign": "add", "text": "swedencentral  3 replicas, Standard_LRS"},
                {"sign": "change", "text": "uksouth  2 → 4 replicas"},
                {"sign": "remove", "text": "eastus  1 replica"},
            ],
            "calls": [format!("PUT {version}  update regions")],
            "warnings": ["machines in eastus can't be made from this version any more"],
            "action": {"verb": "replicate", "version": version, "set": [], "remove": []},
            "task": {"verb": "replicate", "version": version, "phases": [], "seen": []},
        }],
    }))
    .unwrap()
}

/// A plan for three customers: one is ready, one is held by a check, at one there is nothing to do.
pub(crate) fn plan_of_three() -> Plan {
    let version = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    let job = |number: usize, target: &str, rest: Value| {
        let action = json!({"verb": "deploy", "version": version, "targets": []});
        let mut job = json!({
            "title": "deploy 20 machines  win11-avd 2026.11.3",
            "target": target,
            "tenant": tenant_guid(number),
            "lock": format!("/subscriptions/{}/resourceGroups/avd-weu-rg", tenant_guid(number)),
            "access": {"identity": "msp", "tenant": tenant_guid(1)},
            "warnings": [], "calls": [], "changes": [], "action": action,
            "task": {"verb": "replicate", "version": version, "phases": [], "seen": []},
        });
        for (name, value) in rest.as_object().unwrap() {
            job[name] = value.clone();
        }
        job
    };
    let pass = |text: &str| json!({"verdict": "pass", "text": text, "advice": null});
    let changes = json!([
        {"sign": "add", "text": "20 virtual machines vm-avd-0043 to vm-avd-0062, Standard_D4s_v5"},
        {"sign": "add", "text": "20 network interfaces in vnet-avd / hosts"},
    ]);
    let adatum = json!({
        "checks": [
            pass("the version is readable by msp in Northwind MSP"),
            {"verdict": "warn", "text": "the replica in uksouth is 62 % there: the first wave \
             waits for it", "advice": null},
            pass("generation 2, Trusted Launch and x64 fit the size"),
            pass("80 of 350 cores of the family are in use, 80 more are wanted"),
            pass("20 names are free"),
            pass("171 addresses are left in vnet-avd / hosts"),
        ],
        "changes": changes,
        "calls": ["PUT deployment gallerist-7f3a-1  wave 1, 20 machines"],
        "warnings": ["the machines cost from the moment they are created"],
    });
    let contoso = json!({
        "checks": [
            pass("the version is readable by msp in Northwind MSP"),
            {"verdict": "fail", "text": "80 cores of Standard DSv5 are wanted in westeurope, 36 of \
             100 are left", "advice": "ask for more quota, or type another size: 9 machines fit now"},
        ],
        "changes": changes,
        "calls": ["PUT deployment gallerist-7f3a-1  wave 1, 20 machines"],
    });
    let fabrikam = json!({"checks": [pass("all 20 machines are there already")], "task": null});
    serde_json::from_value(json!({
        "id": "01890a5d-ac96-774b-bcce-b302099a8058",
        "made_at": "2026-11-23T14:05:00Z",
        "action": {"verb": "deploy", "version": version, "targets": []},
        "title": "deploy win11-avd 2026.11.3 to 3 tenants",
        "confirmation": "yes",
        "jobs": [
            job(2, "Adatum · uksouth", adatum),
            job(3, "Contoso · westeurope", contoso),
            job(4, "Fabrikam · westeurope", fabrikam),
        ],
    }))
    .unwrap()
}

/// A screen that knows nothing yet.
pub(crate) fn ignorant(size: (u16, u16)) -> State {
    let mut state = State::new("demo", TimeZone::UTC, size);
    state.now = time("14:02:11");
    state
}

/// What a job carries that creates a machine.
pub(crate) fn deployed() -> gallerist::actions::Task {
    let group = format!("/subscriptions/{}/resourceGroups/rg-avd", tenant_guid(2));
    let version = format!("{}/versions/2026.11.3", definition_id("win11-avd"));
    let subnet = format!("{group}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/hosts");
    let task = json!({
        "verb": "deploy", "version": version, "owner": access(), "image": {"own": version},
        "grant_until": null, "group": group, "creates_group": false,
        "model": {
            "region": "westeurope", "size": "Standard_D4s_v5", "subnet": subnet, "windows": true,
            "specialized": false, "admin_user": "localadmin", "security_type": null, "plan": null,
            "disk": "Premium_LRS", "accelerated_networking": true,
        },
        "password": "generated", "names": ["vm-avd-0043"], "machines_per_replica": 20,
    });
    serde_json::from_value(task).unwrap()
}
