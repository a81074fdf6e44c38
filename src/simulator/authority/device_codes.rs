//! Signing in on a device that has no browser (Microsoft's `v2-oauth2-device-code.md`): the code
//! that is shown, what a person does with it elsewhere, and the token that is waited for.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::denial::Denial;
use super::discovery::ANY_TENANT;
use super::people::{self, SignIn};
use super::scope::{Scope, Wanted, malformed};
use super::{Form, find_tenant};
use crate::simulator::clock::later;
use crate::simulator::world::World;

/// How long a code can be used.
const LIFETIME: Duration = Duration::from_secs(900);

/// How long a client waits from one poll to the next, in simulated time.
const POLL_AFTER: Duration = Duration::from_secs(5);

/// The codes that were handed out, the latest last.
#[derive(Default)]
pub(in crate::simulator) struct DeviceCodes {
    given: Vec<DeviceCode>,
    count: u64,
}

/// A code and what became of it.
struct DeviceCode {
    /// What the person types
    user_code: String,
    /// What the client polls with
    secret: String,
    client_id: String,
    /// As the path named it
    tenant: String,
    scope: Scope,
    wanted: Wanted,
    expires: Timestamp,
    /// Seconds
    interval: u64,
    polled: Option<Timestamp>,
    state: State,
}

enum State {
    Pending,
    SignedIn { user: String, mfa: bool },
    Declined,
}

impl DeviceCodes {
    /// The codes that somebody still has to do something with.
    pub(in crate::simulator) fn pending(&self, now: Timestamp) -> Value {
        let pending = self.given.iter().filter(|code| code.is_pending(now));
        let pending = pending.map(|code| {
            json!({
                "user_code": code.user_code,
                "tenant": code.tenant,
                "client_id": code.client_id,
                "mfa": code.wanted.mfa,
                "expires_at": code.expires,
            })
        });
        pending.collect()
    }

    fn find(&mut self, user_code: &str, now: Timestamp) -> Option<&mut DeviceCode> {
        let typed = user_code.trim();
        let mut pending = self.given.iter_mut().filter(|code| code.is_pending(now));
        pending.find(|code| code.user_code.eq_ignore_ascii_case(typed))
    }
}

impl DeviceCode {
    fn is_pending(&self, now: Timestamp) -> bool {
        matches!(self.state, State::Pending) && now < self.expires
    }

    /// Whether a client polls sooner than it was told. Half a second is forgiven, as clocks and
    /// networks are no better.
    fn is_hurried(&mut self, now: Timestamp) -> bool {
        let before = self.polled.replace(now);
        let patience = Duration::from_millis(self.interval * 1000 - 500);
        before.is_some_and(|before| now < later(before, patience))
    }
}

/// `POST /{tenant}/oauth2/v2.0/devicecode`.
///
/// # Errors
/// Entra's for a tenant or an application that it does not know.
pub(super) fn begin(world: &mut World, form: &Form, tenant: &str) -> Result<Value, Denial> {
    let client_id = form.field("client_id");
    let directory = if ANY_TENANT.contains(&tenant) {
        tenant
    } else {
        &find_tenant(world, tenant)?.1.name
    };
    // Whether anybody consented to it is found out when somebody signs in.
    if !people::is_known(world, client_id) {
        return Err(people::unknown_application(client_id, directory));
    }
    let scope = Scope::read(world, form.field("scope"))?;
    let wanted = Wanted::read(form.field("claims"))?;
    let codes = &mut world.directory.device_codes;
    codes.count += 1;
    let name = format!("device code {}", codes.count);
    let user_code = user_code(&world.chance.characters(&name, 42));
    let device_code = world.chance.characters(&name, 200);
    let now = world.clock.token_now();
    let interval = world.clock.retry_after(POLL_AFTER);
    let page = format!("{}/devicelogin", world.origin);
    let answer = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": LIFETIME.as_secs(),
        "interval": interval,
        "message": format!(
            "To sign in, use a web browser to open the page {page} and enter the code {user_code} \
             to authenticate."
        ),
    });
    codes.given.push(DeviceCode {
        user_code,
        secret: device_code,
        client_id: client_id.to_owned(),
        tenant: tenant.to_owned(),
        scope,
        wanted,
        expires: later(now, LIFETIME),
        interval,
        polled: None,
        state: State::Pending,
    });
    Ok(answer)
}

/// Nine letters and digits that nobody takes for one another.
fn user_code(characters: &str) -> String {
    let characters = characters.to_ascii_uppercase();
    let clear = characters
        .chars()
        .filter(|c| "BCDFGHJKLMNPQRSTVWXZ23456789".contains(*c));
    clear.take(9).collect()
}

