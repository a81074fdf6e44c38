//! Everything that is known of one thing, in lines.

mod job;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::azure::{Region, ReplicationState, ResourceId, TenantId};
use crate::estate::Trouble;
use crate::tui::forms::replicate::storage_word;
use crate::tui::state::{State, Subject};
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::text::counted;
use crate::tui::widgets::words::Words;

pub(super) use job::job;

type Text = Option<(String, Vec<Words>)>;

pub(super) fn tenant(state: &State, id: &TenantId, theme: &Theme) -> Text {
    let estate = state.estate.known()?;
    let tenant = estate.tenant(id)?;
    let mut lines = vec![
        Words::field("tenant id", tenant.id.as_str()),
        Words::field("reached as", tenant.route.word()),
        Words::field("state", tenant.state.word()),
        Words::field("read", read_at(state, tenant.read_at)),
    ];
    if tenant.reading {
        lines.push(Words::field("", "being read now"));
    }
    lines.extend(trouble(tenant.trouble.as_ref(), theme));
    lines.push(Words::blank());
    let own = estate
        .subscriptions
        .iter()
        .filter(|row| row.subscription.tenant == *id);
    let own: Vec<_> = own.collect();
    lines.push(Words::new(Tone::Strong, counted(own.len(), "subscription")));
    for row in own {
        let subscription = &row.subscription;
        lines.push(Words::plain(&subscription.name));
        let as_whom = format!(
            "{}, {} by {}",
            subscription.state, row.route, row.access.identity
        );
        lines.push(Words::new(
            Tone::Dim,
            format!("  {}  {as_whom}", subscription.id),
        ));
        lines.extend(trouble(row.trouble.as_ref(), theme));
    }
    let galleries: Vec<&str> = estate
        .galleries
        .iter()
        .filter(|row| row.tenant == *id)
        .map(|row| row.gallery.name.as_str())
        .collect();
    lines.push(Words::blank());
    lines.push(Words::new(
        Tone::Strong,
        format!("{} galleries", galleries.len()),
    ));
    lines.extend(galleries.into_iter().map(Words::plain));
    Some((format!("Tenant {}", tenant.name), lines))
}

pub(super) fn gallery(state: &State, id: &ResourceId, theme: &Theme) -> Text {
    let estate = state.estate.known()?;
    let row = estate.gallery(id)?;
    let gallery = &row.gallery;
    let mut lines = vec![
        Words::field("tenant", estate.tenant_name(&row.tenant)),
        Words::field("region", gallery.location.display_name()),
        Words::field("sharing", gallery.sharing.as_str()),
        Words::field("state", gallery.provisioning_state.as_str()),
        Words::field("images", row.definitions.to_string()),
    ];
    lines.extend(
        gallery
            .description
            .as_deref()
            .map(|text| Words::field("description", text)),
    );
    lines.extend(
        gallery
            .unique_name
            .as_deref()
            .map(|name| Words::field("unique name", name)),
    );
    lines.extend(
        gallery
            .soft_delete
            .map(|on| Words::field("soft delete", yes_no(on))),
    );
    lines.push(Words::field("read", read_at(state, Some(row.read_at))));
    lines.push(Words::field("id", gallery.id.as_str()));
    lines.extend(trouble(row.trouble.as_ref(), theme));
    Some((format!("Gallery {}", gallery.name), lines))
}

pub(super) fn definition(state: &State, id: &ResourceId, theme: &Theme) -> Text {
    let estate = state.estate.known()?;
    let row = estate.definition(id)?;
    let definition = &row.definition;
    let tenant = estate.owner(id).map(|tenant| tenant.name.as_str());
    let gallery = definition.id.parent();
    let identifier = [&definition.publisher, &definition.offer, &definition.sku];
    let identifier: Vec<&str> = identifier
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let mut lines = vec![
        Words::field("tenant", tenant.unwrap_or("unknown")),
        Words::field(
            "gallery",
            gallery.as_ref().map_or("", |gallery| gallery.name()),
        ),
        Words::field(
            "system",
            format!("{}, {}", definition.os_type, definition.os_state),
        ),
        Words::field(
            "generation",
            definition.generation.as_deref().unwrap_or("V1 (not said)"),
        ),
        Words::field(
            "architecture",
            definition
                .architecture
                .as_deref()
                .unwrap_or("x64 (not said)"),
        ),
        Words::field(
            "security",
            definition
                .security_type
                .as_deref()
                .unwrap_or("standard (not said)"),
        ),
        Words::field("identifier", identifier.join(" / ")),
        Words::field("region", definition.location.display_name()),
        Words::field("state", definition.provisioning_state.as_str()),
        Words::field(
            "versions",
            row.versions
                .map_or("never read".to_owned(), |n| n.to_string()),
        ),
    ];
    let end = definition
        .end_of_life
        .map(|end| times::date(end, &state.zone));
    lines.extend(end.map(|end| Words::field("end of life", end)));
    lines.extend(
        definition
            .description
            .as_deref()
            .map(|text| Words::field("description", text)),
    );
    lines.push(Words::field("id", definition.id.as_str()));
    lines.extend(trouble(row.trouble.as_ref(), theme));
    Some((format!("Image {}", definition.name), lines))
}

