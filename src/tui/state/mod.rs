//! All that the screen remembers. Nothing in here waits, reads or draws.

mod arrange;
mod log;
mod narrow;
mod overlay;
mod queue;
mod selected;
mod sign_in;
mod terms;
mod tree;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

pub use log::LogPane;
pub use overlay::{
    Confirm, EditLine, FilterLine, Jump, Machines, Menu, Overlay, Place, Purpose, Subject, TextView,
};
pub use queue::{Entry, Line};
pub use sign_in::{Phase, SignIn};
pub use terms::{Field, Instructions, TermsSheet, after};
pub use tree::Node;

use super::data::{Estate, JobDetail, Jobs, MachinesOf, News, Part, Watch};
use super::forms::Form;
use super::layout::{self, Layout};
use super::list::List;
use super::message::{Engine, Generation};
use crate::azure::{Location, ResourceId, Strain, SubscriptionId, TenantId};
use crate::estate::{GalleryAccess, MachineRow, VersionRow};
use crate::queue::{GroupId, JobId};

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    /// Whom verbs are for.
    Tenants,
    /// Galleries and their image definitions.
    Galleries,
    /// The versions of one definition.
    Versions,
    /// The jobs.
    Queue,
    /// What happened.
    Log,
}

impl Pane {
    /// All panes, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Tenants,
        Self::Galleries,
        Self::Versions,
        Self::Queue,
        Self::Log,
    ];

    /// Its number on the screen.
    #[must_use]
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenants => "Tenants",
            Self::Galleries => "Galleries",
            Self::Versions => "Versions",
            Self::Queue => "Queue",
            Self::Log => "Log",
        }
    }

    /// The pane so many further on.
    #[must_use]
    pub fn turned(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

/// Something that is read from the disk.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Read<T> {
    /// It is on its way.
    #[default]
    Awaited,
    /// Here it is.
    Known(T),
    /// It can't be read, and why; what was read before, if anything was.
    Broken(String, Option<Box<T>>),
}

impl<T> Read<T> {
    /// What was read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(known) => Some(known),
            Self::Broken(_, known) => known.as_deref(),
            Self::Awaited => None,
        }
    }

    /// Why it can't be read any more.
    pub fn broken(&self) -> Option<&str> {
        match self {
            Self::Broken(why, _) => Some(why),
            _ => None,
        }
    }

    /// It can't be read any more.
    fn break_off(&mut self, why: String) {
        let known = match std::mem::take(self) {
            Self::Known(known) => Some(Box::new(known)),
            Self::Broken(_, known) => known,
            Self::Awaited => None,
        };
        *self = Self::Broken(why, known);
    }
}

/// Whether the engine can be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Link {
    /// Not yet.
    #[default]
    Starting,
    /// It can.
    Up(Engine),
    /// It can: an agent that has ended, for this reason, starts when there is a use for it.
    Stopped(String),
    /// It can't: the agent is of this other version.
    OtherVersion(String),
    /// It can't, and why.
    Down(String),
}

/// A line that stands in the footer's place for a while, or until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is about something that went wrong.
    pub bad: bool,
    /// What it says.
    pub text: String,
    /// Tells it from others.
    pub generation: Generation,
    /// Whether its end is arranged for.
    pub ends: bool,
}

/// The versions of the definition that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The definition.
    pub definition: ResourceId,
    /// Its versions, newest first; nothing as long as they are being read.
    pub rows: Option<Vec<VersionRow>>,
    /// Tells it from the same definition shown before.
    pub generation: Generation,
}

/// All that the screen remembers.
#[derive(Debug)]
pub struct State {
    /// What the title says of where this is: `demo`, or the cloud's name.
    pub place: String,
    /// The time zone of times on the screen.
    pub zone: TimeZone,
    /// When the last key was pressed: what a time of day is typed against.
    pub now: Timestamp,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// Whether the engine can be asked.
    pub link: Link,
    /// That requests wait for Azure's limits.
    pub strain: Option<Strain>,
    /// Tenants, galleries, definitions.
    pub estate: Read<Arc<Estate>>,
    /// The queue.
    pub queue: Read<Arc<Jobs>>,
    /// The pane that has the keys.
    pub focus: Pane,
    /// Which of Tenants and Galleries is unfolded where there is room for one.
    pub left: Pane,
    /// Whether the focused pane takes the whole screen.
    pub zoomed: bool,
    /// The tenants pane.
    pub tenants: List<TenantId>,
    /// Tenants that are marked as targets.
    pub marked: BTreeSet<TenantId>,
    /// Where a range of marks began.
    pub range: Option<TenantId>,
    /// The galleries pane; its rows' data is in `tree`.
    pub galleries: List<ResourceId>,
    /// The rows of the galleries pane.
    pub tree: Vec<Node>,
    /// Galleries that are folded.
    pub folded: BTreeSet<ResourceId>,
    /// The versions pane.
    pub versions: List<ResourceId>,
    /// Of which definition, and what they are.
    pub shown: Option<Shown>,
    /// The version that the lines below the list are about.
    pub described: Option<ResourceId>,
    /// The queue pane.
    pub jobs: List<Entry>,
    /// Where the data of its rows is.
    pub lines: Vec<Line>,
    /// Groups that are unfolded.
    pub unfolded: BTreeSet<GroupId>,
    /// When something of each job was last seen to change: as far as its time on the screen goes.
    pub progressed: HashMap<JobId, Timestamp>,
    /// A row of the queue that is to be selected as soon as it is read.
    pub awaited: Option<Entry>,
    /// Jobs whose end is asked for one after the other.
    pub ending: Vec<JobId>,
    /// The log pane.
    pub log: LogPane,
    /// What lies over the panes, the last on top.
    pub overlays: Vec<Overlay>,
    /// What the operator says of what is about to be submitted.
    pub instructions: Instructions,
    /// The job whose details were read.
    pub job_detail: Option<(JobId, JobDetail)>,
    /// The regions of the subscription that a form is about.
    pub regions: Option<(SubscriptionId, Vec<Location>)>,
    /// The machines that were read last.
    pub machines: Read<(MachinesOf, Vec<MachineRow>)>,
    /// Who has which role at the gallery that was looked at last.
    pub access: Read<(ResourceId, Option<GalleryAccess>)>,
    /// What the footer says instead of keys.
    pub notice: Option<Notice>,
    /// When the bell rang last.
    pub rang: Option<Timestamp>,
    /// Whether ctrl-c was the last key.
    pub interrupted: bool,
    /// Counts what later answers are held against.
    pub generation: Generation,
    /// The generation of the last move of a selection.
    pub moved: Generation,
    /// Questions that the engine hasn't answered yet.
    pub asked: usize,
    /// Answers that came too late.
    pub dropped: u64,
}

