//! The configuration file: whom we sign in as, what we want to know of customers, what is safe.
//!
//! Everything in it is checked when it is read. What isn't understood is refused with file, line
//! and the nearest valid key, because a misspelt setting that is silently ignored is found out in
//! the middle of a rollout.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::azure::{
    Cloud, Credential, IdentitySettings, ResourceId, Secret, SubscriptionId, TenantId,
};

/// Why the configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("the configuration {} can't be read: {cause}{}", path.display(), hint(.cause))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// Something in the file isn't understood or contradicts itself.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what would be right.
        message: String,
    },
}

fn hint(cause: &std::io::Error) -> &'static str {
    if cause.kind() == std::io::ErrorKind::NotFound {
        "; README.md shows a first one, and --demo needs none"
    } else {
        ""
    }
}

/// The configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The cloud that everything is in.
    pub cloud: Cloud,
    /// How we sign in; the first that lists a tenant serves it.
    pub identities: Vec<Identity>,
    /// What the file says of customers.
    pub tenants: Vec<Tenant>,
    /// How plans are computed.
    pub planner: Planner,
    /// What is forbidden or needs more than a yes.
    pub safety: Safety,
}

/// How we sign in.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The credential and the tenant where it signs in first.
    pub settings: IdentitySettings,
    /// Other tenants that it signs in to.
    pub also: Also,
}

/// The tenants besides its own that an identity signs in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Also {
    /// These.
    Listed(Vec<TenantId>),
    /// All that Azure lists for it as home or member, never those only delegated.
    Every,
}

/// What the file says of a customer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// The customer's tenant.
    pub id: TenantId,
    /// What the operator calls it.
    pub name: Option<String>,
    /// Words to choose customers by, such as `ring1`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Object id that a role assignment for this customer goes to.
    pub principal: Option<String>,
    /// Defaults of a deployment there.
    pub deploy: Option<Deploy>,
}

/// Defaults of a deployment in a customer's subscription.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// The subscription that the machines go to.
    pub subscription: Option<SubscriptionId>,
    /// The resource group that the machines go to.
    pub resource_group: Option<String>,
    /// The subnet of their interfaces.
    pub subnet: Option<ResourceId>,
    /// Their size, such as `Standard_D4s_v5`.
    pub size: Option<String>,
    /// Their name, with a `#` for each digit of the number.
    pub name: Option<String>,
    /// The administrator's name.
    pub admin_user: Option<String>,
    /// A file that holds the administrator's password.
    pub password_file: Option<PathBuf>,
    /// An environment variable that holds it.
    pub password_env: Option<String>,
}

/// How plans are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Planner {
    /// Concurrent creations that one replica serves. Microsoft's guidance was 20 and is now 50
    /// (azure-compute-docs, `azure-compute-gallery.md`); the lower one is the safe one.
    pub machines_per_replica: u32,
}

impl Default for Planner {
    fn default() -> Self {
        Self {
            machines_per_replica: 20,
        }
    }
}

