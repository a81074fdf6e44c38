//! What keeps Gallerist from working, or from a part of its work: configuration, state folder,
//! addresses, clock, every tenant's sign-in, and the roles that the verbs lack. It only reads.

mod endpoints;
mod finding;
mod installation;
mod places;
mod roles;
mod sign_in;

use std::sync::Arc;

pub use finding::{Area, Finding, State};

use crate::azure::Witness;
use crate::estate::survey;
use crate::paths::Paths;

/// A tenant that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no tenant has the id or the name {0:?}: `gallerist get tenants` lists them")]
pub struct NoSuchTenant(pub String);

/// Looks at everything, of the tenants at one only if it is named. One that fails hides no other;
/// what can't be looked at because of something before it is left out.
///
/// # Errors
/// [`NoSuchTenant`].
pub async fn examine(
    paths: &Paths,
    only: Option<&str>,
    witness: Arc<dyn Witness>,
) -> Result<Vec<Finding>, NoSuchTenant> {
    let (configured, finding) = installation::configuration(paths);
    let mut findings = vec![finding];
    findings.extend(installation::state_folder(paths));
    let Some((config, azure)) = configured else {
        return Ok(findings);
    };
    let azure = azure.witnessed(witness);
    let reached = endpoints::look(&azure).await;
    let unreached = reached
        .iter()
        .any(|finding| finding.check == Area::Endpoint && finding.state == State::Failed);
    findings.extend(reached);
    if unreached {
        return Ok(findings);
    }
    let answers = survey::all(&azure, &config).await;
    let chosen = match only {
        Some(text) => answers
            .iter()
            .filter(|answer| answer.is_called(text))
            .collect(),
        None => answers.iter().collect::<Vec<_>>(),
    };
    if let Some(text) = only.filter(|_| chosen.is_empty()) {
        return Err(NoSuchTenant(text.to_owned()));
    }
    findings.extend(chosen.iter().map(|answer| sign_in::of(answer)));
    let places = places::Places {
        azure: &azure,
        config: &config,
        answers: &answers,
        chosen: &chosen,
    };
    findings.extend(places.look().await);
    Ok(findings)
}
