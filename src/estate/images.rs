//! Galleries, image definitions and versions of the estate: how they are kept, and what is asked
//! about them.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::latest::offered_in;
use super::store::{document, forget};
use super::{GalleryRow, Reader, Store, Trouble, VersionRow, latest_by_region, usage};
use crate::azure::{
    Gallery, ImageDefinition, ImageVersion, ResourceId, SubscriptionId, VersionNumber,
};
use crate::database::Error;
use crate::database::columns::{now, optional_json, time, to_json, to_optional_json, word};

impl Store {
    /// Keeps the galleries of a subscription, or why they couldn't be read. Of one that comes with
    /// a trouble it couldn't be read whom it is shared with: what was known of it stays.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn galleries(
        &self,
        subscription: SubscriptionId,
        read: Result<Vec<(Gallery, Option<Trouble>)>, Trouble>,
    ) -> Result<(), Error> {
        self.database()
            .write(move |t| {
                let trouble = to_optional_json(read.as_ref().err())?;
                t.execute(
                    "UPDATE subscriptions SET trouble = ?2 WHERE id = ?1",
                    params![subscription.as_str(), trouble],
                )?;
                let Ok(galleries) = read else { return Ok(()) };
                let keys: Vec<String> = galleries.iter().map(|(g, _)| g.id.key()).collect();
                let id = subscription.as_str();
                forget(t, "galleries", "subscription", "key", id, &keys)?;
                for (gallery, trouble) in galleries {
                    keep_gallery(t, &gallery, trouble.as_ref())?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps the image definitions of a gallery, or why they couldn't be read.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn definitions(
        &self,
        gallery: ResourceId,
        read: Result<Vec<ImageDefinition>, Trouble>,
    ) -> Result<(), Error> {
        self.database()
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
                        "INSERT INTO definitions (key, gallery, image, document) VALUES (?1, ?2, \
                         ?3, ?4) ON CONFLICT (key) DO UPDATE SET document = excluded.document",
                        params![
                            definition.id.key(),
                            parent,
                            usage::image(&definition.id),
                            to_json(definition.document())?
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Keeps the versions of an image definition, or why they couldn't be read.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn versions(
        &self,
        definition: ResourceId,
        read: Result<Vec<ImageVersion>, Trouble>,
    ) -> Result<(), Error> {
        self.database()
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
                versions
                    .iter()
                    .try_for_each(|version| keep_version(t, version, now()))
            })
            .await
    }

    /// Keeps versions as Resource Graph tells them, which knows what was at `as_of`. What Resource
    /// Manager has told since, or has been known to be gone since, stays as it is. What bears a time
    /// still to come was read while the system's clock was ahead: that isn't since.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn versions_told(
        &self,
        versions: Vec<ImageVersion>,
        as_of: Timestamp,
    ) -> Result<(), Error> {
        let at = as_of.as_millisecond();
        self.database()
            .write(move |t| {
                for version in &versions {
                    let Some(definition) = version.id.parent() else {
                        continue;
                    };
                    let newer: bool = t
                        .prepare_cached(
                            "SELECT EXISTS (SELECT 1 FROM versions WHERE key = ?1 AND read_at > \
                             ?3 AND read_at <= ?4) OR EXISTS (SELECT 1 FROM definitions WHERE key \
                             = ?2 AND read_at > ?3 AND read_at <= ?4) OR EXISTS (SELECT 1 FROM \
                             gone WHERE key = ?1 AND at > ?3 AND at <= ?4)",
                        )?
                        .query_row(
                            params![version.id.key(), definition.key(), at, now()],
                            |row| row.get(0),
                        )?;
                    if !newer {
                        keep_version(t, version, at)?;
                    }
                }
                Ok(())
            })
            .await
    }

    /// Resource Graph has told all versions that these definitions had at `as_of`. Any other that
    /// was read before is forgotten, where it is known which those are.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn all_versions_told(
        &self,
        definitions: Vec<ResourceId>,
        told: Option<Vec<String>>,
        as_of: Timestamp,
    ) -> Result<(), Error> {
        let at = as_of.as_millisecond();
        self.database()
            .write(move |t| {
                let keys: Vec<String> = definitions.iter().map(ResourceId::key).collect();
                let definitions = to_json(&keys)?;
                if let Some(told) = told {
                    t.execute(
                        "DELETE FROM versions WHERE (read_at < ?3 OR read_at > ?4) AND definition \
                         IN (SELECT value FROM json_each(?1)) AND key NOT IN (SELECT value FROM \
                         json_each(?2))",
                        params![definitions, to_json(&told)?, at, now()],
                    )?;
                }
                t.execute(
                    "UPDATE definitions SET trouble = NULL, read_at = ?2 WHERE key IN (SELECT \
                     value FROM json_each(?1)) AND (coalesce(read_at, 0) < ?2 OR read_at > ?3)",
                    params![definitions, at, now()],
                )?;
                t.execute("DELETE FROM gone WHERE at < ?1 OR at > ?2", [at, now()])
                    .map(drop)
            })
            .await
    }

    /// It couldn't be read whom a gallery is shared with.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn sharing_unread(&self, gallery: ResourceId, why: Trouble) -> Result<(), Error> {
        self.database()
            .write(move |t| {
                t.execute(
                    "UPDATE galleries SET sharing_trouble = ?2 WHERE key = ?1",
                    params![gallery.key(), to_json(&why)?],
                )
                .map(drop)
            })
            .await
    }

    /// Forgets a version or a gallery that is no more.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn gone(&self, id: ResourceId) -> Result<(), Error> {
        self.database()
            .write(move |t| {
                for table in ["versions", "galleries"] {
                    let sql = format!("DELETE FROM {table} WHERE key = ?1");
                    t.execute(&sql, [id.key()])?;
                }
                t.execute(
                    "INSERT OR REPLACE INTO gone (key, at) VALUES (?1, ?2)",
                    params![id.key(), now()],
                )
                .map(drop)
            })
            .await
    }
}

