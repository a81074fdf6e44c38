use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use tokio::sync::watch;

use super::arm::{
    Accepted, Arm, ArmError, Caller, Governor, OperationStatus, Priority, RetryPolicy, Strain,
    Throttle, Write, api_versions, client,
};
use super::cloud::{Cloud, is_loopback};
use super::document::Document;
use super::error::Error;
use super::guid::TenantId;
use super::identity::{Access, IdentitySettings, PendingSignIn, RefreshTokens, Remedy, Tokens};
use super::resource_id::ResourceId;
use super::subscriptions::Tenant;
use super::witness::Witness;

/// One cloud, and the identities that sign in to it. Cheap to clone.
#[derive(Clone)]
pub struct Azure {
    inner: Arc<Inner>,
    witness: Option<Arc<dyn Witness>>,
}

struct Inner {
    cloud: Cloud,
    arm: Arm,
    /// Names of tenants as far as Azure has told them, for messages.
    tenants: RwLock<BTreeMap<TenantId, String>>,
}

impl Azure {
    /// Prepares the connection; nothing is sent.
    ///
    /// # Errors
    /// [`Error::Configuration`] when two identities have the same name, the cloud's addresses are
    /// not fit for tokens or TLS cannot be prepared.
    pub fn new(cloud: Cloud, identities: Vec<IdentitySettings>) -> Result<Self, Error> {
        Self::patient(cloud, identities, RetryPolicy::default())
    }

    /// The same, with the refresh tokens of people who sign in kept in a file, from one start of
    /// the program to the next.
    ///
    /// # Errors
    /// As [`Azure::new`].
    pub fn keeping_tokens_in(
        file: PathBuf,
        cloud: Cloud,
        identities: Vec<IdentitySettings>,
    ) -> Result<Self, Error> {
        let tokens = RefreshTokens::in_file(file);
        Self::build(cloud, identities, RetryPolicy::default(), &tokens)
    }

    /// The same, with another patience for reads.
    ///
    /// # Errors
    /// As [`Azure::new`].
    pub fn patient(
        cloud: Cloud,
        identities: Vec<IdentitySettings>,
        policy: RetryPolicy,
    ) -> Result<Self, Error> {
        Self::build(cloud, identities, policy, &RefreshTokens::in_memory())
    }

    fn build(
        cloud: Cloud,
        identities: Vec<IdentitySettings>,
        policy: RetryPolicy,
        refresh_tokens: &RefreshTokens,
    ) -> Result<Self, Error> {
        cloud.check()?;
        let http = client(&cloud.resource_manager)?;
        let at_home = is_loopback(&cloud.resource_manager) == is_loopback(&cloud.authority);
        let authority = if at_home {
            http.clone()
        } else {
            client(&cloud.authority)?
        };
        let arm = Arm {
            http,
            resource_manager: cloud.resource_manager.clone(),
            tokens: Tokens::new(&authority, &cloud, identities, refresh_tokens)?,
            policy,
            governor: Governor::new(),
        };
        let inner = Arc::new(Inner {
            cloud,
            arm,
            tenants: RwLock::default(),
        });
        Ok(Self {
            inner,
            witness: None,
        })
    }

    /// The same, with somebody whom its sessions tell of every repetition.
    #[must_use]
    pub fn witnessed(&self, witness: Arc<dyn Witness>) -> Self {
        Self {
            witness: Some(witness),
            ..self.clone()
        }
    }

    /// The cloud.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.inner.cloud
    }

    /// What messages call a tenant until Azure tells its name.
    pub fn call(&self, tenant: TenantId, name: String) {
        let mut names = self
            .inner
            .tenants
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        names.entry(tenant).or_insert(name);
    }

    /// Whether there is an identity of this name.
    #[must_use]
    pub fn knows(&self, identity: &str) -> bool {
        self.inner.arm.tokens.knows(identity)
    }

    /// The tenants that an identity is known to be signed in to before anybody is asked: those in
    /// the profile of the Azure CLI.
    #[must_use]
    pub fn tenants_of(&self, identity: &str) -> Vec<TenantId> {
        self.inner.arm.tokens.tenants(identity)
    }

    /// How much of Azure's limits is left, as far as they have been met.
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        self.inner.arm.governor.throttle()
    }

    /// Whether requests wait noticeably for Azure's limits, and a hint whenever that changes.
    #[must_use]
    pub fn strain(&self) -> watch::Receiver<Option<Strain>> {
        self.inner.arm.governor.strain()
    }

    /// This cloud, seen as one identity in one tenant.
    #[must_use]
    pub fn session(&self, access: Access) -> Session {
        Session {
            azure: self.clone(),
            access,
            auxiliary: Arc::default(),
            witness: self.witness.clone(),
            priority: Priority::Work,
            customer: None,
        }
    }
}

