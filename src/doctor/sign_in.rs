//! Every tenant's sign-in.

use super::installation::counted;
use super::{Area, Finding, State};
use crate::estate::survey::Answer;
use crate::estate::{Route, TenantState};

pub(super) fn of(answer: &Answer) -> Finding {
    let name = answer.called();
    let finding = match &answer.trouble {
        Some(trouble) => Finding {
            advice: trouble.advice.clone(),
            ..Finding::new(Area::SignIn, name, State::Failed, &trouble.message)
        },
        None if answer.state != TenantState::Ok => {
            Finding::new(Area::SignIn, name, State::Failed, answer.state.word())
        }
        None => signed_in(answer, name),
    };
    finding.of(&answer.tenant)
}

fn signed_in(answer: &Answer, name: &str) -> Finding {
    let identity = &answer.access.identity;
    let seen = counted(answer.subscriptions.len(), "subscription", "subscriptions");
    let text = match answer.route {
        Route::Delegated => format!("it has delegated {seen} to the tenant of {identity}"),
        route => format!("{identity} signs in ({route}) and sees {seen}"),
    };
    if answer.subscriptions.is_empty() {
        return Finding::new(Area::SignIn, name, State::Warning, text)
            .advise(format!("grant {identity} Reader at a subscription there"));
    }
    Finding::new(Area::SignIn, name, State::Ok, text)
}
