use std::time::Duration;

use super::args::{Connect, Format, Paused, Queue, QueueCommand};
use super::follow::{Follower, Which};
use super::{
    Exit, Problem, naming, no_such_job, nobody_carries_it_on, output, place, place_to_ask, print,
    settings, tell_differences, to_engine,
};
use crate::config::Config;
use crate::database;
use crate::engine::{self, Connection, Place, Request};
use crate::paths::Paths;
use crate::printable::printable;
use crate::queue::{GroupId, JobId, JobState, LogQuery, Pause, Reader};

/// Between two tries to take over from an owner that is no more.
const TAKE_OVER_INTERVAL: Duration = Duration::from_secs(1);

/// Jobs and lines that a command prints at most.
const MOST: u32 = 10_000;

pub(super) async fn run(queue: Queue, connect: &Connect) -> Result<Exit, Problem> {
    match queue.command {
        QueueCommand::List { output } => list(connect, output),
        QueueCommand::Show { job, output } => show(connect, job, output),
        QueueCommand::Watch { jobs, output } => watch(connect, jobs, output).await,
        QueueCommand::Cancel { job } => cancel(connect, job).await,
        QueueCommand::Pause(what) => pause(connect, what, Request::Pause).await,
        QueueCommand::Resume(what) => pause(connect, what, Request::Resume).await,
        QueueCommand::Order {
            job,
            priority,
            before,
        } => order(connect, job, priority, before).await,
        QueueCommand::Retry { no_wait: true, .. } if connect.no_agent => {
            Err(nobody_carries_it_on())
        }
        QueueCommand::Retry {
            job,
            failed_of,
            output,
            no_wait,
        } => match (job, failed_of) {
            (Some(job), _) => retry(connect, job, output, no_wait).await,
            (None, Some(group)) => retry_failed(connect, group, output, no_wait).await,
            (None, None) => Err(Problem::new(
                Exit::Usage,
                "name a job, or with --failed-of a group",
            )),
        },
    }
}

