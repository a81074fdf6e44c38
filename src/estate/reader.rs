use std::path::Path;

use rusqlite::{Row, ToSql};
use serde_json::Value;

use super::definitions::Definitions;
use super::machines::USED;
use super::store::document;
use super::{Reach, SCHEMA, SubscriptionRow, TenantRow};
use crate::azure::{Location, Subscription, SubscriptionId};
use crate::database::columns::{json, optional_json, optional_time, word};
use crate::database::{self, Error};

/// Reads the estate as it was last read from Azure.
#[derive(Debug)]
pub struct Reader {
    pub(super) database: database::Reader,
    pub(super) definitions: Definitions,
}

impl Reader {
    pub(super) fn new(database: database::Reader) -> Self {
        Self {
            database,
            definitions: Definitions::default(),
        }
    }

    /// Opens an existing estate.
    ///
    /// # Errors
    /// As [`database::Reader::open`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        database::Reader::open(path, SCHEMA).map(Self::new)
    }

    /// Whether its file wasn't set aside for another one.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.database.is_current()
    }

    /// A number that changes when another process has written.
    ///
    /// # Errors
    /// As [`database::Reader::data_version`].
    pub fn data_version(&self) -> Result<i64, Error> {
        self.database.data_version()
    }

    /// All tenants: home first, then by name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn tenants(&self) -> Result<Vec<TenantRow>, Error> {
        self.select(
            &format!(
                "SELECT id, coalesce(name, id), route, state, trouble, reading, read_at, (SELECT \
                 count(*) FROM subscriptions WHERE tenant = tenants.id), coalesce(used.machines, \
                 0), coalesce(used.outdated, 0), access, account FROM tenants LEFT JOIN ({USED}) AS used ON \
                 used.tenant = tenants.id ORDER BY route <> 'home', lower(coalesce(name, id)), id"
            ),
            &[],
            |row| {
                Ok(TenantRow {
                    id: word(row, 0)?,
                    name: row.get(1)?,
                    route: word(row, 2)?,
                    state: word(row, 3)?,
                    trouble: optional_json(row, 4)?,
                    reading: row.get(5)?,
                    read_at: optional_time(row, 6)?,
                    subscriptions: row.get(7)?,
                    machines: row.get(8)?,
                    outdated: row.get(9)?,
                    access: optional_json(row, 10)?,
                    account: row.get(11)?,
                })
            },
        )
    }

    /// All subscriptions, by tenant.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn subscriptions(&self) -> Result<Vec<SubscriptionRow>, Error> {
        self.select(
            &format!("{SUBSCRIPTIONS} ORDER BY tenant, id"),
            &[],
            subscription_row,
        )
    }

    /// One subscription.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn subscription(&self, id: &SubscriptionId) -> Result<Option<SubscriptionRow>, Error> {
        self.select(
            &format!("{SUBSCRIPTIONS} WHERE id = ?1"),
            &[&id.as_str()],
            subscription_row,
        )
        .map(|mut rows| rows.pop())
    }

    /// How tenants and subscriptions are reached.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn reach(&self) -> Result<Reach, Error> {
        Ok(Reach::new(self.tenants()?, self.subscriptions()?))
    }

    /// The regions that a subscription may use; none where they were never read.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn locations(&self, subscription: &SubscriptionId) -> Result<Vec<Location>, Error> {
        let documents: Vec<Vec<Value>> = self.select(
            "SELECT locations FROM subscriptions WHERE id = ?1 AND locations IS NOT NULL",
            &[&subscription.as_str()],
            |row| json(row, 0),
        )?;
        let documents = documents.into_iter().flatten();
        Ok(documents
            .filter_map(|document| Location::from_document(document).ok())
            .collect())
    }

    /// Whether anything was ever read.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.database.read(|c| {
            c.query_row("SELECT NOT EXISTS (SELECT 1 FROM tenants)", [], |row| {
                row.get(0)
            })
        })
    }

    pub(super) fn select<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        self.database
            .read(|c| c.prepare_cached(sql)?.query_map(values, row)?.collect())
    }
}

/// The columns of [`subscription_row`].
const SUBSCRIPTIONS: &str = "SELECT document, route, access, trouble, machines_trouble, (SELECT \
    count(*) FROM machines WHERE subscription = subscriptions.id) FROM subscriptions";

fn subscription_row(row: &Row<'_>) -> rusqlite::Result<SubscriptionRow> {
    Ok(SubscriptionRow {
        subscription: document(row, 0, Subscription::from_document)?,
        route: word(row, 1)?,
        access: json(row, 2)?,
        trouble: optional_json(row, 3)?,
        machines_trouble: optional_json(row, 4)?,
        machines: row.get(5)?,
    })
}
