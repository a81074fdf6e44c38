use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;

use super::Deploy;
use super::checks;
use super::draft::Draft;
use super::image::Image;
use super::machines::Task;
use super::reading::Reading;
use super::template::{deployment, with_password};
use crate::actions::{
    Action, Cause, Change, Check, Confirmation, Failure, JobPlan, Plan, PlanId, Sign, Site, Verdict,
};
use crate::azure::{ResourceId, Session};

/// Targets that are read at the same time.
const AT_ONCE: usize = 16;

/// Reads the image once and every target for itself, and computes the plan. What keeps one target
/// from being planned is a failed check of its job and keeps no other.
pub(in crate::actions) async fn plan(wish: &Deploy, site: &Site<'_>) -> Result<Plan, Failure> {
    let image = read_image(&wish.version, site).await?;
    let mut claimed: BTreeSet<String> = site.claimed.iter().map(ResourceId::key).collect();
    let mut readings = Vec::new();
    for target in &wish.targets {
        readings.push(Reading::of(target, &image, site));
    }
    let readings: Vec<Reading> = stream::iter(readings).buffered(AT_ONCE).collect().await;
    // One after the other, so that no two targets of this plan take the same names.
    let mut jobs = Vec::new();
    for (target, reading) in wish.targets.iter().zip(&readings) {
        let draft = Draft::new(target, &image, site, reading, &mut claimed);
        jobs.push(draft.finish(reading));
    }
    let jobs = stream::iter(jobs).buffered(AT_ONCE).collect().await;
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
        Failure::new(Cause::Check, text)
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

impl Draft<'_> {
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
        Err(error) => Check::unread(&error),
    }
}

fn machines(count: u32) -> String {
    if count == 1 {
        "1 machine".to_owned()
    } else {
        format!("{count} machines")
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
        checks::span(&task.names),
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
    calls.extend(waves.map(|names| {
        format!(
            "PUT deployment in {}: {}",
            task.group.name(),
            checks::span(names)
        )
    }));
    calls
}
