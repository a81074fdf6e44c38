//! What we know of all tenants, as last read, each part with the time it was read.
//!
//! [`survey`] asks Azure; [`Store`] keeps the answers on disk as ARM sent them; [`Reader`] answers
//! the faces from there, so that a start shows everything at once; the [`Loader`] brings the store
//! up to date, every tenant for itself.

mod access;
mod definitions;
#[cfg(test)]
mod fixtures;
mod images;
mod latest;
mod loader;
mod machines;
mod model;
mod reach;
mod reader;
mod resolve;
mod store;
pub mod survey;
mod usage;

pub use latest::{latest, latest_by_region};
pub use loader::{Loader, Scope};
pub use model::{
    DefinitionRow, GalleryAccess, GalleryRow, MachineRow, Route, SubscriptionRow, TenantRow,
    TenantState, Trouble, VersionRow,
};
pub use reach::Reach;
pub use reader::Reader;
pub use resolve::{
    Unresolved, resolve_definition, resolve_shareable, resolve_subscription, resolve_tenant,
    resolve_version,
};
pub use store::{SCHEMA, Store};
pub use usage::{Behind, ImageName};
