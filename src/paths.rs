//! Where Gallerist keeps its files.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

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
}

impl Paths {
    /// The places given, or else those of the XDG base directory specification:
    /// `$XDG_CONFIG_HOME/gallerist/config.toml` and `$XDG_STATE_HOME/gallerist`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn resolve(config: Option<PathBuf>, state: Option<PathBuf>) -> Result<Self, Error> {
        if let (Some(config), Some(state)) = (&config, &state) {
            return Ok(Self {
                config: config.clone(),
                state: state.clone(),
            });
        }
        let base = etcetera::base_strategy::Xdg::new()
            .map_err(|cause| Error::NoHome(cause.to_string()))?;
        let usual_state = || {
            base.state_dir()
                .unwrap_or_else(|| base.data_dir())
                .join("gallerist")
        };
        Ok(Self {
            config: config.unwrap_or_else(|| base.config_dir().join("gallerist/config.toml")),
            state: state.unwrap_or_else(usual_state),
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
}
