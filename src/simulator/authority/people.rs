//! Whether a person is signed in at a tenant, and what is answered then.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::denial::{Denial, RESOURCE_MANAGER, prescribed};
use super::directory::{AZURE_CLI, ConditionalAccess, User};
use super::find_tenant;
use super::scope::{Scope, Wanted};
use crate::simulator::token::{self, LIFETIME, Person, Subject};
use crate::simulator::world::World;

/// A person at a tenant, by an application.
pub(super) struct SignIn<'a> {
    pub(super) user: &'a User,
    pub(super) tenant: &'a str,
    pub(super) client_id: &'a str,
    /// Whether with a second factor, at that tenant
    pub(super) mfa: bool,
    /// Whether by a device code, right now
    pub(super) by_device_code: bool,
    pub(super) wanted: &'a Wanted,
}

impl SignIn<'_> {
    /// Lets the person in.
    ///
    /// # Errors
    /// Entra's, in this order: the account, the application, conditional access, a second factor.
    pub(super) fn admit(&self, world: &World) -> Result<Subject, Denial> {
        let object_id = self.account(world)?;
        find_application(world, self.tenant, self.client_id)?;
        self.pass_conditional_access(world)?;
        self.pass_second_factor(world)?;
        Ok(Subject {
            tenant: self.tenant.to_owned(),
            client_id: self.client_id.to_owned(),
            object_id,
            person: Some(Person {
                name: self.user.name.clone(),
                mfa: self.mfa,
                contexts: self.wanted.contexts.clone(),
            }),
            capabilities: self.wanted.capabilities.clone(),
        })
    }

    /// The object id of the account, if it can sign in.
    pub(super) fn account(&self, world: &World) -> Result<String, Denial> {
        let user = self.user;
        if let Some(home) = user.account_in(&user.home)
            && let Some(code) = &home.sign_in
        {
            return Err(prescribed(code, self.client_id));
        }
        let Some(account) = user.account_in(self.tenant) else {
            let directory = world.tenants.get(self.tenant);
            let directory = directory.map_or(self.tenant, |tenant| &tenant.name);
            return Err(Denial::new(
                "invalid_grant",
                50_020,
                format!(
                    "User account '{}' from identity provider 'https://sts.windows.net/{}/' does \
                     not exist in tenant '{directory}' and cannot access the application \
                     '{}' in that tenant. The account needs to be added as an external user in \
                     the tenant first. Sign out and sign in again with a different Azure Active \
                     Directory user account.",
                    user.name, user.home, self.client_id
                ),
            ));
        };
        match &account.sign_in {
            Some(code) => Err(prescribed(code, self.client_id)),
            None => Ok(account.object_id.clone()),
        }
    }

    fn pass_conditional_access(&self, world: &World) -> Result<(), Denial> {
        let tenant = world.tenants.get(self.tenant);
        let blocked = match tenant.map(|tenant| tenant.policy.conditional_access) {
            None | Some(ConditionalAccess::None) => false,
            Some(ConditionalAccess::Block) => true,
            Some(ConditionalAccess::BlockDeviceCode) => self.by_device_code,
        };
        if blocked {
            return Err(prescribed("AADSTS53003", self.client_id));
        }
        Ok(())
    }

    /// What is to be asked for next time is the policy that wants it, or what was asked for now
    /// (Microsoft's `v2-conditional-access-dev-guide.md`).
    pub(super) fn pass_second_factor(&self, world: &World) -> Result<(), Denial> {
        let tenant = world.tenants.get(self.tenant);
        let needed = self.wanted.mfa || tenant.is_some_and(|tenant| tenant.policy.mfa);
        if !needed || (self.mfa && self.user.second_factor) {
            return Ok(());
        }
        let claim = if self.wanted.contexts.is_empty() {
            let policy = world.chance.id(&format!("mfa policy of {}", self.tenant));
            json!({ "capolids": { "essential": true, "values": [policy] } })
        } else {
            json!({ "acrs": { "essential": true, "values": self.wanted.contexts } })
        };
        let (number, verb) = if self.user.second_factor {
            (50_076, "use")
        } else {
            (50_079, "enroll in")
        };
        let denial = Denial::new(
            "interaction_required",
            number,
            format!(
                "Due to a configuration change made by your administrator, or because you moved \
                 to a new location, you must {verb} multi-factor authentication to access \
                 '{RESOURCE_MANAGER}'."
            ),
        );
        let claims = json!({ "access_token": claim }).to_string();
        Err(denial.suberror("basic_action").claims(claims))
    }
}

