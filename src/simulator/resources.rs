//! Every resource there is, as the document that Azure Resource Manager would answer with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// ARM documents by id. Ids differing only in case are the same.
#[derive(Default)]
pub(super) struct Resources {
    documents: BTreeMap<String, Value>,
    /// Which there are of a type, so that few are found among many.
    types: BTreeMap<String, BTreeSet<String>>,
    /// None until they are watched
    changes: Option<Vec<Change>>,
}

/// What a resource was before it was changed.
pub(super) struct Change {
    pub(super) key: String,
    /// None where there was none
    pub(super) was: Option<Value>,
}

impl Resources {
    pub(super) fn get(&self, id: &str) -> Option<&Value> {
        self.documents.get(&key(id))
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Value> {
        let key = key(id);
        let document = self.documents.get_mut(&key)?;
        if let Some(changes) = &mut self.changes {
            let was = Some(document.clone());
            changes.push(Change { key, was });
        }
        Some(document)
    }

    /// Keeps from now on what is changed, for [`Resources::changes`].
    pub(super) fn watch(&mut self) {
        self.changes = Some(Vec::new());
    }

    /// What has been changed since this was asked last.
    pub(super) fn changes(&mut self) -> Vec<Change> {
        self.changes
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Puts a document in, in place of the one with its id. One without an id is not kept.
    pub(super) fn put(&mut self, document: Value) {
        let Some(key) = document["id"].as_str().map(key) else {
            return;
        };
        let kind = kind_of(&document);
        let was = self.documents.insert(key.clone(), document);
        let before = was.as_ref().map(kind_of);
        if before.as_ref() != Some(&kind) {
            if let Some(before) = before {
                self.strike(&before, &key);
            }
            self.types.entry(kind).or_default().insert(key.clone());
        }
        if let Some(changes) = &mut self.changes {
            changes.push(Change { key, was });
        }
    }

    fn strike(&mut self, kind: &str, key: &str) {
        if let Some(known) = self.types.get_mut(kind) {
            known.remove(key);
        }
    }

    /// Removes a resource and all below it; says whether there was one.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let id = key(id);
        let below: Vec<String> = self
            .starting_with(format!("{id}/"))
            .map(|(known, _)| known.clone())
            .collect();
        let existed = self.documents.contains_key(&id);
        for key in below.into_iter().chain([id]) {
            let was = self.documents.remove(&key);
            if let Some(kind) = was.as_ref().map(kind_of) {
                self.strike(&kind, &key);
            }
            if let Some(changes) = &mut self.changes
                && was.is_some()
            {
                changes.push(Change { key, was });
            }
        }
        existed
    }

    /// The members of a collection, such as `…/galleries/G/images`, in order of their ids.
    pub(super) fn members<'r>(
        &'r self,
        collection: &str,
    ) -> impl Iterator<Item = &'r Value> + use<'r> {
        let prefix = format!("{}/", key(collection));
        self.starting_with(prefix.clone())
            .filter(move |(id, _)| !id[prefix.len()..].contains('/'))
            .map(|(_, document)| document)
    }

    /// Whether there is anything in a resource. What another provider has on it, such as a role
    /// assignment, doesn't count.
    pub(super) fn has_children(&self, id: &str) -> bool {
        let on_it = format!("{}/providers/", key(id));
        self.starting_with(format!("{}/", key(id)))
            .any(|(known, _)| !known.starts_with(&on_it))
    }

    /// How many resources there are below one, however deep.
    pub(super) fn count_below(&self, id: &str) -> usize {
        self.below(id).count()
    }

    /// Everything below a resource or a scope, however deep.
    pub(super) fn below<'r>(&'r self, id: &str) -> impl Iterator<Item = &'r Value> + use<'r> {
        self.starting_with(format!("{}/", key(id)))
            .map(|(_, document)| document)
    }

    /// All resources of a type, such as `Microsoft.Compute/galleries`, at or below a scope.
    pub(super) fn of_type<'r>(
        &'r self,
        scope: &str,
        kind: &'static str,
    ) -> impl Iterator<Item = &'r Value> + use<'r> {
        let prefix = format!("{}/", key(scope));
        let known = self.types.get(&kind.to_lowercase());
        let from = known.map(|known| known.range(prefix.clone()..));
        from.into_iter()
            .flatten()
            .take_while(move |key| key.starts_with(&prefix))
            .filter_map(|key| self.documents.get(key))
    }

    /// All of them, by lower-case id.
    pub(super) fn all(&self) -> &BTreeMap<String, Value> {
        &self.documents
    }

    /// Everything below a scope, by lower-case id.
    pub(super) fn entries_below(&self, scope: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.starting_with(format!("{}/", key(scope)))
            .map(|(key, document)| (key.as_str(), document))
    }

    fn starting_with(&self, prefix: String) -> impl Iterator<Item = (&String, &Value)> {
        self.documents
            .range(prefix.clone()..)
            .take_while(move |(id, _)| id.starts_with(&prefix))
    }
}

/// What ids are compared by.
pub(super) fn key(id: &str) -> String {
    id.trim_end_matches('/').to_lowercase()
}

/// A type as it is compared, `microsoft.compute/galleries`.
fn kind_of(document: &Value) -> String {
    document["type"].as_str().unwrap_or_default().to_lowercase()
}

/// A text in a document, by JSON pointer; empty where there is none.
pub(super) fn text(document: &Value, pointer: &str) -> String {
    document
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn some() -> Resources {
        let mut resources = Resources::default();
        for id in ["/S/a", "/S/a/b/1", "/S/a/b/2", "/S/a/b/2/c/3", "/S/ab"] {
            resources.put(json!({ "id": id, "type": "T/x" }));
        }
        resources
    }

    #[test]
    fn members_are_one_level_below() {
        let resources = some();
        let members: Vec<_> = resources.members("/s/A/B").map(|m| &m["id"]).collect();
        assert_eq!(members, ["/S/a/b/1", "/S/a/b/2"]);
        assert_eq!(resources.of_type("/s/a", "t/X").count(), 3);
    }

    #[test]
    fn what_another_provider_has_on_a_resource_is_no_child() {
        let mut resources = some();
        assert!(resources.has_children("/S/A"));
        assert!(!resources.has_children("/s/ab"));
        resources.put(json!({ "id": "/S/ab/providers/P/t/n" }));
        assert!(!resources.has_children("/s/ab"));
    }

    #[test]
    fn removing_takes_what_is_below_along() {
        let mut resources = some();
        assert!(resources.remove("/s/A"));
        assert!(!resources.remove("/s/A"));
        assert_eq!(resources.all().len(), 1);
        assert_eq!(resources.of_type("/s", "T/x").count(), 1);
    }

    #[test]
    fn a_resource_is_of_the_type_that_it_has_now() {
        let mut resources = some();
        resources.put(json!({ "id": "/S/ab", "type": "T/y" }));
        assert_eq!(resources.of_type("/S", "T/x").count(), 4);
        let ids: Vec<_> = resources.of_type("/S", "t/Y").map(|y| &y["id"]).collect();
        assert_eq!(ids, ["/S/ab"]);
    }
}
