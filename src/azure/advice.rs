use super::error::Error;

/// What to do next about an error, where it is known.
pub(crate) fn of(_error: &Error) -> Option<String> {
    None
}