/// A gallery whose subscription isn't reached (any more) is left out.
pub(super) fn keep_gallery(
    t: &Transaction<'_>,
    gallery: &Gallery,
    trouble: Option<&Trouble>,
) -> rusqlite::Result<()> {
    t.prepare_cached(
        "INSERT INTO galleries (key, subscription, sharing_trouble, read_at, document) SELECT ?1, \
         id, ?3, ?4, ?5 FROM subscriptions WHERE id = ?2 ON CONFLICT (key) DO UPDATE SET \
         sharing_trouble = excluded.sharing_trouble, read_at = excluded.read_at, document = CASE \
         WHEN excluded.sharing_trouble IS NULL THEN excluded.document ELSE document END",
    )?
    .execute(params![
        gallery.id.key(),
        gallery.id.subscription().as_str(),
        to_optional_json(trouble)?,
        now(),
        to_json(gallery.document())?
    ])
    .map(drop)
}

/// A version whose definition isn't known (yet) is left out: it comes with its definition.
pub(super) fn keep_version(
    t: &Transaction<'_>,
    version: &ImageVersion,
    read_at: i64,
) -> rusqlite::Result<()> {
    let key = version.id.key();
    let Some(definition) = version.id.parent() else {
        return Ok(());
    };
    let document = to_json(version.document())?;
    let known: Option<bool> = t
        .prepare_cached("SELECT document = ?2 FROM versions WHERE key = ?1")?
        .query_row(params![key, document], |row| row.get(0))
        .optional()?;
    let update = match known {
        None => {
            "INSERT INTO versions (key, definition, read_at, document) SELECT ?1, key, ?3, ?4 FROM \
             definitions WHERE key = ?2"
        }
        Some(_) => {
            "UPDATE versions SET definition = ?2, read_at = ?3, document = ?4 WHERE key = ?1"
        }
    };
    let kept =
        t.prepare_cached(update)?
            .execute(params![key, definition.key(), read_at, document])?;
    if kept == 0 || known == Some(true) {
        return Ok(());
    }
    offer(t, version, &definition)
}

