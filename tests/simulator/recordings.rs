//! Recorded conversations with Azure, held with the simulator.
//!
//! Every recorded request for a gallery, a definition or a version is sent again, in order, and the
//! answer compared, so are the first and the last poll of its operation: status, whether `Azure-AsyncOperation` and `Location` are there, and the whole
//! body but for what is Azure's own to choose. Sources of versions are put there first.

use super::client::{Client, Reply};
use crate::spec::azure_folder;
use reqwest::Method;
use serde_json::{Value, json};

/// The redacted subscription of all recordings.
pub(crate) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

pub(crate) const ESTATE: &str = r#"
[application]
client_id = "6c6b5a4e-0000-4000-8000-000000000001"
client_secret = "s"
home = "6c6b5a4e-0000-4000-8000-000000000002"

[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000002"
name = "Recorded"
domain = "recorded.example"
country = "US"
application = "6c6b5a4e-0000-4000-8000-000000000003"

[[tenant.subscription]]
id = "00000000-0000-0000-0000-000000000000"
name = "Recorded"
features = ["Microsoft.Compute/SIGSharing", "Microsoft.Compute/SIGSoftDelete"]
roles = [{ role = "Owner" }]
"#;

/// Up to which request a recording is replayed, and why not further.
const REPLAYED: [(&str, usize, &str); 14] = [
    ("vm/gallery_e2e", usize::MAX, ""),
    ("vm/image_update_add_set", usize::MAX, ""),
    ("vm/gallery_image_version_vhd", usize::MAX, ""),
    ("vm/gallery_specialized", usize::MAX, ""),
    ("vm/image_version_create_os_vhd", usize::MAX, ""),
    ("vm/image_version_create_for_diff_source", usize::MAX, ""),
    ("vm/sig_image_definition_default_value", usize::MAX, ""),
    ("vm/specialized_image", usize::MAX, ""),
    (
        "vm/create_disk_from_diff_gallery_image_version",
        usize::MAX,
        "",
    ),
    ("vm/shared_gallery", usize::MAX, ""),
    ("vm/community_gallery_operations", usize::MAX, ""),
    ("extensions/community_gallery_operations", usize::MAX, ""),
    ("extensions/shared_gallery_community", usize::MAX, ""),
    ("vm/gallery_soft_delete", usize::MAX, ""),
];

/// Members that Azure chooses: they are compared by type only.
const CHOSEN: [&str; 23] = [
    "correlationId",
    "duration",
    "etag",
    "internalDomainNameSuffix",
    "macAddress",
    "operationId",
    "principalId",
    "privateIPAddress",
    "resourceGuid",
    "templateHash",
    "timeCreated",
    "timestamp",
    "vmId",
    "publishedDate",
    "startTime",
    "endTime",
    "uniqueName",
    "publicNames",
    "nextLink",
    "createdOn",
    "updatedOn",
    "createdBy",
    "updatedBy",
];

/// Differences that are accepted: recordings, what is different, and why.
const ACCEPTED: [(&str, &str, &str); 7] = [
    (
        "extensions/",
        "/properties/softDeletePolicy is missing",
        "recorded in 2021; later recordings do not have it unless it was asked for",
    ),
    (
        "extensions/",
        "/communityGalleryInfo/publicNamePrefix is not recorded",
        "recorded in 2021; later recordings have it",
    ),
    (
        "extensions/",
        "/properties/architecture is not recorded",
        "recorded with 2020-09-30; the property came later, and is not taken out for old versions",
    ),
    (
        "extensions/",
        "/properties/identifier/",
        "recorded in 2021; later recordings do not tell the community of publisher, offer and SKU",
    ),
    (
        "extensions/",
        "disclaimer",
        "recorded in 2021; later recordings have it",
    ),
    (
        "extensions/",
        "/properties is not recorded: {\"communityMetadata",
        "recorded in 2021; later recordings have it twice",
    ),
    (
        "vm/shared_gallery",
        "-DIRECTLYSHARING",
        "that subscription shared another gallery as well",
    ),
];

#[tokio::test]
async fn the_simulator_answers_as_azure_did() {
    let Some(folder) = azure_folder() else {
        return;
    };
    let mut compared = 0;
    let mut mistakes = Vec::new();
    for (name, until, _) in REPLAYED {
        let file = folder.join(format!("recordings/{name}.json"));
        let text = std::fs::read_to_string(&file).unwrap();
        let pairs: Vec<Value> = serde_json::from_str(&text).unwrap();
        let client = Client::with_estate(ESTATE).await;
        let mut names = Names::default();
        for (at, pair) in pairs.iter().enumerate().take(until) {
            let pair = &names.given(pair);
            let path = path_of(pair);
            if path.contains("/capsOperations/") || !is_of_gallery(&path) {
                continue;
            }
            prepare(&client, &path, pair, &pairs[at..]).await;
            let method: Method = pair["method"].as_str().unwrap().parse().unwrap();
            let mut request = client.request(method, &path);
            if !pair["request_body"].is_null() {
                request = request.json(&pair["request_body"]);
            }
            let reply = super::client::reply(request).await;
            names.learn(pair, &reply);
            let mut found = differences(pair, &reply);
            if reply.header("azure-asyncoperation").is_some() {
                found.extend(follow(&client, &reply, &pairs[at + 1..]).await);
            }
            compared += 1;
            found.retain(|what| !is_accepted(name, what));
            mistakes.extend(
                found
                    .iter()
                    .map(|what| format!("{name} #{at} {path}\n    {what}")),
            );
        }
        client.stop().await;
    }
    assert!(compared > 80, "{compared}");
    assert!(
        mistakes.is_empty(),
        "{compared} compared\n{}",
        mistakes.join("\n")
    );
}

fn is_accepted(name: &str, what: &str) -> bool {
    let accepted = |(recordings, part, _): &(&str, &str, &str)| {
        name.starts_with(recordings) && what.contains(part)
    };
    ACCEPTED.iter().any(accepted)
}

pub(crate) fn path_of(pair: &Value) -> String {
    let uri = pair["uri"].as_str().unwrap();
    uri.trim_start_matches("https://management.azure.com")
        .to_owned()
}

fn is_of_gallery(path: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let places = [
        "/Microsoft.Compute/galleries",
        "/sharedGalleries",
        "/communityGalleries",
    ];
    places.iter().any(|place| path.contains(place)) && !path.contains("/softDeleted")
}

/// Makes the resource group, and the sources that a version is created from with the disks that
/// the recording shows later on.
async fn prepare(client: &Client, path: &str, pair: &Value, later: &[Value]) {
    let group = path.split('/').nth(4).unwrap();
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}");
    let document = json!({ "id": group, "type": "Microsoft.Resources/resourceGroups" });
    client.smuggle(&group, &document).await;
    let profile = &pair["request_body"]["properties"]["storageProfile"];
    let made = later.iter().find(|later| {
        let is_read = later["method"] == "GET" && path_of(later) == path;
        is_read && later["response_body"]["properties"]["provisioningState"] == "Succeeded"
    });
    let made = made.map_or(
        &Value::Null,
        |made| &made["response_body"]["properties"]["storageProfile"],
    );
    for name in ["id", "virtualMachineId"] {
        let Some(id) = profile["source"][name].as_str() else {
            continue;
        };
        if id.contains("/galleries/") {
            continue;
        }
        let disks = made["dataDiskImages"].as_array().into_iter().flatten();
        let disks = disks.map(|disk| {
            json!({ "lun": disk["lun"], "diskSizeGB": disk["sizeInGB"], "caching": disk["hostCaching"] })
        });
        let storage = json!({
            "osDisk": { "diskSizeGB": made["osDiskImage"]["sizeInGB"] },
            "dataDisks": disks.collect::<Vec<_>>(),
        });
        let document = json!({ "id": id, "type": "Microsoft.Compute/images", "properties": { "storageProfile": storage } });
        client.smuggle(id, &document).await;
    }
    let disks = |profile: &Value| -> Vec<Value> {
        let data = profile["dataDiskImages"].as_array().cloned();
        let system = profile["osDiskImage"].clone();
        data.unwrap_or_default()
            .into_iter()
            .chain([system])
            .collect()
    };
    for (disk, made) in disks(profile).iter().zip(disks(made)) {
        if let Some(id) = disk["source"]["id"].as_str() {
            let document = json!({ "id": id, "type": "Microsoft.Compute/snapshots", "properties": { "diskSizeGB": made["sizeInGB"] } });
            client.smuggle(id, &document).await;
        }
    }
}

