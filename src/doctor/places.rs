//! The places where the verbs act: the galleries of our own tenants, and where customers' machines
//! go.

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream;

use super::roles::compared;
use super::{Area, Finding, State};
use crate::actions::{Check, Verdict, deploy, replicate, share};
use crate::azure::{
    Access, Azure, Error, Gallery, Permissions, RegistrationState, ResourceId, Session,
    Subscription, SubscriptionId,
};
use crate::config::{Config, Deploy};
use crate::estate::Route;
use crate::estate::survey::Answer;

/// Places that are read at the same time.
const AT_ONCE: usize = 16;

pub(super) struct Places<'a> {
    pub(super) azure: &'a Azure,
    pub(super) config: &'a Config,
    /// Every tenant's.
    pub(super) answers: &'a [Answer],
    /// Those of the tenants that are looked at.
    pub(super) chosen: &'a [&'a Answer],
}

impl Places<'_> {
    pub(super) async fn look(&self) -> Vec<Finding> {
        let homes = self
            .chosen
            .iter()
            .filter(|answer| answer.route == Route::Home);
        let ours = homes.flat_map(|home| home.subscriptions.iter().map(move |one| (home, one)));
        let ours = ours.map(|(home, subscription)| self.galleries(home, subscription));
        let galleries = stream::iter(ours).buffered(AT_ONCE).concat();
        let customers = self.config.tenants.iter().filter_map(|customer| {
            let answer = self.chosen.iter().find(|one| one.tenant == customer.id)?;
            Some(self.customer(answer, customer.deploy.as_ref()?))
        });
        let customers = stream::iter(customers).buffered(AT_ONCE).concat();
        let (mut findings, customers) = tokio::join!(galleries, customers);
        findings.extend(customers);
        findings
    }

    /// The galleries of a subscription of our own, and what may be done with each.
    async fn galleries(&self, home: &Answer, subscription: &Subscription) -> Vec<Finding> {
        let session = self.azure.session(home.access.clone());
        let name = &subscription.name;
        let at = format!("/subscriptions/{}", subscription.id);
        let galleries = match session.galleries(&subscription.id).await {
            Ok(galleries) => galleries,
            Err(error) => {
                let finding = Finding::unread(Area::Galleries, name, State::Failed, &error);
                return vec![finding.at(&at).of(&home.tenant)];
            }
        };
        let mut findings = Vec::new();
        if galleries
            .iter()
            .any(|gallery| gallery.sharing == Permissions::Groups)
        {
            let (provider, feature) = share::FEATURE;
            let feature = session.feature(&subscription.id, provider, feature).await;
            let check = share::registered(feature.as_ref());
            findings.push(checked(Area::ShareDirect, name, check).at(&at));
        }
        let each = galleries.iter().map(|gallery| self.gallery(home, gallery));
        findings.extend(stream::iter(each).buffered(AT_ONCE).concat().await);
        findings
            .into_iter()
            .map(|one| one.of(&home.tenant))
            .collect()
    }

    async fn gallery(&self, home: &Answer, gallery: &Gallery) -> Vec<Finding> {
        let name = &gallery.name;
        let owner = &home.access.identity;
        let permitted = self.azure.session(home.access.clone());
        let permitted = match permitted.permitted(&gallery.id).await {
            Ok(permitted) => permitted,
            Err(error) => {
                let finding = Finding::unread(Area::Galleries, name, State::Failed, &error);
                return vec![finding.at(&gallery.id)];
            }
        };
        let may = |check, takes| {
            let at = (&gallery.id, &permitted);
            compared(check, name, owner, at, takes, State::Warning)
        };
        let mut findings = vec![may(Area::Replicate, replicate::AT_GALLERY)];
        if gallery.sharing == Permissions::Groups {
            findings.push(may(Area::ShareDirect, share::DIRECT));
        }
        findings.push(may(Area::ShareRbac, share::ROLE));
        findings.push(may(Area::Deploy, deploy::AT_GALLERY));
        for identity in self.others_that_deploy(owner) {
            findings.push(self.read_by(identity, home, gallery).await);
        }
        findings
    }

    /// Identities besides the owner's that sign in to customers: they read the image in the
    /// gallery's tenant themselves.
    fn others_that_deploy(&self, owner: &str) -> BTreeSet<&str> {
        let customers = self
            .answers
            .iter()
            .filter(|answer| matches!(answer.route, Route::Application | Route::Member));
        let identities = customers.map(|answer| answer.access.identity.as_str());
        identities.filter(|identity| *identity != owner).collect()
    }

    async fn read_by(&self, identity: &str, home: &Answer, gallery: &Gallery) -> Finding {
        let session = self.azure.session(Access {
            identity: identity.to_owned(),
            tenant: home.tenant.clone(),
        });
        match session.permitted(&gallery.id).await {
            Ok(permitted) => compared(
                Area::Deploy,
                &gallery.name,
                identity,
                (&gallery.id, &permitted),
                deploy::OF_IMAGE,
                State::Warning,
            ),
            Err(error) => {
                Finding::unread(Area::Deploy, &gallery.name, State::Warning, &error).at(&gallery.id)
            }
        }
    }

    /// Where a customer's machines go, as the configuration says.
    async fn customer(&self, answer: &Answer, defaults: &Deploy) -> Vec<Finding> {
        let name = answer.called();
        let (true, Some(id)) = (answer.trouble.is_none(), &defaults.subscription) else {
            // Its sign-in says what is to be said, or nothing is said of where.
            return Vec::new();
        };
        let at = format!("/subscriptions/{id}");
        let reached = self.answers.iter().find(|answer| {
            answer
                .subscriptions
                .iter()
                .any(|subscription| subscription.id == *id)
        });
        let Some(reached) = reached else {
            let text = format!("subscription {id} of [tenant.deploy] isn't reached");
            let finding = Finding::new(Area::Deploy, name, State::Failed, text)
                .advise("check its id, and that it is delegated or a role is granted in it");
            return vec![finding.at(&at).of(&answer.tenant)];
        };
        let session = self.azure.session(reached.access.clone());
        let group = defaults.resource_group.as_ref();
        let group = group.and_then(|group| format!("{at}/resourceGroups/{group}").parse().ok());
        let (group, subnet, providers) = tokio::join!(
            self.place(&session, name, group.as_ref(), deploy::AT_GROUP),
            self.place(&session, name, defaults.subnet.as_ref(), deploy::AT_SUBNET),
            registrations(&session, name, id),
        );
        let all = [group, subnet, Some(providers)].into_iter().flatten();
        all.map(|finding| finding.of(&answer.tenant)).collect()
    }

    async fn place(
        &self,
        session: &Session,
        customer: &str,
        place: Option<&ResourceId>,
        takes: &[&str],
    ) -> Option<Finding> {
        let place = place?;
        let who = &session.access().identity;
        Some(match session.permitted(place).await {
            Ok(permitted) => {
                let at = (place, &permitted);
                compared(Area::Deploy, customer, who, at, takes, State::Failed)
            }
            Err(error) if error.code() == Some("ResourceGroupNotFound") => {
                let text = format!("{} isn't there: a deployment creates it", place.names());
                Finding::new(Area::Deploy, customer, State::Warning, text)
                    .at(place)
                    .advise(format!(
                        "that takes Contributor at /subscriptions/{} for {who}",
                        place.subscription()
                    ))
            }
            Err(error) => Finding::unread(Area::Deploy, customer, State::Failed, &error).at(place),
        })
    }
}

