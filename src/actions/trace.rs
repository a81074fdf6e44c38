use super::{Part, PartState};

/// Parts that are named; of more it is said how many they are.
const NAMED: usize = 6;

/// What a job has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The steps whose requests Azure accepted, however they ended.
    pub steps: Vec<String>,
    /// How far its parts are.
    pub parts: Vec<Part>,
}

/// What Azure is at, with those of its parts that aren't finished.
pub(super) fn under_way<'a>(what: String, parts: impl Iterator<Item = &'a Part>) -> String {
    let open = |part: &&Part| matches!(part.state, PartState::Pending | PartState::Running);
    let open: Vec<&Part> = parts.filter(open).collect();
    if open.is_empty() {
        return what;
    }
    let told = open
        .iter()
        .map(|part| format!("{} {} %", part.name, part.percent));
    format!("{what}: {}", listed(told))
}

/// The first of these, and how many more there are.
pub(super) fn listed(mut names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first: Vec<String> = names.by_ref().take(NAMED).collect();
    let more = (more > 0).then(|| format!(" and {more} more"));
    first.join(", ") + &more.unwrap_or_default()
}
