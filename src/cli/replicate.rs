use super::args::{Connect, Replicate};
use super::{Exit, Problem, change, naming};
use crate::actions::{self, Action};
use crate::azure::RegionChange;
use crate::config::Planner;

pub(super) async fn run(args: Replicate, connect: &Connect) -> Result<Exit, Problem> {
    change::run(
        "replicate",
        connect,
        &args.change,
        async |config, connection| {
            let set = wished(&args, config.planner)?;
            Ok(Action::Replicate(actions::Replicate {
                version: naming::version(connection, &args.version).await?,
                set,
                remove: args.remove.clone(),
            }))
        },
    )
    .await
}

/// `--to` and `--for-machines` as one list.
fn wished(args: &Replicate, planner: Planner) -> Result<Vec<RegionChange>, Problem> {
    let mut set = args.to.clone();
    for machines in &args.for_machines {
        let replicas = machines.count.div_ceil(planner.machines_per_replica);
        match set
            .iter_mut()
            .find(|change| change.region == machines.region)
        {
            Some(change) if change.replicas.is_none() => change.replicas = Some(replicas),
            Some(change) => {
                let text = format!(
                    "{} has a count in both --to and --for-machines",
                    change.region
                );
                return Err(Problem::new(Exit::Usage, text));
            }
            None => set.push(RegionChange {
                region: machines.region.clone(),
                replicas: Some(replicas),
                storage: None,
            }),
        }
    }
    Ok(set)
}
