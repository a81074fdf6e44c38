//! What whoever only reads may ask of an error: it doesn't know what keeps things.

use super::Error;

/// What has to be done about what can't be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: nothing has been kept yet.
    Absent,
    /// Whoever set this up has to mend it: it is damaged, can't be written, or is of a newer program.
    Unusable,
    /// It failed this time.
    Failed,
}

impl Error {
    /// What has to be done about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Absent { .. } => Kind::Absent,
            Self::Newer { .. }
            | Self::Damaged { .. }
            | Self::Unreadable { .. }
            | Self::Unwritable { .. } => Kind::Unusable,
            Self::Busy { .. } | Self::Statement { .. } | Self::Closed { .. } => Kind::Failed,
        }
    }
}
