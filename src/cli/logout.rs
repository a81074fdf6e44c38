use super::args::{Connect, Logout};
use super::login::SignIn;
use super::{Exit, Problem, print};
use crate::azure::Remedy;
use crate::printable::printable;

pub(super) async fn run(logout: Logout, connect: &Connect) -> Result<Exit, Problem> {
    let sign_in = SignIn::at(&logout.at, connect)?;
    let identity = &sign_in.session.access().identity;
    let tenant = &sign_in.tenant;
    let said = match sign_in.session.remedy() {
        Remedy::DeviceCode => {
            let forgotten = sign_in.session.sign_out().await;
            match forgotten {
                Ok(true) => format!("the sign-in of {identity} to {tenant} is forgotten"),
                Ok(false) => format!("{identity} wasn't signed in to {tenant} by itself"),
                Err(error) => return Err(Problem::new(Exit::Failed, error.to_string())),
            }
        }
        Remedy::AzureCli { .. } => {
            format!("{identity} signs in through the Azure CLI: `az logout` forgets that")
        }
        Remedy::Elsewhere => {
            format!("{identity} signs in by itself, and nothing of that is kept")
        }
    };
    print(&format!("{}\n", printable(&said)))?;
    Ok(Exit::Done)
}
