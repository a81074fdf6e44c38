use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::checks::{self, Network};
use super::image::{self, Image, Place, Reference};
use super::machines::Task;
use super::supply::{Readiness, readiness};
use super::template::{Model, deployment, interface_name, with_password};
use super::{Deploy, NamePattern, PasswordSource, Target};
use crate::actions::site::writable;
use crate::actions::{
    Action, Change, Check, Confirmation, Failure, JobPlan, Plan, PlanId, Sign, Site, Verdict,
};
use crate::azure::{
    Access, AssignmentFilter, Error, Region, ResourceId, Session, SubscriptionId, VmSize,
};

/// How long Azure may take until a role assignment works (azure-docs, role-based access control,
/// `troubleshooting.md`: up to ten minutes), with something on top.
const GRANT_TAKES: SignedDuration = SignedDuration::from_mins(15);

/// Reads the image once and every target for itself, and computes the plan. What keeps one target
/// from being planned is a failed check of its job and keeps no other.
pub(in crate::actions) async fn plan(wish: &Deploy, site: &Site<'_>) -> Result<Plan, Failure> {
    let image = read_image(&wish.version, site).await?;
    let mut claimed: BTreeSet<String> = site.claimed.iter().map(ResourceId::key).collect();
    let targets = wish.targets.iter();
    let read = join_all(targets.map(|target| Reading::of(target, &image, site))).await;
    let mut jobs = Vec::new();
    for (target, reading) in wish.targets.iter().zip(read) {
        // One after the other, so that no two targets of this plan take the same names.
        let draft = Draft::new(target, &image, site, &reading, &mut claimed);
        jobs.push(draft.finish(&reading).await);
    }
    Ok(Plan {
        id: PlanId::fresh(),
        made_at: Timestamp::now(),
        action: Action::Deploy(wish.clone()),
        title: format!("deploy {}", image.title()),
        confirmation: Confirmation::Yes,
        jobs,
    })
}

async fn read_image(version: &ResourceId, site: &Site<'_>) -> Result<Image, Failure> {
    let access = site.subscription(&version.subscription())?.access.clone();
    let session = site.azure.session(access.clone());
    let defect = || {
        let text = format!("{version} is no image version");
        Failure::new(crate::actions::Cause::Check, text)
    };
    let definition = version.parent().ok_or_else(defect)?;
    let gallery = definition.parent().ok_or_else(defect)?;
    let (version, definition, gallery) = tokio::try_join!(
        session.image_version(version),
        session.image_definition(&definition),
        session.gallery(&gallery),
    )?;
    Ok(Image {
        access,
        gallery,
        definition,
        version,
    })
}

impl Image {
    fn title(&self) -> String {
        format!("{} {}", self.definition.name, self.version.name)
    }
}

/// What was read for one target, as far as it could be.
struct Reading {
    session: Option<Session>,
    access: Option<Access>,
    subscription: Result<Check, Check>,
    group: Option<Result<Group, Error>>,
    network: Option<Result<Network, Error>>,
    sizes: Option<Result<Vec<VmSize>, Error>>,
    quota: Option<Result<Vec<crate::azure::Usage>, Error>>,
    image: Option<Result<(Reference, Check), Error>>,
    grant_until: Option<Timestamp>,
}

/// A resource group, with the names that are taken in it. Nothing where there is none yet.
struct Group {
    id: ResourceId,
    there: Option<Region>,
    taken: BTreeSet<String>,
}

