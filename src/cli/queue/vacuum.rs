//! What is old forgotten at once, and its space given back.

use serde_json::json;

use super::super::args::{Connect, Format};
use super::super::{Exit, Problem, output, own, print};
use crate::engine::{Reply, Request, Work};

pub(super) async fn vacuum(connect: &Connect, format: Format) -> Result<Exit, Problem> {
    let connection = own(connect, "gallerist queue vacuum", Work::LeftAlone).await?;
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