/// Names that Azure chose, and the subscription where it was not redacted, with what the simulator
/// has instead.
struct Names(Vec<(String, String)>);

impl Default for Names {
    fn default() -> Self {
        let subscription = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
        Self(vec![(subscription.to_owned(), SUBSCRIPTION.to_owned())])
    }
}

impl Names {
    /// Notes what the recorded and the simulated gallery are called by others.
    fn learn(&mut self, recorded: &Value, reply: &Reply) {
        for name in [
            "/properties/identifier/uniqueName",
            "/properties/sharingProfile/communityGalleryInfo/publicNames/0",
        ] {
            let recorded = recorded["response_body"].pointer(name);
            let pair = (recorded, reply.body.pointer(name));
            if let (Some(Value::String(recorded)), Some(Value::String(given))) = pair {
                self.0.push((recorded.clone(), given.clone()));
            }
        }
    }

    /// A recorded pair with the simulator's names.
    fn given(&self, pair: &Value) -> Value {
        let names = self.0.iter();
        let text = names.fold(pair.to_string(), |text, (recorded, given)| {
            text.replace(recorded, given)
        });
        serde_json::from_str(&text).unwrap()
    }
}

/// Polls an operation at its beginning and at its end, and compares with the recorded polls.
async fn follow(client: &Client, accepted: &Reply, later: &[Value]) -> Vec<String> {
    let url = accepted.header("azure-asyncoperation").unwrap().to_owned();
    let polls = || {
        let is_poll = |pair: &&Value| path_of(pair).contains("/capsOperations/");
        let polls = later.iter().take_while(is_poll);
        polls.filter(|pair| !path_of(pair).contains("monitor=true"))
    };
    let mut found = Vec::new();
    let running = polls().find(|pair| pair["response_body"]["status"] == "InProgress");
    if let Some(running) = running {
        found.extend(differences(running, &client.get(&url).await));
    }
    client.advance(3600).await;
    if let Some(last) = polls().last() {
        found.extend(differences(last, &client.get(&url).await));
    }
    found
}

