mod versions;

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Semaphore, mpsc};

use super::survey::{self, Answer};
use super::{Reach, Reader, Store, TenantState, Trouble};
use crate::azure::{
    Access, AssignmentFilter, Azure, Gallery, Permissions, ResourceId, Session, SubscriptionId,
    TenantId,
};
use crate::config::Config;
use crate::database::Error;

/// Requests of one reading that are on their way at the same time.
const AT_ONCE: usize = 24;

/// What to read again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every tenant.
    All,
    /// One tenant: its sign-in, subscriptions, and all that is in them.
    Tenant(TenantId),
    /// The machines of a subscription.
    Machines(SubscriptionId),
    /// A machine, with whether it runs.
    Machine(ResourceId),
    /// A gallery: whom it is shared with, who has which role there, and all that is in it.
    Gallery(ResourceId),
    /// The versions of an image definition.
    Definition(ResourceId),
    /// A version, with the state of its copies.
    Version(ResourceId),
}

/// Brings the store up to date.
#[derive(Clone)]
pub struct Loader {
    azure: Azure,
    config: Arc<Config>,
    store: Store,
    limit: Arc<Semaphore>,
    /// Two readings of everything at once would write over each other's marks.
    whole: Arc<Mutex<()>>,
}

impl Loader {
    /// A loader from Azure to the store.
    #[must_use]
    pub fn new(azure: Azure, config: Arc<Config>, store: Store) -> Self {
        let limit = Arc::new(Semaphore::new(AT_ONCE));
        Self {
            azure,
            config,
            store,
            limit,
            whole: Arc::default(),
        }
    }

    /// The store that is brought up to date.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reads what the scope names, and writes each part as it comes. What Azure refuses is kept
    /// beside what it is about. Where a tenant has many versions they come from Resource Graph,
    /// which is some minutes behind.
    ///
    /// # Errors
    /// The store can't be written.
    pub async fn load(&self, scope: Scope) -> Result<(), Error> {
        match scope {
            Scope::All => self.tenants(None).await,
            Scope::Tenant(tenant) => self.tenants(Some(&tenant)).await,
            Scope::Machines(subscription) => match self.session_for(&subscription)? {
                Some(session) => self.machines(&session, subscription).await,
                None => Ok(()),
            },
            Scope::Machine(machine) => match self.session_for(&machine.subscription())? {
                Some(session) => self.machine(&session, machine).await,
                None => Ok(()),
            },
            Scope::Gallery(gallery) => match self.session_for(&gallery.subscription())? {
                Some(session) => self.whole_gallery(&session, gallery).await,
                None => Ok(()),
            },
            Scope::Definition(definition) => match self.session_for(&definition.subscription())? {
                Some(session) => self.versions(&session, definition).await,
                None => Ok(()),
            },
            Scope::Version(version) => match self.session_for(&version.subscription())? {
                Some(session) => self.version(&session, version).await,
                None => Ok(()),
            },
        }
    }

    /// Reads tenants and subscriptions only, so that it is known how each is reached.
    ///
    /// # Errors
    /// The store can't be written.
    pub async fn load_access(&self) -> Result<(), Error> {
        let (answers, mut answered) = mpsc::channel::<Answer>(AT_ONCE);
        let kept = async {
            while let Some(answer) = answered.recv().await {
                let tenant = answer.tenant.clone();
                self.store.answered(answer).await?;
                self.store.tenant_read(tenant).await?;
            }
            Ok(())
        };
        tokio::join!(survey::ask(&self.azure, &self.config, answers), kept).1
    }

