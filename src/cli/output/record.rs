use serde_json::{Value, json};

use crate::actions::Level;
use crate::queue::{LogLine, Record, Step};

/// A job as every command prints it, with all that the journal has of it besides.
pub(in crate::cli) fn record(record: &Record) -> Value {
    let mut value = record.job.document(&[]);
    value["request"] = json!(record.request);
    value["steps"] = record.steps.iter().map(step).collect();
    value["log"] = record.log.iter().map(line).collect();
    value
}

fn step(step: &Step) -> Value {
    json!({"attempt": step.attempt, "name": step.name, "state": step.state.word()})
}

fn line(line: &LogLine) -> Value {
    let level = match line.level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warning",
        Level::Error => "error",
    };
    json!({"at": line.at, "level": level, "text": line.text})
}