impl Reading {
    async fn of(target: &Target, image: &Image, site: &Site<'_>) -> Self {
        let mut reading = Self {
            session: None,
            access: None,
            subscription: Err(lacking("subscription", "--subscription")),
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
                let check = Check::new(Verdict::Fail, failure.message);
                let tenant = site.reach.tenant(&target.tenant);
                let trouble = tenant.and_then(|tenant| tenant.trouble.as_ref());
                let advice = trouble.map(ToString::to_string).or(failure.advice);
                reading.subscription = Err(match advice {
                    Some(advice) => check.advise(advice),
                    None => check,
                });
                return reading;
            }
        };
        let session = site.azure.session(row.access.clone());
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
            access: &row.access,
            subscription,
            region,
        };
        let (sizes, quota, reached) = tokio::join!(
            session.sizes(subscription, region),
            session.usages(subscription, region),
            image::reach(site.azure, image, &place),
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
    let failed = |text: String, advice: Option<String>| {
        let check = Check::new(Verdict::Fail, text);
        Err(match advice {
            Some(advice) => check.advise(advice),
            None => check,
        })
    };
    match session.subscriptions().await {
        Err(error) => failed(error.to_string(), error.advice()),
        Ok(all) => match all.iter().find(|one| one.id == *id) {
            None => failed(
                format!("subscription {id} isn't there any more for this sign-in"),
                Some("check that its delegation or the role in it still holds".to_owned()),
            ),
            Some(one) => {
                let check = writable(&one.name, &one.state);
                if check.verdict == Verdict::Fail {
                    Err(check)
                } else {
                    Ok(check)
                }
            }
        },
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
    let taken = super::wave::Taken::read(session, &id).await?;
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

fn lacking(what: &str, flag: &str) -> Check {
    Check::new(Verdict::Fail, format!("no {what} is named")).advise(format!(
        "set {} in [tenant.deploy], or {flag}",
        what.replace(' ', "_")
    ))
}

/// A job as far as it is planned: its checks so far, and what goes into its task.
struct Draft<'a> {
    target: &'a Target,
    image: &'a Image,
    customer: String,
    checks: Vec<Check>,
    task: Option<Task>,
    machines_per_replica: u32,
    replicas: Option<u32>,
}

impl<'a> Draft<'a> {
    fn new(
        target: &'a Target,
        image: &'a Image,
        site: &Site<'_>,
        reading: &Reading,
        claimed: &mut BTreeSet<String>,
    ) -> Self {
        let mut draft = Self {
            target,
            image,
            customer: site.reach.tenant_name(&target.tenant).to_owned(),
            checks: Vec::new(),
            task: None,
            machines_per_replica: site.config.planner.machines_per_replica,
            replicas: None,
        };
        draft.task = draft.pinned(reading, claimed);
        draft
    }

    /// Checks everything that was read. There is a task only where nothing is left open.
    fn pinned(&mut self, reading: &Reading, claimed: &mut BTreeSet<String>) -> Option<Task> {
        match &reading.subscription {
            Ok(check) => self.checks.push(check.clone()),
            Err(check) => {
                self.checks.push(check.clone());
                return None;
            }
        }
        let group = self.group(reading);
        let network = self.network(reading);
        let names = self.names(group, claimed);
        let (Some(network), Some(group)) = (network, group) else {
            return None;
        };
        self.checks
            .extend(checks::group(group.there.as_ref(), &network.region));
        let size = self.size(reading, &network.region);
        let reference = self.reference(reading, &network.region);
        self.version(&network.region);
        let admin_user = self.admin_user();
        let password = self.password();
        let size = size?;
        Some(Task {
            version: self.image.version.id.clone(),
            owner: self.image.access.clone(),
            image: reference?,
            grant_until: reading.grant_until,
            group: group.id.clone(),
            creates_group: group.there.is_none(),
            model: Model::new(
                &self.image.definition,
                size,
                network.region.clone(),
                network.subnet.clone(),
                admin_user?,
            ),
            password: password?,
            names: names?,
            machines_per_replica: self.machines_per_replica,
        })
    }

    fn group<'r>(&mut self, reading: &'r Reading) -> Option<&'r Group> {
        match &reading.group {
            Some(Ok(group)) => Some(group),
            Some(Err(error)) => {
                self.fail(error);
                None
            }
            None => {
                let check = match &self.target.resource_group {
                    None => lacking("resource group", "--resource-group"),
                    Some(name) => Check::new(
                        Verdict::Fail,
                        format!("{name:?} is no name of a resource group"),
                    ),
                };
                self.checks.push(check);
                None
            }
        }
    }

    fn network<'r>(&mut self, reading: &'r Reading) -> Option<&'r Network> {
        match &reading.network {
            None => {
                self.checks.push(lacking("subnet", "--subnet"));
                None
            }
            Some(Err(error)) => {
                self.fail(error);
                None
            }
            Some(Ok(network)) => {
                self.checks
                    .push(checks::addresses(network, self.target.count));
                Some(network)
            }
        }
    }

    fn names(
        &mut self,
        group: Option<&Group>,
        claimed: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        let Some(pattern) = &self.target.name else {
            self.checks.push(lacking("name", "--name"));
            return None;
        };
        let pattern = match pattern.parse::<NamePattern>() {
            Ok(pattern) => pattern,
            Err(wrong) => {
                self.checks.push(Check::new(Verdict::Fail, wrong));
                return None;
            }
        };
        if let Some(check) = checks::name_length(&pattern, &self.image.definition) {
            self.checks.push(check);
            return None;
        }
        let group = group?;
        let below = format!(
            "{}/providers/microsoft.compute/virtualmachines/",
            group.id.key()
        );
        let ours = claimed.iter().filter_map(|key| key.strip_prefix(&below));
        let taken: BTreeSet<String> = group
            .taken
            .iter()
            .cloned()
            .chain(ours.map(str::to_owned))
            .collect();
        match pattern.next(&taken, self.target.count) {
            Ok(names) => {
                let text = format!("{} are free", span(&names));
                self.checks.push(Check::new(Verdict::Pass, text));
                let keys = names
                    .iter()
                    .map(|name| format!("{below}{}", name.to_lowercase()));
                claimed.extend(keys);
                Some(names)
            }
            Err(wrong) => {
                let check = Check::new(Verdict::Fail, wrong);
                self.checks
                    .push(check.advise("use a pattern with more digits"));
                None
            }
        }
    }

    fn size<'r>(&mut self, reading: &'r Reading, region: &Region) -> Option<&'r VmSize> {
        let Some(wanted) = &self.target.size else {
            self.checks.push(lacking("size", "--size"));
            return None;
        };
        let sizes = match reading.sizes.as_ref()? {
            Ok(sizes) => sizes,
            Err(error) => {
                self.fail(error);
                return None;
            }
        };
        let size = match checks::size(wanted, sizes, region, &self.image.definition) {
            Ok((size, check)) => {
                self.checks.push(check);
                size
            }
            Err(check) => {
                self.checks.push(check);
                return None;
            }
        };
        match reading.quota.as_ref()? {
            Ok(usages) => {
                let quota = checks::quota(usages, size, self.target.count, region);
                self.checks.push(quota);
            }
            Err(error) => {
                let text = format!("the quota can't be read: {error}");
                self.checks.push(Check::new(Verdict::Warn, text));
            }
        }
        Some(size)
    }

    fn reference(&mut self, reading: &Reading, region: &Region) -> Option<Reference> {
        match reading.image.as_ref()? {
            Ok((reference, check)) => {
                self.checks.push(check.clone());
                Some(reference.clone())
            }
            Err(error) if reading.grant_until.is_some() => {
                let text =
                    format!("a role was assigned minutes ago, the job waits for it: {error}");
                self.checks.push(Check::new(Verdict::Warn, text));
                let access = Access {
                    identity: reading.access.as_ref()?.identity.clone(),
                    tenant: self.image.access.tenant.clone(),
                };
                Some(Reference::Linked(self.image.version.id.clone(), access))
            }
            Err(error) => {
                let text = format!("the image can't be read by the one that deploys: {error}");
                let share = format!(
                    "share {} with {} directly, or by role, in {region}",
                    self.image.gallery.name, self.customer
                );
                let advice = error
                    .advice()
                    .map_or(share.clone(), |advice| format!("{advice}; or {share}"));
                self.checks
                    .push(Check::new(Verdict::Fail, text).advise(advice));
                None
            }
        }
    }

    fn version(&mut self, region: &Region) {
        let found = readiness(&self.image.version, region);
        if let Readiness::Replicas(replicas) = found {
            self.replicas = Some(replicas);
        }
        self.checks
            .push(checks::version(&self.image.version, region, &found));
    }

    fn admin_user(&mut self) -> Option<String> {
        let specialized = self
            .image
            .definition
            .os_state
            .eq_ignore_ascii_case("Specialized");
        match &self.target.admin_user {
            Some(name) => Some(name.clone()),
            None if specialized => Some(String::new()),
            None => {
                self.checks.push(lacking("admin user", "--admin-user"));
                None
            }
        }
    }

    fn password(&mut self) -> Option<PasswordSource> {
        let source = self.target.password.clone()?;
        match source.read() {
            Ok(_) => {
                let text = format!("the administrator's password is {}", source.told());
                self.checks.push(Check::new(Verdict::Pass, text));
                Some(source)
            }
            Err(failure) => {
                let check = Check::new(Verdict::Fail, failure.message);
                self.checks
                    .push(check.advise(failure.advice.unwrap_or_default()));
                None
            }
        }
    }

    fn fail(&mut self, error: &Error) {
        let check = Check::new(Verdict::Fail, error.to_string());
        self.checks.push(match error.advice() {
            Some(advice) => check.advise(advice),
            None => check,
        });
    }

    /// Asks Azure whether it would take the first wave, where nothing else is in the way, and
    /// makes the job.
    async fn finish(mut self, reading: &Reading) -> JobPlan {
        let failed = |check: &Check| check.verdict == Verdict::Fail;
        if !self.checks.iter().any(failed)
            && let (Some(task), Some(session)) = (&self.task, &reading.session)
        {
            let check = validated(task, session, self.wave()).await;
            self.checks.push(check);
        }
        let failed = self.checks.iter().any(failed);
        let image = self.image.title();
        let version = &self.image.version.id;
        let machines = machines(self.target.count);
        JobPlan {
            title: format!("deploy {machines}  {image}"),
            target: self.customer.clone(),
            tenant: Some(self.target.tenant.clone()),
            lock: self
                .task
                .as_ref()
                .and_then(|task| task.claims().into_iter().next())
                .unwrap_or_else(|| version.clone()),
            access: reading.access.clone(),
            changes: self.task.as_ref().map(changes).unwrap_or_default(),
            calls: self
                .task
                .as_ref()
                .map(|task| calls(task, self.wave()))
                .unwrap_or_default(),
            warnings: if failed { Vec::new() } else { self.warnings() },
            action: Action::Deploy(Deploy {
                version: version.clone(),
                targets: vec![self.target.clone()],
            }),
            task: self
                .task
                .map(|task| crate::actions::Task::Deploy(Box::new(task))),
            checks: self.checks,
        }
    }

    /// How many machines a wave has where nobody else deploys.
    fn wave(&self) -> usize {
        let replicas = self.replicas.unwrap_or(1);
        let served = replicas.saturating_mul(self.machines_per_replica);
        self.target.count.min(served).max(1) as usize
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let waves = (self.target.count as usize).div_ceil(self.wave());
        if waves > 1 {
            warnings.push(format!(
                "{waves} waves of {} at most: so many machines the replicas there serve at once",
                self.wave()
            ));
        }
        let end = self.image.version.end_of_life;
        if end.is_some_and(|end| end < Timestamp::now()) {
            warnings.push("the version is past its end of life".to_owned());
        }
        warnings
    }
}

