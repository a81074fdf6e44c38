use clap::Args;

use super::Format;

/// Where, and as whom.
#[derive(Debug, Args)]
pub struct SignInAt {
    /// The tenant, by name or id, instead of the identity's own.
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// The identity, by its name in the configuration, instead of the one that serves the tenant.
    #[arg(long, value_name = "NAME")]
    pub identity: Option<String>,
}

/// Sign in, as a person with a code; otherwise check that it works.
///
/// An identity with `credential = "device_code"` prints an address and a code for a browser
/// anywhere, and waits. Others sign in by themselves: it says whether they can, and what to do if
/// not. It works beside an interface that is running, which is signed in then too.
#[derive(Debug, Args)]
pub struct Login {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: SignInAt,
    /// For people or for programs: a line of JSON with the code, and one with what came of it.
    #[arg(short, long, default_value = "table")]
    pub output: Format,
}

/// Forget a person's sign-in: of one tenant, or with all others where it is the identity's own.
#[derive(Debug, Args)]
pub struct Logout {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: SignInAt,
}
