//! Asks Azure what there is: which tenants answer, and which subscriptions are reached how.

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use tokio::sync::mpsc;

use super::{Route, TenantState, Trouble};
use crate::azure::{Access, Azure, Error, Session, Subscription, Tenant, TenantCategory, TenantId};
use crate::config::{Also, Config, Identity};

/// Answers that may wait to be looked at.
const AT_ONCE: usize = 24;

/// A tenant that was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name, where Azure or the configuration knows one.
    pub name: Option<String>,
    /// How it is reached.
    pub route: Route,
    /// Whether it can be used.
    pub state: TenantState,
    /// Why not.
    pub trouble: Option<Trouble>,
    /// Azure's document about it, where there is one.
    pub tenant_document: Option<Tenant>,
    /// Its subscriptions that are reached this way.
    pub subscriptions: Vec<Subscription>,
    /// Whom requests about it are made as.
    pub access: Access,
    /// The account that this is, where a person signs in.
    pub account: Option<String>,
}

impl Answer {
    /// What people call the tenant; its id where nobody knows a name.
    #[must_use]
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(self.tenant.as_str())
    }

    /// Whether a person means it by this text: its name or its id.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        text.eq_ignore_ascii_case(self.tenant.as_str()) || text.eq_ignore_ascii_case(self.called())
    }
}

/// A tenant that is going to be asked, or is reached through another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The tenant.
    pub tenant: TenantId,
    /// What the configuration calls it.
    pub name: Option<String>,
    /// How it will be reached.
    pub route: Route,
}

/// The tenants that the configuration names as ones to sign in to, before anything is asked.
#[must_use]
pub fn expected(config: &Config) -> Vec<Expected> {
    let names = config.tenant_names();
    let mut found: Vec<Expected> = Vec::new();
    for identity in &config.identities {
        let home = std::iter::once((&identity.settings.tenant, Route::Home));
        let also = match &identity.also {
            Also::Listed(tenants) => tenants.as_slice(),
            Also::Every => &[],
        };
        let route = signing_in(identity);
        for (tenant, route) in home.chain(also.iter().map(|tenant| (tenant, route))) {
            if found.iter().all(|expected| expected.tenant != *tenant) {
                let name = names.get(tenant).cloned();
                found.push(Expected {
                    tenant: tenant.clone(),
                    name,
                    route,
                });
            }
        }
    }
    found
}

/// Asks every tenant of the configuration at the same time, and hands each answer over as it
/// comes. Delegated tenants answer through the one that manages them. One that fails answers with
/// its trouble and keeps nobody else waiting.
pub async fn ask(azure: &Azure, config: &Config, answers: mpsc::Sender<Answer>) {
    let names = config.tenant_names();
    let mut homes: FuturesUnordered<_> = config
        .identities
        .iter()
        .map(|identity| home(azure, identity))
        .collect();
    let mut members = FuturesUnordered::new();
    let mut served: Vec<TenantId> = config
        .identities
        .iter()
        .map(|identity| identity.settings.tenant.clone())
        .collect();
    // Tenants that are listed need no answer from home to be asked.
    for identity in &config.identities {
        if let Also::Listed(tenants) = &identity.also {
            for tenant in tenants {
                if !served.contains(tenant) {
                    served.push(tenant.clone());
                    members.push(member(azure, identity, tenant.clone(), None));
                }
            }
        }
    }
    loop {
        tokio::select! {
            Some((identity, (found, others))) = homes.next() => {
                for answer in found {
                    served.push(answer.tenant.clone());
                    // Whoever listens no more needs no answer.
                    let _ = answers.send(named(answer, &names)).await;
                }
                for (tenant, document) in others {
                    if !served.contains(&tenant) {
                        served.push(tenant.clone());
                        members.push(member(azure, identity, tenant, document));
                    }
                }
            }
            Some(answer) = members.next() => {
                let _ = answers.send(named(answer, &names)).await;
            }
            else => break,
        }
    }
}

/// Every tenant's answer, those of our own first.
pub async fn all(azure: &Azure, config: &Config) -> Vec<Answer> {
    let (answers, mut answered) = mpsc::channel(AT_ONCE);
    let collected = async {
        let mut all = Vec::new();
        while let Some(answer) = answered.recv().await {
            all.push(answer);
        }
        all
    };
    let ((), mut all) = tokio::join!(ask(azure, config, answers), collected);
    all.sort_by_key(|answer| (answer.route, answer.name.clone(), answer.tenant.clone()));
    all
}

/// Whom a tenant is asked as, by the configuration: the identity that is at home there, else the
/// first that lists it, else the first that takes every tenant.
#[must_use]
pub fn serving(config: &Config, tenant: &TenantId) -> Option<Access> {
    let lists = |identity: &&Identity| match &identity.also {
        Also::Listed(listed) => listed.contains(tenant),
        Also::Every => false,
    };
    let all = || config.identities.iter();
    let identity = all()
        .find(|identity| identity.settings.tenant == *tenant)
        .or_else(|| all().find(lists))
        .or_else(|| all().find(|identity| identity.also == Also::Every));
    identity.map(|identity| access(identity, tenant))
}

fn named(mut answer: Answer, names: &BTreeMap<TenantId, String>) -> Answer {
    if let Some(name) = names.get(&answer.tenant) {
        answer.name = Some(name.clone());
    }
    answer
}