pub(super) fn version(state: &State, id: &ResourceId, theme: &Theme) -> Text {
    let row = state.version_of(id)?;
    let version = &row.version;
    let definition = version.id.parent();
    let name = definition
        .as_ref()
        .map_or("", |definition| definition.name());
    let published = version.published.map(|at| times::moment(at, &state.zone));
    let mode = version
        .replication_mode
        .as_ref()
        .map_or("Full (not said)", |mode| mode.as_str());
    let size = version.os_disk_size_gb.map(|size| format!("{size} GiB"));
    let mut lines = vec![
        Words::field("state", version.provisioning_state.as_str()),
        Words::field("home region", version.location.display_name()),
        Words::field(
            "published",
            published.unwrap_or_else(|| "not said".to_owned()),
        ),
        Words::field("system disk", size.unwrap_or_else(|| "not said".to_owned())),
        Words::field("source", version.source.as_deref().unwrap_or("not said")),
        Words::field("replication", mode),
        Words::field(
            "latest",
            if version.exclude_from_latest {
                "excluded everywhere"
            } else {
                "may be"
            },
        ),
    ];
    let latest: Vec<&str> = row.latest_in.iter().map(Region::display_name).collect();
    if !latest.is_empty() {
        lines.push(Words::field("latest in", latest.join(", ")));
    }
    let end = version.end_of_life.map(|end| times::date(end, &state.zone));
    lines.extend(end.map(|end| Words::field("end of life", end)));
    lines.push(Words::field("read", read_at(state, Some(row.read_at))));
    lines.push(Words::field("id", version.id.as_str()));
    lines.push(Words::blank());
    lines.push(Words::new(
        Tone::Strong,
        counted(version.target_regions.len(), "region"),
    ));
    let copies: Vec<_> = version
        .replication
        .iter()
        .flat_map(|status| &status.regions)
        .collect();
    for target in &version.target_regions {
        let replicas = target.replicas.or(version.replica_count).unwrap_or(1);
        let storage = target
            .storage
            .as_ref()
            .or(version.storage_account_type.as_ref());
        let storage = storage.map_or("lrs", |storage| storage_word(storage));
        let region = target.region.display_name();
        let mut line = Words::plain(format!("{region:<24}{replicas:>3} {storage:<10}"));
        let copy = copies.iter().find(|copy| copy.region == target.region);
        line = match copy {
            None => line.and(Tone::Dim, "copy not asked for; ctrl-r reads it"),
            Some(copy) => {
                let (tone, text) = match copy.state {
                    ReplicationState::Completed => {
                        (Tone::Good, format!("{} completed", theme.glyphs.done))
                    }
                    ReplicationState::Failed => {
                        (Tone::Bad, format!("{} failed", theme.glyphs.failed))
                    }
                    ReplicationState::Replicating => (
                        Tone::Active,
                        format!("{} {} %", theme.glyphs.running, copy.progress),
                    ),
                    _ => (Tone::Dim, copy.state.to_string()),
                };
                line.and(tone, text)
            }
        };
        if target.exclude_from_latest {
            line = line.and(Tone::Warn, "  excluded from latest here");
        }
        if target.encrypted {
            line = line.and(Tone::Plain, "  customer's keys");
        }
        lines.push(line.hanging(2));
        if let Some(copy) = copy.filter(|copy| !copy.details.is_empty()) {
            lines.push(Words::new(Tone::Bad, format!("  {}", copy.details)).hanging(2));
        }
    }
    Some((format!("Version {name} {}", version.name), lines))
}

/// What is behind something, as Azure sent it or the journal has it.
pub(super) fn document(state: &State, of: &Subject) -> Option<(String, Value)> {
    match of {
        Subject::Tenant(id) => {
            let estate = state.estate.known()?;
            let own = estate
                .subscriptions
                .iter()
                .filter(|row| row.subscription.tenant == *id);
            let documents = own.map(|row| row.subscription.document().clone()).collect();
            let name = estate.tenant_name(id);
            Some((
                format!("Subscriptions of {name}, as sent"),
                Value::Array(documents),
            ))
        }
        Subject::Gallery(id) => {
            let row = state.estate.known()?.gallery(id)?;
            Some((row.gallery.name.clone(), row.gallery.document().clone()))
        }
        Subject::Definition(id) => {
            let row = state.estate.known()?.definition(id)?;
            Some((
                row.definition.name.clone(),
                row.definition.document().clone(),
            ))
        }
        Subject::Version(id) => {
            let version = &state.version_of(id)?.version;
            Some((version.name.clone(), version.document().clone()))
        }
        Subject::Job(id) => {
            let job = state.job_of(*id)?;
            let document = json!({
                "id": job.id, "group": job.group, "title": job.title, "target": job.target,
                "state": job.state, "reason": job.reason, "attempt": job.attempt,
                "progress": job.progress, "failure": job.failure, "cancel": job.cancel,
                "lock": job.lock, "access": job.access, "cloud": job.cloud, "task": job.task,
                "created": job.created, "started": job.started, "ended": job.ended,
            });
            Some((format!("Job {}, as journalled", job.id), document))
        }
        _ => None,
    }
}

fn trouble(trouble: Option<&Trouble>, theme: &Theme) -> Vec<Words> {
    let Some(trouble) = trouble else {
        return Vec::new();
    };
    let mut lines = vec![Words::blank()];
    let message = format!("{} {}", theme.glyphs.failed, trouble.message);
    lines.push(Words::new(Tone::Bad, message).hanging(2));
    if let Some(advice) = &trouble.advice {
        lines.push(Words::plain(format!("{} {advice}", theme.glyphs.leads)).hanging(2));
    }
    lines
}

fn read_at(state: &State, at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| times::moment(at, &state.zone))
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
