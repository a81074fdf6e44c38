//! What the journal has of jobs, a line of JSON each, for whoever keeps it longer.

use std::io::{self, BufWriter, ErrorKind, Write};

use super::super::args::{Connect, Export};
use super::super::{Exit, Problem, output};
use super::journal;
use crate::queue::{Reader, Submitted};

pub(super) fn export(connect: &Connect, export: &Export) -> Result<Exit, Problem> {
    let submitted = Submitted {
        since: export.since,
        until: export.until,
    };
    let Some(journal) = journal(connect)? else {
        return Ok(Exit::Done);
    };
    match written(&journal, submitted, BufWriter::new(io::stdout().lock())) {
        // Whoever reads has seen enough.
        Err(Unwritten::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(Unwritten::Output(error)) => Err(error.into()),
        Err(Unwritten::Journal(problem)) => Err(problem),
        Ok(()) => Ok(Exit::Done),
    }
}

enum Unwritten {
    Journal(Problem),
    Output(io::Error),
}

/// Writes one job after the other, so that it takes no more memory than the largest.
fn written(journal: &Reader, submitted: Submitted, mut out: impl Write) -> Result<(), Unwritten> {
    let mut last = None;
    loop {
        let next = journal.record_after(last, submitted);
        let Some(record) = next.map_err(|error| Unwritten::Journal(error.into()))? else {
            return out.flush().map_err(Unwritten::Output);
        };
        writeln!(out, "{}", output::record(&record)).map_err(Unwritten::Output)?;
        last = Some(record.job.id);
    }
}
