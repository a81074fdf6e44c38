use super::args::{Connect, Share, Via};
use super::{Exit, Problem, change, naming};
use crate::actions::share::{self, Means, Principal};
use crate::actions::{self, Action};
use crate::engine::Connection;

pub(super) async fn run(way: share::Way, args: Share, connect: &Connect) -> Result<Exit, Problem> {
    let verb = match way {
        share::Way::Share => "share",
        share::Way::Unshare => "unshare",
    };
    change::run(verb, connect, &args.change, async |_, connection| {
        let wish = wish(&args, connection).await?;
        Ok(match way {
            share::Way::Share => Action::Share(wish),
            share::Way::Unshare => Action::Unshare(wish),
        })
    })
    .await
}

async fn wish(args: &Share, connection: &Connection) -> Result<actions::Share, Problem> {
    contradiction(args)?;
    let tenants = naming::customers(connection, &args.customers).await?;
    let means = match args.via {
        Via::Direct => {
            let mut subscriptions = Vec::new();
            for text in &args.to_subscription {
                subscriptions.push(naming::subscription(connection, text).await?);
            }
            Means::Direct {
                tenants,
                subscriptions,
            }
        }
        Via::Rbac => {
            let of_customers = tenants.into_iter().map(|tenant| Principal {
                id: None,
                tenant: Some(tenant),
            });
            let named = args.principal.iter().map(|id| Principal {
                id: Some(id.clone()),
                tenant: None,
            });
            Means::Role {
                role: args.role.clone(),
                principals: of_customers.chain(named).collect(),
            }
        }
    };
    Ok(actions::Share {
        resource: naming::shareable(connection, &args.resource).await?,
        means,
    })
}

/// What belongs to the other means.
fn contradiction(args: &Share) -> Result<(), Problem> {
    let text = match args.via {
        Via::Direct if !args.principal.is_empty() || args.role.is_some() => {
            "--principal and --role are for --via rbac: a direct share names tenants and \
             subscriptions"
        }
        Via::Rbac if !args.to_subscription.is_empty() => {
            "--to-subscription is for --via direct: a role goes to a principal"
        }
        _ => return Ok(()),
    };
    Err(Problem::new(Exit::Usage, text))
}
