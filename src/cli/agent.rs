//! The agent, as its operator sees it: run, asked how it is, told to end.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::args::{Agent, AgentCommand, Connect, Format};
use super::{Exit, Problem, output, print, settings};
use crate::engine::agent::{self, Started, Status};
use crate::paths::Paths;
use crate::printable::printable;
use crate::queue::Origin;

/// Between two looks at a log that is followed.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(agent: Agent, connect: &Connect) -> Result<Exit, Problem> {
    match agent.command {
        AgentCommand::Run {
            take_over,
            background: true,
        } => in_background(connect, take_over).await,
        AgentCommand::Run { take_over, .. } => {
            let said = in_foreground(connect, take_over, || {
                eprintln!("gallerist: the agent listens");
            });
            let why = said.await?;
            eprintln!("gallerist: the agent ends: {why}");
            Ok(Exit::Done)
        }
        AgentCommand::Status { output } => status(connect, output).await,
        AgentCommand::Start { take_over } => start(connect, take_over).await,
        AgentCommand::Stop { drain } => stop(connect, drain).await,
        AgentCommand::Logs { follow, lines } => logs(connect, follow, lines).await,
    }
}

async fn in_foreground(
    connect: &Connect,
    take_over: bool,
    ready: impl FnOnce(),
) -> Result<String, Problem> {
    let (paths, config) = settings(connect)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let end = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
    };
    Ok(agent::run(config, &paths, take_over, ready, end).await?)
}

/// The agent that a face has started: no terminal is its own, and its first word is for that face.
async fn in_background(connect: &Connect, take_over: bool) -> Result<Exit, Problem> {
    if let Err(error) = rustix::process::setsid() {
        tracing::warn!(%error, "the agent stays in the session of whoever started it");
    }
    let ready = || say(&Started::Ready);
    match in_foreground(connect, take_over, ready).await {
        Ok(_) => Ok(Exit::Done),
        Err(problem) => {
            say(&if problem.owned {
                Started::Owned
            } else {
                Started::Failed(problem.message.clone())
            });
            Err(problem)
        }
    }
}

fn say(started: &Started) {
    // Whoever started it may be gone already.
    if let Ok(line) = serde_json::to_string(started) {
        let _ = print(&format!("{line}\n"));
    }
}

async fn status(connect: &Connect, format: Format) -> Result<Exit, Problem> {
    let (paths, config) = settings(connect)?;
    let status = agent::status(&config, &paths, "gallerist agent status").await?;
    match (format, &status) {
        (Format::Json, Some(status)) => {
            let mut object = serde_json::json!(status);
            object["state"] = "running".into();
            print(&output::pretty(&object))?;
        }
        (Format::Json, None) => print(&output::pretty(&serde_json::json!({"state": "stopped"})))?,
        (Format::Table, Some(status)) => print(&described(status))?,
        (Format::Table, None) => print("no agent runs; whoever needs one starts it\n")?,
    }
    Ok(if status.is_some() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn described(status: &Status) -> String {
    let since = status.since.to_zoned(jiff::tz::TimeZone::system());
    let running = match status.running {
        1 => "1 job runs".to_owned(),
        running => format!("{running} jobs run"),
    };
    let ends = if status.draining {
        ", and it ends when that is done"
    } else {
        ""
    };
    let mut text = format!(
        "the agent runs: process {}, Gallerist {}, since {}\n{running}{ends}\nconfiguration {}\n",
        status.pid,
        status.version,
        since.strftime("%Y-%m-%d %H:%M:%S"),
        printable(&status.config.display().to_string()),
    );
    for face in &status.faces {
        let _ = writeln!(text, "face          {}", printable(&origin(face)));
    }
    text
}

/// Who a face is, for people.
fn origin(origin: &Origin) -> String {
    let from = origin.from.as_ref().map(|from| format!(", from {from}"));
    format!(
        "{} of {}@{}{}",
        origin.face,
        origin.user,
        origin.host,
        from.unwrap_or_default()
    )
}

async fn start(connect: &Connect, take_over: bool) -> Result<Exit, Problem> {
    let (paths, _) = settings(connect)?;
    let started = agent::start(&paths, take_over).await?;
    print(if started {
        "the agent runs\n"
    } else {
        "it is running already, or another process owns the queue: see `gallerist agent status`\n"
    })?;
    Ok(Exit::Done)
}

async fn stop(connect: &Connect, drain: bool) -> Result<Exit, Problem> {
    let (paths, config) = settings(connect)?;
    let stopping = agent::stop(&config, &paths, "gallerist agent stop", drain);
    let stopped = tokio::select! {
        stopped = stopping => stopped?,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("gallerist: it ends when what runs is done, also without this command");
            return Ok(Exit::Interrupted);
        }
    };
    print(if stopped {
        "the agent has ended\n"
    } else {
        "no agent runs\n"
    })?;
    Ok(Exit::Done)
}

/// Prints the end of the newest file of the log, and what comes after it.
async fn logs(connect: &Connect, follow: bool, lines: usize) -> Result<Exit, Problem> {
    let paths = Paths::resolve(connect.config.clone(), connect.state_dir.clone())?;
    let Some(mut newest) = newest(&paths.log())? else {
        print("there is no log yet\n")?;
        return Ok(Exit::Done);
    };
    let mut file = File::open(&newest)?;
    let all: Vec<String> = BufReader::new(&file).lines().collect::<Result<_, _>>()?;
    for line in &all[all.len().saturating_sub(lines)..] {
        print(&format!("{}\n", printable(line)))?;
    }
    let mut at = file.seek(SeekFrom::End(0))?;
    if !follow {
        return Ok(Exit::Done);
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
        }
        let mut more = String::new();
        file.seek(SeekFrom::Start(at))?;
        at += u64::try_from(file.read_to_string(&mut more)?).unwrap_or_default();
        for line in more.lines() {
            print(&format!("{}\n", printable(line)))?;
        }
        // A day has a file of its own.
        if let Some(next) = self::newest(&paths.log())?.filter(|next| *next != newest) {
            file = File::open(&next)?;
            (newest, at) = (next, 0);
        }
    }
}

fn newest(folder: &Path) -> Result<Option<PathBuf>, Problem> {
    let files = match std::fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let paths = files.filter_map(|file| Some(file.ok()?.path()));
    Ok(paths
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .max())
}