async fn validated(task: &Task, session: &Session, wave: usize) -> Check {
    if task.creates_group {
        let text = "Azure can't validate it before the resource group is there";
        return Check::new(Verdict::Warn, text);
    }
    let password = match task.password.read() {
        Ok(password) => (!task.model.specialized).then_some(password),
        Err(failure) => return Check::new(Verdict::Fail, failure.message),
    };
    let names = &task.names[..wave.min(task.names.len())];
    let body = deployment(&task.model, &task.image, &task.group, names, "plan");
    let body = with_password(body, password.as_ref());
    let id = task
        .group
        .resource("Microsoft.Resources/deployments", "gallerist-plan");
    let id = match id {
        Ok(id) => id,
        Err(error) => return Check::new(Verdict::Fail, error.to_string()),
    };
    let session = session.with_auxiliary(task.image.auxiliary());
    match session.validate_deployment(&id, &body).await {
        Ok(()) => Check::new(Verdict::Pass, "Azure would take the deployment"),
        // The role that is waited for decides that too.
        Err(error) if task.grant_until.is_some() && error.status() == Some(403) => Check::new(
            Verdict::Warn,
            format!("Azure can't say yet whether it would take the deployment: {error}"),
        ),
        Err(error) => {
            let check = Check::new(Verdict::Fail, error.to_string());
            match error.advice() {
                Some(advice) => check.advise(advice),
                None => check,
            }
        }
    }
}

