//! A configuration of the program's, ready to use.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Way;
use crate::simulator::estate_file::{Deploy, EstateFile, Guid, Tenant};
use crate::simulator::token::AUDIENCE;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_certificate_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
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

/// The text of a configuration that signs in in one way and has the customers who are reached so.
///
/// # Errors
/// What cannot be written as TOML.
pub(super) fn text(
    folder: &Path,
    origin: &str,
    estate: &EstateFile,
    way: &Way,
) -> io::Result<String> {
    let by_person = way.credential == "device_code";
    let is_in = |tenant: &Tenant| {
        if by_person {
            estate.has_account_in(&tenant.id)
        } else {
            tenant.application.is_some()
        }
    };
    // A person does not reach whoever only took in the application.
    let is_reached = |tenant: &&Tenant| !by_person || is_in(tenant) || tenant.is_delegated();
    let proof = |credential: &str| {
        let file = way.proof.as_ref().map(|(name, _)| folder.join(name));
        file.filter(|_| way.credential == credential)
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
            tenant: estate.application.home.as_str(),
            credential: way.credential,
            client_id: estate.application.client_id.as_str(),
            client_secret_file: proof("client_secret"),
            client_certificate_file: proof("client_certificate"),
            token_file: proof("workload_identity"),
            also: estate
                .customers()
                .filter(|tenant| is_in(tenant))
                .map(|tenant| tenant.id.as_str())
                .collect(),
        }],
        planner: Planner {
            machines_per_replica: estate.machines_per_replica,
        },
        tenant: estate
            .customers()
            .filter(is_reached)
            .map(|tenant| customer(folder, tenant))
            .collect(),
    };
    toml::to_string_pretty(&config).map_err(io::Error::other)
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

pub(super) fn password_file(folder: &Path, tenant: &Tenant) -> PathBuf {
    folder.join(format!("{}.password", tenant.id.as_str()))
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
