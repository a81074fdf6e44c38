//! Whoever has signed in to the Azure CLI. Its tokens are asked for with its own command, and its
//! profile is read for tenants; where it keeps its tokens is its own business.

mod output;
mod profile;

use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::process::Command;
use tokio::sync::Mutex;

use super::Remedy;
use super::failure::Failure;
use super::source::{Ask, Fresh, TokenSource};
use crate::azure::cloud::Cloud;
use crate::azure::error::Error;
use crate::azure::guid::TenantId;
use output::Refused;
pub use profile::AzureCliProfile;

/// The account of the Azure CLI.
pub(super) struct AzureCli {
    program: OsString,
    cloud: Cloud,
}

/// `az` is a Python program that takes half a second and much memory to start, and writes files as
/// it runs: one at a time in this whole program.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// How long it may take: it gives up on a network of its own accord.
const PATIENCE: Duration = Duration::from_secs(90);

/// What it needs of our environment. All else may hold a secret of ours.
const PASSED_ON: [&str; 24] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "AZURE_CONFIG_DIR",
    "AZURE_EXTENSION_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

impl AzureCli {
    pub(super) fn new(cloud: &Cloud) -> Self {
        Self {
            program: "az".into(),
            cloud: cloud.clone(),
        }
    }

    fn command(&self, ask: &Ask<'_>) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["account", "get-access-token", "--output", "json"])
            .args(["--tenant", ask.access.tenant.as_str()])
            .args(["--scope", ask.scope])
            .env_clear()
            .envs(
                PASSED_ON
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            // It would leave a process behind that outlives it, and mix news into its errors.
            .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
            .env("AZURE_CORE_ONLY_SHOW_ERRORS", "true")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // Of a cloud of one's own it knows the name that it was registered by, and we do not.
        if let Some(name) = profile::cloud_name(&self.cloud) {
            command.env("AZURE_CLOUD_NAME", name);
        }
        command
    }
}

#[async_trait]
impl TokenSource for AzureCli {
    async fn token(&self, ask: &Ask<'_>) -> Result<Fresh, Failure> {
        let tenant = &ask.access.tenant;
        let needs_login =
            |message: String, claims| Failure::sign_in(ask.access, message, login(tenant, claims));
        if ask.claims.is_some() {
            // The command takes no claims, and would answer with the token that was refused.
            let message = "Azure wants more than the Azure CLI's sign-in has proven".to_owned();
            return Err(needs_login(message, ask.claims));
        }
        let _turn = ONE_AT_A_TIME.lock().await;
        let mut command = self.command(ask);
        let output = match tokio::time::timeout(PATIENCE, command.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(cause)) if cause.kind() == io::ErrorKind::NotFound => {
                let message = "the Azure CLI (az) is not installed, or not on the PATH".to_owned();
                return Err(needs_login(message, None));
            }
            Ok(Err(cause)) => {
                return Err(needs_login(format!("az cannot be started: {cause}"), None));
            }
            Err(_) => {
                return Err(Failure::new(Error::Interrupted {
                    doing: ask.access.signing_in(),
                    cause: format!("az did not answer within {} s", PATIENCE.as_secs()),
                }));
            }
        };
        if output.status.success() {
            return output::token(&output.stdout).map_err(|message| needs_login(message, None));
        }
        let refused = Refused::read(&output.stderr);
        if refused.network {
            return Err(Failure::new(Error::Unreachable {
                doing: ask.access.signing_in(),
                cause: refused.message,
            }));
        }
        Err(Failure::new(Error::SignIn {
            identity: ask.access.identity.clone(),
            tenant: tenant.clone(),
            code: refused.code.map(Into::into),
            message: refused.message,
            correlation_id: refused.correlation_id.map(Into::into),
            remedy: login(tenant, None),
        }))
    }

    fn remedy(&self, tenant: &TenantId) -> Remedy {
        login(tenant, None)
    }

    async fn account(&self, _tenant: &TenantId) -> Result<Option<String>, Error> {
        Ok(profile()?.account(&self.cloud))
    }

    fn tenants(&self) -> Vec<TenantId> {
        profile().map_or_else(|_| Vec::new(), |profile| profile.tenants(&self.cloud))
    }
}

/// It is read each time, since `az` runs when it pleases.
fn profile() -> Result<AzureCliProfile, Error> {
    AzureCliProfile::read(&|name| std::env::var(name).ok())
}

