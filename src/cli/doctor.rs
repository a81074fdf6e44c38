use std::sync::Arc;

use serde_json::json;

use super::args::{Connect, Doctor, Format};
use super::{Exit, Problem, Teller, output, print};
use crate::doctor::{self, Finding, State};
use crate::paths::Paths;
use crate::printable::printable;

pub(super) async fn run(doctor: Doctor, connect: &Connect) -> Result<Exit, Problem> {
    let paths = Paths::resolve(connect.config.clone(), connect.state_dir.clone())?;
    let findings = doctor::examine(&paths, doctor.tenant.as_deref(), Arc::new(Teller))
        .await
        .map_err(|error| Problem::new(Exit::Usage, error.to_string()))?;
    match doctor.output {
        Format::Json => print(&output::pretty(&json!(findings)))?,
        Format::Table => print(&table(&findings))?,
    }
    let failed = |finding: &Finding| finding.state == State::Failed;
    Ok(if findings.iter().any(failed) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

/// A line for each finding, what to do about it on the next one, and how many there are at the end.
fn table(findings: &[Finding]) -> String {
    let row = |finding: &Finding| {
        let Finding {
            state,
            check,
            about,
            text,
            ..
        } = finding;
        [state.words(), check.words(), about, text]
            .map(str::to_owned)
            .to_vec()
    };
    let rows: Vec<Vec<String>> = findings.iter().map(row).collect();
    let table = output::table(&["state", "check", "where", ""], &rows);
    let mut lines = Vec::new();
    let mut told = table.lines();
    lines.extend(told.next().map(str::to_owned));
    for (line, finding) in told.zip(findings) {
        lines.push(line.to_owned());
        let advice = finding.advice.as_deref().map(printable);
        lines.extend(advice.map(|advice| format!("           → {advice}")));
    }
    let count = |state| findings.iter().filter(|one| one.state == state).count();
    lines.push(format!(
        "{} checks: {} failed, {} warnings",
        findings.len(),
        count(State::Failed),
        count(State::Warning)
    ));
    lines.join("\n") + "\n"
}
