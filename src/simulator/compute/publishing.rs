//! What a version's publishing and safety profile become when it is written.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::regions::{self, Region};

/// Replicas of one version, over all its regions (Microsoft's `azure-compute-gallery.md`).
const MOST_REPLICAS: i64 = 100;

/// What is known when a publishing profile comes in.
pub(super) struct Profile<'a> {
    /// The region of the version itself, `westeurope`
    pub(super) location: &'a str,
    /// The profile there is
    pub(super) old: Option<&'a Value>,
    pub(super) api_version: &'a str,
}

impl Profile<'_> {
    /// The profile as it is stored and answered: defaults filled in, regions by display name.
    ///
    /// # Errors
    /// The rules of Microsoft's `troubleshooting-shared-images.md`, with Azure's texts where those
    /// are known.
    pub(super) fn publish(&self, given: Option<Value>, published: Value) -> Result<Value, Refusal> {
        let mut profile = match given.or_else(|| self.old.cloned()) {
            Some(Value::Object(profile)) => profile,
            _ => Map::new(),
        };
        let count = match profile.get("replicaCount") {
            None | Some(Value::Null) => {
                let old = self.old.and_then(|old| old["replicaCount"].as_i64());
                json!(old.unwrap_or(1))
            }
            Some(given) => given.clone(),
        };
        let targets = self.target_regions(&profile, &count)?;
        let storage = self.global_storage(&profile);
        profile.insert("targetRegions".into(), json!(targets));
        profile.insert("replicaCount".into(), count);
        profile.insert("storageAccountType".into(), json!(storage));
        profile.insert("publishedDate".into(), published);
        let excluded = profile.entry("excludeFromLatest").or_insert(Value::Null);
        if excluded.is_null() {
            *excluded = json!(false);
        }
        check_end_of_life(&profile)?;
        if profile.get("replicationMode") == Some(&json!("Shallow")) {
            let single = |target: &Value| target["regionalReplicaCount"] == 1;
            if !targets.iter().all(single) {
                return Err(Refusal::invalid(
                    "galleryImageVersion.properties.publishingProfile.replicationMode",
                    "Replica count must be 1 when the replication mode is 'Shallow'.",
                ));
            }
        }
        Ok(Value::Object(profile))
    }

    /// No list, or an empty one, keeps the regions there are.
    fn target_regions(
        &self,
        profile: &Map<String, Value>,
        count: &Value,
    ) -> Result<Vec<Value>, Refusal> {
        let given = profile.get("targetRegions").and_then(Value::as_array);
        let given = given.filter(|targets| !targets.is_empty());
        let targets: Vec<Value> = match (given, self.old) {
            (Some(given), _) => given.clone(),
            (None, Some(old)) => {
                let kept = old["targetRegions"].as_array();
                kept.cloned().unwrap_or_default()
            }
            (None, None) => vec![json!({ "name": self.location })],
        };
        let mut published: Vec<Value> = Vec::new();
        for mut target in targets {
            let name = target["name"].as_str().unwrap_or_default();
            let region = regions::find(name).ok_or_else(|| {
                Refusal::invalid(
                    TARGET_REGIONS,
                    format!("The target region '{name}' is not a valid region."),
                )
            })?;
            if published
                .iter()
                .any(|known| known["name"] == region.display_name)
            {
                return Err(Refusal::invalid(
                    TARGET_REGIONS,
                    "Duplicate regions are not allowed in target publishing regions.",
                ));
            }
            target["storageAccountType"] = json!(self.regional_storage(profile, &target, region)?);
            target["name"] = json!(region.display_name);
            if target["regionalReplicaCount"].is_null() {
                target["regionalReplicaCount"] = count.clone();
            }
            // Answered for every encrypted system disk (vm/gallery_e2e.json of the recordings).
            if let Some(disk) = target.pointer_mut("/encryption/osDiskImage")
                && disk["securityProfile"].is_null()
            {
                disk["securityProfile"] = json!({});
            }
            published.push(target);
        }
        self.check_home(&published)?;
        check_replicas(&published)?;
        check_encryption(&published)?;
        Ok(published)
    }

    /// A version's own region cannot be left out (Microsoft's
    /// `troubleshooting-shared-images.md`).
    fn check_home(&self, targets: &[Value]) -> Result<(), Refusal> {
        let names: Vec<&str> = targets.iter().filter_map(|t| t["name"].as_str()).collect();
        if names
            .iter()
            .any(|name| regions::normal(name) == self.location)
        {
            return Ok(());
        }
        Err(Refusal::invalid(
            TARGET_REGIONS,
            format!(
                "Gallery image version publishing profile regions '{}' must contain the location \
                 of image version '{}'.",
                names.join(", "),
                self.location
            ),
        ))
    }

    fn global_storage(&self, profile: &Map<String, Value>) -> String {
        let given = profile.get("storageAccountType").and_then(Value::as_str);
        let old = self.old.and_then(|old| old["storageAccountType"].as_str());
        given.or(old).unwrap_or("Standard_LRS").to_owned()
    }

    /// The storage of a region, which never changes. The text is Azure's (azure-powershell issue
    /// 9911). From 2025-03-03 on a new region is zone-redundant where it has zones
    /// (`StorageAccountStrategy` of the SDKs).
    fn regional_storage(
        &self,
        profile: &Map<String, Value>,
        target: &Value,
        region: Region,
    ) -> Result<String, Refusal> {
        let global = profile.get("storageAccountType").and_then(Value::as_str);
        let own = target["storageAccountType"].as_str();
        let kept = self.old.and_then(|old| {
            let regions = old["targetRegions"].as_array()?;
            let kept = regions.iter().find(|r| r["name"] == region.display_name)?;
            kept["storageAccountType"].as_str()
        });
        for given in [own, global].into_iter().flatten() {
            if !STORAGE.contains(&given) {
                return Err(Refusal::invalid(
                    TARGET_REGIONS,
                    format!("The value '{given}' of parameter storageAccountType is invalid."),
                ));
            }
        }
        let Some(kept) = kept else {
            if own.or(global) == Some("Standard_ZRS") && !region.has_zones {
                return Err(Refusal::invalid(
                    TARGET_REGIONS,
                    "ZRS storage account type is not supported in this region.",
                ));
            }
            let default = if self.api_version >= "2025-03-03" && region.has_zones {
                "Standard_ZRS"
            } else {
                "Standard_LRS"
            };
            return Ok(own.or(global).unwrap_or(default).to_owned());
        };
        let wanted = own.map_or_else(|| self.global_storage(profile), str::to_owned);
        if wanted == kept {
            return Ok(wanted);
        }
        Err(Refusal::service(
            StatusCode::CONFLICT,
            "PropertyChangeNotAllowed",
            format!(
                "Global storage account type does not match the storage account type in the \
                 existing TargetRegion: '{}'. Please specify '{kept}' as the storage account type \
                 for this region.",
                region.display_name
            ),
        ))
    }
}

