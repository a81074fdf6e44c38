use rusqlite::{Transaction, params};
use serde::Serialize;
use serde_json::Value;

use super::survey::{Answer, Expected};
use super::{Reader, TenantState, Trouble};
use crate::azure::{
    Gallery, ImageDefinition, ImageVersion, Location, ResourceId, SubscriptionId, TenantId,
};
use crate::database::columns::{now, to_json, to_optional_json};
use crate::database::{Database, Durability, Error, Schema};

/// The estate's file. It can always be read again, so it need not survive a power cut.
pub const SCHEMA: Schema = Schema {
    name: "the estate",
    migrations: &[include_str!("store.sql")],
    durability: Durability::ProcessEnd,
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
                     document) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE \
                     SET name = coalesce(excluded.name, name), route = excluded.route, \
                     state = excluded.state, trouble = excluded.trouble, \
                     reading = excluded.reading, read_at = coalesce(excluded.read_at, read_at), \
                     document = coalesce(excluded.document, document)",
                    params![
                        answer.tenant.as_str(),
                        answer.name,
                        answer.route.word(),
                        answer.state.word(),
                        to_optional_json(answer.trouble.as_ref())?,
                        answer.state == TenantState::Ok,
                        read,
                        to_optional_json(document)?,
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

    /// Keeps the galleries of a subscription, or why they couldn't be read.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn galleries(
        &self,
        subscription: SubscriptionId,
        read: Result<Vec<Gallery>, Trouble>,
    ) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let trouble = to_optional_json(read.as_ref().err())?;
                t.execute(
                    "UPDATE subscriptions SET trouble = ?2 WHERE id = ?1",
                    params![subscription.as_str(), trouble],
                )?;
                let Ok(galleries) = read else { return Ok(()) };
                let keys: Vec<String> = galleries.iter().map(|g| g.id.key()).collect();
                forget(
                    t,
                    "galleries",
                    "subscription",
                    "key",
                    subscription.as_str(),
                    &keys,
                )?;
                for gallery in galleries {
                    t.execute(
                        "INSERT INTO galleries (key, subscription, read_at, document) VALUES (?1, \
                         ?2, ?3, ?4) ON CONFLICT (key) DO UPDATE SET read_at = excluded.read_at, \
                         document = excluded.document",
                        params![
                            gallery.id.key(),
                            subscription.as_str(),
                            now(),
                            to_json(gallery.document())?
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps the image definitions of a gallery, or why they couldn't be read.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn definitions(
        &self,
        gallery: ResourceId,
        read: Result<Vec<ImageDefinition>, Trouble>,
    ) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let parent = gallery.key();
                t.execute(
                    "UPDATE galleries SET trouble = ?2 WHERE key = ?1",
                    params![parent, to_optional_json(read.as_ref().err())?],
                )?;
                let Ok(definitions) = read else { return Ok(()) };
                let keys: Vec<String> = definitions.iter().map(|d| d.id.key()).collect();
                forget(t, "definitions", "gallery", "key", &parent, &keys)?;
                for definition in definitions {
                    t.execute(
                        "INSERT INTO definitions (key, gallery, document) VALUES (?1, ?2, ?3) ON \
                         CONFLICT (key) DO UPDATE SET document = excluded.document",
                        params![definition.id.key(), parent, to_json(definition.document())?],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps the versions of an image definition, or why they couldn't be read.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn versions(
        &self,
        definition: ResourceId,
        read: Result<Vec<ImageVersion>, Trouble>,
    ) -> Result<(), Error> {
        self.database
            .write(move |t| {
                let parent = definition.key();
                let read_at = read.is_ok().then(now);
                t.execute(
                    "UPDATE definitions SET trouble = ?2, read_at = coalesce(?3, read_at) WHERE \
                     key = ?1",
                    params![parent, to_optional_json(read.as_ref().err())?, read_at],
                )?;
                let Ok(versions) = read else { return Ok(()) };
                let keys: Vec<String> = versions.iter().map(|v| v.id.key()).collect();
                forget(t, "versions", "definition", "key", &parent, &keys)?;
                for version in versions {
                    keep_version(t, &version.id, version.document())?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps one version, as just read.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn version(&self, id: ResourceId, document: Value) -> Result<(), Error> {
        self.database
            .write(move |t| keep_version(t, &id, &document))
            .await
    }

    /// Forgets a version that is no more.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn version_gone(&self, id: ResourceId) -> Result<(), Error> {
        self.database
            .write(move |t| {
                t.execute("DELETE FROM versions WHERE key = ?1", [id.key()])
                    .map(drop)
            })
            .await
    }
}

/// A version whose definition isn't known (yet) is left out: it comes with its definition.
fn keep_version(t: &Transaction<'_>, id: &ResourceId, document: &Value) -> rusqlite::Result<()> {
    let definition = id.parent().map(|parent| parent.key()).unwrap_or_default();
    t.prepare_cached(
        "INSERT INTO versions (key, definition, read_at, document) SELECT ?1, key, ?3, ?4 FROM \
         definitions WHERE key = ?2 ON CONFLICT (key) DO UPDATE SET read_at = excluded.read_at, \
         document = excluded.document",
    )?
    .execute(params![id.key(), definition, now(), to_json(document)?])
    .map(drop)
}

/// Deletes the rows of a parent that Azure no longer lists.
fn forget<S: AsRef<str> + Serialize>(
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
