//! What is old forgotten at once, and its space given back.

use serde_json::json;

use super::super::args::{Connect, Format};
use super::super::{Exit, Problem, output, place_to_ask, print, to_engine};
use crate::engine::{Reply, Request};

pub(super) async fn vacuum(connect: &Connect, format: Format) -> Result<Exit, Problem> {
    let connection = to_engine(connect, "gallerist queue vacuum", place_to_ask(connect)).await?;
    let asked = connection.ask(Request::Vacuum).await;
    connection.close().await;
    let Reply::Vacuumed(vacuumed) = asked? else {
        return Ok(Exit::Done);
    };
    match format {
        Format::Json => print(&output::pretty(&json!({
            "jobs": vacuumed.jobs,
            "bytes": vacuumed.bytes,
        })))?,
        Format::Table => print(&format!(
            "forgot {} jobs, gave back {} bytes\n",
            vacuumed.jobs, vacuumed.bytes
        ))?,
    }
    Ok(Exit::Done)
}
