use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Row, ToSql};
use serde_json::Value;

use super::{
    DefinitionRow, GalleryRow, Reach, SCHEMA, SubscriptionRow, TenantRow, VersionRow,
    latest_by_region,
};
use crate::azure::{
    self, Gallery, ImageDefinition, ImageVersion, Location, ResourceId, Subscription,
    SubscriptionId,
};
use crate::database::columns::{json, optional_json, optional_time, time, unreadable, word};
use crate::database::{self, Error};

/// Reads the estate as it was last read from Azure.
#[derive(Debug)]
pub struct Reader {
    database: database::Reader,
}

impl Reader {
    pub(super) fn new(database: database::Reader) -> Self {
        Self { database }
    }

    /// Opens an existing estate.
    ///
    /// # Errors
    /// As [`database::Reader::open`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        database::Reader::open(path, SCHEMA).map(Self::new)
    }

    /// A number that changes when another process has written.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn data_version(&self) -> Result<i64, Error> {
        self.database.data_version()
    }

    /// All tenants: home first, then by name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn tenants(&self) -> Result<Vec<TenantRow>, Error> {
        self.select(
            "SELECT id, coalesce(name, id), route, state, trouble, reading, read_at, (SELECT \
             count(*) FROM subscriptions WHERE tenant = tenants.id) FROM tenants ORDER BY route <> \
             'home', lower(coalesce(name, id)), id",
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
            "SELECT document, route, access, trouble FROM subscriptions ORDER BY tenant, id",
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
            "SELECT document, route, access, trouble FROM subscriptions WHERE id = ?1",
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

    /// All galleries, by name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn galleries(&self) -> Result<Vec<GalleryRow>, Error> {
        self.select(
            "SELECT galleries.document, subscriptions.tenant, galleries.trouble, \
             galleries.read_at, (SELECT count(*) FROM definitions WHERE gallery = galleries.key) \
             FROM galleries JOIN subscriptions ON subscriptions.id = galleries.subscription",
            &[],
            |row| {
                Ok(GalleryRow {
                    gallery: document(row, 0, Gallery::from_document)?,
                    tenant: word(row, 1)?,
                    trouble: optional_json(row, 2)?,
                    read_at: time(row, 3)?,
                    definitions: row.get(4)?,
                })
            },
        )
        .map(|mut rows| {
            rows.sort_by_key(|row| (row.gallery.name.to_lowercase(), row.gallery.id.key()));
            rows
        })
    }

    /// All image definitions, by name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn definitions(&self) -> Result<Vec<DefinitionRow>, Error> {
        self.select(
            "SELECT document, trouble, CASE WHEN read_at IS NULL THEN NULL ELSE (SELECT count(*) \
             FROM versions WHERE definition = definitions.key) END FROM definitions",
            &[],
            |row| {
                Ok(DefinitionRow {
                    definition: document(row, 0, ImageDefinition::from_document)?,
                    trouble: optional_json(row, 1)?,
                    versions: row.get(2)?,
                })
            },
        )
        .map(|mut rows| {
            rows.sort_by_key(|row| (row.definition.name.to_lowercase(), row.definition.id.key()));
            rows
        })
    }

    /// The versions of an image definition, newest first by number, names that aren't numbers
    /// last, each with the regions where it is the latest.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn versions(&self, definition: &ResourceId) -> Result<Vec<VersionRow>, Error> {
        let rows: Vec<(ImageVersion, Timestamp)> = self.select(
            "SELECT document, read_at FROM versions WHERE definition = ?1",
            &[&definition.key()],
            |row| {
                Ok((
                    document(row, 0, ImageVersion::from_document)?,
                    time(row, 1)?,
                ))
            },
        )?;
        let (versions, times): (Vec<ImageVersion>, Vec<Timestamp>) = rows.into_iter().unzip();
        let latest = latest_by_region(&versions);
        let rows = versions.into_iter().zip(times).map(|(version, read_at)| {
            let is_latest = |entry: &(_, &azure::VersionNumber)| Some(*entry.1) == version.number;
            let latest_in = latest
                .iter()
                .filter(is_latest)
                .map(|(region, _)| region.clone());
            VersionRow {
                latest_in: latest_in.collect(),
                version,
                read_at,
            }
        });
        let mut rows: Vec<VersionRow> = rows.collect();
        rows.sort_by(|a, b| {
            b.version
                .number
                .cmp(&a.version.number)
                .then_with(|| a.version.name.cmp(&b.version.name))
        });
        Ok(rows)
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

    fn select<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        self.database
            .read(|c| c.prepare_cached(sql)?.query_map(values, row)?.collect())
    }
}

fn subscription_row(row: &Row<'_>) -> rusqlite::Result<SubscriptionRow> {
    Ok(SubscriptionRow {
        subscription: document(row, 0, Subscription::from_document)?,
        route: word(row, 1)?,
        access: json(row, 2)?,
        trouble: optional_json(row, 3)?,
    })
}

fn document<T>(
    row: &Row<'_>,
    column: usize,
    read: impl FnOnce(Value) -> Result<T, azure::Error>,
) -> rusqlite::Result<T> {
    read(json(row, column)?).map_err(|error| unreadable(column, error))
}
