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

    #[test]
    fn a_line_is_meant_by_what_it_says_and_by_nothing_else() {
        let mut line = line("1");
        line.note = Some("CHG-17".to_owned());
        line.tenant = Some("22222222-2222-2222-2222-222222222222".parse().unwrap());
        let all = AuditQuery::default;
        let text = |text: &str| Some(text.to_owned());
        let tenant = |number: &str| {
            Some(number.repeat(36).parse::<TenantId>().unwrap_or_else(|_| {
                format!(
                    "{0}-{1}-{1}-{1}-{2}",
                    number.repeat(8),
                    number.repeat(4),
                    number.repeat(12)
                )
                .parse()
                .unwrap()
            }))
        };
        for (query, meant) in [
            (all(), true),
            (
                AuditQuery {
                    since: Some(line.at),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    until: Some(line.at),
                    ..all()
                },
                false,
            ),
            (
                AuditQuery {
                    tenant: tenant("1"),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    tenant: tenant("2"),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    tenant: tenant("3"),
                    ..all()
                },
                false,
            ),
            (
                AuditQuery {
                    job: Some(JobId(1)),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    job: Some(JobId(2)),
                    ..all()
                },
                false,
            ),
            (
                AuditQuery {
                    group: Some(GroupId(2)),
                    ..all()
                },
                false,
            ),
            (
                AuditQuery {
                    resource: text("RESOURCEGROUPS/R"),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    resource: text("galleries"),
                    ..all()
                },
                false,
            ),
            (
                AuditQuery {
                    note: text("chg-17"),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    note: text("chg-18"),
                    ..all()
                },
                false,
            ),
            (
                AuditQuery {
                    user: text("ada"),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    user: text("bob"),
                    ..all()
                },
                false,
            ),
            (
                AuditQuery {
                    outcome: Some(Outcome::Sending),
                    ..all()
                },
                true,
            ),
            (
                AuditQuery {
                    outcome: Some(Outcome::Refused),
                    ..all()
                },
                false,
            ),
        ] {
            assert_eq!(query.means(&line), meant, "{query:?}");
        }
        line.note = None;
        assert!(
            !AuditQuery {
                note: text("chg"),
                ..all()
            }
            .means(&line)
        );
    }
}
