use super::{Overlay, State};
use crate::azure::{DeviceCode, TenantId};
use crate::estate::TenantState;
use crate::tui::message::Generation;

/// A person's sign-in at a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct SignIn {
    /// The tenant.
    pub tenant: TenantId,
    /// How far it is.
    pub phase: Phase,
    /// Tells it from an earlier one.
    pub generation: Generation,
}

/// How far a sign-in is.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// The engine was asked for a code.
    Asked,
    /// The code waits for somebody to type it.
    Code(DeviceCode),
    /// It is done by a command in a shell.
    Command(String),
    /// It came to nothing, and why.
    Failed(String),
}

impl State {
    /// Closes the sign-ins of tenants that answer by now, whoever signed in, and says so.
    pub(super) fn close_signed_in(&mut self) {
        let Some(estate) = self.estate.known() else {
            return;
        };
        let mut names = Vec::new();
        self.overlays.retain(|overlay| {
            let Overlay::SignIn(sign_in) = overlay else {
                return true;
            };
            let row = estate.tenant(&sign_in.tenant);
            let signed_in = row.filter(|row| row.state == TenantState::Ok);
            names.extend(signed_in.map(|row| row.name.clone()));
            signed_in.is_none()
        });
        if !names.is_empty() {
            self.say(format!("signed in to {}", names.join(", ")));
        }
    }
}
