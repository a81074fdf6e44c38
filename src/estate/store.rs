use rusqlite::{Row, Transaction, params};
use serde::Serialize;
use serde_json::Value;

use super::survey::{Answer, Expected};
use super::{Reader, TenantState, Trouble, images, machines};
use crate::azure::{
    self, Gallery, ImageVersion, Location, ResourceId, SubscriptionId, TenantId, VirtualMachine,
};
use crate::database::columns::{json, now, to_json, to_optional_json, unreadable};
use crate::database::{Database, Durability, Error, Schema};

/// The estate's file. It can always be read again, so it need not survive a power cut.
pub const SCHEMA: Schema = Schema {
    name: "the estate",
    migrations: &[
        include_str!("store.sql"),
        include_str!("store_2.sql"),
        include_str!("store_3.sql"),
        include_str!("store_4.sql"),
        include_str!("store_5.sql"),
    ],
    durability: Durability::ProcessEnd,
    // What is damaged is met when it is read again.
    examined: &[],
};

/// The one writer of the estate as last read.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// Wraps an estate that is open.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// The database itself, for its changes and readers.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A reader of this estate.
    ///
    /// # Errors
    /// As [`Database::reader`].
    pub fn reader(&self) -> Result<Reader, Error> {
        self.database.reader().map(Reader::new)
    }

    /// Nobody is reading: whatever was being read when the last process ended isn't any more.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn at_rest(&self) -> Result<(), Error> {
        self.database
            .write(|t| t.execute("UPDATE tenants SET reading = 0", []).map(drop))
            .await
    }

    /// Begins a reading of these tenants: they are shown as being read.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn begin(&self, expected: Vec<Expected>) -> Result<(), Error> {
        self.database
            .write(move |t| {
                for Expected {
                    tenant,
                    name,
                    route,
                } in expected
                {
                    t.execute(
                        "INSERT INTO tenants (id, name, route, state, reading) VALUES (?1, ?2, ?3, \
                         'unread', 1) ON CONFLICT (id) DO UPDATE SET reading = 1, \
                         name = coalesce(excluded.name, name)",
                        params![tenant.as_str(), name, route.word()],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps a tenant's answer. Where it failed, what was known of it before stays, with its age.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn answered(&self, answer: Answer) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let document = answer
                    .tenant_document
                    .as_ref()
                    .map(crate::azure::Tenant::document);
                let read = (answer.state == TenantState::Ok).then(now);
                t.execute(
                    "INSERT INTO tenants (id, name, route, state, trouble, reading, read_at, \
                     document, access, account) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
                     ON CONFLICT (id) DO UPDATE \
                     SET name = coalesce(excluded.name, name), route = excluded.route, \
                     state = excluded.state, trouble = excluded.trouble, \
                     reading = excluded.reading, read_at = coalesce(excluded.read_at, read_at), \
                     document = coalesce(excluded.document, document), \
                     access = excluded.access, account = excluded.account",
                    params![
                        answer.tenant.as_str(),
                        answer.name,
                        answer.route.word(),
                        answer.state.word(),
                        to_optional_json(answer.trouble.as_ref())?,
                        answer.state == TenantState::Ok,
                        read,
                        to_optional_json(document)?,
                        to_json(&answer.access)?,
                        answer.account,
                    ],
                )?;
                if answer.state != TenantState::Ok {
                    return Ok(());
                }
                let ids: Vec<&str> = answer.subscriptions.iter().map(|s| s.id.as_str()).collect();
                forget(
                    t,
                    "subscriptions",
                    "tenant",
                    "id",
                    answer.tenant.as_str(),
                    &ids,
                )?;
                for subscription in &answer.subscriptions {
                    t.execute(
                        "INSERT INTO subscriptions (id, tenant, route, access, document) VALUES \
                         (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET \
                         tenant = excluded.tenant, route = excluded.route, \
                         access = excluded.access, document = excluded.document",
                        params![
                            subscription.id.as_str(),
                            answer.tenant.as_str(),
                            answer.route.word(),
                            to_json(&answer.access)?,
                            to_json(subscription.document())?,
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps why a person's sign-in at a tenant came to nothing, unless the tenant answers
    /// meanwhile.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn not_signed_in(&self, tenant: TenantId, trouble: Trouble) -> Result<(), Error> {
        self.database
            .write(move |t| {
                t.execute(
                    "UPDATE tenants SET state = 'sign-in', trouble = ?2 WHERE id = ?1 AND \
                     state <> 'ok'",
                    params![tenant.as_str(), to_json(&trouble)?],
                )
                .map(drop)
            })
            .await
    }

    /// A tenant has been read as far as it could be.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn tenant_read(&self, tenant: TenantId) -> Result<(), Error> {
        self.database
            .write(move |t| {
                t.execute(
                    "UPDATE tenants SET reading = 0 WHERE id = ?1",
                    [tenant.as_str()],
                )
                .map(drop)
            })
            .await
    }

    /// All has been read. Tenants that neither were expected nor answered are forgotten.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn all_read(&self, known: Vec<TenantId>) -> Result<(), Error> {
        self.database
            .write(move |t| {
                t.execute("UPDATE tenants SET reading = 0", [])?;
                let known = to_json(&known)?;
                t.execute(
                    "DELETE FROM tenants WHERE id NOT IN (SELECT value FROM json_each(?1))",
                    [known],
                )
                .map(drop)
            })
            .await
    }

    /// Keeps the regions that a subscription may use.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn locations(
        &self,
        subscription: SubscriptionId,
        locations: Vec<Location>,
    ) -> Result<(), Error> {
        let documents: Vec<Value> = locations.into_iter().map(Location::into_document).collect();
        self.database
            .write(move |t| {
                t.execute(
                    "UPDATE subscriptions SET locations = ?2 WHERE id = ?1",
                    params![subscription.as_str(), to_json(&documents)?],
                )
                .map(drop)
            })
            .await
    }

    /// Keeps a version, a gallery or a machine as somebody has just read it by itself. Anything
    /// else, and what isn't understood, is left alone.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn seen(&self, id: ResourceId, document: Value) -> Result<(), Error> {
        let kind = id.kind().to_ascii_lowercase();
        self.database
            .write(move |t| match kind.as_str() {
                "microsoft.compute/galleries" => match Gallery::from_document(document) {
                    Ok(gallery) => images::keep_gallery(t, &gallery, None),
                    Err(_) => Ok(()),
                },
                "microsoft.compute/galleries/images/versions" => {
                    match ImageVersion::from_document(document) {
                        Ok(version) => images::keep_version(t, &version, now()),
                        Err(_) => Ok(()),
                    }
                }
                "microsoft.compute/virtualmachines" => {
                    match VirtualMachine::from_document(document) {
                        Ok(machine) => machines::keep(t, &machine),
                        Err(_) => Ok(()),
                    }
                }
                _ => Ok(()),
            })
            .await
    }
}

/// The thing that a column holds as ARM sent it.
pub(super) fn document<T>(
    row: &Row<'_>,
    column: usize,
    read: impl FnOnce(Value) -> Result<T, azure::Error>,
) -> rusqlite::Result<T> {
    read(json(row, column)?).map_err(|error| unreadable(column, error))
}

/// Deletes the rows of a parent that Azure no longer lists.
pub(super) fn forget<S: AsRef<str> + Serialize>(
    t: &Transaction<'_>,
    table: &str,
    parent_column: &str,
    key_column: &str,
    parent: &str,
    listed: &[S],
) -> rusqlite::Result<()> {
    let sql = format!(
        "DELETE FROM {table} WHERE {parent_column} = ?1 AND {key_column} NOT IN (SELECT value \
         FROM json_each(?2))"
    );
    t.prepare_cached(&sql)?
        .execute(params![parent, to_json(&listed)?])
        .map(drop)
}
