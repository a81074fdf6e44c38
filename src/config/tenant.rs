//! The tables `[[tenant]]`: what we want to know of customers.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{Deploy, NamePattern, Tenant};
use crate::azure::{PrincipalId, TenantId};

/// What the file says of customers, or what is wrong with it, and where.
pub(super) fn customers(
    entries: Vec<Spanned<TenantEntry>>,
    config: &Path,
) -> Result<Vec<Tenant>, (Range<usize>, String)> {
    let mut tenants: Vec<Tenant> = Vec::new();
    for entry in entries {
        let span = entry.span();
        let tenant = entry.into_inner().resolve(config)?;
        if tenants.iter().any(|other| other.id == tenant.id) {
            return Err((span, format!("tenant {} is described twice", tenant.id)));
        }
        tenants.push(tenant);
    }
    Ok(tenants)
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantEntry {
    id: TenantId,
    name: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    principal: Option<Spanned<String>>,
    deploy: Option<Spanned<Deploy>>,
}

impl TenantEntry {
    /// The tenant, or what is wrong with it, and where.
    fn resolve(self, config: &Path) -> Result<Tenant, (Range<usize>, String)> {
        let principal = self.principal.map(|entry| {
            let span = entry.span();
            object_id(entry.into_inner()).map_err(|message| (span, message))
        });
        let deploy = self.deploy.map(|entry| {
            let span = entry.span();
            defaults(entry.into_inner(), config).map_err(|message| (span, message))
        });
        Ok(Tenant {
            id: self.id,
            name: self.name,
            tags: self.tags,
            principal: principal.transpose()?,
            deploy: deploy.transpose()?,
        })
    }
}

fn object_id(text: String) -> Result<String, String> {
    match text.parse::<PrincipalId>() {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("principal: {error}")),
    }
}

/// The defaults of a deployment, with the password's file where the configuration is.
fn defaults(mut deploy: Deploy, config: &Path) -> Result<Deploy, String> {
    if deploy.password_file.is_some() && deploy.password_env.is_some() {
        return Err("there are both password_file and password_env: keep one".to_owned());
    }
    if let Some(name) = &deploy.name {
        name.parse::<NamePattern>()
            .map_err(|message| format!("name: {message}"))?;
    }
    let folder = config.parent().unwrap_or(Path::new(""));
    // A job reads it later, perhaps in a process that was started elsewhere.
    let absolute = |file: PathBuf| std::path::absolute(&file).unwrap_or(file);
    deploy.password_file = deploy.password_file.map(|file| absolute(folder.join(file)));
    Ok(deploy)
}
