//! What an agent takes from its surroundings when it starts, and what of it a face has otherwise.
//! Secrets are among it, so it is compared by salted digests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::config::{Config, Source};

/// What reaching Azure depends on, whatever the configuration says: the way out, whom to trust, and
/// where the Azure CLI keeps its sign-ins.
const ALWAYS: &[&str] = &[
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AZURE_CONFIG_DIR",
];

/// What a process has taken from its surroundings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    salt: Uuid,
    /// The configuration's file, and the digest of its text.
    config: PathBuf,
    text: String,
    /// The digests of environment variables that are set.
    variables: BTreeMap<String, String>,
}

impl Fingerprint {
    /// Of this process.
    pub(super) fn here(config: &Config) -> Self {
        Self::of(&config.source, Uuid::new_v4(), &|name| {
            std::env::var(name).ok()
        })
    }

    fn of(source: &Source, salt: Uuid, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let named = source.variables.iter().map(String::as_str);
        let digests = ALWAYS.iter().copied().chain(named).filter_map(|name| {
            let value = environment(name)?;
            let digest = Sha256::new()
                .chain_update(salt)
                .chain_update(value)
                .finalize();
            Some((name.to_owned(), format!("{digest:x}")))
        });
        Self {
            salt,
            config: source.path.clone(),
            text: source.digest.clone(),
            variables: digests.collect(),
        }
    }

    /// What this process has otherwise, in a sentence each.
    pub(super) fn differs(&self, config: &Config) -> Vec<String> {
        self.differs_from(&config.source, &|name| std::env::var(name).ok())
    }

    fn differs_from(
        &self,
        source: &Source,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let here = Self::of(source, self.salt, environment);
        let mut told = Vec::new();
        if here.text != self.text {
            told.push(if here.config == self.config {
                "the configuration has changed since the agent started".to_owned()
            } else {
                format!("the agent goes by {}", self.config.display())
            });
        }
        let mut names: Vec<&String> = here
            .variables
            .keys()
            .chain(self.variables.keys())
            .filter(|name| here.variables.get(*name) != self.variables.get(*name))
            .collect();
        names.sort_unstable();
        names.dedup();
        told.extend(names.into_iter().map(|name| {
            let how = match (here.variables.get(name), self.variables.get(name)) {
                (Some(_), None) => "without",
                (None, _) => "with",
                _ => "with another",
            };
            format!("the agent was started {how} {name}")
        }));
        told
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn source(digest: &str) -> Source {
        Source {
            path: "/etc/gallerist.toml".into(),
            digest: digest.to_owned(),
            variables: BTreeSet::from(["MSP_SECRET".to_owned()]),
        }
    }

    #[test]
    fn what_is_otherwise_is_named_and_nothing_of_it_is_told() {
        let agents = |name: &str| match name {
            "MSP_SECRET" => Some("hunter2".to_owned()),
            "HTTPS_PROXY" => Some("http://proxy".to_owned()),
            _ => None,
        };
        let agent = Fingerprint::of(&source("1"), Uuid::new_v4(), &agents);
        assert!(!format!("{agent:?}").contains("hunter2"));
        assert_eq!(
            agent.differs_from(&source("1"), &agents),
            Vec::<String>::new()
        );
        let ours = |name: &str| match name {
            "MSP_SECRET" => Some("another".to_owned()),
            "NO_PROXY" => Some("localhost".to_owned()),
            _ => None,
        };
        assert_eq!(
            agent.differs_from(&source("2"), &ours),
            [
                "the configuration has changed since the agent started",
                "the agent was started with HTTPS_PROXY",
                "the agent was started with another MSP_SECRET",
                "the agent was started without NO_PROXY",
            ]
        );
    }
}
