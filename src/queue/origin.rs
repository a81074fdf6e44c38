//! Who asks for something, and from where.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;

use serde::{Deserialize, Serialize};

/// Who asked, for the journal and the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The local user's name, or number where it has none.
    pub user: String,
    /// The machine that the face ran on.
    pub host: String,
    /// What asked: the terminal interface, or a command.
    pub face: String,
    /// The address at the other end of the SSH connection, where there is one.
    pub from: Option<String>,
}

impl Origin {
    /// This process, as `face`.
    #[must_use]
    pub fn here(face: &str) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
        let ssh = std::env::var("SSH_CONNECTION").ok();
        let from = ssh.and_then(|ssh| ssh.split(' ').next().map(str::to_owned));
        Self {
            user: user(),
            host: host.map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned()),
            face: face.to_owned(),
            from: from.filter(|from| !from.is_empty()),
        }
    }
}

/// The name of whoever runs this process; without one the number.
fn user() -> String {
    let named = ["USER", "LOGNAME"].map(|variable| std::env::var(variable).ok());
    let named = named.into_iter().flatten().find(|name| !name.is_empty());
    named.unwrap_or_else(|| match std::fs::metadata("/proc/self") {
        Ok(process) => format!("user {}", process.uid()),
        Err(_) => "unknown".to_owned(),
    })
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} ({}", self.user, self.host, self.face)?;
        if let Some(from) = &self.from {
            write!(f, ", from {from}")?;
        }
        f.write_str(")")
    }
}