/// The journal, where there is one. Reading it needs no configuration.
fn journal(connect: &Connect) -> Result<Option<Reader>, Problem> {
    let nowhere = connect
        .config
        .clone()
        .or_else(|| Some("config.toml".into()));
    let config = if connect.state_dir.is_some() {
        nowhere
    } else {
        connect.config.clone()
    };
    let paths = Paths::resolve(config, connect.state_dir.clone())?;
    match Reader::open(&paths.journal()) {
        Ok(reader) => Ok(Some(reader)),
        Err(database::Error::Absent { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn list(connect: &Connect, format: Format) -> Result<Exit, Problem> {
    let journal = journal(connect)?;
    let jobs = journal
        .as_ref()
        .map(|journal| journal.jobs(MOST))
        .transpose()?
        .unwrap_or_default();
    match (format, &journal) {
        (Format::Json, Some(journal)) => {
            let listed = jobs
                .iter()
                .map(|job| Ok(output::job(job, &journal.steps(job.id)?)))
                .collect::<Result<Vec<_>, Problem>>()?;
            print(&output::pretty(&listed.into()))?;
        }
        (Format::Json, None) => print("[]\n")?,
        (Format::Table, _) if jobs.is_empty() => print("there are no jobs\n")?,
        (Format::Table, _) => {
            let groups = journal.as_ref().map(|journal| journal.groups(MOST));
            let groups = groups.transpose()?.unwrap_or_default();
            print(&output::groups_table(&jobs, &groups))?;
        }
    }
    Ok(Exit::Done)
}

fn show(connect: &Connect, id: JobId, format: Format) -> Result<Exit, Problem> {
    let journal = journal(connect)?.ok_or_else(|| no_such_job(id))?;
    let job = journal.job(id)?.ok_or_else(|| no_such_job(id))?;
    let steps = journal.steps(id)?;
    if format == Format::Json {
        print(&output::pretty(&output::job(&job, &steps)))?;
        return Ok(Exit::Done);
    }
    let table = output::jobs_table(std::slice::from_ref(&job));
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    lines.push(String::new());
    lines.push(format!("on     {}", job.lock));
    lines.extend(
        job.access
            .as_ref()
            .map(|access| format!("as     {} in {}", access.identity, access.tenant)),
    );
    lines.extend(steps.iter().map(|step| {
        format!(
            "step   {}: {} (attempt {})",
            step.name,
            step.state.word(),
            step.attempt
        )
    }));
    if let Some(failure) = &job.failure {
        let code = failure.code.as_ref().map(|code| format!("{code}: "));
        lines.push(format!(
            "error  {}{}",
            code.unwrap_or_default(),
            failure.message
        ));
        lines.extend(
            failure
                .advice
                .iter()
                .map(|advice| format!("       → {advice}")),
        );
        let correlation = failure.correlation_id.iter();
        lines.extend(correlation.map(|id| format!("       correlation {id}")));
    }
    lines.push(String::new());
    let query = LogQuery {
        job: Some(id),
        ..LogQuery::default()
    };
    for line in journal.log(&query, MOST as usize)? {
        let at = line
            .at
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S");
        lines.push(format!("{at}  {}", line.text));
    }
    for line in lines {
        print(&format!("{}\n", printable(&line)))?;
    }
    Ok(Exit::Done)
}

async fn watch(connect: &Connect, jobs: Vec<JobId>, format: Format) -> Result<Exit, Problem> {
    let (paths, config) = settings(connect)?;
    let place = place(connect);
    let mut connection = watcher(&config, &paths, place).await?;
    tell_differences(&connection.standing());
    let jobs = if jobs.is_empty() {
        let open = connection.journal().and_then(|journal| journal.open_jobs());
        open?.into_iter().map(|job| job.id).collect()
    } else {
        jobs
    };
    let mut follower = Follower::new(Which::Jobs(jobs), format);
    let outcome = loop {
        if connection.owner().is_none() {
            break follower.follow(&connection).await;
        }
        tokio::select! {
            outcome = follower.follow(&connection) => break outcome,
            heir = take_over(&config, &paths, place) => connection = heir?,
        }
    };
    connection.close().await;
    outcome
}

async fn watcher(config: &Config, paths: &Paths, place: Place) -> Result<Connection, Problem> {
    let (config, paths) = (config.clone(), paths.clone());
    Ok(engine::connect(config, paths, "gallerist queue watch", place).await?)
}

/// Becomes the owner as soon as the process that is it is no more.
async fn take_over(config: &Config, paths: &Paths, place: Place) -> Result<Connection, Problem> {
    loop {
        tokio::time::sleep(TAKE_OVER_INTERVAL).await;
        let connection = watcher(config, paths, place).await?;
        if connection.owner().is_none() {
            return Ok(connection);
        }
    }
}

async fn cancel(connect: &Connect, job: JobId) -> Result<Exit, Problem> {
    let connection = to_engine(connect, "gallerist queue cancel", place_to_ask(connect)).await?;
    let asked = connection.ask(Request::Cancel(job)).await;
    let state = connection.journal()?.job(job)?.map(|job| job.state);
    connection.close().await;
    asked?;
    print(&format!("{job} {}\n", state.map_or("gone", JobState::word)))?;
    Ok(Exit::Done)
}

/// Pauses something, or resumes it, for whoever carries jobs out.
async fn pause(
    connect: &Connect,
    what: Paused,
    request: impl FnOnce(Pause) -> Request,
) -> Result<Exit, Problem> {
    let connection = to_engine(connect, "gallerist queue pause", place_to_ask(connect)).await?;
    let done = match paused(&connection, what).await {
        Ok(what) => connection.ask(request(what)).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    connection.close().await;
    done.map(|_| Exit::Done)
}

async fn paused(connection: &Connection, what: Paused) -> Result<Pause, Problem> {
    match what {
        Paused { job: Some(job), .. } => Ok(Pause::Job(job)),
        Paused {
            group: Some(group), ..
        } => Ok(Pause::Group(group)),
        Paused {
            tenant: Some(name), ..
        } => naming::tenant(connection, &name).await.map(Pause::Tenant),
        _ => Ok(Pause::Everything),
    }
}

async fn order(
    connect: &Connect,
    job: JobId,
    priority: Option<i32>,
    before: Option<JobId>,
) -> Result<Exit, Problem> {
    let request = match (priority, before) {
        (Some(priority), _) => Request::Prioritise(job, priority),
        (None, Some(other)) => Request::PutBefore(job, other),
        (None, None) => {
            let text = "say where it comes: --priority N, or --before JOB";
            return Err(Problem::new(Exit::Usage, text));
        }
    };
    let connection = to_engine(connect, "gallerist queue order", place_to_ask(connect)).await?;
    let asked = connection.ask(request).await;
    connection.close().await;
    asked?;
    Ok(Exit::Done)
}

async fn retry(
    connect: &Connect,
    job: JobId,
    format: Format,
    no_wait: bool,
) -> Result<Exit, Problem> {
    let follower = Follower::new(Which::Jobs(vec![job]), format);
    again(connect, Request::Retry(job), follower, no_wait).await
}

async fn retry_failed(
    connect: &Connect,
    group: GroupId,
    format: Format,
    no_wait: bool,
) -> Result<Exit, Problem> {
    let known = journal(connect)?
        .map(|journal| journal.group(group))
        .transpose()?;
    if known.unwrap_or_default().is_empty() {
        let text = format!("there is no group {group}: see `gallerist queue list`");
        return Err(Problem::new(Exit::Usage, text));
    }
    let follower = Follower::new(Which::Group(group), format);
    again(connect, Request::RetryFailed(group), follower, no_wait).await
}

/// Asks for a new attempt, and follows it unless nobody wants to wait.
async fn again(
    connect: &Connect,
    request: Request,
    mut follower: Follower,
    no_wait: bool,
) -> Result<Exit, Problem> {
    let connection = to_engine(connect, "gallerist queue retry", place(connect)).await?;
    let followed = match connection.ask(request).await {
        Ok(_) if no_wait => follower.leave(&connection),
        Ok(_) => follower.follow(&connection).await,
        Err(refusal) => Err(refusal.into()),
    };
    connection.close().await;
    followed
}
