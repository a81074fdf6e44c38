//! What tests of the estate begin with.

use std::path::Path;

use super::{SCHEMA, Store};
use crate::azure::ResourceId;
use crate::database::Database;

/// A store in this file that knows a gallery, and the subscription and the tenant that it is in.
pub(super) async fn store_with(path: &Path, gallery: &ResourceId) -> Store {
    let store = Store::new(Database::open(path, SCHEMA).unwrap());
    let (key, subscription) = (gallery.key(), gallery.subscription());
    let write = store.database().write(move |t| {
        t.execute_batch(&format!(
            "INSERT INTO tenants (id, name, route, state) VALUES ('t', 't', 'home', 'ok');
             INSERT INTO subscriptions (id, tenant, route, access, document) VALUES
                 ('{subscription}', 't', 'home', '{{}}', '{{}}');
             INSERT INTO galleries (key, subscription, read_at, document) VALUES
                 ('{key}', '{subscription}', 0, '{{}}');"
        ))
    });
    write.await.unwrap();
    store
}
