//! What a client needs to work with the simulator: a line of JSON, and files ready to use.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::chance::Chance;
use super::estate_file::{Deploy, EstateFile, Guid, Tenant};
use super::tls;
use super::token::AUDIENCE;

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

#[derive(Serialize)]
struct Config<'a> {
    cloud: Cloud<'a>,
    identity: [Identity<'a>; 1],
    planner: Planner,
    tenant: Vec<Customer<'a>>,
}

#[derive(Serialize)]
struct Cloud<'a> {
    name: &'a str,
    resource_manager: &'a str,
    authority: &'a str,
    audience: &'a str,
}

#[derive(Serialize)]
struct Identity<'a> {
    name: &'a str,
    tenant: &'a str,
    credential: &'a str,
    client_id: &'a str,
    client_secret_file: &'a Path,
    also: Vec<&'a str>,
}

#[derive(Serialize)]
struct Planner {
    machines_per_replica: usize,
}

#[derive(Serialize)]
struct Customer<'a> {
    id: &'a str,
    name: &'a str,
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deploy: Option<Defaults<'a>>,
}

#[derive(Serialize)]
struct Defaults<'a> {
    subscription: &'a str,
    resource_group: &'a str,
    subnet: String,
    size: &'a str,
    name: &'a str,
    admin_user: &'a str,
    password_file: PathBuf,
}

/// Writes `config.toml`, `msp.secret` and a password for each tenant's machines into `folder`, all
/// for their owner only.
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
    let secret_file = folder.join("msp.secret");
    let config_file = folder.join("config.toml");
    let application = &estate.application;
    let home = application.home.as_str();
    let customers = || {
        estate
            .tenants
            .iter()
            .filter(|tenant| tenant.id.as_str() != home)
    };
    let config = Config {
        cloud: Cloud {
            name: "custom",
            resource_manager: origin,
            authority: origin,
            audience: AUDIENCE,
        },
        identity: [Identity {
            name: "msp",
            tenant: home,
            credential: "client_secret",
            client_id: application.client_id.as_str(),
            client_secret_file: &secret_file,
            also: customers()
                .filter(|tenant| tenant.application.is_some())
                .map(|tenant| tenant.id.as_str())
                .collect(),
        }],
        planner: Planner {
            machines_per_replica: estate.machines_per_replica,
        },
        tenant: customers()
            .map(|tenant| customer(&folder, tenant))
            .collect(),
    };
    for tenant in customers().filter(|tenant| tenant.deploy.is_some()) {
        write_privately(&password_file(&folder, tenant), &password(chance, tenant))?;
    }
    let text = toml::to_string_pretty(&config).map_err(io::Error::other)?;
    write_privately(&secret_file, &application.client_secret)?;
    write_privately(&config_file, &text)?;
    Ok(Ready {
        resource_manager: origin.to_owned(),
        authority: origin.to_owned(),
        audience: AUDIENCE.to_owned(),
        config: config_file,
        tenant: home.to_owned(),
        client_id: application.client_id.as_str().to_owned(),
        client_secret: application.client_secret.clone(),
        secure: None,
    })
}

fn customer<'a>(folder: &Path, tenant: &'a Tenant) -> Customer<'a> {
    Customer {
        id: tenant.id.as_str(),
        name: &tenant.name,
        tags: &tenant.tags,
        principal: tenant.principal.as_ref().map(Guid::as_str),
        deploy: tenant
            .deploy
            .as_ref()
            .map(|deploy| defaults(deploy, password_file(folder, tenant))),
    }
}

fn password_file(folder: &Path, tenant: &Tenant) -> PathBuf {
    folder.join(format!("{}.password", tenant.id.as_str()))
}

/// A password that Windows takes.
fn password(chance: Chance, tenant: &Tenant) -> String {
    let characters = chance.characters(&format!("password {}", tenant.id.as_str()), 20);
    format!("Aa7~{characters}")
}

fn defaults(deploy: &Deploy, password_file: PathBuf) -> Defaults<'_> {
    let subscription = deploy.subscription.as_str();
    let group = &deploy.resource_group;
    let (network, subnet) = deploy.subnet.split_once('/').unwrap_or_default();
    Defaults {
        subscription,
        resource_group: group,
        subnet: format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{subnet}"
        ),
        size: &deploy.size,
        name: &deploy.name,
        admin_user: &deploy.admin_user,
        password_file,
    }
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