impl State {
    /// A screen that nothing is known about yet.
    #[must_use]
    pub fn new(place: impl Into<String>, zone: TimeZone, size: (u16, u16)) -> Self {
        Self {
            place: place.into(),
            zone,
            now: Timestamp::default(),
            size,
            link: Link::default(),
            strain: None,
            estate: Read::default(),
            queue: Read::default(),
            focus: Pane::Galleries,
            left: Pane::Galleries,
            zoomed: false,
            tenants: List::default(),
            marked: BTreeSet::new(),
            range: None,
            galleries: List::default(),
            tree: Vec::new(),
            folded: BTreeSet::new(),
            versions: List::default(),
            shown: None,
            described: None,
            jobs: List::default(),
            lines: Vec::new(),
            unfolded: BTreeSet::new(),
            progressed: HashMap::new(),
            awaited: None,
            ending: Vec::new(),
            log: LogPane::default(),
            overlays: Vec::new(),
            instructions: Instructions::default(),
            job_detail: None,
            regions: None,
            machines: Read::default(),
            access: Read::default(),
            notice: None,
            rang: None,
            interrupted: false,
            generation: 0,
            moved: 0,
            asked: 0,
            dropped: 0,
        }
    }

    /// A generation that nothing has had before.
    pub fn next_generation(&mut self) -> Generation {
        self.generation += 1;
        self.generation
    }

    /// Where everything is on the screen.
    #[must_use]
    pub fn layout(&self) -> Layout {
        layout::of(self.size, self.focus, self.left, self.zoomed)
    }

    /// When the last key was pressed, in the time zone of the screen.
    #[must_use]
    pub fn here_and_now(&self) -> Zoned {
        self.now.to_zoned(self.zone.clone())
    }

    /// What the keys are for now.
    #[must_use]
    pub fn place(&self) -> Place {
        self.overlays
            .last()
            .map_or(Place::Pane(self.focus), Overlay::place)
    }

    /// What the screen looks at, for the thread that reads.
    #[must_use]
    pub fn watch(&self) -> Watch {
        let job = self.overlays.iter().rev().find_map(Overlay::job);
        let form = self.overlays.iter().find_map(Overlay::form);
        Watch {
            definition: self.shown.as_ref().map(|shown| shown.definition.clone()),
            shown: self.shown.as_ref().map_or(0, |shown| shown.generation),
            log: self.log.view(),
            seek: self.log.seek.clone(),
            job,
            regions: form.and_then(Form::regions_of),
            machines: self.overlays.iter().rev().find_map(Overlay::machines),
            access: self.overlays.iter().rev().find_map(Overlay::access),
        }
    }

    /// Why nothing may be changed from here.
    #[must_use]
    pub fn reads_only(&self) -> Option<String> {
        match &self.link {
            Link::Starting => Some("the engine is still starting".to_owned()),
            Link::Down(why) => Some(why.clone()),
            Link::OtherVersion(version) => Some(format!(
                "the agent is Gallerist {version}, and this is {}: A replaces it",
                env!("CARGO_PKG_VERSION")
            )),
            Link::Up(Engine {
                owner: Some(owner), ..
            }) => Some(format!("{owner} owns this queue; this process only reads")),
            Link::Up(Engine {
                read_only: true, ..
            }) => Some("the configuration says read_only".to_owned()),
            Link::Up(_) | Link::Stopped(_) => None,
        }
    }

    /// Whether more of the estate is to come without being asked for.
    #[must_use]
    pub fn loading(&self) -> bool {
        self.link == Link::Starting || self.estate.known().is_some_and(|estate| estate.reading())
    }

    /// Whether this process carries jobs out at the moment.
    #[must_use]
    pub fn works(&self) -> bool {
        let here = matches!(
            &self.link,
            Link::Up(engine) if engine.owner.is_none() && engine.agent.is_none()
        );
        here && self
            .queue
            .known()
            .is_some_and(|jobs| jobs.rows.iter().any(|job| job.state.is_active()))
    }

    /// Says something in the footer.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notify(false, text.into());
    }

    /// Says in the footer that something isn't so.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notify(true, text.into());
    }

    fn notify(&mut self, bad: bool, text: String) {
        self.notice = Some(Notice {
            bad,
            text,
            generation: self.next_generation(),
            ends: false,
        });
    }
}
