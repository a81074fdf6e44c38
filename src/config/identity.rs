//! An `[[identity]]`: which keys each credential takes, and where their values come from.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{Also, Identity};
use crate::azure::{
    AZURE_CLI_CLIENT_ID, AzureCliProfile, Cloud, Credential, IdentitySettings, Secret, TenantId,
};

/// What is wrong, and where if not with the whole entry.
type Refusal = (Option<Range<usize>>, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentityEntry {
    name: String,
    tenant: Option<TenantId>,
    credential: CredentialKind,
    client_id: Option<Spanned<String>>,
    client_secret_env: Option<Spanned<String>>,
    client_secret_file: Option<Spanned<PathBuf>>,
    client_certificate_file: Option<Spanned<PathBuf>>,
    token_file: Option<Spanned<PathBuf>>,
    also: Option<Spanned<AlsoEntry>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum CredentialKind {
    DeviceCode,
    AzureCli,
    ClientSecret,
    ClientCertificate,
    ManagedIdentity,
    WorkloadIdentity,
}

impl CredentialKind {
    fn word(self) -> &'static str {
        match self {
            Self::DeviceCode => "device_code",
            Self::AzureCli => "azure_cli",
            Self::ClientSecret => "client_secret",
            Self::ClientCertificate => "client_certificate",
            Self::ManagedIdentity => "managed_identity",
            Self::WorkloadIdentity => "workload_identity",
        }
    }

    /// Whether a key that only some credentials have is one of its.
    fn takes(self, key: &str) -> bool {
        match key {
            "client_id" => self != Self::AzureCli,
            "client_certificate_file" => self == Self::ClientCertificate,
            "token_file" => self == Self::WorkloadIdentity,
            _ => self == Self::ClientSecret,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AlsoEntry {
    Every(String),
    Listed(Vec<String>),
}

/// Where the entry stands: its file's folder, the environment, and the cloud of it all.
pub(super) struct Place<'a> {
    pub(super) config: &'a Path,
    pub(super) environment: &'a dyn Fn(&str) -> Option<String>,
    pub(super) cloud: &'a Cloud,
}

impl Place<'_> {
    fn set(&self, variable: &str) -> Option<String> {
        (self.environment)(variable).filter(|value| !value.is_empty())
    }

    /// A file that is named there; a relative one lies beside the configuration. It may be read
    /// much later, by a process that was started elsewhere.
    fn file(&self, file: &Path) -> PathBuf {
        let file = self.config.parent().unwrap_or(Path::new("")).join(file);
        std::path::absolute(&file).unwrap_or(file)
    }
}

impl IdentityEntry {
    pub(super) fn resolve(self, place: &Place<'_>) -> Result<Identity, Refusal> {
        self.hold_keys()?;
        let tenant = match (&self.tenant, self.credential) {
            (Some(tenant), _) => tenant.clone(),
            (None, CredentialKind::AzureCli) => self.tenant_of_azure_cli(place)?,
            (None, _) => return Err(self.wrong("needs tenant, where it signs in first")),
        };
        Ok(Identity {
            also: self.also()?,
            settings: IdentitySettings {
                credential: self.credential(place)?,
                tenant,
                name: self.name,
            },
        })
    }

    /// Refuses keys of another credential.
    fn hold_keys(&self) -> Result<(), Refusal> {
        fn span<T>(key: Option<&Spanned<T>>) -> Option<Range<usize>> {
            key.map(Spanned::span)
        }
        let certificate = self.client_certificate_file.as_ref();
        for (key, span) in [
            ("client_id", span(self.client_id.as_ref())),
            ("client_secret_env", span(self.client_secret_env.as_ref())),
            ("client_secret_file", span(self.client_secret_file.as_ref())),
            ("client_certificate_file", span(certificate)),
            ("token_file", span(self.token_file.as_ref())),
        ] {
            if span.is_some() && !self.credential.takes(key) {
                let word = self.credential.word();
                let message = format!(
                    "`{}` has {key}, which a credential {word} has no use for",
                    self.name
                );
                return Err((span, message));
            }
        }
        Ok(())
    }

    fn credential(&self, place: &Place<'_>) -> Result<Credential, Refusal> {
        let file = |file: &Spanned<PathBuf>| place.file(file.get_ref());
        let client_id = self.client_id.as_ref().map(|id| id.get_ref().clone());
        let named = || {
            let missing = || self.wrong("needs client_id");
            client_id.clone().ok_or_else(missing)
        };
        Ok(match self.credential {
            CredentialKind::ClientSecret => Credential::ClientSecret {
                client_id: named()?,
                secret: self.secret(place)?,
            },
            CredentialKind::ClientCertificate => Credential::ClientCertificate {
                client_id: named()?,
                certificate: file(self.client_certificate_file.as_ref().ok_or_else(|| {
                    self.wrong(
                        "needs client_certificate_file: a PEM file with the certificate and its \
                         private key",
                    )
                })?),
            },
            CredentialKind::DeviceCode => Credential::DeviceCode {
                client_id: client_id.unwrap_or_else(|| AZURE_CLI_CLIENT_ID.to_owned()),
            },
            CredentialKind::AzureCli => Credential::AzureCli,
            CredentialKind::ManagedIdentity => {
                if let Some(also) = &self.also {
                    let message = format!(
                        "`{}` signs in to its own tenant only, as managed identities do: also \
                         has no place here",
                        self.name
                    );
                    return Err((Some(also.span()), message));
                }
                Credential::ManagedIdentity { client_id }
            }
            // The variables are those that the webhook of workload identity sets in a container.
            CredentialKind::WorkloadIdentity => Credential::WorkloadIdentity {
                client_id: client_id
                    .or_else(|| place.set("AZURE_CLIENT_ID"))
                    .ok_or_else(|| self.wrong("needs client_id, or AZURE_CLIENT_ID set"))?,
                token_file: self
                    .token_file
                    .as_ref()
                    .map(file)
                    .or_else(|| Some(place.set("AZURE_FEDERATED_TOKEN_FILE")?.into()))
                    .ok_or_else(|| {
                        self.wrong("needs token_file, or AZURE_FEDERATED_TOKEN_FILE set")
                    })?,
            },
        })
    }

    fn secret(&self, place: &Place<'_>) -> Result<Secret, Refusal> {
        let name = &self.name;
        match (&self.client_secret_env, &self.client_secret_file) {
            (Some(variable), None) => {
                let secret = place.set(variable.get_ref());
                secret.map(Secret::new).ok_or_else(|| {
                    let variable_name = variable.get_ref();
                    let message =
                        format!("`{name}`: the environment variable {variable_name} isn't set");
                    (Some(variable.span()), message)
                })
            }
            (None, Some(written)) => {
                let file = place.file(written.get_ref());
                let text = std::fs::read_to_string(&file).map_err(|cause| {
                    let message = format!("`{name}`: {}: {cause}", file.display());
                    (Some(written.span()), message)
                })?;
                Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            (Some(_), Some(file)) => Err((
                Some(file.span()),
                format!("`{name}` has both client_secret_env and client_secret_file: keep one"),
            )),
            (None, None) => Err(self.wrong(
                "needs client_secret_env or client_secret_file; the secret itself never goes \
                 into this file",
            )),
        }
    }

    /// The tenant of the Azure CLI's default subscription.
    fn tenant_of_azure_cli(&self, place: &Place<'_>) -> Result<TenantId, Refusal> {
        let profile = AzureCliProfile::read(place.environment)
            .map_err(|error| self.wrong(&format!("needs tenant: {error}")))?;
        profile.default_tenant(place.cloud).ok_or_else(|| {
            self.wrong(
                "has no tenant, and the Azure CLI has no default subscription in this cloud to \
                 take it from: run az login, or give tenant",
            )
        })
    }

    fn also(&self) -> Result<Also, Refusal> {
        let Some(entry) = &self.also else {
            return Ok(Also::Listed(Vec::new()));
        };
        let wrong = |message: String| {
            let name = &self.name;
            (Some(entry.span()), format!("`{name}`: also{message}"))
        };
        match entry.get_ref() {
            AlsoEntry::Every(star) if star == "*" => Ok(Also::Every),
            AlsoEntry::Every(other) => Err(wrong(format!(
                " is a list of tenant ids or \"*\", not {other:?}"
            ))),
            AlsoEntry::Listed(tenants) => {
                let parsed = tenants.iter().map(|id| id.parse());
                let parsed: Result<Vec<TenantId>, _> = parsed.collect();
                parsed
                    .map(Also::Listed)
                    .map_err(|error| wrong(format!(": {error}")))
            }
        }
    }

    fn wrong(&self, message: &str) -> Refusal {
        (None, format!("`{}` {message}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::super::{Also, Config};
    use super::*;

    const TENANT: &str = "11111111-1111-1111-1111-111111111111";

    fn read(keys: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let text = format!("[[identity]]\nname = \"msp\"\n{keys}");
        let environment = |name: &str| {
            let set = environment.iter().find(|(variable, _)| *variable == name);
            set.map(|(_, value)| (*value).to_owned())
        };
        let path = Path::new("/etc/gallerist/config.toml");
        parse(&text, path, &environment).map_err(|error| error.to_string())
    }

    fn credential(keys: &str, environment: &[(&str, &str)]) -> String {
        let config = read(&format!("tenant = \"{TENANT}\"\n{keys}"), environment).unwrap();
        format!("{:?}", config.identities[0].settings.credential)
    }

    #[test]
    fn every_credential_is_read_with_its_keys_or_what_stands_in_for_them() {
        let secret = [("SECRET", "s3cret")];
        let webhook = [
            ("AZURE_CLIENT_ID", "app"),
            ("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token"),
        ];
        for (keys, environment, expected) in [
            (
                "credential = \"client_secret\"\nclient_id = \"app\"\nclient_secret_env = \"SECRET\"\n",
                &secret[..],
                r#"ClientSecret { client_id: "app", secret: … }"#,
            ),
            (
                "credential = \"client_certificate\"\nclient_id = \"app\"\nclient_certificate_file = \"msp.pem\"\n",
                &[],
                r#"ClientCertificate { client_id: "app", certificate: "/etc/gallerist/msp.pem" }"#,
            ),
            (
                "credential = \"device_code\"\n",
                &[],
                r#"DeviceCode { client_id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46" }"#,
            ),
            (
                "credential = \"device_code\"\nclient_id = \"ours\"\n",
                &[],
                r#"DeviceCode { client_id: "ours" }"#,
            ),
            ("credential = \"azure_cli\"\n", &[], "AzureCli"),
            (
                "credential = \"managed_identity\"\n",
                &[],
                "ManagedIdentity { client_id: None }",
            ),
            (
                "credential = \"managed_identity\"\nclient_id = \"ours\"\n",
                &[],
                r#"ManagedIdentity { client_id: Some("ours") }"#,
            ),
            (
                "credential = \"workload_identity\"\n",
                &webhook[..],
                r#"WorkloadIdentity { client_id: "app", token_file: "/var/run/token" }"#,
            ),
            (
                "credential = \"workload_identity\"\nclient_id = \"ours\"\ntoken_file = \"t\"\n",
                &webhook[..],
                r#"WorkloadIdentity { client_id: "ours", token_file: "/etc/gallerist/t" }"#,
            ),
        ] {
            assert_eq!(credential(keys, environment), expected);
        }
    }

    #[test]
    fn what_is_missing_or_belongs_to_another_credential_is_refused_where_it_stands() {
        for (keys, line, words) in [
            (
                "credential = \"client_secret\"\nclient_secret_env = \"SECRET\"\n",
                1,
                "needs client_id",
            ),
            (
                "credential = \"client_certificate\"\nclient_id = \"app\"\n",
                1,
                "needs client_certificate_file",
            ),
            (
                "credential = \"workload_identity\"\nclient_id = \"app\"\n",
                1,
                "AZURE_FEDERATED_TOKEN_FILE",
            ),
            (
                "credential = \"workload_identity\"\ntoken_file = \"t\"\n",
                1,
                "AZURE_CLIENT_ID",
            ),
            (
                "credential = \"device_code\"\nclient_secret_env = \"SECRET\"\n",
                5,
                "has client_secret_env, which a credential device_code has no use for",
            ),
            (
                "credential = \"azure_cli\"\nclient_id = \"app\"\n",
                5,
                "has client_id, which a credential azure_cli",
            ),
            (
                "credential = \"client_secret\"\nclient_id = \"app\"\ntoken_file = \"t\"\n",
                6,
                "has token_file",
            ),
            (
                "credential = \"managed_identity\"\nalso = \"*\"\n",
                5,
                "also has no place here",
            ),
            (
                "credential = \"device_code\"\nalso = \"all\"\n",
                5,
                "a list of tenant ids or \"*\", not \"all\"",
            ),
            (
                "credential = \"device_code\"\nalso = [\"contoso.com\"]\n",
                5,
                "also: ",
            ),
            (
                "credential = \"device_cod\"\n",
                4,
                "did you mean `device_code`?",
            ),
            (
                "credential = \"device_code\"\nclient_certificate = \"x\"\n",
                5,
                "did you mean `client_certificate_file`?",
            ),
        ] {
            let refusal = read(&format!("tenant = \"{TENANT}\"\n{keys}"), &[]).unwrap_err();
            let place = format!("/etc/gallerist/config.toml:{line}: ");
            assert!(
                refusal.starts_with(&place) && refusal.contains(words),
                "{refusal}"
            );
        }
        let homeless = read("credential = \"device_code\"\n", &[]).unwrap_err();
        assert!(homeless.contains("needs tenant"), "{homeless}");
    }

    #[test]
    fn an_azure_cli_identity_is_at_home_where_its_default_subscription_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let keys = "credential = \"azure_cli\"\nalso = \"*\"\n";
        let nobody = read(keys, &[("AZURE_CONFIG_DIR", place)]).unwrap_err();
        assert!(nobody.contains("run az login, or give tenant"), "{nobody}");
        let profile = format!(
            "\u{feff}{{\"subscriptions\":[{{\"tenantId\":\"{TENANT}\",\"isDefault\":true,\
             \"environmentName\":\"AzureCloud\"}}]}}"
        );
        std::fs::write(folder.path().join("azureProfile.json"), profile).unwrap();
        let config = read(keys, &[("AZURE_CONFIG_DIR", place)]).unwrap();
        assert_eq!(config.identities[0].settings.tenant.as_str(), TENANT);
        assert_eq!(config.identities[0].also, Also::Every);
    }
}
