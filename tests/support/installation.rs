use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tempfile::TempDir;

use super::{NEWEST, PROGRAM, Simulator, eventually};

/// An installation: a state folder and a configuration of its own, in an environment that has
/// nothing else.
pub struct Gallerist {
    folder: TempDir,
    state: PathBuf,
    agents: bool,
}

/// How a run ended, and what it printed.
#[derive(Debug)]
pub struct Output {
    /// The exit code; nothing where a signal ended it.
    pub code: Option<i32>,
    /// What is for programs, or the answer itself.
    pub stdout: String,
    /// What is for people only.
    pub stderr: String,
}

impl Output {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Fails the test unless the run ended with `code` and said each of `words` on standard error.
    #[track_caller]
    pub fn fails(&self, code: i32, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            assert!(
                self.stderr.contains(word),
                "not said: {word:?} in {self:#?}"
            );
        }
        self
    }

    /// Fails the test unless the run ended well.
    #[track_caller]
    pub fn succeeds(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }
}

impl Gallerist {
    /// One that is configured for the simulated Azure, and carries jobs out in its own process.
    pub fn new(azure: &Simulator) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(azure.config(), folder.path().join("config.toml")).unwrap();
        let state = folder.path().join("state");
        Self {
            folder,
            state,
            agents: false,
        }
    }

    /// One whose jobs are carried out by an agent, which ends with this value.
    pub fn with_agent(azure: &Simulator) -> Self {
        let mut gallerist = Self::new(azure);
        gallerist.use_agents();
        gallerist
    }

    /// From now on its jobs are carried out by an agent, which ends with this value.
    pub fn use_agents(&mut self) {
        self.agents = true;
    }

    /// Whether its jobs are carried out by an agent.
    pub fn has_agents(&self) -> bool {
        self.agents
    }

    /// What the lock of the state folder says of its owner; nothing where that gave it back.
    pub fn owner(&self) -> Option<Value> {
        let text = std::fs::read(self.state.join("owner.json")).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Sends the agent a signal, by name; it has to be there.
    pub fn signal_agent(&self, name: &str) {
        let owner = self.owner().unwrap();
        assert_eq!(owner["face"], "the agent");
        let sent = Command::new("kill")
            .args(["-s", name, &owner["pid"].to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// One whose operator signs in by device code.
    pub fn by_device_code(azure: &Simulator) -> Self {
        let gallerist = Self::new(azure);
        let config = azure.ready["configs"]["device_code"].as_str().unwrap();
        std::fs::copy(config, gallerist.config()).unwrap();
        gallerist
    }

    /// The state folder.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Uses another state folder from now on.
    pub fn set_state(&mut self, state: PathBuf) {
        self.state = state;
    }

    /// A folder to put files in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// Changes the text of the configuration.
    pub fn configure(&self, change: impl FnOnce(String) -> String) {
        let text = std::fs::read_to_string(self.config()).unwrap();
        std::fs::write(self.config(), change(text)).unwrap();
    }

    /// Runs it to its end, with nobody at the keyboard.
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> Output {
        self.spawn(args).wait()
    }

    /// Runs it to its end, which has to be a good one, and reads the JSON that it prints.
    #[track_caller]
    pub fn json<A: AsRef<OsStr>>(&self, args: &[A]) -> Value {
        let output = self.run(args);
        output.succeeds();
        output.json()
    }

    /// What `queue list` prints for programs: the jobs, newest first.
    #[track_caller]
    pub fn jobs(&self) -> Value {
        self.json(&["queue", "list", "-o", "json"])
    }

    /// Runs `gallerist replicate VERSION` with these arguments, confirmed.
    pub fn replicate(&self, version: &str, args: &[&str]) -> Output {
        self.run(&[&["replicate", version, "--yes"], args].concat())
    }

    /// Leaves a job on the newest version that Azure has accepted, and nobody to carry it on.
    pub fn leave_behind(&self, to: &str) {
        let mut run = self.spawn(&["replicate", NEWEST, "--to", to, "--yes"]);
        run.says("accepted");
        run.kill();
    }

    /// Starts it.
    pub fn spawn<A: AsRef<OsStr>>(&self, args: &[A]) -> Running {
        self.spawn_in(&[], args)
    }

    /// Starts it with more in its environment.
    pub fn spawn_in<A: AsRef<OsStr>>(&self, more: &[(&str, &str)], args: &[A]) -> Running {
        let process = self
            .command(args)
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running::new(process)
    }

    /// The command that would start it, for who needs other ends than pipes.
    pub fn command<A: AsRef<OsStr>>(&self, args: &[A]) -> Command {
        // Programs that a test puts into `bin` are found first.
        let everybodys = std::env::var_os("PATH").unwrap_or_default();
        let own = std::iter::once(self.folder.path().join("bin"));
        let path = std::env::join_paths(own.chain(std::env::split_paths(&everybodys))).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("TZ", "UTC")
            .env("GALLERIST_CONFIG", self.config())
            .env("GALLERIST_STATE_DIR", &self.state);
        if !self.agents {
            command.env("GALLERIST_NO_AGENT", "1");
        }
        command
    }
}

impl Drop for Gallerist {
    fn drop(&mut self) {
        if self.agents
            && let Some(owner) = self.owner().filter(|owner| !owner["socket"].is_null())
        {
            let pid = owner["pid"].to_string();
            // It may have ended by itself.
            let _ = Command::new("kill")
                .args(["-s", "KILL", &pid])
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// A run that has not been waited for. It is killed with this value.
pub struct Running {
    process: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Running {
    fn new(mut process: Child) -> Self {
        let stdout = Stream::follow(process.stdout.take().unwrap());
        let stderr = Stream::follow(process.stderr.take().unwrap());
        Self {
            process,
            stdout,
            stderr,
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    /// What it has said so far on standard error.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// Waits until it says this on standard error.
    pub fn says(&mut self, words: &str) {
        eventually(&format!("{words:?} on standard error"), || {
            let said = self.stderr.so_far();
            let ended = self.process.try_wait().unwrap();
            assert!(
                ended.is_none() || said.contains(words) || self.stderr.so_far().contains(words),
                "it ended without saying {words:?}: {ended:?} {}",
                self.stderr.so_far()
            );
            said.contains(words).then_some(())
        });
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Output {
        let status = eventually("the program's end", || self.process.try_wait().unwrap());
        Output {
            code: status.code(),
            stdout: self.stdout.all(),
            stderr: self.stderr.all(),
        }
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends it a signal, by name: `INT`, `TERM`, `HUP`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What comes out of a pipe, collected while it comes.
struct Stream {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn follow(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let kept = text.clone();
        let reader = thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut piece) {
                kept.lock().unwrap().extend_from_slice(&piece[..length]);
            }
        });
        Self {
            text,
            reader: Some(reader),
        }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }

    fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.so_far()
    }
}
