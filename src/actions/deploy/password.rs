//! Where an administrator's password comes from. The password itself is read when it is sent, and
//! kept nowhere.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actions::{Cause, Failure};
use crate::azure::Secret;
use crate::config::Deploy;

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordSource {
    /// The first line of a file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// Made up for each deployment and told to nobody: whoever needs to get in resets it.
    Generated,
}

impl PasswordSource {
    /// What the configuration says; a generated one where it says nothing.
    #[must_use]
    pub(super) fn of(deploy: &Deploy) -> Self {
        match (&deploy.password_file, &deploy.password_env) {
            (Some(file), _) => Self::File(file.clone()),
            (None, Some(variable)) => Self::Environment(variable.clone()),
            (None, None) => Self::Generated,
        }
    }

    /// The source in words.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::File(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                format!("in the file {}", name.display())
            }
            Self::Environment(variable) => format!("in the variable {variable}"),
            Self::Generated => "generated, and told to nobody".to_owned(),
        }
    }

    /// The password.
    ///
    /// # Errors
    /// The source has none, with where to put it.
    pub(super) fn read(&self) -> Result<Secret, Failure> {
        let lacking = |text: String, advice: &str| {
            Err(Failure::new(Cause::Check, text).advise(advice.to_owned()))
        };
        match self {
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => match text.lines().next() {
                    Some(line) if !line.is_empty() => Ok(Secret::new(line.to_owned())),
                    _ => lacking(
                        format!("the password file {} is empty", path.display()),
                        "put the administrator's password into its first line",
                    ),
                },
                Err(error) => lacking(
                    format!(
                        "the password file {} can't be read: {error}",
                        path.display()
                    ),
                    "make it readable, or name another one in [tenant.deploy]",
                ),
            },
            Self::Environment(variable) => match std::env::var(variable) {
                Ok(value) if !value.is_empty() => Ok(Secret::new(value)),
                _ => lacking(
                    format!("the environment variable {variable} isn't set"),
                    "set it where the agent starts, which takes its environment then, or use \
                     password_file",
                ),
            },
            // Two GUIDs are 244 random bits; the rest meets Azure's rule of three kinds of
            // characters (azure-docs, virtual machines FAQ).
            Self::Generated => Ok(Secret::new(format!(
                "G{}-{}",
                Uuid::new_v4().simple(),
                Uuid::new_v4().simple()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "Correct-Horse-1\n\nnot this\n").unwrap();
        let source = PasswordSource::File(path.clone());
        assert_eq!(source.read().unwrap().expose(), "Correct-Horse-1");
        std::fs::write(&path, "\n").unwrap();
        assert!(source.read().unwrap_err().message.contains("is empty"));
        std::fs::remove_file(&path).unwrap();
        assert!(
            source
                .read()
                .unwrap_err()
                .advice
                .unwrap()
                .contains("[tenant.deploy]")
        );
    }

    #[test]
    fn generated_ones_differ_and_have_three_kinds_of_characters() {
        let made = || {
            PasswordSource::Generated
                .read()
                .unwrap()
                .expose()
                .to_owned()
        };
        let (one, other) = (made(), made());
        assert_ne!(one, other);
        assert!(one.len() <= 72 && one.contains('-') && one.contains('G'));
        assert!(one.bytes().any(|b| b.is_ascii_digit()));
    }
}
