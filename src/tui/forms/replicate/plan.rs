use super::Form;
use crate::actions::{Plan, Sign, Verdict};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::text::counted;
use crate::tui::widgets::words::Words;

/// What is known of the plan for the form as it stands.
#[derive(Debug, Default)]
pub enum PlanState {
    /// Nothing would change.
    #[default]
    Unchanged,
    /// What was typed is wrong.
    Wrong(String),
    /// It is being computed.
    Planning,
    /// Here it is.
    Planned(Box<Plan>),
    /// It was refused, and what to do instead.
    Refused(String),
}

impl Form {
    /// The plan, if it may be submitted.
    ///
    /// # Errors
    /// Why it may not.
    pub fn submittable(&self) -> Result<&Plan, String> {
        match &self.plan {
            PlanState::Unchanged => Err("nothing is changed yet".to_owned()),
            PlanState::Wrong(wrong) => Err(wrong.clone()),
            PlanState::Planning => Err("the plan is still being made".to_owned()),
            PlanState::Refused(_) => Err("there is no plan: see what it says".to_owned()),
            PlanState::Planned(plan) => match plan.failed_checks().count() {
                0 if plan.is_empty() => Err("there is nothing to do: it is already so".to_owned()),
                0 => Ok(plan),
                1 => Err("a check forbids it: see the plan".to_owned()),
                several => Err(format!("{several} checks forbid it: see the plan")),
            },
        }
    }

    /// The plan in one line.
    #[must_use]
    pub fn plan_summary(&self) -> (Tone, String) {
        match &self.plan {
            PlanState::Unchanged => (Tone::Dim, "nothing is changed yet".to_owned()),
            PlanState::Wrong(wrong) => (Tone::Bad, wrong.clone()),
            PlanState::Planning => (Tone::Active, "planning…".to_owned()),
            PlanState::Refused(_) => (Tone::Bad, "no plan: tab shows why".to_owned()),
            PlanState::Planned(plan) => {
                let changes: usize = plan.jobs.iter().map(|job| job.changes.len()).sum();
                match plan.failed_checks().count() {
                    0 => (
                        Tone::Good,
                        format!("planned: {}, enter submits", counted(changes, "change")),
                    ),
                    failed => (
                        Tone::Bad,
                        format!("{}: tab shows the plan", counted(failed, "failed check")),
                    ),
                }
            }
        }
    }

    /// The plan in full.
    #[must_use]
    pub fn plan_lines(&self, theme: &Theme) -> Vec<Words> {
        match &self.plan {
            PlanState::Unchanged => vec![Words::new(
                Tone::Dim,
                "Nothing is changed yet. Mark a region, or type a number of replicas.",
            )],
            PlanState::Wrong(wrong) => {
                vec![Words::new(Tone::Bad, format!("{} {wrong}", theme.glyphs.failed)).hanging(2)]
            }
            PlanState::Planning => vec![Words::new(Tone::Active, "planning…")],
            PlanState::Refused(why) => {
                let lines = why.lines();
                lines
                    .map(|line| Words::new(Tone::Bad, line).hanging(2))
                    .collect()
            }
            PlanState::Planned(plan) => lines(plan, theme),
        }
    }
}

/// A plan in full: changes first, then checks, warnings and calls.
#[must_use]
pub(super) fn lines(plan: &Plan, theme: &Theme) -> Vec<Words> {
    let mut lines = Vec::new();
    if plan.is_empty() {
        lines.push(Words::new(Tone::Dim, "Nothing to do: it is already so."));
    }
    for job in &plan.jobs {
        for change in &job.changes {
            let tone = match change.sign {
                Sign::Add => Tone::Good,
                Sign::Change => Tone::Warn,
                Sign::Remove => Tone::Bad,
            };
            let sign = Words::new(tone, format!("{} ", change.sign.symbol()));
            lines.push(sign.and(Tone::Plain, &change.text).hanging(2));
        }
        lines.push(Words::blank());
        for check in &job.checks {
            let (tone, glyph) = match check.verdict {
                Verdict::Pass => (Tone::Good, theme.glyphs.done),
                Verdict::Warn => (Tone::Warn, theme.glyphs.warning),
                Verdict::Fail => (Tone::Bad, theme.glyphs.failed),
            };
            let words = Words::new(tone, format!("{glyph} ")).and(Tone::Plain, &check.text);
            lines.push(words.hanging(2));
            if let Some(advice) = &check.advice {
                let leads = format!("  {} {advice}", theme.glyphs.leads);
                lines.push(Words::new(Tone::Plain, leads).hanging(4));
            }
        }
        if !job.warnings.is_empty() {
            lines.push(Words::blank());
        }
        for warning in &job.warnings {
            let sign = Words::new(Tone::Warn, format!("{} ", theme.glyphs.warning));
            lines.push(sign.and(Tone::Plain, warning).hanging(2));
        }
        lines.push(Words::blank());
        lines.push(Words::new(
            Tone::Dim,
            format!("writes in Azure: {}", job.calls.len()),
        ));
        for call in &job.calls {
            lines.push(Words::new(Tone::Dim, format!("  {call}")).hanging(4));
        }
    }
    lines
}
