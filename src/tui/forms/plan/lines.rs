use super::{Prospect, Prospects};
use crate::actions::{Check, JobPlan, Plan, Sign, Verdict};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::text::{counted, width};
use crate::tui::widgets::words::Words;

/// Cells of a target's name in the overview, at most.
const NAME: u16 = 24;

/// A plan in full: of several jobs first what becomes of each, then each in detail.
pub(super) fn lines(plan: &Plan, theme: &Theme) -> Vec<Words> {
    let [job] = &plan.jobs[..] else {
        return several(plan, theme);
    };
    let mut lines = Vec::new();
    if plan.is_empty() {
        lines.push(Words::new(Tone::Dim, "Nothing to do: it is already so."));
        lines.push(Words::blank());
    }
    lines.extend(job_lines(job, theme));
    lines
}

fn several(plan: &Plan, theme: &Theme) -> Vec<Words> {
    if plan.jobs.is_empty() {
        return vec![Words::new(Tone::Dim, "Nothing to do: it is already so.")];
    }
    let mut lines = vec![Words::new(Tone::Strong, Prospects::of(plan).words())];
    lines.extend(overview(plan, theme));
    for job in &plan.jobs {
        let prospect = Prospect::of(job);
        let (tone, glyph) = prospect.look(theme);
        lines.push(Words::blank());
        lines.push(
            Words::new(tone, format!("{glyph} "))
                .and(Tone::Strong, &job.target)
                .and(tone, format!("  {}", prospect.words()))
                .hanging(2),
        );
        lines.extend(job_lines(job, theme).into_iter().map(|line| line.inset(2)));
    }
    lines
}

/// What becomes of each job, a line each.
#[must_use]
pub fn overview(plan: &Plan, theme: &Theme) -> Vec<Words> {
    let names = plan.jobs.iter().map(|job| width(&job.target));
    let cells = names.max().unwrap_or(0).min(NAME);
    let line = |job: &JobPlan| {
        let prospect = Prospect::of(job);
        let (tone, glyph) = prospect.look(theme);
        let pad = usize::from(cells.saturating_sub(width(&job.target)));
        let name = format!("{}{}  ", job.target, " ".repeat(pad));
        let words = Words::new(tone, format!("{glyph} ")).and(Tone::Plain, name);
        let words = match (prospect, job.failed_check(), job.changes.first()) {
            (Prospect::Held, Some(check), _) => words.and(Tone::Plain, &check.text),
            (Prospect::Begins, _, Some(change)) => {
                let more = job.changes.len() - 1;
                let words = words.and(tone_of(change.sign), format!("{} ", change.sign.symbol()));
                let words = words.and(Tone::Plain, &change.text);
                match more {
                    0 => words,
                    _ => words.and(Tone::Dim, format!(" and {more} more")),
                }
            }
            _ => words.and(Tone::Dim, prospect.words()),
        };
        words.on_one_line()
    };
    plan.jobs.iter().map(line).collect()
}

/// A job: what would change first, or what forbids it, then the rest.
fn job_lines(job: &JobPlan, theme: &Theme) -> Vec<Words> {
    let mut parts = [
        changes(job),
        checks(job, theme),
        warnings(job, theme),
        calls(job),
    ];
    if Prospect::of(job) == Prospect::Held {
        parts.swap(0, 1);
    }
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    let mut lines: Vec<Words> = Vec::new();
    for part in parts {
        if !lines.is_empty() {
            lines.push(Words::blank());
        }
        lines.extend(part);
    }
    lines
}

/// What a job would change, a line each.
#[must_use]
pub fn changes(job: &JobPlan) -> Vec<Words> {
    let line = |change: &crate::actions::Change| {
        Words::new(tone_of(change.sign), format!("{} ", change.sign.symbol()))
            .and(Tone::Plain, &change.text)
            .hanging(2)
    };
    job.changes.iter().map(line).collect()
}

fn tone_of(sign: Sign) -> Tone {
    match sign {
        Sign::Add => Tone::Good,
        Sign::Change => Tone::Warn,
        Sign::Remove => Tone::Bad,
    }
}

/// The checklist: what forbids the job first, then what is worth knowing.
fn checks(job: &JobPlan, theme: &Theme) -> Vec<Words> {
    let mut checks: Vec<&Check> = job.checks.iter().collect();
    checks.sort_by_key(|check| match check.verdict {
        Verdict::Fail => 0,
        Verdict::Warn => 1,
        Verdict::Pass => 2,
    });
    let mut lines = Vec::new();
    for check in checks {
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
    lines
}

fn warnings(job: &JobPlan, theme: &Theme) -> Vec<Words> {
    let line = |warning: &String| {
        let sign = Words::new(Tone::Warn, format!("{} ", theme.glyphs.warning));
        sign.and(Tone::Plain, warning).hanging(2)
    };
    job.warnings.iter().map(line).collect()
}

fn calls(job: &JobPlan) -> Vec<Words> {
    if job.calls.is_empty() {
        return Vec::new();
    }
    let count = counted(job.calls.len(), "write");
    let mut lines = vec![Words::new(Tone::Dim, format!("{count} in Azure"))];
    let call = |call: &String| Words::new(Tone::Dim, format!("  {call}")).hanging(4);
    lines.extend(job.calls.iter().map(call));
    lines
}