    /// A session with whom requests about a subscription are made as, where that is known.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn access(&self, subscription: &SubscriptionId) -> Result<Option<Access>, Error> {
        let reader: Reader = self.store.reader()?;
        Ok(reader.subscription(subscription)?.map(|row| row.access))
    }

    /// How tenants and subscriptions are reached, as last read.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn reach(&self) -> Result<Reach, Error> {
        self.store.reader()?.reach()
    }

    fn session_for(&self, subscription: &SubscriptionId) -> Result<Option<Session>, Error> {
        Ok(self
            .access(subscription)?
            .map(|access| self.azure.session(access).for_screen()))
    }

    async fn tenants(&self, only: Option<&TenantId>) -> Result<(), Error> {
        let _one = self.whole.lock().await;
        let mut expected = survey::expected(&self.config);
        expected.retain(|entry| only.is_none_or(|only| entry.tenant == *only));
        self.store.begin(expected.clone()).await?;
        let (answers, mut answered) = mpsc::channel::<Answer>(AT_ONCE);
        let mut known: Vec<TenantId> = expected.into_iter().map(|entry| entry.tenant).collect();
        let kept = async {
            let mut contents = FuturesUnordered::new();
            loop {
                tokio::select! {
                    answer = answered.recv() => match answer {
                        Some(answer) if only.is_none_or(|only| answer.tenant == *only) => {
                            known.push(answer.tenant.clone());
                            contents.push(self.tenant(answer));
                        }
                        Some(_) => {}
                        None => break,
                    },
                    Some(written) = contents.next() => written?,
                }
            }
            while let Some(written) = contents.next().await {
                written?;
            }
            Ok::<(), Error>(())
        };
        tokio::join!(survey::ask(&self.azure, &self.config, answers), kept).1?;
        match only {
            None => self.store.all_read(known).await,
            Some(_) => Ok(()),
        }
    }

    async fn tenant(&self, answer: Answer) -> Result<(), Error> {
        let tenant = answer.tenant.clone();
        let session = self.azure.session(answer.access.clone()).for_screen();
        let ok = answer.state == TenantState::Ok;
        let subscriptions: Vec<SubscriptionId> = answer
            .subscriptions
            .iter()
            .map(|subscription| subscription.id.clone())
            .collect();
        self.store.answered(answer).await?;
        if ok {
            let mut contents: FuturesUnordered<_> = subscriptions
                .into_iter()
                .map(|id| self.subscription(&session, id))
                .collect();
            while let Some(written) = contents.next().await {
                written?;
            }
        }
        self.store.tenant_read(tenant).await
    }

    async fn subscription(&self, session: &Session, id: SubscriptionId) -> Result<(), Error> {
        let (galleries, machines) = tokio::join!(
            self.galleries(session, id.clone()),
            self.machines(session, id)
        );
        galleries.and(machines)
    }

    async fn galleries(&self, session: &Session, id: SubscriptionId) -> Result<(), Error> {
        let galleries = match self.limited(session.galleries(&id)).await {
            Ok(listed) => {
                let shared = listed
                    .into_iter()
                    .map(|gallery| self.shared(session, gallery));
                Ok(futures::future::join_all(shared).await)
            }
            Err(error) => Err(Trouble::from(&error)),
        };
        let ids: Vec<ResourceId> = galleries
            .iter()
            .flatten()
            .map(|(gallery, _)| gallery.id.clone())
            .collect();
        self.store.galleries(id.clone(), galleries).await?;
        let mut contents: FuturesUnordered<_> = ids
            .iter()
            .map(|gallery| self.definitions(session, gallery.clone()))
            .collect();
        let mut definitions = Vec::new();
        while let Some(found) = contents.next().await {
            definitions.append(&mut found?);
        }
        self.all_versions(session, &id, definitions).await?;
        // Regions are offered in a form for versions that live here.
        if !ids.is_empty()
            && let Ok(locations) = self.limited(session.locations(&id)).await
        {
            self.store.locations(id, locations).await?;
        }
        Ok(())
    }

    /// Lists leave out whom a gallery is shared with.
    async fn shared(&self, session: &Session, gallery: Gallery) -> (Gallery, Option<Trouble>) {
        if gallery.sharing != Permissions::Groups {
            return (gallery, None);
        }
        match self.limited(session.gallery(&gallery.id)).await {
            Ok(whole) => (whole, None),
            Err(error) => (gallery, Some(Trouble::from(&error))),
        }
    }

    async fn machines(&self, session: &Session, id: SubscriptionId) -> Result<(), Error> {
        // Held until the answer is on disk, so that answers don't pile up in memory.
        let _permit = self.limit.acquire().await;
        let machines = session.virtual_machines(&id).await;
        let machines = machines.map_err(|error| Trouble::from(&error));
        self.store.machines(id, machines).await
    }

    async fn whole_gallery(&self, session: &Session, id: ResourceId) -> Result<(), Error> {
        match self.limited(session.gallery(&id)).await {
            Ok(gallery) => self.store.seen(id.clone(), gallery.into_document()).await?,
            Err(error) if error.is_not_found() => return self.store.gone(id).await,
            Err(error) => {
                let why = Trouble::from(&error);
                self.store.sharing_unread(id.clone(), why).await?;
            }
        }
        let filter = AssignmentFilter::AtScope;
        let assignments = self.limited(session.role_assignments(&id, &filter)).await;
        let assignments = assignments.map_err(|error| Trouble::from(&error));
        self.store.assignments(id.clone(), assignments).await?;
        self.gallery(session, id).await
    }

    async fn gallery(&self, session: &Session, gallery: ResourceId) -> Result<(), Error> {
        let definitions = self.definitions(session, gallery).await?;
        let mut contents: FuturesUnordered<_> = definitions
            .into_iter()
            .map(|definition| self.versions(session, definition))
            .collect();
        while let Some(written) = contents.next().await {
            written?;
        }
        Ok(())
    }

    /// Keeps the image definitions of a gallery, and says which there are.
    async fn definitions(
        &self,
        session: &Session,
        gallery: ResourceId,
    ) -> Result<Vec<ResourceId>, Error> {
        let definitions = self.limited(session.image_definitions(&gallery)).await;
        let ids = definitions.iter().flatten().map(|d| d.id.clone());
        let ids = ids.collect();
        let definitions = definitions.map_err(|error| Trouble::from(&error));
        self.store.definitions(gallery, definitions).await?;
        Ok(ids)
    }

    async fn machine(&self, session: &Session, id: ResourceId) -> Result<(), Error> {
        match self.limited(session.virtual_machine(&id)).await {
            Ok(machine) => self.store.seen(id, machine.into_document()).await,
            Err(error) => {
                tracing::warn!(%error, "a machine could not be read");
                Ok(())
            }
        }
    }

    async fn limited<T>(&self, request: impl Future<Output = T>) -> T {
        // The semaphore is never closed; without a permit a request would only be less patient.
        let _permit = self.limit.acquire().await;
        request.await
    }
}