/// A cloud seen as one identity with the tokens of one tenant. Cheap to clone.
///
/// Reads are repeated as [`RetryPolicy`] says, writes only where they were surely not accepted.
/// All methods fail with [`Error`], which says what to do next.
#[derive(Clone)]
pub struct Session {
    azure: Azure,
    access: Access,
    auxiliary: Arc<[Access]>,
    witness: Option<Arc<dyn Witness>>,
    priority: Priority,
    customer: Option<TenantId>,
}

impl Session {
    /// Whom requests are made as.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The same session, with others whose tokens its writes and validations carry besides: those
    /// of the tenants that own what a write refers to. Three at most; with more a write fails with
    /// [`Error::Configuration`], and where one of them cannot sign in, with [`Error::SignIn`].
    #[must_use]
    pub fn with_auxiliary(&self, also: Vec<Access>) -> Self {
        Self {
            auxiliary: also.into(),
            ..self.clone()
        }
    }

    /// The same session, with somebody who is told of every repetition.
    #[must_use]
    pub fn witnessed(&self, witness: Arc<dyn Witness>) -> Self {
        Self {
            witness: Some(witness),
            ..self.clone()
        }
    }

    /// The same session for what is only looked at: where Azure's limits don't let everything go at
    /// once, its requests go behind those of jobs and plans.
    #[must_use]
    pub fn for_screen(&self) -> Self {
        Self {
            priority: Priority::Screen,
            ..self.clone()
        }
    }

    /// The same session for what is done for a customer, whoever it signs in as and wherever it
    /// reads or writes. Where Azure's limits don't let everything go at once, customers take turns,
    /// and what is for nobody in particular, as everything is unless this is said, takes its own.
    #[must_use]
    pub fn for_customer(&self, customer: Option<TenantId>) -> Self {
        Self {
            customer,
            ..self.clone()
        }
    }

    /// The same session as somebody else, without tokens of others.
    #[must_use]
    pub fn acting_as(&self, access: Access) -> Self {
        Self {
            access,
            auxiliary: Arc::default(),
            ..self.clone()
        }
    }

    /// Gets a token, nothing more.
    ///
    /// # Errors
    /// [`Error::SignIn`] with Entra's code, or that the authority was not reached.
    pub async fn sign_in(&self) -> Result<(), Error> {
        let arm = self.arm();
        let caller = self.caller("signing in");
        arm.tokens.get(&caller, arm.policy).await.map(drop)
    }

