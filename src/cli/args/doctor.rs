use clap::Args;

use super::Format;

/// What keeps this from working, and what to do about it; changes nothing.
///
/// Looks at the configuration, the state folder, the clock, the cloud's addresses, every tenant's
/// sign-in, and the roles that each verb lacks. Ends with 1 where something failed.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Of the tenants only this one, by id or name.
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// For people or for programs.
    #[arg(short, long, default_value = "table")]
    pub output: Format,
}
