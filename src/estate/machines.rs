//! The machines of the estate: how they are kept, and what is asked about them.

use rusqlite::{Row, ToSql, Transaction, params};

use super::store::{document, forget};
use super::{Behind, MachineRow, Reader, Store, Trouble, usage};
use crate::azure::{ResourceId, SubscriptionId, TenantId, VersionNumber, VirtualMachine};
use crate::database::Error;
use crate::database::columns::{now, time, to_json, to_optional_json, word};

impl Store {
    /// Keeps the machines of a subscription, or why they couldn't be read.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn machines(
        &self,
        subscription: SubscriptionId,
        read: Result<Vec<VirtualMachine>, Trouble>,
    ) -> Result<(), Error> {
        self.database()
            .write(move |t| {
                let trouble = to_optional_json(read.as_ref().err())?;
                t.execute(
                    "UPDATE subscriptions SET machines_trouble = ?2 WHERE id = ?1",
                    params![subscription.as_str(), trouble],
                )?;
                let Ok(machines) = read else { return Ok(()) };
                let keys: Vec<String> = machines.iter().map(|m| m.id.key()).collect();
                let id = subscription.as_str();
                forget(t, "machines", "subscription", "key", id, &keys)?;
                machines.iter().try_for_each(|machine| keep(t, machine))
            })
            .await
    }
}

/// A machine whose subscription isn't reached (any more) is left out.
pub(super) fn keep(t: &Transaction<'_>, machine: &VirtualMachine) -> rusqlite::Result<()> {
    let image = machine.image.as_ref().and_then(usage::image_of);
    let number = machine.exact_version.filter(|_| image.is_some());
    t.prepare_cached(
        "INSERT INTO machines (key, subscription, region, image, major, minor, patch, read_at, \
         document) SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM subscriptions WHERE id = ?2 ON \
         CONFLICT (key) DO UPDATE SET region = excluded.region, image = excluded.image, major = \
         excluded.major, minor = excluded.minor, patch = excluded.patch, read_at = \
         excluded.read_at, document = excluded.document",
    )?
    .execute(params![
        machine.id.key(),
        machine.id.subscription().as_str(),
        machine.location.as_str(),
        image,
        number.map(|n| n.major),
        number.map(|n| n.minor),
        number.map(|n| n.patch),
        now(),
        to_json(machine.document())?,
    ])
    .map(drop)
}

/// How many machines each tenant has, and how many could have got a newer version in their region.
/// Machines made alike are looked up once.
pub(super) const USED: &str = "SELECT tenant, sum(alike) AS machines, sum(CASE WHEN EXISTS (SELECT \
    1 FROM offered WHERE offered.image = made.image AND offered.region = made.region AND \
    (offered.major, offered.minor, offered.patch) > (made.major, made.minor, made.patch)) THEN \
    alike ELSE 0 END) AS outdated FROM (SELECT subscription, image, region, major, minor, patch, \
    count(*) AS alike FROM machines GROUP BY subscription, image, region, major, minor, patch) AS \
    made JOIN subscriptions ON subscriptions.id = made.subscription GROUP BY tenant";

/// The columns of [`machine_row`].
const MACHINES: &str = "SELECT machines.document, subscriptions.tenant, machines.subscription, \
    json_extract(definitions.document, '$.id'), definitions.read_at IS NOT NULL, CASE WHEN \
    machines.major IS NULL OR definitions.key IS NULL THEN NULL ELSE (SELECT count(*) FROM offered \
    WHERE offered.image = machines.image AND offered.region = machines.region AND (offered.major, \
    offered.minor, offered.patch) > (machines.major, machines.minor, machines.patch)) END, \
    machines.read_at FROM machines JOIN subscriptions ON subscriptions.id = machines.subscription \
    LEFT JOIN definitions ON definitions.key = (SELECT key FROM definitions WHERE image = \
    machines.image)";

impl Reader {
    /// The machines of a tenant, by name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn machines(&self, tenant: &TenantId) -> Result<Vec<MachineRow>, Error> {
        self.machine_rows("subscriptions.tenant = ?1", &[&tenant.as_str()])
    }

    /// The machines that were made from a version, wherever they are, by name.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn machines_of_version(&self, version: &ResourceId) -> Result<Vec<MachineRow>, Error> {
        let image = version.parent().and_then(|parent| usage::image(&parent));
        let number: Option<VersionNumber> = version.name().parse().ok();
        let (Some(image), Some(number)) = (image, number) else {
            return Ok(Vec::new());
        };
        self.machine_rows(
            "machines.image = ?1 AND machines.major = ?2 AND machines.minor = ?3 AND \
             machines.patch = ?4",
            &[&image, &number.major, &number.minor, &number.patch],
        )
    }

    /// One machine.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn machine(&self, id: &ResourceId) -> Result<Option<MachineRow>, Error> {
        self.machine_rows("machines.key = ?1", &[&id.key()])
            .map(|mut rows| rows.pop())
    }

    /// How many machines were made from each version of an image definition.
    pub(super) fn machines_by_version(
        &self,
        definition: &ResourceId,
    ) -> Result<Vec<(VersionNumber, u32)>, Error> {
        self.select(
            "SELECT major, minor, patch, count(*) FROM machines WHERE image = ?1 AND major IS NOT \
             NULL GROUP BY major, minor, patch",
            &[&usage::image(definition)],
            |row| {
                let number = VersionNumber {
                    major: row.get(0)?,
                    minor: row.get(1)?,
                    patch: row.get(2)?,
                };
                Ok((number, row.get(3)?))
            },
        )
    }

    fn machine_rows(
        &self,
        condition: &str,
        values: &[&dyn ToSql],
    ) -> Result<Vec<MachineRow>, Error> {
        let sql = format!("{MACHINES} WHERE {condition}");
        let mut rows = self.select(&sql, values, machine_row)?;
        rows.sort_by_cached_key(|row| (row.machine.name.to_lowercase(), row.machine.id.key()));
        Ok(rows)
    }
}

fn machine_row(row: &Row<'_>) -> rusqlite::Result<MachineRow> {
    let machine = document(row, 0, VirtualMachine::from_document)?;
    let image: Option<String> = row.get(3)?;
    Ok(MachineRow {
        tenant: word(row, 1)?,
        subscription: word(row, 2)?,
        image: image.and_then(|id| id.parse().ok()),
        version: machine.exact_version,
        behind: Behind::counted(row.get(5)?, row.get(4)?),
        read_at: time(row, 6)?,
        machine,
    })
}
