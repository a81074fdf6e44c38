//! The estate file: what the simulated Azure holds when it starts, as TOML.
//!
//! `assets/demo-estate.toml` is one, with every table explained where it stands. Unknown keys,
//! unknown regions and roles, and identifiers that are no GUIDs are refused with their line.

mod galleries;
mod identities;
mod throttling;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::Error;
use super::authority::ConditionalAccess;
use super::authorization::PrincipalType;
pub(super) use galleries::{
    Extra, Gallery, Image, OsType, Permissions, SharedWith, Target, Version,
};
pub(super) use identities::{Account, Application, ManagedIdentity, User};
use throttling::Throttling;
pub(super) use words::{DelegableRole, FeatureName, Guid, QuotaName, RegionName, RoleName};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EstateFile {
    /// Items on a page of a list; the real sizes are undocumented
    #[serde(default = "hundred")]
    pub(super) page_size: usize,
    /// Concurrent creations that one replica of a version serves in its region
    #[serde(default = "twenty")]
    pub(super) machines_per_replica: usize,
    /// How many times as long as usual a copy to a region takes, as those of large images do
    #[serde(default = "one")]
    pub(super) copies_slower: u32,
    /// Until Resource Graph hears of a change, in simulated seconds
    #[serde(default = "thirty")]
    pub(super) resource_graph_lag_s: u64,
    /// How many requests are taken in a time
    #[serde(default)]
    pub(super) throttling: Throttling,
    pub(super) application: Application,
    #[serde(default, rename = "managed_identity")]
    pub(super) managed_identities: Vec<ManagedIdentity>,
    #[serde(default, rename = "user")]
    pub(super) users: Vec<User>,
    /// Machines that cannot be placed
    #[serde(default)]
    pub(super) allocation_fails: Vec<AllocationFails>,
    /// Copies to these regions fail
    #[serde(default)]
    pub(super) replication_fails: Vec<ReplicationFails>,
    #[serde(default, rename = "tenant")]
    pub(super) tenants: Vec<Tenant>,
}

/// Copies to `region` fail, `times` times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplicationFails {
    pub(super) region: RegionName,
    pub(super) detail: Option<String>,
    #[serde(default = "one")]
    pub(super) times: u32,
}

/// New machines of `size` in `region` fail, `times` times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AllocationFails {
    pub(super) region: Option<RegionName>,
    pub(super) size: Option<String>,
    /// `AllocationFailed` unless given; `SkuNotAvailable` is told at once
    pub(super) code: Option<String>,
    #[serde(default = "one")]
    pub(super) times: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tenant {
    pub(super) id: Guid,
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) country: String,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    /// Object id of the application's service principal there; absent: it was never consented to
    pub(super) application: Option<Guid>,
    /// Object ids of the groups that service principal belongs to
    #[serde(default)]
    pub(super) groups: Vec<Guid>,
    /// What role assignments for this customer go to: an object id in the provider's tenant
    pub(super) principal: Option<Guid>,
    /// Whom roles can be assigned to there, by name, besides the service principal and its groups
    #[serde(default)]
    pub(super) principals: BTreeMap<String, Principal>,
    /// The error that signing in by the application ends with there, such as `AADSTS53003`
    pub(super) sign_in: Option<String>,
    /// Whether people need a second factor there
    #[serde(default)]
    pub(super) mfa: bool,
    /// What a conditional access policy keeps out there
    #[serde(default)]
    pub(super) conditional_access: ConditionalAccess,
    /// Whether people need a second factor to change anything there in Azure Resource Manager
    #[serde(default)]
    pub(super) writes_need_mfa: bool,
    /// What a deployment there starts from
    pub(super) deploy: Option<Deploy>,
    #[serde(default, rename = "subscription")]
    pub(super) subscriptions: Vec<Subscription>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Principal {
    /// Object id
    pub(super) id: Guid,
    #[serde(rename = "type")]
    pub(super) kind: PrincipalType,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deploy {
    pub(super) subscription: Guid,
    pub(super) resource_group: String,
    /// `network/subnet` in that group
    pub(super) subnet: String,
    pub(super) size: String,
    pub(super) name: String,
    pub(super) admin_user: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscription {
    pub(super) id: Guid,
    pub(super) name: String,
    #[serde(default)]
    pub(super) state: SubscriptionState,
    /// Preview features that are registered, such as `Microsoft.Compute/SIGSharing`
    #[serde(default)]
    pub(super) features: Vec<FeatureName>,
    #[serde(default)]
    pub(super) roles: Vec<Grant>,
    #[serde(default)]
    pub(super) delegations: Vec<Delegation>,
    /// Whether people need a second factor to change anything in it
    #[serde(default)]
    pub(super) writes_need_mfa: bool,
    /// Limits in every region that are not the usual ones
    #[serde(default)]
    pub(super) quota: BTreeMap<QuotaName, u64>,
    /// Assignments of policies with the effect deny
    #[serde(default)]
    pub(super) policies: Vec<Policy>,
    #[serde(default)]
    pub(super) resource_groups: Vec<ResourceGroup>,
    #[serde(default)]
    pub(super) networks: Vec<Network>,
    #[serde(default)]
    pub(super) machines: Vec<Machines>,
    #[serde(default, rename = "gallery")]
    pub(super) galleries: Vec<Gallery>,
    /// ARM documents of anything else, `id` and `type` included
    #[serde(default)]
    pub(super) resources: Vec<Map<String, Value>>,
}

/// `SubscriptionState` of the Resources specification (2022-12-01/subscriptions.json).
#[derive(Clone, Copy, Debug, Default, Deserialize, serde::Serialize)]
pub(super) enum SubscriptionState {
    #[default]
    Enabled,
    Warned,
    PastDue,
    Disabled,
    Deleted,
}

/// A role assignment, in force from the start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    pub(super) role: RoleName,
    /// Below the subscription, such as `resourceGroups/rg`; absent: all of it
    #[serde(default)]
    pub(super) scope: String,
    /// Absent: the application's service principal in the tenant
    pub(super) principal: Option<Guid>,
}

/// An Azure Lighthouse delegation of the subscription, or of one resource group in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delegation {
    pub(super) to: Guid,
    pub(super) resource_group: Option<String>,
    /// Object id in the managing tenant
    pub(super) principal: Guid,
    pub(super) roles: Vec<DelegableRole>,
}