/// What is forbidden, or needs more than a yes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Safety {
    /// Nothing is changed anywhere.
    pub read_only: bool,
    /// Destructive actions in these tenants ask for the tenant's name.
    pub protected_tenants: Vec<TenantId>,
}

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// [`Error::Unreadable`] or [`Error::Invalid`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|cause| Error::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        Self::parse(&text, path, &|name| std::env::var(name).ok())
    }

    fn parse(
        text: &str,
        path: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let invalid = |span: Option<Range<usize>>, message: String| Error::Invalid {
            path: path.to_owned(),
            line: span.map_or(1, |span| line_of(text, span.start)),
            message,
        };
        let file: File = toml::from_str(text)
            .map_err(|error| invalid(error.span(), with_nearest_key(error.message())))?;
        let cloud_span = file.cloud.as_ref().map(Spanned::span);
        let cloud = file
            .cloud
            .map(Spanned::into_inner)
            .unwrap_or_default()
            .resolve();
        let cloud = cloud.map_err(|message| invalid(cloud_span, message))?;
        if file.identity.is_empty() {
            let message = "there is no [[identity]]: say how to sign in".to_owned();
            return Err(invalid(None, message));
        }
        let mut identities: Vec<Identity> = Vec::new();
        for entry in file.identity {
            let span = entry.span();
            let identity = entry
                .into_inner()
                .resolve(path, environment)
                .map_err(|message| invalid(Some(span.clone()), message))?;
            if identities
                .iter()
                .any(|other| other.settings.name == identity.settings.name)
            {
                let message = format!("two identities are named `{}`", identity.settings.name);
                return Err(invalid(Some(span), message));
            }
            identities.push(identity);
        }
        let mut tenants: Vec<Tenant> = Vec::new();
        for entry in file.tenant {
            let span = entry.span();
            let tenant = entry.into_inner();
            if tenants.iter().any(|other| other.id == tenant.id) {
                let message = format!("tenant {} is described twice", tenant.id);
                return Err(invalid(Some(span), message));
            }
            tenants.push(tenant);
        }
        let planner_span = file.planner.as_ref().map(Spanned::span);
        let planner = file.planner.map(Spanned::into_inner).unwrap_or_default();
        if planner.machines_per_replica == 0 {
            let message = "machines_per_replica must be at least 1".to_owned();
            return Err(invalid(planner_span, message));
        }
        Ok(Self {
            cloud,
            identities,
            tenants,
            planner,
            safety: file.safety.unwrap_or_default(),
        })
    }

    /// What the file calls a tenant.
    #[must_use]
    pub fn tenant_names(&self) -> BTreeMap<TenantId, String> {
        let named = |tenant: &Tenant| Some((tenant.id.clone(), tenant.name.clone()?));
        self.tenants.iter().filter_map(named).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cloud: Option<Spanned<CloudEntry>>,
    #[serde(default)]
    identity: Vec<Spanned<IdentityEntry>>,
    #[serde(default)]
    tenant: Vec<Spanned<Tenant>>,
    planner: Option<Spanned<Planner>>,
    safety: Option<Safety>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CloudName {
    #[default]
    Public,
    UsGov,
    China,
    Custom,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CloudEntry {
    name: CloudName,
    resource_manager: Option<String>,
    authority: Option<String>,
    audience: Option<String>,
}

impl CloudEntry {
    fn resolve(self) -> Result<Cloud, String> {
        let endpoints = (self.resource_manager, self.authority, self.audience);
        match (self.name, endpoints) {
            (CloudName::Public, (None, None, None)) => Cloud::public(),
            (CloudName::UsGov, (None, None, None)) => Cloud::us_government(),
            (CloudName::China, (None, None, None)) => Cloud::china(),
            (CloudName::Custom, (Some(resource_manager), Some(authority), Some(audience))) => {
                Cloud::custom(&resource_manager, &authority, &audience)
            }
            (CloudName::Custom, _) => {
                return Err(
                    "a custom cloud needs resource_manager, authority and audience".to_owned(),
                );
            }
            _ => {
                return Err(
                    "resource_manager, authority and audience are for name = \"custom\" \
                            only: a known cloud has its own"
                        .to_owned(),
                );
            }
        }
        .map_err(|error| error.to_string())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CredentialKind {
    ClientSecret,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AlsoEntry {
    Every(String),
    Listed(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityEntry {
    name: String,
    tenant: TenantId,
    credential: CredentialKind,
    client_id: Option<String>,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
    also: Option<AlsoEntry>,
}

impl IdentityEntry {
    fn resolve(
        self,
        config: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Identity, String> {
        let CredentialKind::ClientSecret = self.credential;
        let name = self.name;
        let client_id = self
            .client_id
            .ok_or_else(|| format!("`{name}` needs client_id"))?;
        let secret = match (self.client_secret_env, self.client_secret_file) {
            (Some(variable), None) => environment(&variable)
                .filter(|v| !v.is_empty())
                .ok_or_else(|| {
                    format!("`{name}`: the environment variable {variable} isn't set")
                })?,
            (None, Some(file)) => {
                let file = config.parent().unwrap_or(Path::new("")).join(file);
                std::fs::read_to_string(&file)
                    .map_err(|cause| format!("`{name}`: {}: {cause}", file.display()))?
                    .trim_end_matches(['\r', '\n'])
                    .to_owned()
            }
            (Some(_), Some(_)) => {
                return Err(format!(
                    "`{name}` has both client_secret_env and client_secret_file: keep one"
                ));
            }
            (None, None) => {
                return Err(format!(
                    "`{name}` needs client_secret_env or client_secret_file; the secret itself \
                     never goes into this file"
                ));
            }
        };
        let also = match self.also {
            None => Also::Listed(Vec::new()),
            Some(AlsoEntry::Every(star)) if star == "*" => Also::Every,
            Some(AlsoEntry::Every(other)) => {
                return Err(format!(
                    "`{name}`: also is a list of tenant ids or \"*\", not {other:?}"
                ));
            }
            Some(AlsoEntry::Listed(tenants)) => {
                let parsed: Result<Vec<TenantId>, String> = tenants
                    .iter()
                    .map(|id| {
                        id.parse()
                            .map_err(|error| format!("`{name}`: also: {error}"))
                    })
                    .collect();
                Also::Listed(parsed?)
            }
        };
        let credential = Credential::ClientSecret {
            client_id,
            secret: Secret::new(secret),
        };
        Ok(Identity {
            settings: IdentitySettings {
                name,
                tenant: self.tenant,
                credential,
            },
            also,
        })
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// serde's "unknown field `x`, expected one of `a`, `b`", with the nearest of them named first.
fn with_nearest_key(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (true, Some(written)) = (unknown, quoted.next()) else {
        return message.to_owned();
    };
    let nearest = quoted
        .map(|key| (strsim::jaro_winkler(written, key), key))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, key)) => format!("{message}; did you mean `{key}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str = r#"
[[identity]]
name = "msp"
tenant = "11111111-1111-1111-1111-111111111111"
credential = "client_secret"
client_id = "abc"
client_secret_env = "SECRET"
"#;

    fn parse(text: &str) -> Result<Config, String> {
        let environment = |name: &str| (name == "SECRET").then(|| "s3cret".to_owned());
        Config::parse(text, Path::new("config.toml"), &environment).map_err(|e| e.to_string())
    }

    #[test]
    fn the_smallest_file_is_the_public_cloud_and_one_identity() {
        let config = parse(IDENTITY).unwrap();
        assert_eq!(
            config.cloud.resource_manager.as_str(),
            "https://management.azure.com/"
        );
        assert_eq!(config.identities[0].also, Also::Listed(vec![]));
        assert_eq!(config.planner.machines_per_replica, 20);
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_line_and_the_nearest_one() {
        let refused = parse(&format!("{IDENTITY}\n[safety]\nreadonly = true\n")).unwrap_err();
        assert_eq!(
            refused,
            "config.toml:10: unknown field `readonly`, expected `read_only` or \
             `protected_tenants`; did you mean `read_only`?"
        );
    }

    #[test]
    fn a_contradiction_is_refused_with_its_line() {
        let both = IDENTITY.replace("client_id", "client_secret_file = \"x\"\nclient_id");
        assert!(
            parse(&both)
                .unwrap_err()
                .contains("both client_secret_env and")
        );
        let cloud = format!("[cloud]\nauthority = \"https://a\"\n{IDENTITY}");
        assert!(
            parse(&cloud)
                .unwrap_err()
                .starts_with("config.toml:1: resource_manager")
        );
        let twice = format!("{IDENTITY}{IDENTITY}");
        assert_eq!(
            parse(&twice).unwrap_err(),
            "config.toml:9: two identities are named `msp`"
        );
    }

    #[test]
    fn wrong_types_ids_and_missing_secrets_are_refused() {
        for (from, to, expected) in [
            ("\"abc\"", "7", "config.toml:6: invalid type"),
            ("11111111-1111", "1111", "config.toml:4: "),
            (
                "SECRET",
                "OTHER",
                "the environment variable OTHER isn't set",
            ),
            (
                "\"client_secret\"",
                "\"telepathy\"",
                "config.toml:5: unknown variant",
            ),
        ] {
            let refused = parse(&IDENTITY.replace(from, to)).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn plain_http_is_for_a_literal_loopback_address_only() {
        let cloud = |host: &str| {
            format!(
                "[cloud]\nname = \"custom\"\nresource_manager = \"http://{host}:1\"\nauthority = \
                 \"http://{host}:1\"\naudience = \"https://management.azure.com\"\n{IDENTITY}"
            )
        };
        assert!(parse(&cloud("127.0.0.1")).is_ok());
        for host in ["localhost", "10.0.0.1", "127.0.0.1.example.com"] {
            assert!(
                parse(&cloud(host))
                    .unwrap_err()
                    .starts_with("config.toml:1: "),
                "{host}"
            );
        }
    }

    #[test]
    fn every_key_of_the_documented_file_is_read() {
        let text = format!(
            "{IDENTITY}also = \"*\"\n[[tenant]]\nid = \"22222222-2222-2222-2222-222222222222\"\n\
             name = \"Adatum\"\ntags = [\"ring1\"]\n[tenant.deploy]\nsize = \"Standard_D4s_v5\"\n\
             [planner]\nmachines_per_replica = 50\n[safety]\nread_only = true\nprotected_tenants = \
             [\"22222222-2222-2222-2222-222222222222\"]\n"
        );
        let config = parse(&text).unwrap();
        assert_eq!(config.identities[0].also, Also::Every);
        assert_eq!(
            config.tenant_names().values().collect::<Vec<_>>(),
            ["Adatum"]
        );
        assert_eq!(config.planner.machines_per_replica, 50);
        assert!(config.safety.read_only && config.safety.protected_tenants.len() == 1);
    }
}
