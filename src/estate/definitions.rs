//! The list of all image definitions, which faces read again whenever something of the estate has
//! changed, mostly something else.

use std::cell::RefCell;
use std::sync::Arc;

use super::store::document;
use super::{DefinitionRow, Reader};
use crate::azure::ImageDefinition;
use crate::database::columns::optional_json;
use crate::database::{Error, Memo};

/// The definitions as they were last read.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    rows: Memo<DefinitionRow>,
    /// In their order, with the revision that they had at least.
    listed: RefCell<Option<(i64, Vec<Arc<DefinitionRow>>)>>,
}

impl Reader {
    /// All image definitions, by name. One that is as it was when they were last asked for is the
    /// same as then.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn definitions(&self) -> Result<Vec<Arc<DefinitionRow>>, Error> {
        let revision = self.database.read(|c| {
            c.prepare_cached("SELECT definitions FROM revisions")?
                .query_row([], |row| row.get::<_, i64>(0))
        })?;
        let mut listed = self.definitions.listed.borrow_mut();
        if let Some((of, rows)) = &*listed
            && *of == revision
        {
            return Ok(rows.clone());
        }
        let mut rows = self.database.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT document, trouble, CASE WHEN read_at IS NULL THEN NULL ELSE (SELECT \
                 count(*) FROM versions WHERE definition = definitions.key) END FROM definitions",
            )?;
            self.definitions.rows.rows(&mut statement, [], |row| {
                Ok(DefinitionRow {
                    definition: document(row, 0, ImageDefinition::from_document)?,
                    trouble: optional_json(row, 1)?,
                    versions: row.get(2)?,
                })
            })
        })?;
        rows.sort_by_cached_key(|row| {
            (row.definition.name.to_lowercase(), row.definition.id.key())
        });
        *listed = Some((revision, rows.clone()));
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Trouble;
    use super::super::fixtures::store_with;
    use super::*;
    use crate::azure::{ImageVersion, ResourceId};

    const GALLERY: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/\
                           providers/Microsoft.Compute/galleries/g";

    fn definition(name: &str, description: &str) -> ImageDefinition {
        ImageDefinition::from_document(json!({
            "id": format!("{GALLERY}/images/{name}"), "name": name, "location": "westeurope",
            "properties": {
                "osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V2",
                "architecture": "x64", "features": [], "provisioningState": "Succeeded",
                "description": description,
                "identifier": {"publisher": "northwind", "offer": "avd", "sku": name},
            },
        }))
        .unwrap()
    }

    fn version(name: &str, tag: &str) -> ImageVersion {
        ImageVersion::from_document(json!({
            "id": format!("{GALLERY}/images/b/versions/{name}"), "name": name,
            "location": "westeurope", "tags": {"read": tag},
            "properties": {"publishingProfile": {"targetRegions": [{"name": "West Europe"}]}},
        }))
        .unwrap()
    }

    /// Definitions by name, versions, and whether there is a trouble.
    type Seen = Vec<(String, Option<u32>, bool)>;

    fn seen(rows: &[Arc<DefinitionRow>]) -> Seen {
        let seen = rows.iter().map(|row| {
            let name = row.definition.name.clone();
            (name, row.versions, row.trouble.is_some())
        });
        seen.collect()
    }

    #[tokio::test]
    async fn what_the_list_shows_is_read_again_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("estate.sqlite");
        let gallery: ResourceId = GALLERY.parse().unwrap();
        let store = store_with(&path, &gallery).await;
        let reader = Reader::open(&path).unwrap();
        let read = || reader.definitions().unwrap();
        let row = |name: &str, versions, trouble| (name.to_owned(), versions, trouble);
        assert_eq!(read(), []);

        let both = vec![definition("b", ""), definition("A", "")];
        store.definitions(gallery.clone(), Ok(both)).await.unwrap();
        let first = read();
        assert_eq!(seen(&first), [row("A", None, false), row("b", None, false)]);

        let b: ResourceId = format!("{GALLERY}/images/b").parse().unwrap();
        let versions = |tag: &str| Ok(vec![version("1.0.0", tag), version("2.0.0", tag)]);
        store.versions(b.clone(), versions("once")).await.unwrap();
        let with_versions = read();
        assert_eq!(
            seen(&with_versions),
            [row("A", None, false), row("b", Some(2), false)]
        );
        assert!(Arc::ptr_eq(&with_versions[0], &first[0]));

        // The same versions again, whatever became of them.
        let revision = || reader.definitions.listed.borrow().as_ref().unwrap().0;
        let before = revision();
        store.versions(b.clone(), versions("twice")).await.unwrap();
        assert!(Arc::ptr_eq(&read()[1], &with_versions[1]));
        assert_eq!(revision(), before);

        let trouble = Trouble {
            message: "listing versions: AuthorizationFailed".to_owned(),
            advice: None,
            remedy: None,
        };
        store.versions(b.clone(), Err(trouble)).await.unwrap();
        assert_eq!(seen(&read())[1], row("b", Some(2), true));
        store
            .versions(b, Ok(vec![version("2.0.0", "")]))
            .await
            .unwrap();
        assert_eq!(seen(&read())[1], row("b", Some(1), false));

        let changed = vec![definition("b", "for avd"), definition("A", "")];
        store
            .definitions(gallery.clone(), Ok(changed))
            .await
            .unwrap();
        let described = read()[1].definition.document()["properties"]["description"].clone();
        assert_eq!(described, "for avd");
        let one = vec![definition("A", "")];
        store.definitions(gallery, Ok(one)).await.unwrap();
        assert_eq!(seen(&read()), [row("A", None, false)]);
    }
}