/// The command that signs in to a tenant, with what Azure wants proven.
fn login(tenant: &TenantId, claims: Option<&str>) -> Remedy {
    let mut command = format!("az login --tenant {tenant}");
    if let Some(claims) = claims {
        command.extend([" --claims-challenge ", &STANDARD.encode(claims)]);
    }
    Remedy::AzureCli { command }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::azure::identity::Access;

    const TENANT: &str = "11111111-1111-1111-1111-111111111111";
    const SCOPE: &str = "https://management.azure.com/.default";

    fn access() -> Access {
        Access {
            identity: "me".to_owned(),
            tenant: TENANT.parse().unwrap(),
        }
    }

    fn az(folder: &Path, script: &str) -> AzureCli {
        let script = format!("#!/bin/sh\ncd '{}'\n{script}", folder.display());
        std::fs::write(folder.join("script"), script).unwrap();
        // By a process of its own: a program that somebody writes cannot be run, and a child of
        // another test may have inherited the handle.
        let made = std::process::Command::new("sh")
            .args(["-c", "cp script az && chmod 755 az"])
            .current_dir(folder)
            .status();
        assert!(made.unwrap().success());
        AzureCli {
            program: folder.join("az").into(),
            cloud: Cloud::us_government().unwrap(),
        }
    }

    async fn token(az: &AzureCli, claims: Option<&str>) -> Result<Fresh, Failure> {
        let ask = Ask {
            access: &access(),
            scope: SCOPE,
            claims,
        };
        az.token(&ask).await
    }

    #[tokio::test]
    async fn it_is_asked_for_a_tenant_and_a_scope_with_nothing_of_ours_in_its_environment() {
        let folder = tempfile::tempdir().unwrap();
        let az = az(
            folder.path(),
            "echo \"$@\" > asked; env > environment\n\
             echo '{\"accessToken\":\"t\",\"expires_on\":4102444800,\"tokenType\":\"Bearer\"}'\n",
        );
        let fresh = token(&az, None).await.unwrap();
        assert_eq!(fresh.secret.expose(), "t");
        assert_eq!(fresh.expires_at.as_second(), 4_102_444_800);
        let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            read("asked").trim(),
            format!("account get-access-token --output json --tenant {TENANT} --scope {SCOPE}")
        );
        let environment = read("environment");
        assert!(environment.contains("AZURE_CLOUD_NAME=AzureUSGovernment"));
        // Cargo's are as little its business as a secret would be.
        assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")));
        assert!(!environment.contains("CARGO"), "{environment}");
    }

    #[tokio::test]
    async fn it_runs_once_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let az = Arc::new(az(
            folder.path(),
            "mkdir running || { echo 'ERROR: two at once' >&2; exit 1; }\n\
             sleep 0.05; rmdir running\n\
             echo '{\"accessToken\":\"t\",\"expires_on\":4102444800}'\n",
        ));
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let az = Arc::clone(&az);
            calls.spawn(async move { token(&az, None).await.map(drop) });
        }
        while let Some(call) = calls.join_next().await {
            call.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn what_it_lacks_is_told_with_the_command_that_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let refusing = az(
            folder.path(),
            "echo \"ERROR: AADSTS50076: Use MFA. Trace ID: t Correlation ID: c-1 Timestamp: n\" >&2\n\
             exit 1\n",
        );
        let missing = AzureCli {
            program: folder.path().join("nothing").into(),
            cloud: Cloud::public().unwrap(),
        };
        let other = tempfile::tempdir().unwrap();
        let silent = az(other.path(), "exit 1\n");
        for (az, words, code) in [
            (&missing, "not installed", None),
            (&refusing, "AADSTS50076: Use MFA.", Some("AADSTS50076")),
            (&silent, "az ended without a word", None),
        ] {
            let error = token(az, None).await.unwrap_err().error;
            assert_eq!(error.code(), code, "{error}");
            let Error::SignIn {
                message, remedy, ..
            } = error
            else {
                panic!("{error}");
            };
            assert!(message.contains(words), "{message}");
            let command = format!("az login --tenant {TENANT}");
            assert_eq!(remedy, Remedy::AzureCli { command });
        }
    }

    #[tokio::test]
    async fn a_claims_challenge_goes_into_the_command() {
        let folder = tempfile::tempdir().unwrap();
        let az = az(folder.path(), "touch asked\n");
        let failure = token(&az, Some("{\"a\":1}")).await.unwrap_err();
        let Error::SignIn { remedy, .. } = failure.error else {
            panic!("{:?}", failure.error);
        };
        let command = format!("az login --tenant {TENANT} --claims-challenge eyJhIjoxfQ==");
        assert_eq!(remedy, Remedy::AzureCli { command });
        assert!(!folder.path().join("asked").exists());
    }
}
