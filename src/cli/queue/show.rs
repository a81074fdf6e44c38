//! What the journal says of jobs.

use super::super::args::{Connect, Format};
use super::super::{Exit, Problem, no_such_job, output, print};
use super::{MOST, journal};
use crate::printable::printable;
use crate::queue::{JobId, LogQuery};

pub(super) fn list(connect: &Connect, format: Format) -> Result<Exit, Problem> {
    let journal = journal(connect)?;
    let jobs = journal
        .as_ref()
        .map(|journal| journal.jobs(MOST))
        .transpose()?
        .unwrap_or_default();
    match (format, &journal) {
        (Format::Json, Some(journal)) => {
            let listed = jobs
                .iter()
                .map(|job| Ok(job.document(&journal.steps(job.id)?)))
                .collect::<Result<Vec<_>, Problem>>()?;
            print(&output::pretty(&listed.into()))?;
        }
        (Format::Json, None) => print("[]\n")?,
        (Format::Table, _) if jobs.is_empty() => print("there are no jobs\n")?,
        (Format::Table, _) => {
            let groups = journal.as_ref().map(|journal| journal.groups_of(&jobs));
            let groups = groups.transpose()?.unwrap_or_default();
            print(&output::groups_table(&jobs, &groups))?;
        }
    }
    Ok(Exit::Done)
}

pub(super) fn show(connect: &Connect, id: JobId, format: Format) -> Result<Exit, Problem> {
    let journal = journal(connect)?.ok_or_else(|| no_such_job(id))?;
    let job = journal.job(id)?.ok_or_else(|| no_such_job(id))?;
    let steps = journal.steps(id)?;
    if format == Format::Json {
        print(&output::pretty(&job.document(&steps)))?;
        return Ok(Exit::Done);
    }
    let table = output::jobs_table(std::slice::from_ref(&job));
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    lines.push(String::new());
    lines.push(format!("on     {}", job.lock));
    lines.extend(
        job.access
            .as_ref()
            .map(|access| format!("as     {} in {}", access.identity, access.tenant)),
    );
    lines.extend(job.origin.as_ref().map(|by| format!("by     {by}")));
    lines.extend(job.note.as_ref().map(|note| format!("note   {note}")));
    lines.extend(steps.iter().map(|step| {
        format!(
            "step   {}: {} (attempt {})",
            step.name,
            step.state.word(),
            step.attempt
        )
    }));
    if let Some(failure) = &job.failure {
        let code = failure.code.as_ref().map(|code| format!("{code}: "));
        lines.push(format!(
            "error  {}{}",
            code.unwrap_or_default(),
            failure.message
        ));
        lines.extend(
            failure
                .advice
                .iter()
                .map(|advice| format!("       → {advice}")),
        );
        let correlation = failure.correlation_id.iter();
        lines.extend(correlation.map(|id| format!("       correlation {id}")));
    }
    lines.push(String::new());
    let query = LogQuery {
        job: Some(id),
        ..LogQuery::default()
    };
    for line in journal.log(&query, MOST as usize)? {
        let at = line
            .at
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S");
        lines.push(format!("{at}  {}", line.text));
    }
    for line in lines {
        print(&format!("{}\n", printable(&line)))?;
    }
    Ok(Exit::Done)
}
