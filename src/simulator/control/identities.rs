//! What changes who can sign in, and who has.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Controlled, bad, missing, read};
use crate::simulator::authority::{self, ConditionalAccess};
use crate::simulator::request::Request;
use crate::simulator::world::World;

pub(super) fn answer(world: &mut World, request: &Request, what: &str) -> Controlled {
    match (&request.method, what) {
        (&Method::GET, "device_codes") => {
            let now = world.clock.token_now();
            Ok(world.directory.device_codes.pending(now))
        }
        (&Method::POST, "device_codes") => read(request).and_then(|one| use_code(world, &one)),
        (&Method::POST, "principals") => read(request).and_then(|one| change_sign_in(world, one)),
        (&Method::POST, "users") => read(request).and_then(|one| change_user(world, &one)),
        (&Method::POST, "tenants") => read(request).and_then(|one| change_tenant(world, &one)),
        (&Method::POST, "revocations") => read(request).and_then(|one| revoke(world, &one)),
        _ => Err(missing(format!("{} {what} is not served", request.method))),
    }
}

/// What a sign-in of `client_id` at `tenant` comes to from now on. `sign_in` null mends it; without
/// a `secret` the old one stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalChange {
    client_id: String,
    tenant: String,
    sign_in: Option<String>,
    secret: Option<String>,
}

fn change_sign_in(world: &mut World, change: PrincipalChange) -> Controlled {
    let principal = world.principals.iter_mut().find(|principal| {
        principal.tenant.eq_ignore_ascii_case(&change.tenant)
            && principal.client_id.eq_ignore_ascii_case(&change.client_id)
    });
    let Some(principal) = principal else {
        let what = format!("{} is not in tenant {}", change.client_id, change.tenant);
        return Err(missing(what));
    };
    principal.sign_in = change.sign_in;
    if let Some(secret) = change.secret {
        principal.secret = secret;
    }
    Ok(
        json!({ "client_id": change.client_id, "tenant": change.tenant, "sign_in": principal.sign_in }),
    )
}

/// What a sign-in of a person at `tenant` comes to from now on, or everywhere without one. `sign_in`
/// null mends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserChange {
    user: String,
    tenant: Option<String>,
    sign_in: Option<String>,
}

fn change_user(world: &mut World, change: &UserChange) -> Controlled {
    let mut users = world.directory.users.iter_mut();
    let user = users.find(|user| user.name.eq_ignore_ascii_case(&change.user));
    let user = user.ok_or_else(|| missing(format!("{} is nobody here", change.user)))?;
    for account in &mut user.accounts {
        let tenant = change.tenant.as_ref();
        if tenant.is_none_or(|tenant| account.tenant.eq_ignore_ascii_case(tenant)) {
            account.sign_in.clone_from(&change.sign_in);
        }
    }
    Ok(json!({ "user": user.name, "tenant": change.tenant, "sign_in": change.sign_in }))
}

/// What a tenant asks of people from now on; what is not given stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantChange {
    tenant: String,
    mfa: Option<bool>,
    conditional_access: Option<ConditionalAccess>,
    writes_need_mfa: Option<bool>,
}

fn change_tenant(world: &mut World, change: &TenantChange) -> Controlled {
    let tenant = world.tenants.get_mut(&change.tenant.to_lowercase());
    let tenant = tenant.ok_or_else(|| missing(format!("there is no tenant {}", change.tenant)))?;
    let policy = &mut tenant.policy;
    policy.mfa = change.mfa.unwrap_or(policy.mfa);
    policy.writes_need_mfa = change.writes_need_mfa.unwrap_or(policy.writes_need_mfa);
    policy.conditional_access = change
        .conditional_access
        .unwrap_or(policy.conditional_access);
    Ok(json!({
        "tenant": change.tenant,
        "mfa": policy.mfa,
        "conditional_access": policy.conditional_access,
        "writes_need_mfa": policy.writes_need_mfa,
    }))
}

/// Whose access tokens are worth nothing from now on: a person's or an application's, at one tenant
/// or everywhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    user: Option<String>,
    client_id: Option<String>,
    tenant: Option<String>,
    /// The person's refresh tokens too
    #[serde(default)]
    sessions: bool,
}

fn revoke(world: &mut World, revocation: &Revocation) -> Controlled {
    let here = |tenant: &str| {
        let wanted = revocation.tenant.as_ref();
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(tenant))
    };
    let ids: Vec<String> = match (&revocation.user, &revocation.client_id) {
        (Some(user), None) => {
            let user = world.directory.user(user);
            let accounts = user.into_iter().flat_map(|user| &user.accounts);
            let accounts = accounts.filter(|account| here(&account.tenant));
            accounts.map(|account| account.object_id.clone()).collect()
        }
        (None, Some(client_id)) => {
            let all = world.principals.iter();
            let own = all.filter(|one| one.client_id.eq_ignore_ascii_case(client_id));
            let own = own.filter(|one| here(&one.tenant));
            own.map(|one| one.object_id.clone()).collect()
        }
        _ => return Err(bad("either a user or a client_id")),
    };
    if ids.is_empty() {
        return Err(missing("that is nobody here"));
    }
    let now = world.clock.token_now();
    for id in &ids {
        world.directory.revoke(id, now);
    }
    if let (true, Some(user)) = (revocation.sessions, &revocation.user) {
        world.directory.revoke_sessions(user, now);
    }
    Ok(json!({ "revoked": ids }))
}

/// What a person does with a device code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceCodeUse {
    user_code: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    mfa: bool,
    #[serde(default)]
    decline: bool,
}

fn use_code(world: &mut World, one: &DeviceCodeUse) -> Controlled {
    let outcome = if one.decline {
        authority::decline(world, &one.user_code)
    } else {
        authority::sign_in(world, &one.user_code, &one.user, one.mfa)
    };
    outcome.map_err(bad)?;
    Ok(Value::Null)
}