/// What differs between a recorded answer and a given one.
pub(crate) fn differences(recorded: &Value, reply: &Reply) -> Vec<String> {
    let mut found = Vec::new();
    if recorded["status"] != reply.status.as_u16() {
        found.push(format!(
            "{} for {}: {}",
            reply.status, recorded["status"], reply.body
        ));
        return found;
    }
    let headers = recorded["response_headers"].as_object().unwrap();
    for name in ["azure-asyncoperation", "location"] {
        let was = headers.keys().any(|known| known.eq_ignore_ascii_case(name));
        if was != reply.header(name).is_some() {
            found.push(format!("header {name}: recorded {was}"));
        }
    }
    compare(&recorded["response_body"], &reply.body, "", &mut found);
    found
}

pub(crate) fn compare(recorded: &Value, given: &Value, at: &str, found: &mut Vec<String>) {
    match (recorded, given) {
        (Value::Object(recorded), Value::Object(given)) => {
            for (name, value) in recorded {
                match given.get(name) {
                    Some(other) => compare(value, other, &format!("{at}/{name}"), found),
                    None => found.push(format!("{at}/{name} is missing, recorded {value}")),
                }
            }
            for (name, value) in given {
                if !recorded.contains_key(name) {
                    found.push(format!("{at}/{name} is not recorded: {value}"));
                }
            }
        }
        (Value::Array(recorded), Value::Array(given)) if recorded.len() == given.len() => {
            for (index, (recorded, given)) in recorded.iter().zip(given).enumerate() {
                compare(recorded, given, &format!("{at}/{index}"), found);
            }
        }
        _ if is_chosen(at, recorded) || same(recorded, given) => {
            if std::mem::discriminant(recorded) != std::mem::discriminant(given) {
                found.push(format!("{at} is {given}, recorded {recorded}"));
            }
        }
        _ => found.push(format!("{at} is {given}, recorded {recorded}")),
    }
}

/// Names of operations are Azure's too: GUIDs at the top of a body.
fn is_chosen(at: &str, recorded: &Value) -> bool {
    let is_guid = recorded
        .as_str()
        .is_some_and(|text| uuid::Uuid::try_parse(text).is_ok());
    CHOSEN
        .iter()
        .any(|name| at.split('/').any(|part| part == *name))
        || (at == "/name" && is_guid)
}

/// Ids are compared without the resource group: where it came back in upper case, its real name
/// was not redacted.
fn same(recorded: &Value, given: &Value) -> bool {
    let without_group = |id: &str| -> Vec<String> {
        let parts = id.split('/').enumerate();
        parts
            .filter(|(at, _)| *at != 4)
            .map(|(_, part)| part.to_owned())
            .collect()
    };
    match (recorded.as_str(), given.as_str()) {
        (Some(recorded), Some(given)) if recorded.starts_with("/subscriptions/") => {
            without_group(recorded) == without_group(given)
        }
        _ => recorded == given,
    }
}
