//! What is read for one target before its job is planned, each part with its own failure.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Target;
use super::checks::{self, Network};
use super::image::{self, Image, Place, Reference};
use super::template::interface_name;
use super::wave::Taken;
use crate::actions::site::writable;
use crate::actions::{Check, Site, Verdict};
use crate::azure::{
    Access, AssignmentFilter, Error, Region, ResourceId, Session, SubscriptionId, Usage, VmSize,
};

/// How long Azure may take until a role assignment works (azure-docs, role-based access control,
/// `troubleshooting.md`: up to ten minutes), with something on top.
const GRANT_TAKES: SignedDuration = SignedDuration::from_mins(15);

/// What was read for one target, as far as it could be.
pub(super) struct Reading {
    pub(super) session: Option<Session>,
    pub(super) access: Option<Access>,
    pub(super) subscription: Result<Check, Check>,
    pub(super) group: Option<Result<Group, Error>>,
    pub(super) network: Option<Result<Network, Error>>,
    pub(super) sizes: Option<Result<Vec<VmSize>, Error>>,
    pub(super) quota: Option<Result<Vec<Usage>, Error>>,
    pub(super) image: Option<Result<(Reference, Check), Error>>,
    pub(super) grant_until: Option<Timestamp>,
}

/// A resource group, with the names that are taken in it. Nothing where there is none yet.
pub(super) struct Group {
    pub(super) id: ResourceId,
    pub(super) there: Option<Region>,
    pub(super) taken: BTreeSet<String>,
}

impl Reading {
    pub(super) async fn of(target: &Target, image: &Image, site: &Site<'_>) -> Self {
        let mut reading = Self {
            session: None,
            access: None,
            subscription: Err(checks::lacking("subscription", "--subscription")),
            group: None,
            network: None,
            sizes: None,
            quota: None,
            image: None,
            grant_until: None,
        };
        let Some(subscription) = &target.subscription else {
            return reading;
        };
        let row = match site.subscription(subscription) {
            Ok(row) => row,
            Err(failure) => {
                let tenant = site.reach.tenant(&target.tenant);
                let trouble = tenant.and_then(|tenant| tenant.trouble.clone());
                let (text, advice) = match trouble {
                    Some(trouble) => (trouble.message, trouble.advice),
                    None => (failure.message, failure.advice),
                };
                let check = Check::new(Verdict::Fail, text);
                reading.subscription = Err(match advice {
                    Some(advice) => check.advise(advice),
                    None => check,
                });
                return reading;
            }
        };
        let session = site.azure.session(row.access.clone());
        let session = session.for_customer(Some(target.tenant.clone()));
        reading.session = Some(session.clone());
        reading.access = Some(row.access.clone());
        reading.subscription = enabled(&session, subscription).await;
        if reading.subscription.is_err() {
            return reading;
        }
        let group = async {
            match group_id(subscription, target.resource_group.as_deref()) {
                Some(id) => Some(read_group(&session, id).await),
                None => None,
            }
        };
        let network = async {
            match &target.subnet {
                Some(subnet) => Some(checks::read_network(&session, subnet).await),
                None => None,
            }
        };
        (reading.group, reading.network) = tokio::join!(group, network);
        let Some(Ok(network)) = &reading.network else {
            return reading;
        };
        let region = &network.region;
        let place = Place {
            session: &session,
            subscription,
            region,
        };
        let (sizes, quota, reached) = tokio::join!(
            session.sizes(subscription, region),
            session.usages(subscription, region),
            image::reach(image, &place),
        );
        (reading.sizes, reading.quota) = (Some(sizes), Some(quota));
        if matches!(&reached, Err(error) if error.status() == Some(403)) {
            reading.grant_until = granted_lately(image, site).await;
        }
        reading.image = Some(reached);
        reading
    }
}

async fn enabled(session: &Session, id: &SubscriptionId) -> Result<Check, Check> {
    let all = session.subscriptions().await;
    let all = all.map_err(|error| Check::unread(&error))?;
    let Some(one) = all.iter().find(|one| one.id == *id) else {
        let text = format!("subscription {id} isn't there any more for this sign-in");
        let check = Check::new(Verdict::Fail, text);
        return Err(check.advise("check that its delegation or the role in it still holds"));
    };
    let check = writable(&one.name, &one.state);
    match check.verdict {
        Verdict::Fail => Err(check),
        _ => Ok(check),
    }
}

fn group_id(subscription: &SubscriptionId, name: Option<&str>) -> Option<ResourceId> {
    format!("/subscriptions/{subscription}/resourceGroups/{}", name?)
        .parse()
        .ok()
}

async fn read_group(session: &Session, id: ResourceId) -> Result<Group, Error> {
    let there = match session.resource_group(&id).await {
        Ok(group) => group.location,
        Err(error) if error.is_not_found() => {
            return Ok(Group {
                id,
                there: None,
                taken: BTreeSet::new(),
            });
        }
        Err(error) => return Err(error),
    };
    let taken = Taken::read(session, &id).await?;
    let machines = taken.machines.into_iter().map(|machine| machine.name);
    // An interface stands for the machine whose it would be.
    let interfaces = taken.interfaces.into_iter().filter_map(|interface| {
        let name = interface.name.strip_suffix(&interface_name(""))?;
        Some(name.to_owned())
    });
    Ok(Group {
        id,
        there: Some(there),
        taken: machines.chain(interfaces).collect(),
    })
}

/// Until when a role that was assigned at the image minutes ago may not work yet.
async fn granted_lately(image: &Image, site: &Site<'_>) -> Option<Timestamp> {
    let session = site.azure.session(image.access.clone());
    let found = session
        .role_assignments(&image.version.id, &AssignmentFilter::AtScope)
        .await
        .ok()?;
    let latest = found.iter().filter_map(|one| one.created).max()?;
    let until = latest.checked_add(GRANT_TAKES).ok()?;
    (until > Timestamp::now()).then_some(until)
}
