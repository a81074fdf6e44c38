//! The estate file: what the simulated Azure holds when it starts, as TOML.
//!
//! `assets/demo-estate.toml` is one, with every table explained where it stands. Unknown keys,
//! unknown regions and roles, and identifiers that are no GUIDs are refused with their line.

mod content;
mod failures;
mod galleries;
mod identities;
mod subscriptions;
mod tenants;
mod throttling;
mod words;

use std::path::Path;

use serde::Deserialize;

use super::Error;
pub(super) use content::{Machines, Network};
use failures::{AllocationFails, ReplicationFails};
pub(super) use galleries::{
    Extra, Gallery, Image, OsType, Permissions, SharedWith, Target, Version,
};
pub(super) use identities::{Account, Application, ManagedIdentity, User};
pub(super) use subscriptions::{Delegation, Grant, Policy, Subscription};
pub(super) use tenants::{Deploy, Tenant};
use throttling::Throttling;
pub(super) use words::Guid;

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
        let mistake = |at: usize, what: String| Error::EstateFile {
            file: file.to_owned(),
            line: line_at(text, at),
            what,
        };
        let estate: Self = toml::from_str(text).map_err(|source| {
            let at = source.span().map_or(0, |span| span.start);
            mistake(at, source.to_string())
        })?;
        match estate.mistake() {
            Some((at, what)) => Err(mistake(at, what)),
            None => Ok(estate),
        }
    }

    /// What is wrong with it as a whole, and at which byte of the file.
    fn mistake(&self) -> Option<(usize, String)> {
        if self.page_size == 0 {
            return Some((0, "page_size must be at least 1".to_owned()));
        }
        let mut galleries = self.subscriptions().flat_map(|one| &one.galleries);
        let mut users = self.users.iter();
        let mut machines = self.machines();
        galleries
            .find_map(Gallery::mistake)
            .or_else(|| users.find_map(|user| user.mistake(self)))
            .or_else(|| machines.find_map(|machines| self.imageless(machines)))
    }

    /// What is wrong with machines whose image isn't there, and at which byte of the file.
    fn imageless(&self, machines: &Machines) -> Option<(usize, String)> {
        let image = machines.image.get_ref();
        let what = || format!("no gallery/definition/version is called \"{image}\"");
        let found = self.find_version(image).is_some();
        (!found).then(|| (machines.image.span().start, what()))
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