/// Keeps where a version counts, so that nobody has to read all of them to know what is newer.
fn offer(
    t: &Transaction<'_>,
    version: &ImageVersion,
    definition: &ResourceId,
) -> rusqlite::Result<()> {
    let key = version.id.key();
    t.prepare_cached("DELETE FROM offered WHERE version = ?1")?
        .execute([&key])?;
    let Some(number) = version.number else {
        return Ok(());
    };
    let image = usage::image(definition);
    for region in offered_in(version) {
        t.prepare_cached(
            "INSERT OR IGNORE INTO offered (image, region, major, minor, patch, version) VALUES \
             (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            image,
            region.as_str(),
            number.major,
            number.minor,
            number.patch,
            key
        ])?;
    }
    Ok(())
}

impl Reader {
    /// All galleries, by name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn galleries(&self) -> Result<Vec<GalleryRow>, Error> {
        self.select(
            "SELECT galleries.document, subscriptions.tenant, galleries.trouble, \
             galleries.read_at, (SELECT count(*) FROM definitions WHERE gallery = galleries.key), \
             galleries.sharing_trouble FROM galleries JOIN subscriptions ON subscriptions.id = galleries.subscription",
            &[],
            |row| {
                Ok(GalleryRow {
                    gallery: document(row, 0, Gallery::from_document)?,
                    tenant: word(row, 1)?,
                    trouble: optional_json(row, 2)?,
                    read_at: time(row, 3)?,
                    definitions: row.get(4)?,
                    sharing_trouble: optional_json(row, 5)?,
                })
            },
        )
        .map(|mut rows| {
            rows.sort_by_cached_key(|row| (row.gallery.name.to_lowercase(), row.gallery.id.key()));
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
        let machines = self.machines_by_version(definition)?;
        let rows = versions.into_iter().zip(times).map(|(version, read_at)| {
            let is_latest = |entry: &(_, &VersionNumber)| Some(*entry.1) == version.number;
            let latest_in = latest
                .iter()
                .filter(is_latest)
                .map(|(region, _)| region.clone());
            VersionRow {
                latest_in: latest_in.collect(),
                machines: machines
                    .iter()
                    .find(|(number, _)| Some(*number) == version.number)
                    .map_or(0, |(_, count)| *count),
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
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::super::fixtures::store_with;
    use super::*;

    const DEFINITION: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/r/\
                              providers/microsoft.compute/galleries/g/images/i";

    fn version(tag: &str) -> ImageVersion {
        ImageVersion::from_document(json!({
            "id": format!("{DEFINITION}/versions/1.0.0"), "name": "1.0.0",
            "location": "westeurope", "tags": {"read": tag},
            "properties": {"publishingProfile": {"targetRegions": [{"name": "West Europe"}]}},
        }))
        .unwrap()
    }

    /// A store that knows the definition, and has read its version so long from now.
    async fn read(from_now: SignedDuration) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("estate.sqlite");
        let definition: ResourceId = DEFINITION.parse().unwrap();
        let gallery = definition.parent().unwrap();
        let store = store_with(&path, &gallery).await;
        let at = (Timestamp::now() + from_now).as_millisecond();
        let write = store.database().write(move |t| {
            t.execute(
                "INSERT INTO definitions (key, gallery, image, document) VALUES (?1, ?2, 'i', '{}')",
                [definition.key(), gallery.key()],
            )?;
            keep_version(t, &version("by itself"), at)
        });
        write.await.unwrap();
        (folder, store)
    }

    /// Whether a version that Resource Graph tells, as it was five minutes ago, replaces one that was
    /// read so long from now.
    async fn is_replaced(from_now: SignedDuration) -> bool {
        let (_folder, store) = read(from_now).await;
        let as_of = Timestamp::now() - SignedDuration::from_mins(5);
        let told = store.versions_told(vec![version("by graph")], as_of);
        told.await.unwrap();
        let tag = store.database().write(|t| {
            t.query_row(
                "SELECT document ->> '$.tags.read' FROM versions",
                [],
                |row| row.get::<_, String>(0),
            )
        });
        tag.await.unwrap() == "by graph"
    }

    #[tokio::test]
    async fn what_was_read_while_the_clock_was_ahead_is_not_newer_than_all_that_comes() {
        assert!(is_replaced(SignedDuration::from_hours(-1)).await);
        assert!(!is_replaced(SignedDuration::from_mins(-1)).await);
        assert!(is_replaced(SignedDuration::from_hours(6)).await);
    }
}
