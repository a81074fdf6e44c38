//! A job in the making: everything that was read is checked, and where nothing is left open there
//! is a task.

use std::collections::BTreeSet;

use super::checks::{self, Network};
use super::image::{Image, Reference};
use super::machines::Task;
use super::reading::{Group, Reading};
use super::supply::{Readiness, readiness};
use super::template::Model;
use super::{NamePattern, PasswordSource, Target};
use crate::actions::{Check, Site, Verdict};
use crate::azure::{Access, Error, Region, VmSize};

/// A job as far as it is planned: its checks so far, and what goes into its task.
pub(super) struct Draft<'a> {
    pub(super) target: &'a Target,
    pub(super) image: &'a Image,
    pub(super) customer: String,
    pub(super) checks: Vec<Check>,
    pub(super) task: Option<Task>,
    pub(super) machines_per_replica: u32,
    pub(super) replicas: Option<u32>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
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
                    None => checks::lacking("resource group", "--resource-group"),
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
                self.checks.push(checks::lacking("subnet", "--subnet"));
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
            self.checks.push(checks::lacking("name", "--name"));
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
                let text = format!(
                    "{} {} free",
                    checks::span(&names),
                    if names.len() == 1 { "is" } else { "are" }
                );
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
            self.checks.push(checks::lacking("size", "--size"));
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
                self.checks
                    .push(checks::lacking("admin user", "--admin-user"));
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
        self.checks.push(Check::unread(error));
    }
}
