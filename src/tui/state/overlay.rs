use tui_input::Input;

use super::{Pane, SignIn, TermsSheet};
use crate::actions::Plan;
use crate::azure::{ResourceId, TenantId};
use crate::queue::{GroupId, JobId};
use crate::tui::data::MachinesOf;
use crate::tui::forms::{Form, Verb};
use crate::tui::keymap::{Binding, Command, Key};
use crate::tui::list::List;
use crate::tui::message::Generation;

/// What the keys are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A pane.
    Pane(Pane),
    /// Text to read: help, details, a document.
    Text,
    /// The menu of actions.
    Menu,
    /// A list of machines.
    Machines,
    /// A person's sign-in.
    SignIn,
    /// The line where one types where to go.
    Jump,
    /// The line where one types a filter.
    Filter,
    /// The form of a verb.
    Form(Verb),
    /// The line where one edits a part of a form as text.
    Edit,
    /// A question that wants yes or no.
    Question,
    /// A question that wants yes or no, and then submits something.
    Submission,
    /// A question that wants a name typed, and then submits something.
    TypedQuestion,
    /// The sheet of terms.
    Terms,
}

/// Something that lies over the panes.
#[derive(Debug)]
pub enum Overlay {
    /// Text to read.
    Text(TextView),
    /// The menu of actions.
    Menu(Menu),
    /// Machines.
    Machines(Machines),
    /// A person's sign-in at a tenant.
    SignIn(SignIn),
    /// Where to go.
    Jump(Jump),
    /// What a pane, or the form below, is narrowed to.
    Filter(FilterLine),
    /// A verb's form.
    Form(Box<Form>),
    /// A part of the form below, edited as text.
    Edit(EditLine),
    /// Whether something shall really be done.
    Confirm(Box<Confirm>),
    /// On which terms what the question below submits begins.
    Terms(Box<TermsSheet>),
}

/// Text that is scrolled.
#[derive(Debug, Clone, PartialEq)]
pub struct TextView {
    /// What it is about.
    pub subject: Subject,
    /// The first line that is seen.
    pub top: usize,
    /// Lines that are seen at once, for moves by the page.
    pub page: usize,
}

/// What a text is about. The text itself is made when it is drawn, so that it is never older than
/// the panes.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// The keys that mean something in a place.
    Help(Place),
    /// Why there is no engine.
    NotConnected(String),
    /// A tenant.
    Tenant(TenantId),
    /// A gallery.
    Gallery(ResourceId),
    /// An image definition.
    Definition(ResourceId),
    /// An image version.
    Version(ResourceId),
    /// A machine.
    Machine(ResourceId),
    /// A job.
    Job(JobId),
    /// The documents of one of these.
    Document(Box<Subject>),
    /// A line of the log in full.
    Line(i64),
}

/// The menu of actions.
#[derive(Debug)]
pub struct Menu {
    /// The actions; the data of a row is its place in the table of keys.
    pub rows: List<usize>,
    /// For each row, why it can't be done now.
    pub refusals: Vec<Option<String>>,
    /// What they do, and the key that does it where the menu was opened.
    pub actions: Vec<(Key, &'static Binding)>,
}

/// Machines of a tenant, or made from a version.
#[derive(Debug)]
pub struct Machines {
    /// Which.
    pub of: MachinesOf,
    /// The rows; the data of a row is its place among those that were read.
    pub rows: List<ResourceId>,
}

/// Where to go.
#[derive(Debug, Default)]
pub struct Jump {
    /// What is typed.
    pub input: Input,
    /// Where one may go; the data of a row is its place among all candidates.
    pub rows: List<usize>,
    /// All candidates: what they are called, and what they are.
    pub candidates: Vec<(String, Subject)>,
}

/// What a pane is narrowed to.
#[derive(Debug)]
pub struct FilterLine {
    /// The pane; nothing for the overlay below.
    pub pane: Option<Pane>,
    /// What is typed.
    pub input: Input,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

/// A part of a form, edited as text.
#[derive(Debug)]
pub struct EditLine {
    /// What it is, such as `subnet of Contoso`.
    pub prompt: String,
    /// What is typed.
    pub input: Input,
    /// What nothing typed means.
    pub hint: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// The command that edits it.
    pub command: Command,
}

/// Whether something shall really be done. It is built only here and answered only by its own
/// keys, so nothing that changes Azure is reachable without it.
#[derive(Debug)]
pub struct Confirm {
    /// What is to be confirmed.
    pub purpose: Purpose,
    /// The name that has to be typed, and what is typed of it.
    pub typed: Option<(String, Input)>,
    /// Whether it takes keys: not in its first moments, so that a fast second key is no answer.
    pub armed: bool,
    /// Tells it from an earlier one.
    pub generation: Generation,
    /// Whether the engine was asked and hasn't answered.
    pub asking: bool,
}

/// What is to be confirmed.
#[derive(Debug)]
pub enum Purpose {
    /// A plan's execution.
    Submit(Box<Plan>),
    /// A job's end.
    Cancel(JobId),
    /// The end of all jobs of a group that haven't ended.
    CancelGroup(GroupId),
    /// The agent's end when its jobs are done, and the start of another one.
    ReplaceAgent,
    /// The end of this program, while it carries out jobs.
    Quit,
}

impl TextView {
    /// The beginning of a text.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            top: 0,
            page: 1,
        }
    }
}

impl Confirm {
    /// What the keys are for while this is on top.
    #[must_use]
    pub fn place(&self) -> Place {
        match (&self.typed, &self.purpose) {
            (Some(_), _) => Place::TypedQuestion,
            (None, Purpose::Submit(_)) => Place::Submission,
            (None, _) => Place::Question,
        }
    }
}

impl Overlay {
    /// What the keys are for while this is on top.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Text(_) => Place::Text,
            Self::Menu(_) => Place::Menu,
            Self::Machines(_) => Place::Machines,
            Self::SignIn(_) => Place::SignIn,
            Self::Jump(_) => Place::Jump,
            Self::Filter(_) => Place::Filter,
            Self::Form(form) => Place::Form(form.sheet().verb()),
            Self::Edit(_) => Place::Edit,
            Self::Confirm(confirm) => confirm.place(),
            Self::Terms(_) => Place::Terms,
        }
    }

    /// The job that it shows in detail.
    #[must_use]
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::Text(TextView {
                subject: Subject::Job(job),
                ..
            }) => Some(*job),
            _ => None,
        }
    }

    /// The machines that it shows.
    #[must_use]
    pub fn machines(&self) -> Option<MachinesOf> {
        match self {
            Self::Machines(machines) => Some(machines.of.clone()),
            Self::Text(TextView { subject, .. }) => match subject {
                Subject::Tenant(id) => Some(MachinesOf::Tenant(id.clone())),
                Subject::Version(id) => Some(MachinesOf::Version(id.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// The gallery whose role assignments it shows.
    #[must_use]
    pub fn access(&self) -> Option<ResourceId> {
        match self {
            Self::Text(TextView {
                subject: Subject::Gallery(id),
                ..
            }) => Some(id.clone()),
            Self::Form(form) => form.access_of(),
            _ => None,
        }
    }

    /// The form that it is.
    #[must_use]
    pub fn form(&self) -> Option<&Form> {
        match self {
            Self::Form(form) => Some(form),
            _ => None,
        }
    }
    /// The form that it is.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        match self {
            Self::Form(form) => Some(form),
            _ => None,
        }
    }
}
