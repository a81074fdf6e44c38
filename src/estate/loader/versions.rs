//! The versions of all image definitions of a subscription: from Resource Manager a definition at a
//! time, or, where there are many, from Resource Graph a thousand at a time.

use std::collections::HashSet;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use super::Loader;
use crate::azure::{self, ImageVersion, ProvisioningState, ResourceId, Session, SubscriptionId};
use crate::database::Error;
use crate::estate::Trouble;

/// So many definitions of a subscription are read one by one: Resource Manager lets 250 reads go at
/// once, and leaves room for what else is asked. Of more Resource Graph tells sooner.
const ONE_BY_ONE: usize = 100;

/// Resource Graph is behind by minutes at most. What it tells counts as read so long ago, so that
/// nothing that was read from Resource Manager since is undone by it.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);

impl Loader {
    pub(super) async fn all_versions(
        &self,
        session: &Session,
        subscription: &SubscriptionId,
        mut definitions: Vec<ResourceId>,
    ) -> Result<(), Error> {
        if definitions.len() > ONE_BY_ONE {
            let told = self.told(session, subscription, &definitions).await?;
            // What it keeps silent about it may not know, or may not tell.
            definitions.retain(|definition| !told.contains(definition));
        }
        let mut read: FuturesUnordered<_> = definitions
            .into_iter()
            .map(|definition| self.versions(session, definition))
            .collect();
        while let Some(written) = read.next().await {
            written?;
        }
        Ok(())
    }

    /// Keeps what Resource Graph tells, and says of which definitions it told; of none where it
    /// failed. Versions that aren't at rest are read one by one.
    async fn told(
        &self,
        session: &Session,
        subscription: &SubscriptionId,
        definitions: &[ResourceId],
    ) -> Result<HashSet<ResourceId>, Error> {
        let as_of = Timestamp::now() - BEHIND;
        let mut told = HashSet::new();
        let mut keys = Vec::new();
        let mut restless = Vec::new();
        let mut next = None;
        loop {
            // Held until the page is on disk, so that pages don't pile up in memory.
            let permit = self.limit.acquire().await;
            let page = session.graph_image_versions(subscription, next.as_ref());
            let page = match page.await {
                Ok(page) => page,
                Err(error) => {
                    without_graph(&error);
                    return Ok(HashSet::new());
                }
            };
            for version in &page.items {
                told.extend(version.id.parent());
                keys.push(version.id.key());
                if is_restless(version) {
                    restless.push(version.id.clone());
                }
            }
            self.store.versions_told(page.items, as_of).await?;
            drop(permit);
            next = page.next;
            if next.is_none() {
                // Pages that shifted while they were told may have lost some.
                let whole = u64::try_from(keys.len()).is_ok_and(|told| told >= page.total);
                let told_of = definitions.iter().filter(|id| told.contains(*id)).cloned();
                let gone_but = whole.then_some(keys);
                self.store
                    .all_versions_told(told_of.collect(), gone_but, as_of)
                    .await?;
                break;
            }
        }
        for version in restless {
            self.version(session, version).await?;
        }
        Ok(told)
    }

    /// The list doesn't say how far copies are; versions that aren't at rest are read one by one.
    pub(super) async fn versions(
        &self,
        session: &Session,
        definition: ResourceId,
    ) -> Result<(), Error> {
        // Held until the answer is on disk, so that answers don't pile up in memory.
        let permit = self.limit.acquire().await;
        let versions = session.image_versions(&definition).await;
        let restless = versions.iter().flatten().filter(|v| is_restless(v));
        let restless: Vec<ResourceId> = restless.map(|version| version.id.clone()).collect();
        let versions = versions.map_err(|error| Trouble::from(&error));
        self.store.versions(definition, versions).await?;
        drop(permit);
        for version in restless {
            self.version(session, version).await?;
        }
        Ok(())
    }

    pub(super) async fn version(&self, session: &Session, id: ResourceId) -> Result<(), Error> {
        match self.limited(session.image_version(&id)).await {
            Ok(version) => self.store.seen(id, version.into_document()).await,
            Err(error) if error.is_not_found() => self.store.gone(id).await,
            Err(error) => {
                tracing::warn!(%error, "a version could not be read");
                Ok(())
            }
        }
    }
}

fn is_restless(version: &ImageVersion) -> bool {
    version.provisioning_state != ProvisioningState::Succeeded
}

/// Denied, unknown here or out of order: Resource Manager knows it all, only more slowly.
fn without_graph(error: &azure::Error) {
    tracing::warn!(%error, "Resource Graph does not tell: Resource Manager is asked");
}
