use serde_json::{Value, json};

use crate::actions::{Check, Confirmation, Plan, Verdict};
use crate::cli::naming::Names;
use crate::printable::printable;

/// A plan for programs.
pub(in crate::cli) fn plan_json(plan: &Plan) -> Value {
    let jobs: Vec<Value> = plan
        .jobs
        .iter()
        .map(|job| {
            json!({
                "title": job.title,
                "target": job.target,
                "tenant": job.tenant,
                "resource": job.lock,
                "checks": job.checks,
                "changes": job.changes,
                "calls": job.calls,
                "warnings": job.warnings,
            })
        })
        .collect();
    let typed = match &plan.confirmation {
        Confirmation::Yes => Value::Null,
        Confirmation::Typed(name) => json!(name),
    };
    json!({"title": plan.title, "confirm": typed, "jobs": jobs})
}

/// A plan for people.
pub(in crate::cli) fn plan_text(plan: &Plan, names: &Names) -> String {
    let mut lines = vec![plan.title.clone()];
    for job in &plan.jobs {
        if plan.jobs.len() > 1 {
            lines.push(String::new());
        }
        let customer = job.tenant.as_ref().map(|tenant| names.tenant(tenant));
        let customer = customer.filter(|name| *name != job.target);
        lines.extend(customer.map(|name| format!("  for       {name}")));
        lines.push(format!("  where     {}", job.target));
        if job.changes.is_empty() && job.failed_check().is_none() {
            lines.push("  changes   none: it is already so".to_owned());
        }
        for change in &job.changes {
            lines.push(format!("  {} {}", change.sign.symbol(), change.text));
        }
        for check in &job.checks {
            let mark = match check.verdict {
                Verdict::Pass => "ok  ",
                Verdict::Warn => "warn",
                Verdict::Fail => "FAIL",
            };
            lines.push(format!("  {mark}  {}", told(check)));
        }
        lines.extend(
            job.warnings
                .iter()
                .map(|warning| format!("  note  {warning}")),
        );
        lines.extend(job.calls.iter().map(|call| format!("  call  {call}")));
    }
    let clean: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    clean.join("\n") + "\n"
}

/// What keeps single jobs of a plan from being carried out, and whose they are.
pub(in crate::cli) fn obstacles(plan: &Plan, names: &Names) -> Vec<String> {
    let failed = |check: &&Check| check.verdict == Verdict::Fail;
    let of_jobs = plan.jobs.iter().flat_map(|job| {
        let whose = job.tenant.as_ref().map(|tenant| names.tenant(tenant));
        let whose = whose.unwrap_or(&job.target);
        let checks = job.checks.iter().filter(failed);
        checks.map(move |check| format!("{whose}: {}", told(check)))
    });
    of_jobs.collect()
}

fn told(check: &Check) -> String {
    match &check.advice {
        Some(advice) => format!("{} → {advice}", check.text),
        None => check.text.clone(),
    }
}
