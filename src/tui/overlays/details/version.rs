use super::machines::by_tenant;
use super::{Text, read_at};
use crate::azure::{Region, ReplicationState, ResourceId};
use crate::tui::data::MachinesOf;
use crate::tui::forms::replicate::storage_word;
use crate::tui::state::State;
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::text::counted;
use crate::tui::widgets::words::Words;

pub(in crate::tui::overlays) fn version(state: &State, id: &ResourceId, theme: &Theme) -> Text {
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
    lines.push(Words::blank());
    let of = MachinesOf::Version(id.clone());
    lines.extend(by_tenant(state, &of, row.machines, theme));
    Some((format!("Version {name} {}", version.name), lines))
}