/// What a plan would be told too.
fn checked(area: Area, about: &str, check: Check) -> Finding {
    let state = match check.verdict {
        Verdict::Pass => State::Ok,
        Verdict::Warn | Verdict::Fail => State::Warning,
    };
    Finding {
        advice: check.advice,
        ..Finding::new(area, about, state, check.text)
    }
}

/// Whether a subscription is registered for what a deployment creates.
async fn registrations(session: &Session, customer: &str, id: &SubscriptionId) -> Finding {
    let providers = deploy::PROVIDERS.iter();
    let asked = providers
        .map(|provider| async move { (*provider, session.registration(id, provider).await) });
    let told: Vec<(&str, Result<RegistrationState, Error>)> =
        stream::iter(asked).buffered(AT_ONCE).collect().await;
    let finding = |state, text: String| {
        Finding::new(Area::Deploy, customer, state, text).at(&format!("/subscriptions/{id}"))
    };
    for (provider, state) in &told {
        match state {
            Ok(RegistrationState::Registered) => {}
            Ok(state) => {
                let text = format!("the subscription is {state} for {provider}");
                return finding(State::Warning, text).advise(format!(
                    "az provider register --namespace {provider} --subscription {id}"
                ));
            }
            Err(error) => {
                return Finding {
                    advice: error.advice(),
                    ..finding(State::Warning, error.to_string())
                };
            }
        }
    }
    let names = deploy::PROVIDERS.join(" and ");
    finding(
        State::Ok,
        format!("the subscription is registered for {names}"),
    )
}
