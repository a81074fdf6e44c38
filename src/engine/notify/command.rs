//! A command of the operator's, run without a shell.

use std::convert::Infallible;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use crate::config::NotifyCommand;

/// What it gets of our environment. All else may hold a secret of ours.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "USER"];

/// Bytes that are kept of what it says.
const KEPT: u64 = 4096;

/// Characters that are told of what it says.
const TOLD: usize = 200;

/// How long what it has said may take to come when it has ended: what it left behind may have the
/// other end of the pipe.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs it with the document on its standard input.
///
/// # Errors
/// What became of it, said after its name: it can't be started, ended badly, or took too long.
pub(super) async fn run(
    command: &NotifyCommand,
    time_limit: Duration,
    document: &Value,
) -> Result<(), String> {
    let passed_on = PASSED_ON
        .iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        .env_clear()
        .envs(passed_on)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|cause| format!("can't be started: {cause}"))?;
    let mut family = Family::of(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let said = tokio::spawn(async move { tokio::join!(head(stderr), head(stdout)) });
    let stdin = child.stdin.take();
    let document = format!("{document}\n");
    let fed = async move {
        if let Some(mut stdin) = stdin {
            // It need not read what it doesn't want to know.
            let _ = stdin.write_all(document.as_bytes()).await;
        }
        std::future::pending::<Infallible>().await
    };
    let ended = async {
        tokio::select! {
            ended = child.wait() => ended,
            never = fed => match never {},
        }
    };
    match tokio::time::timeout(time_limit, ended).await {
        Ok(Ok(status)) => {
            // What it leaves behind on purpose is its own.
            family.0 = None;
            if status.success() {
                return Ok(());
            }
            let said = tokio::time::timeout(LAST_WORDS, said).await;
            let (stderr, stdout) = said.ok().and_then(Result::ok).unwrap_or_default();
            Err(match first_line(&stderr).or_else(|| first_line(&stdout)) {
                Some(line) => format!("{}: {line}", outcome(status)),
                None => outcome(status),
            })
        }
        Ok(Err(cause)) => Err(format!("can't be waited for: {cause}")),
        Err(_) => Err(format!(
            "took longer than {} s and was killed",
            time_limit.as_secs()
        )),
    }
}

/// A command and what it has started, killed with this value.
struct Family(Option<Pid>);

impl Family {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The beginning of what comes through a pipe, read to its end.
async fn head(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = (&mut pipe).take(KEPT).read_to_end(&mut kept).await;
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    kept
}

fn first_line(said: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(TOLD).collect())
}

fn outcome(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended badly".to_owned(),
    }
}
