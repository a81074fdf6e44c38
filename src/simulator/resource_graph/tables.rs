//! The tables of Resource Graph, and what resources are as their rows
//! (Microsoft's `supported-tables-resources.md`).

use std::borrow::Cow;

use serde_json::{Value, json};

use super::kql::{Column, Kind};
use crate::simulator::compute::Power;
use crate::simulator::resource_path::{name_of, subscription_of};
use crate::simulator::writing::remove;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Resources,
    /// Subscriptions and resource groups
    Containers,
    /// Role assignments
    Authorization,
}

impl Table {
    /// A table by its name, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "resources" => Some(Self::Resources),
            "resourcecontainers" => Some(Self::Containers),
            "authorizationresources" => Some(Self::Authorization),
            _ => None,
        }
    }

    /// Whether the documents of a type are in it. Subnets are only told within their network, and
    /// deployments and features not at all.
    pub(super) fn holds(self, kind: &str) -> bool {
        let kind = kind.to_ascii_lowercase();
        let container = matches!(
            kind.as_str(),
            "microsoft.resources/subscriptions" | "microsoft.resources/resourcegroups"
        );
        let elsewhere = [
            "microsoft.authorization/",
            "microsoft.features/",
            "microsoft.managedservices/",
            "microsoft.resources/",
            "microsoft.network/virtualnetworks/subnets",
        ];
        match self {
            Self::Containers => container,
            Self::Authorization => kind == "microsoft.authorization/roleassignments",
            Self::Resources => !elsewhere.iter().any(|prefix| kind.starts_with(prefix)),
        }
    }

    pub(super) fn columns() -> Vec<Column> {
        let columns = COLUMNS.iter().map(|(name, kind)| Column {
            name: (*name).to_owned(),
            kind: *kind,
        });
        columns.collect()
    }
}

const COLUMNS: [(&str, Kind); 16] = [
    ("id", Kind::Text),
    ("name", Kind::Text),
    ("type", Kind::Text),
    ("tenantId", Kind::Text),
    ("kind", Kind::Text),
    ("location", Kind::Text),
    ("resourceGroup", Kind::Text),
    ("subscriptionId", Kind::Text),
    ("managedBy", Kind::Text),
    ("sku", Kind::Object),
    ("plan", Kind::Object),
    ("properties", Kind::Object),
    ("tags", Kind::Object),
    ("identity", Kind::Object),
    ("zones", Kind::Object),
    ("extendedLocation", Kind::Object),
];

/// The type of a document; subscriptions have none in their own.
pub(super) fn kind_of(document: &Value) -> &str {
    let kind = document["type"].as_str();
    kind.unwrap_or("Microsoft.Resources/subscriptions")
}

/// A document as a row, with the columns that are wanted. Types and groups are in lower case.
pub(super) fn row<'w>(document: &'w Value, tenant: &str, wanted: &[bool]) -> Vec<Cow<'w, Value>> {
    let columns = COLUMNS.iter().zip(wanted);
    let values = columns.map(|((name, kind), wanted)| {
        if *wanted {
            column(document, tenant, name, *kind)
        } else {
            Cow::Owned(Value::Null)
        }
    });
    values.collect()
}

fn column<'w>(document: &'w Value, tenant: &str, name: &str, kind: Kind) -> Cow<'w, Value> {
    let id = document["id"].as_str().unwrap_or_default();
    match name {
        "type" => Cow::Owned(json!(known_as(kind_of(document)))),
        "tenantId" => Cow::Owned(json!(tenant)),
        "resourceGroup" => {
            let group = id.split('/').nth(4).filter(|_| id.split('/').count() > 4);
            let group = group.unwrap_or_default().to_lowercase();
            Cow::Owned(json!(group))
        }
        "subscriptionId" => Cow::Owned(json!(subscription_of(id).unwrap_or_default())),
        "name" if document["name"].is_null() => {
            let name = document["displayName"].as_str();
            Cow::Owned(json!(name.unwrap_or_else(|| name_of(id))))
        }
        "properties" => properties(document),
        _ => match &document[name] {
            Value::Null if kind == Kind::Text => Cow::Owned(json!("")),
            value => Cow::Borrowed(value),
        },
    }
}

/// Resource groups are of another type here than in Azure Resource Manager's own documents.
fn known_as(kind: &str) -> String {
    match kind.to_lowercase() {
        kind if kind == "microsoft.resources/resourcegroups" => {
            "microsoft.resources/subscriptions/resourcegroups".to_owned()
        }
        kind => kind,
    }
}

/// What `GET` tells without being asked for more. A machine's state is under `extended` (Microsoft's
/// sample queries for virtual machines).
fn properties(document: &Value) -> Cow<'_, Value> {
    let properties = &document["properties"];
    if document["type"].is_null() {
        return Cow::Owned(json!({
            "state": document["state"],
            "subscriptionPolicies": document["subscriptionPolicies"],
        }));
    }
    let view = &properties["instanceView"];
    let groups = properties.pointer("/sharingProfile/groups");
    if view.is_null() && groups.is_none() {
        return Cow::Borrowed(properties);
    }
    let mut told = properties.clone();
    if let Some(profile) = told.pointer_mut("/sharingProfile") {
        remove(profile, "groups");
    }
    if view.is_object() {
        remove(&mut told, "instanceView");
        let mut extended = json!({});
        for name in ["computerName", "osName", "osVersion", "hyperVGeneration"] {
            if !view[name].is_null() {
                extended[name] = view[name].clone();
            }
        }
        if let Some(power) = Power::of(document) {
            extended["powerState"] = power.status();
        }
        told["extended"] = json!({ "instanceView": extended });
    }
    Cow::Owned(told)
}

/// What has to be allowed to see a document in a table.
pub(super) fn action(document: &Value) -> String {
    let kind = match kind_of(document) {
        kind if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") => {
            "Microsoft.Resources/subscriptions/resourceGroups"
        }
        kind => kind,
    };
    format!("{kind}/read")
}