/// Whether people can sign in at `tenant` by this application.
///
/// # Errors
/// Entra's for one that nobody there consented to, and for one that is not known at all.
pub(super) fn find_application(world: &World, tenant: &str, client_id: &str) -> Result<(), Denial> {
    let present = world
        .principals
        .iter()
        .any(|one| one.tenant == tenant && one.client_id.eq_ignore_ascii_case(client_id));
    if present || client_id.eq_ignore_ascii_case(AZURE_CLI) {
        return Ok(());
    }
    if is_known(world, client_id) {
        let denial = Denial::new(
            "invalid_grant",
            65_001,
            format!(
                "The user or administrator has not consented to use the application with ID \
                 '{client_id}' named 'Gallerist'. Send an interactive authorization request for \
                 this user and resource."
            ),
        );
        return Err(denial.suberror("consent_required"));
    }
    let directory = world.tenants.get(tenant).map(|tenant| tenant.name.as_str());
    Err(unknown_application(client_id, directory.unwrap_or(tenant)))
}

/// Whether there is such an application, wherever.
pub(super) fn is_known(world: &World, client_id: &str) -> bool {
    [AZURE_CLI, &world.directory.application.client_id]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(client_id))
}

pub(super) fn unknown_application(client_id: &str, directory: &str) -> Denial {
    Denial::new(
        "unauthorized_client",
        700_016,
        format!(
            "Application with identifier '{client_id}' was not found in the directory \
             '{directory}'. This can happen if the application has not been installed by the \
             administrator of the tenant or consented to by any user in the tenant. You may have \
             sent your authentication request to the wrong tenant."
        ),
    )
}

/// The tenant that a person signs in at where a path names one, or none in particular.
///
/// # Errors
/// Entra's for a tenant that is not there.
pub(super) fn tenant_for(world: &World, user: &User, named: &str) -> Result<String, Denial> {
    if super::discovery::ANY_TENANT.contains(&named) {
        return Ok(user.home.clone());
    }
    find_tenant(world, named).map(|(id, _)| id.clone())
}

/// The answer of the token endpoint: an access token, and what else was asked for.
pub(super) fn answer(
    world: &mut World,
    subject: &Subject,
    scope: &Scope,
    client_info: bool,
    refresh_token: &str,
) -> Value {
    let resource = &scope.audience;
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": format!("{resource}/user_impersonation {resource}/.default"),
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": token::issue(world, subject, resource),
    });
    if scope.offline {
        answer["refresh_token"] = json!(refresh_token);
    }
    let Some(person) = &subject.person else {
        return answer;
    };
    if scope.openid {
        answer["id_token"] = json!(id_token(world, subject, &person.name));
    }
    if client_info {
        let user = world.directory.user(&person.name);
        let home = user.and_then(|user| user.account_in(&user.home));
        let home = home.map(|home| json!({ "uid": home.object_id, "utid": home.tenant }));
        let home = home.unwrap_or_default().to_string();
        answer["client_info"] = json!(URL_SAFE_NO_PAD.encode(home));
    }
    answer
}

fn id_token(world: &World, subject: &Subject, name: &str) -> String {
    let now = world.clock.token_now().as_second();
    let claims = json!({
        "aud": subject.client_id,
        "iss": format!("{}/{}/v2.0", world.origin, subject.tenant),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "name": name,
        "oid": subject.object_id,
        "preferred_username": name,
        "sub": subject.object_id,
        "tid": subject.tenant,
        "ver": "2.0",
    });
    token::sign(world.chance, &claims)
}
