//! Who has access to a gallery: role assignments, as last read for the galleries that somebody
//! looked at.

use rusqlite::params;
use serde_json::Value;

use super::{GalleryAccess, Reader, Store, Trouble};
use crate::azure::{ResourceId, RoleAssignment};
use crate::database::Error;
use crate::database::columns::{now, optional_json, optional_time, to_json, to_optional_json};

impl Store {
    /// Keeps the role assignments that hold at a gallery, or why they couldn't be read; what was
    /// known of them before stays then.
    ///
    /// # Errors
    /// As [`Database::write`](crate::database::Database::write).
    pub async fn assignments(
        &self,
        gallery: ResourceId,
        read: Result<Vec<RoleAssignment>, Trouble>,
    ) -> Result<(), Error> {
        self.database()
            .write(move |t| {
                let trouble = to_optional_json(read.as_ref().err())?;
                let read_at = read.is_ok().then(now);
                let documents: Option<Vec<Value>> = read.ok().map(|assignments| {
                    let documents = assignments.into_iter();
                    documents.map(RoleAssignment::into_document).collect()
                });
                t.execute(
                    "INSERT INTO assignments (gallery, trouble, read_at, documents) SELECT key, \
                     ?2, ?3, ?4 FROM galleries WHERE key = ?1 ON CONFLICT (gallery) DO UPDATE SET \
                     trouble = excluded.trouble, read_at = coalesce(excluded.read_at, read_at), \
                     documents = coalesce(excluded.documents, documents)",
                    params![
                        gallery.key(),
                        trouble,
                        read_at,
                        documents.as_ref().map(to_json).transpose()?
                    ],
                )
                .map(drop)
            })
            .await
    }
}

impl Reader {
    /// Who has which role at a gallery; nothing where that was never asked.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn gallery_access(&self, gallery: &ResourceId) -> Result<Option<GalleryAccess>, Error> {
        self.select(
            "SELECT documents, trouble, read_at FROM assignments WHERE gallery = ?1",
            &[&gallery.key()],
            |row| {
                let documents: Option<Vec<Value>> = optional_json(row, 0)?;
                let documents = documents.into_iter().flatten();
                let read = |document| RoleAssignment::from_document(document).ok();
                Ok(GalleryAccess {
                    assignments: documents.filter_map(read).collect(),
                    trouble: optional_json(row, 1)?,
                    read_at: optional_time(row, 2)?,
                })
            },
        )
        .map(|mut rows| rows.pop())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::Gallery;
    use crate::database::Database;
    use crate::estate::SCHEMA;

    const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

    fn reader_at(scope: &str) -> RoleAssignment {
        let id = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
        RoleAssignment::from_document(json!({
            "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}"),
            "properties": {
                "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{id}"),
                "principalId": SUBSCRIPTION, "scope": scope,
            },
        }))
        .unwrap()
    }

    #[tokio::test]
    async fn what_was_known_stays_where_it_cannot_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("estate.sqlite");
        let store = Store::new(Database::open(&file, SCHEMA).unwrap());
        let id: ResourceId = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/galleries/g"
        )
        .parse()
        .unwrap();
        let reader = store.reader().unwrap();
        let why = || Trouble {
            remedy: None,
            message: "refused".to_owned(),
            advice: None,
        };
        // A gallery that isn't known is nothing to keep something for.
        store.assignments(id.clone(), Ok(Vec::new())).await.unwrap();
        assert_eq!(reader.gallery_access(&id).unwrap(), None);

        let document = json!({"id": id, "name": "g", "location": "westeurope"});
        let gallery = Gallery::from_document(document).unwrap();
        store
            .database()
            .write(move |t| {
                t.execute_batch(&format!(
                    "INSERT INTO tenants (id, route, state) VALUES ('t', 'home', 'ok');
                     INSERT INTO subscriptions (id, tenant, route, access, document) VALUES \
                     ('{SUBSCRIPTION}', 't', 'home', '', '');"
                ))?;
                super::super::images::keep_gallery(t, &gallery, None)
            })
            .await
            .unwrap();
        store.assignments(id.clone(), Err(why())).await.unwrap();
        let never = reader.gallery_access(&id).unwrap().unwrap();
        assert_eq!((never.read_at, never.trouble), (None, Some(why())));
        let assignments = vec![reader_at(id.as_str()), reader_at("/")];
        store
            .assignments(id.clone(), Ok(assignments.clone()))
            .await
            .unwrap();
        let read = reader.gallery_access(&id).unwrap().unwrap();
        assert_eq!((&read.assignments, &read.trouble), (&assignments, &None));
        store.assignments(id.clone(), Err(why())).await.unwrap();
        let later = reader.gallery_access(&id).unwrap().unwrap();
        assert_eq!(later.assignments, assignments);
        assert_eq!((later.read_at, later.trouble), (read.read_at, Some(why())));
    }
}