fn machines(count: u32) -> String {
    if count == 1 {
        "1 machine".to_owned()
    } else {
        format!("{count} machines")
    }
}

/// The first and the last of consecutive names.
fn span(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, .., last] => format!("{first} … {last}"),
    }
}

fn changes(task: &Task) -> Vec<Change> {
    let add = |text: String| Change {
        sign: Sign::Add,
        text,
    };
    let mut changes = Vec::new();
    if task.creates_group {
        changes.push(add(format!(
            "resource group {} in {}",
            task.group.name(),
            task.model.region
        )));
    }
    let count = u32::try_from(task.names.len()).unwrap_or(u32::MAX);
    changes.push(add(format!(
        "{}  {}  {} in {}, {}",
        machines(count),
        span(&task.names),
        task.model.size,
        task.group.name(),
        task.model.region
    )));
    changes.push(add(format!(
        "{} in {}, no public address",
        if count == 1 {
            "1 network interface".to_owned()
        } else {
            format!("{count} network interfaces")
        },
        task.model.subnet.names()
    )));
    changes
}

fn calls(task: &Task, wave: usize) -> Vec<String> {
    let mut calls = Vec::new();
    if task.creates_group {
        calls.push(format!("PUT resource group {}", task.group.name()));
    }
    let waves = task.names.chunks(wave.max(1));
    calls.extend(
        waves.map(|names| format!("PUT deployment in {}: {}", task.group.name(), span(names))),
    );
    calls
}
