//! From names that a person types to what they mean: looked up in what was last read, and in Azure
//! where they aren't there.

use std::collections::BTreeMap;

use super::args::Customers;
use super::{Exit, Problem};
use crate::azure::{ResourceId, SubscriptionId, TenantId};
use crate::config;
use crate::engine::{Connection, Request};
use crate::estate::{
    Reader, Scope, Trouble, Unresolved, resolve_shareable, resolve_subscription, resolve_tenant,
    resolve_version,
};

/// What tenants are called.
pub(super) struct Names(BTreeMap<TenantId, String>);

impl Names {
    /// As the configuration and Azure say.
    pub(super) fn of(connection: &Connection) -> Result<Self, Problem> {
        let rows = connection.estate()?.tenants()?.into_iter();
        let mut names: BTreeMap<_, _> = rows.map(|row| (row.id, row.name)).collect();
        for customer in connection.customers() {
            names.extend(
                customer
                    .name
                    .clone()
                    .map(|name| (customer.id.clone(), name)),
            );
        }
        Ok(Self(names))
    }

    /// The name of a tenant; its id where nobody knows one.
    pub(super) fn tenant<'a>(&'a self, id: &'a TenantId) -> &'a str {
        self.0.get(id).map_or(id.as_str(), String::as_str)
    }
}

/// An image version.
pub(super) async fn version(connection: &Connection, text: &str) -> Result<ResourceId, Problem> {
    find(connection, |estate| resolve_version(estate, text)).await
}

/// A gallery, an image definition or a version.
pub(super) async fn shareable(connection: &Connection, text: &str) -> Result<ResourceId, Problem> {
    find(connection, |estate| resolve_shareable(estate, text)).await
}

/// A subscription.
pub(super) async fn subscription(
    connection: &Connection,
    text: &str,
) -> Result<SubscriptionId, Problem> {
    find(connection, |estate| resolve_subscription(estate, text)).await
}

/// Customers by name, id or tag, each once.
pub(super) async fn customers(
    connection: &Connection,
    wanted: &Customers,
) -> Result<Vec<TenantId>, Problem> {
    let mut found = Vec::new();
    for text in &wanted.to_tenant {
        found.push(tenant(connection, text).await?);
    }
    for tag in &wanted.tag {
        found.extend(tagged(connection.customers(), tag)?);
    }
    let mut once = Vec::new();
    for tenant in found {
        if !once.contains(&tenant) {
            once.push(tenant);
        }
    }
    Ok(once)
}

/// A customer, by name or id.
pub(super) async fn tenant(connection: &Connection, text: &str) -> Result<TenantId, Problem> {
    let is_meant = |customer: &&config::Tenant| {
        let name = customer.name.as_ref();
        name.is_some_and(|name| name.eq_ignore_ascii_case(text))
    };
    let mut configured = connection.customers().iter().filter(is_meant);
    match (configured.next(), configured.next()) {
        (Some(customer), None) => Ok(customer.id.clone()),
        _ => find(connection, |estate| resolve_tenant(estate, text)).await,
    }
}

fn tagged<'a>(
    customers: &'a [config::Tenant],
    tag: &'a str,
) -> Result<impl Iterator<Item = TenantId> + 'a, Problem> {
    let has = move |customer: &&config::Tenant| customer.tags.iter().any(|one| one == tag);
    if customers.iter().any(|customer| has(&customer)) {
        return Ok(customers
            .iter()
            .filter(has)
            .map(|customer| customer.id.clone()));
    }
    let text = format!("no [[tenant]] of the configuration has the tag {tag:?}");
    Err(Problem::new(Exit::Usage, text))
}

/// What `look` finds in what was last read, or in what is read afresh.
async fn find<T>(
    connection: &Connection,
    look: impl Fn(&Reader) -> Result<T, Unresolved>,
) -> Result<T, Problem> {
    match look(&connection.estate()?) {
        Err(Unresolved::Unknown { .. }) => {}
        found => return Ok(found?),
    }
    connection.ask(Request::Load(Scope::All)).await?;
    let estate = connection.estate()?;
    match look(&estate) {
        Err(unknown @ Unresolved::Unknown { .. }) => Err(not_found(&estate, &unknown)?),
        found => Ok(found?),
    }
}

/// What isn't there may be where nobody could look.
fn not_found(estate: &Reader, unknown: &Unresolved) -> Result<Problem, Problem> {
    let mut lines = vec![unknown.to_string()];
    let mut unread = |name: &str, trouble: Option<&Trouble>| {
        lines.extend(trouble.map(|trouble| format!("not read: {name}: {trouble}")));
    };
    for tenant in estate.tenants()? {
        unread(&tenant.name, tenant.trouble.as_ref());
    }
    for row in estate.subscriptions()? {
        unread(&row.subscription.name, row.trouble.as_ref());
    }
    for row in estate.galleries()? {
        unread(&row.gallery.name, row.trouble.as_ref());
    }
    for row in estate.definitions()? {
        unread(&row.definition.name, row.trouble.as_ref());
    }
    Ok(Problem::new(Exit::Usage, lines.join("\n")))
}
