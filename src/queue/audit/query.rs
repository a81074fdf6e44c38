use jiff::Timestamp;

use super::{Line, Outcome};
use crate::azure::TenantId;
use crate::queue::{GroupId, JobId};

/// Which lines are meant; all, unless something is said. Texts are found anywhere, in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// None before.
    pub since: Option<Timestamp>,
    /// None at or after.
    pub until: Option<Timestamp>,
    /// What is for this customer, or was signed in to in this tenant.
    pub tenant: Option<TenantId>,
    /// What this job sent.
    pub job: Option<JobId>,
    /// What jobs of this group sent.
    pub group: Option<GroupId>,
    /// What was sent to a path with this text.
    pub resource: Option<String>,
    /// What has a note with this text.
    pub note: Option<String>,
    /// What this local user asked for, or was signed in as by a person of this name.
    pub user: Option<String>,
    /// What came to this.
    pub outcome: Option<Outcome>,
}

impl AuditQuery {
    /// Whether a line is meant.
    #[must_use]
    pub fn means(&self, line: &Line) -> bool {
        let is_of = |tenant: &TenantId| {
            line.tenant.as_ref() == Some(tenant) || line.principal.access.tenant == *tenant
        };
        let by = line.by.as_ref().map(|by| by.user.as_str());
        let users = [by, line.principal.principal.name.as_deref()];
        let users = users.into_iter().flatten();
        self.since.is_none_or(|since| line.at >= since)
            && self.until.is_none_or(|until| line.at < until)
            && self.tenant.as_ref().is_none_or(is_of)
            && self.job.is_none_or(|job| line.job == job)
            && self.group.is_none_or(|group| line.group == group)
            && self.outcome.is_none_or(|outcome| line.outcome == outcome)
            && found(self.resource.as_ref(), [line.resource.as_str()])
            && found(self.note.as_ref(), line.note.as_deref())
            && found(self.user.as_ref(), users)
    }
}

/// Whether a text that is asked for is in one of these.
fn found<'a>(wanted: Option<&String>, texts: impl IntoIterator<Item = &'a str>) -> bool {
    let Some(wanted) = wanted.map(|wanted| wanted.to_lowercase()) else {
        return true;
    };
    let mut texts = texts.into_iter();
    texts.any(|text| text.to_lowercase().contains(&wanted))
}

#[cfg(test)]
mod tests {
    use super::super::line::fixtures::line;
    use super::*;

    const ADATUM: &str = "22222222-2222-2222-2222-222222222222";

    type Change = fn(&mut AuditQuery);

    #[test]
    fn a_line_is_meant_by_what_it_says_and_by_nothing_else() {
        let mut line = line("1");
        line.note = Some("CHG-17".to_owned());
        line.tenant = ADATUM.parse().ok();
        let cases: [(Change, bool); 18] = [
            (|_| {}, true),
            (
                |query| query.since = "2026-11-24T12:00:00Z".parse().ok(),
                true,
            ),
            (
                |query| query.since = "2026-11-24T12:00:01Z".parse().ok(),
                false,
            ),
            (
                |query| query.until = "2026-11-24T12:00:00Z".parse().ok(),
                false,
            ),
            (|query| query.tenant = ADATUM.parse().ok(), true),
            (
                |query| query.tenant = ADATUM.replace('2', "1").parse().ok(),
                true,
            ),
            (
                |query| query.tenant = ADATUM.replace('2', "3").parse().ok(),
                false,
            ),
            (|query| query.job = Some(JobId(1)), true),
            (|query| query.job = Some(JobId(2)), false),
            (|query| query.group = Some(GroupId(2)), false),
            (
                |query| query.resource = Some("RESOURCEGROUPS/R".to_owned()),
                true,
            ),
            (|query| query.resource = Some("galleries".to_owned()), false),
            (|query| query.note = Some("chg-17".to_owned()), true),
            (|query| query.note = Some("chg-18".to_owned()), false),
            (|query| query.user = Some("ada".to_owned()), true),
            (|query| query.user = Some("bob".to_owned()), false),
            (|query| query.outcome = Some(Outcome::Sending), true),
            (|query| query.outcome = Some(Outcome::Refused), false),
        ];
        for (change, meant) in cases {
            let mut query = AuditQuery::default();
            change(&mut query);
            assert_eq!(query.means(&line), meant, "{query:?}");
        }
        line.note = None;
        let noted = AuditQuery {
            note: Some("chg".to_owned()),
            ..AuditQuery::default()
        };
        assert!(!noted.means(&line));
    }
}
