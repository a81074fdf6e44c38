use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Behind;
use crate::azure::{
    self, Access, Gallery, ImageDefinition, ImageVersion, Region, Remedy, ResourceId,
    RoleAssignment, Subscription, SubscriptionId, TenantId, VersionNumber, VirtualMachine,
};

/// How we reach a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// It is the identity's own.
    Home,
    /// It delegated a subscription to the identity's own tenant (Azure Lighthouse).
    Delegated,
    /// The operator has an account there.
    Member,
    /// A multi-tenant app registration signs in there.
    Application,
}

impl Route {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Delegated => "delegated",
            Self::Member => "member",
            Self::Application => "application",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Route {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Home, Self::Delegated, Self::Member, Self::Application]
            .into_iter()
            .find(|route| route.word() == word)
            .ok_or_else(|| format!("no route is called {word:?}"))
    }
}

/// Whether a tenant can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TenantState {
    /// Not asked yet.
    Unread,
    /// It answers.
    Ok,
    /// Nobody can sign in there.
    SignIn,
    /// It doesn't answer as it should.
    Failed,
}

impl TenantState {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Ok => "ok",
            Self::SignIn => "sign-in",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for TenantState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Unread, Self::Ok, Self::SignIn, Self::Failed]
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| format!("no tenant state is called {word:?}"))
    }
}

/// Why something couldn't be read, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What was being done, and Azure's words.
    pub message: String,
    /// What to do next.
    pub advice: Option<String>,
    /// How signing in mends it, where nobody is signed in.
    #[serde(default)]
    pub remedy: Option<Remedy>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.advice {
            Some(advice) => write!(f, " → {advice}"),
            None => Ok(()),
        }
    }
}

impl From<&azure::Error> for Trouble {
    fn from(error: &azure::Error) -> Self {
        Self {
            message: error.to_string(),
            advice: error.advice(),
            remedy: match error {
                azure::Error::SignIn { remedy, .. } => Some(remedy.clone()),
                _ => None,
            },
        }
    }
}

/// A tenant, as the faces show it.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantRow {
    /// Its id.
    pub id: TenantId,
    /// What the configuration calls it, or Azure, or its id.
    pub name: String,
    /// How it is reached.
    pub route: Route,
    /// Whether it can be used.
    pub state: TenantState,
    /// Why not.
    pub trouble: Option<Trouble>,
    /// Whether it is being read at the moment.
    pub reading: bool,
    /// When it was read last.
    pub read_at: Option<Timestamp>,
    /// How many of its subscriptions are reached.
    pub subscriptions: u32,
    /// How many machines are in them.
    pub machines: u32,
    /// How many of these use a version of ours that is behind.
    pub outdated: u32,
    /// Whom it is asked as, once it was.
    pub access: Option<Access>,
    /// The account that this is, where a person signs in.
    pub account: Option<String>,
}

/// A subscription that is reached, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionRow {
    /// The subscription; its `tenant` is the one that owns it.
    pub subscription: Subscription,
    /// How its tenant is reached.
    pub route: Route,
    /// Whom requests about it are made as.
    pub access: Access,
    /// Why its galleries couldn't be read.
    pub trouble: Option<Trouble>,
    /// How many machines are in it.
    pub machines: u32,
    /// Why its machines couldn't be read.
    pub machines_trouble: Option<Trouble>,
}

/// A gallery, as the faces show it.
#[derive(Debug, Clone, PartialEq)]
pub struct GalleryRow {
    /// The gallery.
    pub gallery: Gallery,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// How many image definitions it has.
    pub definitions: u32,
    /// Why its contents couldn't be read.
    pub trouble: Option<Trouble>,
    /// Why it couldn't be read whom it is shared with directly; what is said of that is older.
    pub sharing_trouble: Option<Trouble>,
    /// When it was read last.
    pub read_at: Timestamp,
}

/// Who has which role at a gallery, as last read.
#[derive(Debug, Clone, PartialEq)]
pub struct GalleryAccess {
    /// The role assignments that hold there, those made above it included.
    pub assignments: Vec<RoleAssignment>,
    /// Why they couldn't be read; what is said of them is older.
    pub trouble: Option<Trouble>,
    /// When they were read last.
    pub read_at: Option<Timestamp>,
}

/// An image definition, as the faces show it.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinitionRow {
    /// The image definition; its parent is the gallery.
    pub definition: ImageDefinition,
    /// How many versions it has; nothing as long as they were never read.
    pub versions: Option<u32>,
    /// Why its versions couldn't be read.
    pub trouble: Option<Trouble>,
}

/// An image version, as the faces show it.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRow {
    /// The version, with the state of its copies where it was read.
    pub version: ImageVersion,
    /// The regions where "latest" means this version.
    pub latest_in: Vec<Region>,
    /// How many machines were made from it, wherever they are.
    pub machines: u32,
    /// When it was read last.
    pub read_at: Timestamp,
}

/// A virtual machine, as the faces show it.
#[derive(Debug, Clone, PartialEq)]
pub struct MachineRow {
    /// The machine.
    pub machine: VirtualMachine,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The subscription it is in.
    pub subscription: SubscriptionId,
    /// The image definition that it was made from, where that is one of ours.
    pub image: Option<ResourceId>,
    /// The version that it was made from, where Azure says.
    pub version: Option<VersionNumber>,
    /// How far that is behind.
    pub behind: Behind,
    /// When it was read last.
    pub read_at: Timestamp,
}
