//! Who may use galleries: those that the gallery itself names, and those who have a role on it.

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::stream;
use serde_json::json;

use super::{AT_ONCE, Answer, Owned, Row, galleries, matches};
use crate::azure::{
    AssignmentFilter, BuiltInRole, Error, Gallery, Permissions, ResourceId, RoleAssignment,
    Session, SharingGroupKind,
};
use crate::cli::args::Get;
use crate::config::Config;

/// What GUIDs of tenants, subscriptions and customers' principals stand for.
pub(super) struct Known(BTreeMap<String, String>);

impl Known {
    pub(super) fn of(answers: &[Answer], config: &Config) -> Self {
        let mut names = BTreeMap::new();
        for answer in answers {
            let name = answer.name.clone();
            names.extend(name.map(|name| (answer.tenant.to_string(), name)));
            for subscription in &answer.subscriptions {
                names.insert(subscription.id.to_string(), subscription.name.clone());
            }
        }
        for customer in &config.tenants {
            let Some(name) = &customer.name else { continue };
            names.insert(customer.id.to_string(), name.clone());
            let principal = customer.principal.as_ref();
            names.extend(principal.map(|id| (id.to_lowercase(), name.clone())));
        }
        Self(names)
    }

    fn name(&self, id: &str) -> Option<&str> {
        self.0.get(&id.to_lowercase()).map(String::as_str)
    }

    /// A scope in words: the names of a resource, or what lies above all of them.
    fn place(&self, scope: &str) -> String {
        if let Ok(id) = scope.parse::<ResourceId>() {
            return id.names();
        }
        let subscription = scope.strip_prefix("/subscriptions/");
        let named = subscription.and_then(|id| self.name(id));
        named.map_or_else(|| scope.to_owned(), |name| format!("subscription {name}"))
    }
}

/// The roles that hold at the galleries of a subscription, or at images in them.
pub(super) async fn role_assignments(
    session: &Session,
    get: &Get,
    known: &Known,
    owned: &Owned<'_>,
    note: &mut impl FnMut(Error),
) -> Result<Vec<Row>, Error> {
    let mut scopes = Vec::new();
    for gallery in galleries::wanted(session, get, owned).await? {
        if get.image.is_none() {
            scopes.push(gallery.id);
            continue;
        }
        match images(session, get, &gallery).await {
            Ok(found) => scopes.extend(found),
            Err(error) => note(error),
        }
    }
    let mut rows = Vec::new();
    for (scope, assignment) in assignments(session, scopes, note).await {
        let id = assignment.principal.as_str();
        let cells = vec![
            scope.names(),
            role(&assignment),
            known.name(id).unwrap_or(id).to_owned(),
            kind(&assignment),
            known.place(&assignment.scope),
        ];
        rows.push(owned.row(assignment.document(), cells));
    }
    Ok(rows)
}

/// Whom the galleries of a subscription are shared with.
pub(super) async fn shared_with(
    session: &Session,
    get: &Get,
    known: &Known,
    owned: &Owned<'_>,
    note: &mut impl FnMut(Error),
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for listed in galleries::wanted(session, get, owned).await? {
        match listed.sharing {
            Permissions::Groups => match session.gallery(&listed.id).await {
                Ok(gallery) => rows.extend(direct(&gallery, known, owned)),
                Err(error) => note(error),
            },
            Permissions::Community => rows.push(everyone(&listed, owned)),
            _ => {}
        }
        let mut scopes = vec![listed.id.clone()];
        match images(session, get, &listed).await {
            Ok(found) => scopes.extend(found),
            Err(error) => note(error),
        }
        let granted = assignments(session, scopes, note).await;
        // What holds above is the operators' own; it is granted to nobody for the gallery's sake.
        let here = granted
            .into_iter()
            .filter(|(scope, assignment)| assignment.scope.eq_ignore_ascii_case(scope.as_str()));
        rows.extend(
            here.map(|(scope, assignment)| by_role(&listed, &scope, &assignment, known, owned)),
        );
    }
    Ok(rows)
}

async fn images(session: &Session, get: &Get, gallery: &Gallery) -> Result<Vec<ResourceId>, Error> {
    let definitions = session.image_definitions(&gallery.id).await?.into_iter();
    let wanted =
        definitions.filter(|found| matches(get.image.as_deref(), &found.name, found.id.as_str()));
    Ok(wanted.map(|definition| definition.id).collect())
}

/// What holds at each scope.
async fn assignments(
    session: &Session,
    scopes: Vec<ResourceId>,
    note: &mut impl FnMut(Error),
) -> Vec<(ResourceId, RoleAssignment)> {
    let read = scopes.into_iter().map(|scope| async move {
        let read = session.role_assignments(&scope, &AssignmentFilter::AtScope);
        (read.await, scope)
    });
    let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).collect().await;
    let mut found = Vec::new();
    for (answer, scope) in read {
        match answer {
            Ok(all) => found.extend(all.into_iter().map(|one| (scope.clone(), one))),
            Err(error) => note(error),
        }
    }
    found
}

fn direct(gallery: &Gallery, known: &Known, owned: &Owned<'_>) -> Vec<Row> {
    let groups = gallery.groups.iter();
    let each = groups.flat_map(|group| group.ids.iter().map(|id| (&group.kind, id)));
    let rows = each.map(|(kind, id)| {
        let name = known.name(id);
        let word = match kind {
            SharingGroupKind::Tenants => "tenant".to_owned(),
            SharingGroupKind::Subscriptions => "subscription".to_owned(),
            SharingGroupKind::Other(other) => other.clone(),
        };
        let document = json!({
            "gallery": gallery.id, "via": "direct",
            "with": {"type": word, "id": id, "name": name}, "role": null,
        });
        let cells = [&gallery.name, "direct", name.unwrap_or(id), &word, "", ""];
        owned.row(&document, cells.map(str::to_owned).to_vec())
    });
    rows.collect()
}

fn everyone(gallery: &Gallery, owned: &Owned<'_>) -> Row {
    let document = json!({
        "gallery": gallery.id, "via": "community", "with": null, "role": null,
    });
    let cells = [&gallery.name, "community", "everyone", "", "", ""];
    owned.row(&document, cells.map(str::to_owned).to_vec())
}

fn by_role(
    gallery: &Gallery,
    scope: &ResourceId,
    assignment: &RoleAssignment,
    known: &Known,
    owned: &Owned<'_>,
) -> Row {
    let id = assignment.principal.as_str();
    let name = known.name(id);
    let (kind, role) = (kind(assignment), role(assignment));
    let document = json!({
        "gallery": gallery.id, "via": "rbac",
        "with": {"type": kind, "id": id, "name": name},
        "role": {
            "name": role, "id": assignment.role, "scope": scope, "assignment": assignment.id,
        },
    });
    let on = scope.names();
    let cells = [&gallery.name, "rbac", name.unwrap_or(id), &kind, &role, &on];
    owned.row(&document, cells.map(str::to_owned).to_vec())
}

/// The role's name; its GUID where it is none that is known by name.
fn role(assignment: &RoleAssignment) -> String {
    BuiltInRole::of(&assignment.role)
        .map_or_else(|| assignment.role.to_string(), |role| role.name.to_owned())
}

fn kind(assignment: &RoleAssignment) -> String {
    let kind = assignment.principal_type.as_ref();
    kind.map(ToString::to_string).unwrap_or_default()
}