/// What may not be made in the subscription, or in one of its groups.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    /// Display name of the assignment
    pub(super) deny: String,
    pub(super) resource_type: String,
    pub(super) resource_group: Option<String>,
    /// Fields, such as `location`, with the values that are denied; all have to match
    #[serde(default, rename = "where")]
    pub(super) conditions: BTreeMap<String, Vec<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceGroup {
    pub(super) name: String,
    pub(super) location: RegionName,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    pub(super) name: String,
    pub(super) resource_group: String,
    pub(super) location: RegionName,
    pub(super) address: String,
    /// Name and address prefix
    pub(super) subnets: BTreeMap<String, String>,
}

/// `count` machines named `prefix-001`, `prefix-002`, …; without a count one named `prefix`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machines {
    pub(super) prefix: String,
    pub(super) count: Option<u32>,
    /// `gallery/definition/version`, anywhere in this file
    pub(super) image: Spanned<String>,
    /// Whether they name the version, or the definition and so its latest
    #[serde(default)]
    pub(super) latest: bool,
    pub(super) size: String,
    pub(super) resource_group: String,
    /// `network/subnet` in that group
    pub(super) subnet: String,
    pub(super) location: RegionName,
    pub(super) created: Timestamp,
    #[serde(default)]
    pub(super) deallocated: u32,
    /// Whether they are generalized, to make image versions of, and so deallocated
    #[serde(default)]
    pub(super) generalized: bool,
}

fn hundred() -> usize {
    100
}

fn twenty() -> usize {
    20
}

fn thirty() -> u64 {
    30
}

fn one() -> u32 {
    1
}

impl EstateFile {
    /// Reads `text`, which came from `file`.
    ///
    /// # Errors
    /// [`Error::EstateFile`] with line and column.
    pub(super) fn parse(file: &Path, text: &str) -> Result<Self, Error> {
        let estate: Self = toml::from_str(text).map_err(|source| Error::EstateFile {
            file: file.to_owned(),
            line: line_at(text, source.span().map_or(0, |span| span.start)),
            what: source.to_string(),
        })?;
        if estate.page_size == 0 {
            return Err(Error::EstateFile {
                file: file.to_owned(),
                line: 1,
                what: "page_size must be at least 1".to_owned(),
            });
        }
        if let Some((at, what)) = estate
            .subscriptions()
            .flat_map(|one| &one.galleries)
            .find_map(Gallery::mistake)
        {
            return Err(Error::EstateFile {
                file: file.to_owned(),
                line: line_at(text, at),
                what,
            });
        }
        if let Some((at, what)) = estate.users.iter().find_map(|user| user.mistake(&estate)) {
            return Err(Error::EstateFile {
                file: file.to_owned(),
                line: line_at(text, at),
                what,
            });
        }
        for machines in estate.machines() {
            if estate.find_version(machines.image.get_ref()).is_none() {
                return Err(Error::EstateFile {
                    file: file.to_owned(),
                    line: line_at(text, machines.image.span().start),
                    what: format!(
                        "no gallery/definition/version is called \"{}\"",
                        machines.image.get_ref()
                    ),
                });
            }
        }
        Ok(estate)
    }

    /// All tenants but the management tenant.
    pub(super) fn customers(&self) -> impl Iterator<Item = &Tenant> {
        let home = &self.application.home;
        self.tenants.iter().filter(move |tenant| tenant.id != *home)
    }

    /// Whether a person has an account there.
    pub(super) fn has_account_in(&self, tenant: &Guid) -> bool {
        let mut accounts = self.users.iter().flat_map(|user| &user.accounts);
        accounts.any(|account| account.tenant == *tenant)
    }

    fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.tenants.iter().flat_map(|tenant| &tenant.subscriptions)
    }

    fn machines(&self) -> impl Iterator<Item = &Machines> {
        self.subscriptions()
            .flat_map(|subscription| &subscription.machines)
    }

    /// What `gallery/definition/version` means.
    pub(super) fn find_version(
        &self,
        path: &str,
    ) -> Option<(&Subscription, &Gallery, &Image, &Version)> {
        let (gallery_name, rest) = path.split_once('/')?;
        let (image_name, version_name) = rest.split_once('/')?;
        self.subscriptions()
            .flat_map(|subscription| {
                subscription
                    .galleries
                    .iter()
                    .map(move |g| (subscription, g))
            })
            .filter(|(_, gallery)| gallery.name == gallery_name)
            .find_map(|(subscription, gallery)| {
                let image = gallery
                    .images
                    .iter()
                    .find(|image| image.name == image_name)?;
                let version = image.versions.iter().find(|v| v.name == version_name)?;
                Some((subscription, gallery, image, version))
            })
    }
}

impl Tenant {
    /// Whether anything there is delegated to somebody else.
    pub(super) fn is_delegated(&self) -> bool {
        let mut all = self.subscriptions.iter();
        all.any(|subscription| !subscription.delegations.is_empty())
    }
}

/// The line, from 1, that byte `offset` of `text` is on.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"
[application]
client_id = "6c6b5a4e-0000-4000-8000-000000000001"
client_secret = "s"
home = "6c6b5a4e-0000-4000-8000-000000000002"
"#;

    fn error_of(text: &str) -> String {
        EstateFile::parse(Path::new("my.toml"), &format!("{HEAD}{text}"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn mistakes_are_shown_with_file_and_line() {
        let unknown_key = error_of("colour = \"red\"\n");
        assert!(unknown_key.contains("my.toml:6"), "{unknown_key}");
        assert!(unknown_key.contains("colour"), "{unknown_key}");
        let region = error_of("[[replication_fails]]\nregion = \"atlantis\"\n");
        assert!(region.contains("my.toml:7"), "{region}");
        assert!(region.contains("atlantis"), "{region}");
        let guid = error_of("[[tenant]]\nid = \"7\"\n");
        assert!(guid.contains("is no GUID"), "{guid}");
    }

    #[test]
    fn a_person_is_in_tenants_that_are_there_and_at_home() {
        let user = |tenant: &str| {
            let accounts = format!("[{{ tenant = \"{tenant}\", id = \"{tenant}\" }}]");
            let home = "6c6b5a4e-0000-4000-8000-000000000002";
            error_of(&format!(
                "[[user]]\nname = \"me\"\nhome = \"{home}\"\naccounts = {accounts}\n"
            ))
        };
        let elsewhere = user("6c6b5a4e-0000-4000-8000-000000000003");
        assert!(elsewhere.contains("my.toml:7"), "{elsewhere}");
        assert!(elsewhere.contains("no account at home"), "{elsewhere}");
        let nowhere = user("6c6b5a4e-0000-4000-8000-000000000002");
        assert!(nowhere.contains("is no tenant here"), "{nowhere}");
    }

    #[test]
    fn a_gallery_is_shared_only_as_azure_lets_it() {
        let text = |permissions: &str, tenants: usize| {
            let tenants: Vec<String> = (0..tenants)
                .map(|n| format!("\"6c6b5a4e-0000-4000-8000-00000000000{n}\""))
                .collect();
            format!(
                r#"
[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000002"
name = "n"
domain = "d"
country = "NL"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000003"
name = "s"
[[tenant.subscription.gallery]]
name = "acg"
resource_group = "r"
location = "westeurope"
permissions = "{permissions}"
shared_with = {{ tenants = [{}] }}
"#,
                tenants.join(", ")
            )
        };
        let private = error_of(&text("Private", 1));
        assert!(private.contains("my.toml:20"), "{private}");
        assert!(private.contains("permissions must be Groups"), "{private}");
        let many = error_of(&text("Groups", 6));
        assert!(many.contains("6 AADTenants; 5 is the most"), "{many}");
    }

    #[test]
    fn a_machine_on_an_image_that_is_not_there_is_refused() {
        let text = r#"
[[tenant]]
id = "6c6b5a4e-0000-4000-8000-000000000002"
name = "n"
domain = "d"
country = "NL"
[[tenant.subscription]]
id = "6c6b5a4e-0000-4000-8000-000000000003"
name = "s"
machines = [
  { prefix = "vm", count = 1, image = "a/b/1.0.0", size = "x", resource_group = "r", subnet = "v/s", location = "westeurope", created = "2026-01-01T00:00:00Z" },
]
"#;
        let error = error_of(text);
        assert!(error.contains("my.toml:16"), "{error}");
        assert!(error.contains("a/b/1.0.0"), "{error}");
    }
}