/// A person signs in with a code, somewhere else.
///
/// # Errors
/// What the page says: nothing came of it, and the code can still be used.
pub(in crate::simulator) fn sign_in(
    world: &mut World,
    user_code: &str,
    user: &str,
    mfa: bool,
) -> Result<(), String> {
    let now = world.clock.token_now();
    let mut codes = std::mem::take(&mut world.directory.device_codes);
    let outcome = match codes.find(user_code, now) {
        None => Err(not_pending(user_code)),
        Some(code) => code.let_in(world, user, mfa),
    };
    world.directory.device_codes = codes;
    outcome
}

/// A person does not want what a code is for.
///
/// # Errors
/// What the page says.
pub(in crate::simulator) fn decline(world: &mut World, user_code: &str) -> Result<(), String> {
    let now = world.clock.token_now();
    match world.directory.device_codes.find(user_code, now) {
        None => Err(not_pending(user_code)),
        Some(code) => {
            code.state = State::Declined;
            Ok(())
        }
    }
}

fn not_pending(user_code: &str) -> String {
    format!("That code didn't work: {user_code}. Check the code and try again.")
}

impl DeviceCode {
    /// The page asks for a second factor where one is needed, and knows nobody who is not in the
    /// tenant. What policies keep out is told to the client that waits.
    fn let_in(&mut self, world: &World, user: &str, mfa: bool) -> Result<(), String> {
        let known = world.directory.user(user);
        let known = known.ok_or_else(|| format!("This username may be incorrect: {user}."))?;
        let tenant = people::tenant_for(world, known, &self.tenant).map_err(|d| d.told())?;
        let sign_in = SignIn {
            user: known,
            tenant: &tenant,
            client_id: &self.client_id,
            mfa,
            by_device_code: true,
            wanted: &self.wanted,
        };
        let let_in = sign_in.account(world).map(|_| ());
        let let_in = let_in.and_then(|()| sign_in.pass_second_factor(world));
        let_in.map_err(|denial| denial.told())?;
        self.state = State::SignedIn {
            user: known.name.clone(),
            mfa,
        };
        Ok(())
    }
}

impl DeviceCode {
    /// Who signed in, and whether with a second factor; or what a client that polls is told, and
    /// whether that is the end. The numbers of those that say no more than OAuth's own word for them
    /// are unverified.
    fn poll(&mut self, now: Timestamp) -> Result<(String, bool), (Denial, bool)> {
        let hurried = self.is_hurried(now);
        let (error, number, text) = match &self.state {
            State::Declined => (
                "authorization_declined",
                70_017,
                "The end user denied the authorization request.",
            ),
            _ if self.expires <= now => (
                "expired_token",
                70_020,
                "The provided value for the input parameter 'device_code' is not valid. This \
                 device code has expired.",
            ),
            State::SignedIn { user, mfa } => return Ok((user.clone(), *mfa)),
            State::Pending if hurried => (
                "slow_down",
                70_016,
                "The device code is polled too often. Wait for its interval.",
            ),
            State::Pending => (
                "authorization_pending",
                70_016,
                "The provided request has not yet been authorized by the user. The user must input \
                 their code.",
            ),
        };
        let over = matches!(self.state, State::Declined) || self.expires <= now;
        Err((Denial::new(error, number, text), over))
    }
}

/// The device code grant.
///
/// # Errors
/// Entra's: what is still awaited, and what went wrong.
pub(super) fn grant(world: &mut World, form: &Form, tenant: &str) -> Result<Value, Denial> {
    let now = world.clock.token_now();
    let given = &mut world.directory.device_codes.given;
    let at = given.iter().position(|code| {
        code.secret == form.field("device_code")
            && code.client_id.eq_ignore_ascii_case(form.field("client_id"))
            && code.tenant.eq_ignore_ascii_case(tenant)
    });
    let Some(at) = at else {
        return Err(Denial::new(
            "bad_verification_code",
            70_018,
            "Invalid verification code due to User typing in wrong user code for device code \
             flow. Authorization isn't approved.",
        ));
    };
    let (user, mfa) = match given[at].poll(now) {
        Ok(signed_in) => signed_in,
        Err((denial, over)) => {
            if over {
                given.remove(at);
            }
            return Err(denial);
        }
    };
    // A code is good for one sign-in, whatever comes of it.
    let code = given.remove(at);
    let user = world.directory.user(&user).ok_or_else(malformed)?;
    let tenant = people::tenant_for(world, user, tenant)?;
    let sign_in = SignIn {
        user,
        tenant: &tenant,
        client_id: &code.client_id,
        mfa,
        by_device_code: true,
        wanted: &code.wanted,
    };
    let subject = sign_in.admit(world)?;
    let (chance, name) = (world.chance, user.name.clone());
    let proven = mfa.then_some(tenant).into_iter().collect();
    let tokens = &mut world.directory.refresh_tokens;
    let refresh_token = tokens.issue(chance, now, &name, &code.client_id, proven);
    let client_info = form.field("client_info") == "1";
    Ok(people::answer(
        world,
        &subject,
        &code.scope,
        client_info,
        &refresh_token,
    ))
}
