//! What a client needs to work with the simulator: a line of JSON, and files ready to use.

mod configuration;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::chance::Chance;
use super::estate_file::{EstateFile, Tenant};
use super::tls;
use super::token::{self, AUDIENCE};

/// Where the simulator is and how to sign in there; as JSON, the line that `simulate` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// Base address of Azure Resource Manager, `http://127.0.0.1:8090`
    pub resource_manager: String,
    /// Base address of the authority that issues tokens
    pub authority: String,
    /// Audience of the tokens
    pub audience: String,
    /// The configuration file, with secret files beside it
    pub config: PathBuf,
    /// Configurations by the way to sign in that they have: `device_code`, `client_certificate`, …
    pub configs: BTreeMap<&'static str, PathBuf>,
    /// The management tenant
    pub tenant: String,
    /// The provider's application
    pub client_id: String,
    /// Its secret
    pub client_secret: String,
    /// Where https is served
    #[serde(flatten)]
    pub secure: Option<Secure>,
}

/// The same Azure by https.
#[derive(Clone, Debug, Serialize)]
pub struct Secure {
    /// Base address of Azure Resource Manager, `https://127.0.0.1:8443`
    pub resource_manager_tls: String,
    /// Base address of the authority
    pub authority_tls: String,
    /// The certificate authority that clients have to trust, PEM
    pub ca: PathBuf,
}

impl Secure {
    pub(super) fn at(address: SocketAddr, folder: &Path) -> Self {
        let origin = format!("https://{address}");
        // Whoever reads the ready line may be in another folder.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Self {
            resource_manager_tls: origin.clone(),
            authority_tls: origin,
            ca: folder.join(tls::CA),
        }
    }
}

/// Writes a configuration for each way to sign in, with what it signs in with, and a password for
/// each tenant's machines into `folder`, all for their owner only.
///
/// # Errors
/// What the file system says.
pub(super) fn write(
    folder: &Path,
    origin: &str,
    estate: &EstateFile,
    chance: Chance,
) -> io::Result<Ready> {
    let folder = folder.canonicalize()?;
    for tenant in estate.customers().filter(|one| one.deploy.is_some()) {
        let password = password(chance, tenant);
        write_privately(&configuration::password_file(&folder, tenant), &password)?;
    }
    let mut configs = BTreeMap::new();
    for way in ways(estate, chance) {
        if let Some((name, content)) = &way.proof {
            write_privately(&folder.join(name), content)?;
        }
        let file = folder.join(way.file);
        let text = configuration::text(&folder, origin, estate, &way)?;
        write_privately(&file, &text)?;
        configs.insert(way.credential, file);
    }
    let application = &estate.application;
    Ok(Ready {
        resource_manager: origin.to_owned(),
        authority: origin.to_owned(),
        audience: AUDIENCE.to_owned(),
        config: folder.join(CONFIG),
        configs,
        tenant: application.home.as_str().to_owned(),
        client_id: application.client_id.as_str().to_owned(),
        client_secret: application.client_secret.clone(),
        secure: None,
    })
}

/// The configuration that signs in by the application's secret.
const CONFIG: &str = "config.toml";

/// A way to sign in.
struct Way {
    /// As a configuration names it
    credential: &'static str,
    /// The configuration
    file: &'static str,
    /// Name and content of the file that it signs in with
    proof: Option<(&'static str, String)>,
}

/// The ways that the estate has.
fn ways(estate: &EstateFile, chance: Chance) -> Vec<Way> {
    let application = &estate.application;
    let mut ways = vec![Way {
        credential: "client_secret",
        file: CONFIG,
        proof: Some(("msp.secret", application.client_secret.clone())),
    }];
    if let Some(certificate) = &application.certificate {
        ways.push(Way {
            credential: "client_certificate",
            file: "config-certificate.toml",
            proof: Some(("msp.pem", certificate.pem.clone())),
        });
    }
    if let Some(federated) = application.federated.first() {
        let begins = Timestamp::now().as_second();
        let token = token::sign(
            chance,
            &json!({
                "iss": federated.issuer,
                "sub": federated.subject,
                "aud": [federated.audience],
                "iat": begins,
                "nbf": begins,
                // A simulator may be up for long, and its clock may be moved.
                "exp": begins + 10 * 365 * 24 * 3600,
            }),
        );
        ways.push(Way {
            credential: "workload_identity",
            file: "config-workload-identity.toml",
            proof: Some(("federated.token", token)),
        });
    }
    if !estate.users.is_empty() {
        ways.push(Way {
            credential: "device_code",
            file: "config-device-code.toml",
            proof: None,
        });
    }
    ways
}

/// A password that Windows takes.
fn password(chance: Chance, tenant: &Tenant) -> String {
    let characters = chance.characters(&format!("password {}", tenant.id.as_str()), 20);
    format!("Aa7~{characters}")
}

/// Writes a file that only its owner may read, from its first byte on.
pub(super) fn write_privately(path: &Path, text: &str) -> io::Result<()> {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
