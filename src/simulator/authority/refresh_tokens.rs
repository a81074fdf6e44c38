//! Refresh tokens: of a person and an application, and good at every tenant that the person is in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::Form;
use super::denial::Denial;
use super::people::{self, SignIn};
use super::scope::{Scope, Wanted};
use crate::simulator::chance::Chance;
use crate::simulator::clock::{arm_time, later};
use crate::simulator::world::World;

/// How long one lives unused (Microsoft's `refresh-tokens.md`).
const UNUSED: Duration = Duration::from_secs(90 * 24 * 3600);

/// All that were issued, by themselves.
#[derive(Default)]
pub(super) struct RefreshTokens {
    issued: BTreeMap<String, RefreshToken>,
}

struct RefreshToken {
    user: String,
    client_id: String,
    /// Where the person signed in with a second factor; no tenant takes another's word for it
    proven: BTreeSet<String>,
    issued: Timestamp,
    used: Timestamp,
    revoked: Option<Timestamp>,
}

impl RefreshTokens {
    pub(super) fn issue(
        &mut self,
        chance: Chance,
        now: Timestamp,
        user: &str,
        client_id: &str,
        proven: BTreeSet<String>,
    ) -> String {
        let name = format!("refresh token {}", self.issued.len());
        let text = format!("1.{}", chance.characters(&name, 600));
        let token = RefreshToken {
            user: user.to_owned(),
            client_id: client_id.to_owned(),
            proven,
            issued: now,
            used: now,
            revoked: None,
        };
        self.issued.insert(text.clone(), token);
        text
    }

    /// Revokes all that `user` has by now.
    pub(super) fn revoke(&mut self, user: &str, at: Timestamp) {
        let own = self.issued.values_mut();
        for token in own.filter(|token| token.user.eq_ignore_ascii_case(user)) {
            token.revoked.get_or_insert(at);
        }
    }

    /// The token of a request, which is used by that.
    fn take(&mut self, form: &Form, now: Timestamp) -> Result<&RefreshToken, Denial> {
        let client_id = form.field("client_id");
        let token = self.issued.get_mut(form.field("refresh_token"));
        let token = token.filter(|token| token.client_id.eq_ignore_ascii_case(client_id));
        let token = token.ok_or_else(|| {
            Denial::new(
                "invalid_grant",
                70_000,
                "Provided grant is invalid or malformed.",
            )
        })?;
        if let Some(revoked) = token.revoked {
            let denial = Denial::new(
                "invalid_grant",
                50_173,
                format!(
                    "The provided grant has expired due to it being revoked, a fresh auth token is \
                     needed. The user might have changed or reset their password. The grant was \
                     issued on '{}' and the TokensValidFrom date (before which tokens are not \
                     valid) for this user is '{}'.",
                    arm_time(token.issued),
                    arm_time(revoked)
                ),
            );
            return Err(denial.suberror("bad_token"));
        }
        if later(token.used, UNUSED) <= now {
            let denial = Denial::new(
                "invalid_grant",
                700_082,
                format!(
                    "The refresh token has expired due to inactivity. The token was issued on {} \
                     and was inactive for 90.00:00:00.",
                    arm_time(token.issued)
                ),
            );
            return Err(denial.suberror("bad_token"));
        }
        token.used = now;
        Ok(token)
    }
}

/// The refresh token grant. The old token stays good beside the new one.
///
/// # Errors
/// Entra's.
pub(super) fn grant(world: &mut World, form: &Form, tenant: &str) -> Result<Value, Denial> {
    let scope = Scope::read(world, form.field("scope"))?;
    let wanted = Wanted::read(form.field("claims"))?;
    let now = world.clock.token_now();
    let token = world.directory.refresh_tokens.take(form, now)?;
    let (name, client_id) = (token.user.clone(), token.client_id.clone());
    let proven = token.proven.clone();
    let user = world.directory.user(&name);
    let user = user.ok_or_else(super::scope::malformed)?;
    let tenant = people::tenant_for(world, user, tenant)?;
    let sign_in = SignIn {
        user,
        tenant: &tenant,
        client_id: &client_id,
        mfa: proven.contains(&tenant),
        by_device_code: false,
        wanted: &wanted,
    };
    let subject = sign_in.admit(world)?;
    let chance = world.chance;
    let tokens = &mut world.directory.refresh_tokens;
    let next = tokens.issue(chance, now, &name, &client_id, proven);
    let client_info = form.field("client_info") == "1";
    Ok(people::answer(world, &subject, &scope, client_info, &next))
}