/// `StorageAccountType` (`GalleryRP 2024-03-03/gallery.json`).
const STORAGE: [&str; 4] = [
    "Standard_LRS",
    "Standard_ZRS",
    "Premium_LRS",
    "PremiumV2_LRS",
];

const TARGET_REGIONS: &str = "galleryImageVersion.properties.publishingProfile.targetRegions";

/// At least one in a region and at most a hundred in all (Microsoft's
/// `azure-compute-gallery.md`). The first text is Azure's (`troubleshooting-shared-images.md`), the
/// second unverified.
fn check_replicas(targets: &[Value]) -> Result<(), Refusal> {
    let mut sum = 0;
    for target in targets {
        let count = target["regionalReplicaCount"].as_i64().unwrap_or(0);
        if !(1..=MOST_REPLICAS).contains(&count) {
            let parameter = format!("{TARGET_REGIONS}.regionalReplicaCount");
            return Err(Refusal::invalid(
                &parameter,
                format!(
                    "The value {} of parameter {parameter} is out of range. The value must be \
                     between 1 and {MOST_REPLICAS}, inclusive.",
                    target["regionalReplicaCount"]
                ),
            ));
        }
        sum += count;
    }
    if sum > MOST_REPLICAS {
        return Err(Refusal::invalid(
            TARGET_REGIONS,
            format!(
                "The total number of replicas '{sum}' exceeds the maximum of {MOST_REPLICAS} for a \
                 gallery image version."
            ),
        ));
    }
    Ok(())
}

/// Encryption covers all regions, or none (Microsoft's `troubleshooting-shared-images.md`). The text is unverified.
fn check_encryption(targets: &[Value]) -> Result<(), Refusal> {
    let encrypted = |target: &&Value| target["encryption"].is_object();
    let count = targets.iter().filter(encrypted).count();
    if count == 0 || count == targets.len() {
        return Ok(());
    }
    Err(Refusal::invalid(
        TARGET_REGIONS,
        "The encryption settings must be specified for all target regions.",
    ))
}

fn check_end_of_life(profile: &Map<String, Value>) -> Result<(), Refusal> {
    let date = profile.get("endOfLifeDate").filter(|date| !date.is_null());
    let is_date = |date: &Value| {
        let date = date.as_str().unwrap_or_default();
        date.parse::<jiff::Timestamp>().is_ok() || date.parse::<jiff::civil::DateTime>().is_ok()
    };
    if date.is_none_or(is_date) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "galleryImageVersion.properties.publishingProfile.endOfLifeDate",
        "The value of parameter endOfLifeDate is invalid.",
    ))
}

/// The safety profile: the given one, or the one there is, with what the service adds.
pub(super) fn safety(given: Option<Value>, old: Option<&Value>) -> Value {
    let old = old.map(|old| &old["safetyProfile"]);
    let given = given.filter(Value::is_object);
    let mut safety = given.or_else(|| old.cloned()).unwrap_or(Value::Null);
    let kept = |name: &str| old.map_or(Value::Null, |old| old[name].clone());
    let violation = kept("reportedForPolicyViolation");
    safety["reportedForPolicyViolation"] = json!(violation == json!(true));
    if safety["allowDeletionOfReplicatedLocations"].is_null() {
        let allowed = kept("allowDeletionOfReplicatedLocations") == json!(true);
        safety["allowDeletionOfReplicatedLocations"] = json!(allowed);
    }
    safety
}
