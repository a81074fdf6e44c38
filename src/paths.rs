//! Where Gallerist keeps its files.

use std::fs::DirBuilder;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use sha2::{Digest as _, Sha256};

/// Why a folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no home folder to derive the usual places from.
    #[error("there is no home folder ({0}): give --config and --state-dir")]
    NoHome(String),
    /// The state folder can't be made or written.
    #[error(
        "the state folder {} can't be written ({cause}): give another --state-dir", path.display()
    )]
    State {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
}

/// The configuration file and the state folder of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    config: PathBuf,
    state: PathBuf,
    /// Where sockets of the usual state folder are: it goes when the user has logged out.
    runtime: Option<PathBuf>,
}

/// The longest path of a socket, in bytes (`unix(7)`: `sun_path`, with its end).
const LONGEST_SOCKET: usize = 107;

impl Paths {
    /// The places given, or else those of the XDG base directory specification:
    /// `$XDG_CONFIG_HOME/gallerist/config.toml` and `$XDG_STATE_HOME/gallerist`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn resolve(config: Option<PathBuf>, state: Option<PathBuf>) -> Result<Self, Error> {
        let base = etcetera::base_strategy::Xdg::new();
        if let (Some(config), Some(state), Err(_)) = (&config, &state, &base) {
            return Ok(Self {
                config: config.clone(),
                state: state.clone(),
                runtime: None,
            });
        }
        let base = base.map_err(|cause| Error::NoHome(cause.to_string()))?;
        let usual = base
            .state_dir()
            .unwrap_or_else(|| base.data_dir())
            .join("gallerist");
        let state = state.unwrap_or_else(|| usual.clone());
        let runtime = base.runtime_dir().filter(|_| state == usual);
        Ok(Self {
            config: config.unwrap_or_else(|| base.config_dir().join("gallerist/config.toml")),
            state,
            runtime,
        })
    }

    /// The same with nothing that depends on the folder that a process is in.
    ///
    /// # Errors
    /// [`Error::State`]: there is no such folder any more.
    pub fn absolute(&self) -> Result<Self, Error> {
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|cause| Error::State {
                path: path.to_owned(),
                cause,
            })
        };
        Ok(Self {
            config: absolute(&self.config)?,
            state: absolute(&self.state)?,
            runtime: self.runtime.clone(),
        })
    }

    /// The configuration file.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The state folder.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The queue's journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.state.join("journal.sqlite")
    }

    /// Every write that was sent.
    #[must_use]
    pub fn audit(&self) -> PathBuf {
        self.state.join("audit.jsonl")
    }

    /// The estate as last read.
    #[must_use]
    pub fn estate(&self) -> PathBuf {
        self.state.join("estate.sqlite")
    }

    /// The file whose lock says which process owns the state folder.
    #[must_use]
    pub fn owner(&self) -> PathBuf {
        self.state.join("owner.json")
    }

    /// Where an agent that owns the state folder listens: `$XDG_RUNTIME_DIR/gallerist/agent.sock`
    /// for the usual state folder, in the state folder itself for another; and below the folder of
    /// temporary files where that name would be too long for a socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        let folder = match &self.runtime {
            Some(runtime) => runtime.join("gallerist"),
            None => self.state.clone(),
        };
        let socket = folder.join("agent.sock");
        if socket.as_os_str().len() <= LONGEST_SOCKET {
            return socket;
        }
        let digest = Sha256::digest(socket.as_os_str().as_bytes());
        let name = format!("gallerist-{}", &format!("{digest:x}")[..16]);
        std::env::temp_dir().join(name).join("agent.sock")
    }

    /// The refresh tokens of people who have signed in.
    #[must_use]
    pub fn tokens(&self) -> PathBuf {
        self.state.join("tokens.json")
    }

    /// The folder of the program's own log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.state.join("log")
    }

    /// Makes the state folder, for its owner alone (mode 0700).
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn prepare(&self) -> Result<(), Error> {
        let failed = |cause| Error::State {
            path: self.state.clone(),
            cause,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(self.log())
            .map_err(failed)?;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&self.state, private).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_folder_is_private_even_when_it_was_not() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        std::fs::create_dir(&state).unwrap();
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o755)).unwrap();
        let paths = Paths::resolve(Some("c.toml".into()), Some(state.clone())).unwrap();
        paths.prepare().unwrap();
        assert_eq!(
            std::fs::metadata(&state).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert_eq!(paths.journal(), state.join("journal.sqlite"));
    }

    #[test]
    fn a_socket_is_in_its_state_folder_unless_its_name_would_be_too_long() {
        let at = |state: &str| {
            let paths = Paths::resolve(Some("c.toml".into()), Some(state.into())).unwrap();
            paths.socket()
        };
        assert_eq!(at("/srv/state"), PathBuf::from("/srv/state/agent.sock"));
        let (one, other) = (at(&"/long".repeat(40)), at(&"/longer".repeat(40)));
        assert!(one.as_os_str().len() <= LONGEST_SOCKET, "{one:?}");
        assert_ne!(one, other);
    }
}