/// How a tenant is reached that the identity signs in to besides its own.
fn signing_in(identity: &Identity) -> Route {
    if identity.settings.credential.is_a_person() {
        Route::Member
    } else {
        Route::Application
    }
}

fn access(identity: &Identity, tenant: &TenantId) -> Access {
    Access {
        identity: identity.settings.name.clone(),
        tenant: tenant.clone(),
    }
}

/// A tenant to sign in to, with Azure's document about it.
type Other = (TenantId, Option<Tenant>);

/// The identity's own tenant, those delegated to it, and, where it signs in to every tenant that
/// it can, those that Azure lists for it and those that it is known to be signed in to.
async fn home<'a>(
    azure: &Azure,
    identity: &'a Identity,
) -> (&'a Identity, (Vec<Answer>, Vec<Other>)) {
    let tenant = identity.settings.tenant.clone();
    let access = access(identity, &tenant);
    let session = azure.session(access.clone());
    let (tenants, subscriptions) = match read(&session).await {
        Ok(read) => read,
        Err(error) => {
            let answer = refused(tenant, Route::Home, access, None, &error);
            return (
                identity,
                (vec![answer], others(azure, identity, Vec::new())),
            );
        }
    };
    // A tenant that the configuration lists is reached as it says, even where it also delegated.
    let configured = |id: &TenantId| match &identity.also {
        Also::Listed(listed) => listed.contains(id),
        Also::Every => false,
    };
    let mut by_tenant: BTreeMap<TenantId, Vec<Subscription>> = BTreeMap::new();
    by_tenant.insert(tenant.clone(), Vec::new());
    for subscription in subscriptions {
        let own = subscription.tenant == tenant;
        let delegated = subscription.managed_by.contains(&tenant);
        if own || (delegated && !configured(&subscription.tenant)) {
            by_tenant
                .entry(subscription.tenant.clone())
                .or_default()
                .push(subscription);
        }
    }
    let account = account(&session).await;
    let answers = by_tenant.into_iter().map(|(id, subscriptions)| {
        let tenant_document = tenants.iter().find(|tenant| tenant.id == id).cloned();
        Answer {
            name: tenant_document
                .as_ref()
                .and_then(|tenant| tenant.name.clone()),
            route: if id == tenant {
                Route::Home
            } else {
                Route::Delegated
            },
            tenant: id,
            state: TenantState::Ok,
            trouble: None,
            tenant_document,
            subscriptions,
            access: access.clone(),
            account: account.clone(),
        }
    });
    let answers = answers.collect();
    (identity, (answers, others(azure, identity, tenants)))
}

fn others(azure: &Azure, identity: &Identity, listed: Vec<Tenant>) -> Vec<Other> {
    if identity.also != Also::Every {
        return Vec::new();
    }
    let listed = listed.into_iter().filter(signs_in);
    let known = azure.tenants_of(&identity.settings.name).into_iter();
    listed
        .map(|tenant| (tenant.id.clone(), Some(tenant)))
        .chain(known.map(|tenant| (tenant, None)))
        .collect()
}

/// Tenants only managed are reached by delegation, not by signing in.
fn signs_in(tenant: &Tenant) -> bool {
    !matches!(
        tenant.category,
        Some(TenantCategory::ManagedBy | TenantCategory::ProjectedBy)
    )
}

async fn member(
    azure: &Azure,
    identity: &Identity,
    tenant: TenantId,
    document: Option<Tenant>,
) -> Answer {
    let access = access(identity, &tenant);
    let route = signing_in(identity);
    let session = azure.session(access.clone());
    match read(&session).await {
        Ok((tenants, subscriptions)) => {
            let tenant_document = tenants
                .into_iter()
                .find(|listed| listed.id == tenant)
                .or(document);
            let subscriptions = subscriptions
                .into_iter()
                .filter(|owned| owned.tenant == tenant)
                .collect();
            Answer {
                name: tenant_document
                    .as_ref()
                    .and_then(|tenant| tenant.name.clone()),
                tenant,
                route,
                state: TenantState::Ok,
                trouble: None,
                tenant_document,
                subscriptions,
                account: account(&session).await,
                access,
            }
        }
        Err(error) => refused(tenant, route, access, document, &error),
    }
}

/// Who has signed in, where that was a person.
async fn account(session: &Session) -> Option<String> {
    // Nothing depends on it: whose tokens can't be kept is told where they are asked for.
    session.account().await.ok().flatten()
}

async fn read(session: &Session) -> Result<(Vec<Tenant>, Vec<Subscription>), Error> {
    session.sign_in().await?;
    tokio::try_join!(session.tenants(), session.subscriptions())
}

fn refused(
    tenant: TenantId,
    route: Route,
    access: Access,
    tenant_document: Option<Tenant>,
    error: &Error,
) -> Answer {
    let state = match error {
        Error::SignIn { .. } => TenantState::SignIn,
        _ => TenantState::Failed,
    };
    Answer {
        name: tenant_document
            .as_ref()
            .and_then(|tenant| tenant.name.clone()),
        tenant,
        route,
        state,
        trouble: Some(Trouble::from(error)),
        tenant_document,
        subscriptions: Vec::new(),
        access,
        account: None,
    }
}