    /// How a sign-in of this access is mended, if it can be by a person.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        self.arm().tokens.remedy(&self.access)
    }

    /// Begins a sign-in by device code at this session's tenant, with the claims that were last
    /// asked for there; one request.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the identity signs in otherwise, [`Error::SignIn`] with
    /// Entra's code, or that the authority was not reached.
    pub async fn begin_sign_in(&self) -> Result<PendingSignIn, Error> {
        self.arm().tokens.begin_sign_in(&self.access).await
    }

    /// Forgets what a person's sign-in at this session's tenant has left, and in the identity's
    /// own tenant all that its sign-ins anywhere have. Tells whether there was anything.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the file of tokens cannot be written.
    pub async fn sign_out(&self) -> Result<bool, Error> {
        self.arm().tokens.sign_out(&self.access).await
    }

    /// The name of the person whose sign-in serves this session, by device code or in the Azure
    /// CLI; nothing for an application, and where nobody has signed in.
    ///
    /// # Errors
    /// [`Error::Configuration`] when what they left cannot be read.
    pub async fn account(&self) -> Result<Option<String>, Error> {
        self.arm().tokens.account(&self.access).await
    }

    /// Calls tenants by their names from now on.
    pub(super) fn know(&self, tenants: &[Tenant]) {
        let named = tenants.iter();
        let named = named.filter_map(|tenant| Some((tenant.id.clone(), tenant.name.clone()?)));
        let known = &self.azure.inner.tenants;
        let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(named);
    }

    /// A list at a path, of the resource type `kind`; `query` is added to the api-version, with
    /// its `&`.
    pub(super) async fn list<T: Document>(
        &self,
        kind: &str,
        path: &str,
        query: &str,
        what: &str,
    ) -> Result<Vec<T>, Error> {
        let url = self.arm().url(path, &(api_version(kind)? + query));
        let caller = self.caller(&format!("reading {what}"));
        let items = self.arm().list(&caller, url).await?;
        items.into_iter().map(T::read).collect()
    }

    /// What is at a path, of the resource type `kind`; `query` as for `list`.
    pub(super) async fn document<T: Document>(
        &self,
        kind: &str,
        path: &str,
        query: &str,
        what: &str,
    ) -> Result<T, Error> {
        let url = self.arm().url(path, &(api_version(kind)? + query));
        let caller = self.caller(&format!("reading {what}"));
        T::read(self.arm().read(&caller, &url).await?)
    }

    /// One resource; `query` as for `list`.
    pub(super) async fn get<T: Document>(
        &self,
        id: &ResourceId,
        query: &str,
        what: &str,
    ) -> Result<T, Error> {
        let what = format!("{what} {}", id.names());
        self.document(&id.kind(), id.as_str(), query, &what).await
    }

    /// Writes one resource; what Azure made of it is for [`Session::operation`] to tell.
    pub(super) async fn put(
        &self,
        id: &ResourceId,
        body: &Value,
        what: &str,
    ) -> Result<Accepted, Error> {
        self.write(id, "", Write::Put(body), &format!("writing {what}"))
            .await
    }

    /// Deletes one resource; likewise.
    pub(super) async fn delete(&self, id: &ResourceId, what: &str) -> Result<Accepted, Error> {
        let doing = format!("deleting {what}");
        let accepted = self.write(id, "", Write::Delete, &doing).await?;
        Ok(Accepted {
            deletes: true,
            ..accepted
        })
    }

    /// Has a resource do something: `action` is the last segment of the path, with its slash.
    pub(super) async fn post(
        &self,
        id: &ResourceId,
        action: &str,
        body: &Value,
        doing: &str,
    ) -> Result<Accepted, Error> {
        self.write(id, action, Write::Post(body), doing).await
    }

    async fn write(
        &self,
        id: &ResourceId,
        action: &str,
        write: Write<'_>,
        doing: &str,
    ) -> Result<Accepted, Error> {
        let path = format!("{id}{action}");
        let url = self.arm().url(&path, &api_version(&id.kind())?);
        let caller = self.caller(&format!("{doing} {}", id.names()));
        let answer = self.arm().write(&caller, &url, write).await?;
        Ok(Accepted::new(id.clone(), &url, &answer))
    }

    /// Asks a resource something that changes nothing, to the end of the answer if that comes
    /// later.
    pub(super) async fn ask(
        &self,
        id: &ResourceId,
        question: &str,
        body: &Value,
        doing: &str,
    ) -> Result<Value, Error> {
        let path = format!("{id}{question}");
        let url = self.arm().url(&path, &api_version(&id.kind())?);
        let caller = self.caller(&format!("{doing} {}", id.names()));
        self.arm().answer(&caller, &url, body).await
    }

    /// Asks Resource Graph.
    pub(super) async fn graph(&self, question: &Value, what: &str) -> Result<Value, Error> {
        let url = self.arm().url(
            "/providers/Microsoft.ResourceGraph/resources",
            &api_version("Microsoft.ResourceGraph/resources")?,
        );
        let caller = self.caller(&format!("asking Resource Graph for {what}"));
        let answer = self.arm().ask(&caller, &url, question).await?;
        answer.json(&caller.doing)
    }

    /// An answer of Resource Graph that makes no sense.
    pub(super) fn misunderstood(&self, what: &str, cause: String) -> Error {
        let doing = self
            .caller(&format!("asking Resource Graph for {what}"))
            .doing;
        Error::Malformed { doing, cause }
    }

    /// What a refusal in an answer of success amounts to.
    pub(super) fn refused(&self, id: &ResourceId, doing: &str, error: ArmError) -> Error {
        Error::Arm {
            doing: self.caller(&format!("{doing} {}", id.names())).doing,
            error: Box::new(error),
            status: 200,
            retry_after: None,
        }
    }

    /// One look at how an accepted write is getting on, with a single request: when to look again,
    /// and what to make of a look that fails, is the caller's to decide.
    ///
    /// # Errors
    /// Any [`Error`]: the state could not be read, which says nothing about the operation.
    pub async fn operation(&self, accepted: &Accepted) -> Result<OperationStatus, Error> {
        let id = &accepted.resource;
        let resource = self.arm().url(id.as_str(), &api_version(&id.kind())?);
        let caller = self.caller(&format!(
            "reading the state of the operation on {}",
            id.names()
        ));
        self.arm().poll(&caller, accepted, &resource).await
    }

    fn arm(&self) -> &Arm {
        &self.azure.inner.arm
    }

    fn caller(&self, what: &str) -> Caller<'_> {
        let Access { identity, tenant } = &self.access;
        let names = self
            .azure
            .inner
            .tenants
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let tenant = names.get(tenant).map_or(tenant.as_str(), String::as_str);
        Caller {
            access: &self.access,
            auxiliary: &self.auxiliary,
            witness: self.witness.as_deref(),
            priority: self.priority,
            customer: self.customer.as_ref(),
            doing: format!("{what} as {identity} in tenant {tenant}"),
        }
    }
}

fn api_version(kind: &str) -> Result<String, Error> {
    Ok(format!("api-version={}", api_versions::of(kind)?))
}
