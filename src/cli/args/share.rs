use clap::{Args, ValueEnum};

use super::{Change, Customers};
use crate::azure::PrincipalId;

/// Whom something is shared with, or no longer.
#[derive(Debug, Args)]
pub struct Share {
    /// `gallery`, `gallery/image`, `gallery/image/version`, or a resource id.
    pub resource: String,
    /// By which means.
    #[arg(long)]
    pub via: Via,
    /// With whom.
    #[command(flatten)]
    pub customers: Customers,
    /// A subscription, by name or id; for a direct share.
    #[arg(long, value_name = "S")]
    pub to_subscription: Vec<String>,
    /// The object id of a user, group or service principal in the gallery's own tenant; for a role.
    #[arg(long, value_name = "P", value_parser = object_id)]
    pub principal: Vec<String>,
    /// The role, by name or GUID, instead of the least one that serves.
    #[arg(long, value_name = "R")]
    pub role: Option<String>,
    /// How to carry it out.
    #[command(flatten)]
    pub change: Change,
}

/// A means of sharing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// The gallery itself names tenants and subscriptions, whose machines use it without any role.
    Direct,
    /// A role is assigned to a principal of the gallery's tenant.
    #[value(alias = "role")]
    Rbac,
}

fn object_id(text: &str) -> Result<String, String> {
    let id: PrincipalId = text.parse().map_err(|error| format!("{error}"))?;
    Ok(id.to_string())
}
