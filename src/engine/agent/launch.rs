//! Starting an agent in the background.

use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::paths::Paths;

/// How long an agent has to say that it listens.
const PATIENCE: Duration = Duration::from_secs(30);

/// What an agent says, once, on its standard output, when it was started in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Started {
    /// It listens.
    Ready,
    /// Another process owns the state folder.
    Owned,
    /// It can't: why, and what to do.
    Failed(String),
}

/// Starts an agent that outlives this process, and waits for its word.
pub(super) async fn launch(paths: &Paths, from_elsewhere: bool) -> Started {
    match launched(paths, from_elsewhere).await {
        Ok(started) => started,
        Err(error) => Started::Failed(format!("the agent can't be started: {error}")),
    }
}

async fn launched(paths: &Paths, from_elsewhere: bool) -> io::Result<Started> {
    let paths = paths.absolute().map_err(io::Error::other)?;
    paths.prepare().map_err(io::Error::other)?;
    let complaints = paths.log().join("agent.err");
    let stderr = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&complaints)?;
    let mut command = Command::new(program()?);
    command
        .args(["agent", "run", "--background"])
        .arg("--config")
        .arg(paths.config())
        .arg("--state-dir")
        .arg(paths.state())
        .args(from_elsewhere.then_some("--take-over"))
        .env_remove("GALLERIST_NO_AGENT")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr);
    let mut agent = command.spawn()?;
    let word = agent
        .stdout
        .take()
        .map(|stdout| BufReader::new(stdout).lines());
    let said = async {
        match word {
            Some(mut lines) => lines.next_line().await,
            None => Ok(None),
        }
    };
    let line = match tokio::time::timeout(PATIENCE, said).await {
        Ok(line) => line?,
        Err(_) => None,
    };
    match line.map(|line| serde_json::from_str(&line)) {
        Some(Ok(started)) => Ok(started),
        _ => Err(io::Error::other(format!(
            "it didn't say that it listens; {} says why",
            complaints.display()
        ))),
    }
}

/// This program; where it was replaced while it runs, what stands in its place.
fn program() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    if program.exists() {
        return Ok(program);
    }
    let name = program.to_string_lossy();
    let before = name.strip_suffix(" (deleted)").map(Path::new);
    Ok(before.map_or_else(|| program.clone(), Path::to_owned))
}
