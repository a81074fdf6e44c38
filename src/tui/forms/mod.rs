//! Forms: what a verb needs to know, edited beside the plan that comes of it.

pub mod deploy;
mod draw;
pub mod plan;
pub mod replicate;
pub mod share;
mod sheet;

pub use draw::{areas, draw};
pub use sheet::{Part, Shape, Sheet, Verb};

use super::message::Generation;
use crate::azure::{ResourceId, SubscriptionId};
use deploy::Machines;
use plan::PlanPane;
use replicate::Regions;
use share::Sharing;

/// A form: what is edited, and what is planned for it.
#[derive(Debug)]
pub struct Form {
    /// What is edited.
    pub kind: Kind,
    /// What is planned.
    pub plan: PlanPane,
    /// Tells the form as it stands from what it was.
    pub generation: Generation,
    /// Whether the operator edited anything.
    pub touched: bool,
    /// Whether the last key wanted to leave what was changed behind.
    pub leaving: bool,
    /// Whether the keys scroll the plan.
    pub reading_plan: bool,
}

/// What is edited, by the verb that it is for.
#[derive(Debug)]
pub enum Kind {
    /// The regions of a version.
    Replicate(Regions),
    /// Whom something is shared with.
    Share(Sharing),
    /// The machines of customers.
    Deploy(Machines),
}

impl Form {
    /// A form as it opens.
    #[must_use]
    pub fn new(kind: Kind, generation: Generation) -> Self {
        Self {
            kind,
            plan: PlanPane::default(),
            generation,
            touched: false,
            leaving: false,
            reading_plan: false,
        }
    }

    /// What is edited.
    #[must_use]
    pub fn sheet(&self) -> &dyn Sheet {
        match &self.kind {
            Kind::Replicate(regions) => regions,
            Kind::Share(sharing) => sharing,
            Kind::Deploy(machines) => machines,
        }
    }

    /// What is edited.
    pub fn sheet_mut(&mut self) -> &mut dyn Sheet {
        match &mut self.kind {
            Kind::Replicate(regions) => regions,
            Kind::Share(sharing) => sharing,
            Kind::Deploy(machines) => machines,
        }
    }

    /// Whether the operator would lose something by leaving it.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.touched && !matches!(self.sheet().wish(), Ok(None))
    }

    /// The gallery whose role assignments it shows.
    #[must_use]
    pub fn access_of(&self) -> Option<ResourceId> {
        match &self.kind {
            Kind::Share(sharing) => Some(sharing.gallery.clone()),
            Kind::Replicate(_) | Kind::Deploy(_) => None,
        }
    }

    /// The subscription whose regions it offers.
    #[must_use]
    pub fn regions_of(&self) -> Option<SubscriptionId> {
        match &self.kind {
            Kind::Replicate(regions) => Some(regions.version.subscription()),
            Kind::Share(_) | Kind::Deploy(_) => None,
        }
    }
}
