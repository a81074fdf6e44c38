use super::args::{Connect, Deploy};
use super::{Exit, Problem, change, naming};
use crate::actions::deploy::{PasswordSource, Target};
use crate::actions::{self, Action};
use crate::engine::Connection;

pub(super) async fn run(args: Deploy, connect: &Connect) -> Result<Exit, Problem> {
    change::run("deploy", connect, &args.change, async |_, connection| {
        Ok(Action::Deploy(actions::Deploy {
            version: naming::version(connection, &args.version).await?,
            targets: targets(&args, connection).await?,
        }))
    })
    .await
}

async fn targets(args: &Deploy, connection: &Connection) -> Result<Vec<Target>, Problem> {
    let tenants = naming::customers(connection, &args.customers).await?;
    let one_place = args.subscription.is_some() || args.subnet.is_some();
    if one_place && tenants.len() > 1 {
        let text = format!(
            "--subscription and --subnet are a single customer's, and {} are meant: write theirs \
             into [tenant.deploy], or deploy to one at a time",
            tenants.len()
        );
        return Err(Problem::new(Exit::Usage, text));
    }
    let subscription = match &args.subscription {
        Some(text) => Some(naming::subscription(connection, text).await?),
        None => None,
    };
    let password = password(args)?;
    let target = |tenant| Target {
        tenant,
        count: args.count,
        subscription: subscription.clone(),
        resource_group: args.resource_group.clone(),
        subnet: args.subnet.clone(),
        size: args.size.clone(),
        name: args.name.clone(),
        admin_user: args.admin_user.clone(),
        password: password.clone(),
    };
    Ok(tenants.into_iter().map(target).collect())
}

fn password(args: &Deploy) -> Result<Option<PasswordSource>, Problem> {
    if let Some(file) = &args.password_file {
        // The job reads it, perhaps in a process that is started elsewhere.
        return Ok(Some(PasswordSource::File(std::path::absolute(file)?)));
    }
    if let Some(variable) = &args.password_env {
        return Ok(Some(PasswordSource::Environment(variable.clone())));
    }
    Ok(args.generate_password.then_some(PasswordSource::Generated))
}
