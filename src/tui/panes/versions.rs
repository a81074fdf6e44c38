//! Versions of the selected image definition: where each is, where it is the latest, and what the
//! selected one is made of.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{filter_note, open, say};
use crate::azure::{
    ImageVersion, ProvisioningState, Region, RegionReplication, ReplicationState, ResourceId,
};
use crate::estate::VersionRow;
use crate::tui::state::{Pane, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::times;
use crate::tui::widgets::table::{self, Cell, Column, Row};
use crate::tui::widgets::text::{counted, width};
use crate::tui::widgets::words::{Words, draw_lines, wrap_all};

/// Cells of a region's column: `100✔`, `▶ 62`.
const REGION: u16 = 4;

/// Cells of the column that says where a version is the latest.
const LATEST: u16 = 8;

/// Cells of the column that says when its life ends.
const LIFE: u16 = 4;

/// Draws the pane.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let shown = state.shown.as_ref();
    let mut note = shown.map_or_else(String::new, |shown| shown.definition.name().to_owned());
    if let Some(filter) = filter_note(state.versions.filter.as_ref()) {
        note = format!("{filter}  {note}");
    }
    let inside = open(state, Pane::Versions, (&note, None), buffer, theme)?;
    if state.versions.is_empty() {
        let (tone, text) = nothing(state);
        say(buffer, inside, tone, &text, theme);
        return None;
    }
    let (list, details) = state.layout().versions();
    let regions = regions(state.version_rows());
    let ends = state
        .version_rows()
        .iter()
        .any(|row| row.version.end_of_life.is_some());
    let names = state
        .version_rows()
        .iter()
        .map(|row| width(&row.version.name));
    let number = names.max().unwrap_or(0).clamp(7, 14);
    let fixed = 3 + number + 1 + LATEST + if ends { 1 + LIFE } else { 0 };
    let room = usize::from(list.width.saturating_sub(fixed) / (REGION + 1));
    let seen = regions.len().min(room);
    let mut columns = vec![
        Column::cells("version", number),
        Column::cells("latest", LATEST),
    ];
    let hidden = regions.len() - seen;
    for (index, region) in regions[..seen].iter().enumerate() {
        // The last column says how many have no room.
        let rest = hidden > 0 && index + 1 == seen;
        let title = if rest {
            format!("+{}", hidden + 1)
        } else {
            region.abbreviation().into_owned()
        };
        columns.push(Column::cells(title, REGION));
    }
    if ends {
        columns.push(Column::cells("ends", LIFE));
    }
    let as_of = state
        .estate
        .known()
        .map_or(Timestamp::UNIX_EPOCH, |estate| estate.as_of);
    let columns_of_regions = &regions[..if hidden > 0 {
        seen.saturating_sub(1)
    } else {
        seen
    }];
    let cursor = table::draw(
        buffer,
        list,
        &columns,
        state.versions.view(),
        theme,
        |index| {
            let row = state
                .versions
                .index(index)
                .and_then(|index| state.version_rows().get(index));
            let Some(row) = row else {
                return Row::default();
            };
            let version = &row.version;
            let mut cells = vec![Cell::new(Tone::Plain, &version.name), latest(row, &regions)];
            cells.extend(
                columns_of_regions
                    .iter()
                    .map(|region| copy(version, region, theme)),
            );
            if hidden > 0 && seen > 0 {
                cells.push(others(version, &regions[seen - 1..], theme));
            }
            if ends {
                cells.push(life(version, as_of));
            }
            Row {
                sign: sign(version, theme),
                cells,
            }
        },
    );
    draw_details(state, buffer, details, theme);
    cursor
}

fn nothing(state: &State) -> (Tone, String) {
    if let Some(why) = state.estate.broken() {
        return (Tone::Bad, why.to_owned());
    }
    let Some(shown) = &state.shown else {
        let text = if state.estate.known().is_none() || state.loading() {
            "reading…"
        } else {
            "Choose an image in Galleries."
        };
        return (Tone::Dim, text.to_owned());
    };
    let row = state
        .estate
        .known()
        .and_then(|estate| estate.definition(&shown.definition));
    if let Some(trouble) = row.and_then(|row| row.trouble.as_ref()) {
        let advice = trouble.advice.iter().map(|advice| format!("\n→ {advice}"));
        return (
            Tone::Bad,
            trouble.message.clone() + &advice.collect::<String>(),
        );
    }
    match &shown.rows {
        None => (Tone::Dim, "reading…".to_owned()),
        Some(_) if row.is_some_and(|row| row.versions.is_none()) => {
            (Tone::Dim, "reading…".to_owned())
        }
        Some(rows) if rows.is_empty() => (Tone::Dim, "This image has no versions.".to_owned()),
        Some(_) => (
            Tone::Dim,
            "No version passes the filter. esc lifts it.".to_owned(),
        ),
    }
}

/// All regions that any version is in: the home regions first, then those where something is going
/// on, then those with most versions.
fn regions(rows: &[VersionRow]) -> Vec<Region> {
    let mut regions: Vec<((bool, bool, usize), Region)> = Vec::new();
    for version in rows.iter().map(|row| &row.version) {
        for target in &version.target_regions {
            let home = target.region == version.location;
            let restless = restless(version, &target.region);
            match regions
                .iter_mut()
                .find(|(_, region)| *region == target.region)
            {
                Some((rank, _)) => *rank = (rank.0 || home, rank.1 || restless, rank.2 + 1),
                None => regions.push(((home, restless, 1), target.region.clone())),
            }
        }
    }
    regions.sort_by(|(rank, region), (other_rank, other)| {
        other_rank.cmp(rank).then_with(|| region.cmp(other))
    });
    regions.into_iter().map(|(_, region)| region).collect()
}

fn state_in<'a>(version: &'a ImageVersion, region: &Region) -> Option<&'a RegionReplication> {
    let copies = version
        .replication
        .iter()
        .flat_map(|status| &status.regions);
    copies.into_iter().find(|copy| copy.region == *region)
}

fn restless(version: &ImageVersion, region: &Region) -> bool {
    let copy = state_in(version, region);
    copy.is_some_and(|copy| copy.state != ReplicationState::Completed)
}

/// How many of the regions without a column a version is in, and whether all is well there.
fn others(version: &ImageVersion, regions: &[Region], theme: &Theme) -> Cell {
    let within: Vec<_> = regions
        .iter()
        .filter(|region| target(version, region).is_some())
        .collect();
    let has = |state: &ReplicationState| {
        within
            .iter()
            .any(|region| state_in(version, region).is_some_and(|copy| copy.state == *state))
    };
    let count = format!("+{}", within.len());
    if within.is_empty() {
        absent(theme)
    } else if has(&ReplicationState::Failed) {
        Cell::new(Tone::Bad, count + theme.glyphs.failed)
    } else if has(&ReplicationState::Replicating) {
        Cell::new(Tone::Active, count + theme.glyphs.running)
    } else {
        Cell::new(Tone::Dim, count)
    }
}

fn sign(version: &ImageVersion, theme: &Theme) -> Option<(Tone, &'static str)> {
    match version.provisioning_state {
        ProvisioningState::Failed => Some((Tone::Bad, theme.glyphs.warning)),
        ProvisioningState::Creating | ProvisioningState::Updating | ProvisioningState::Deleting => {
            Some((Tone::Active, theme.glyphs.running))
        }
        _ => None,
    }
}

/// Where a version is the latest: as many regions as there is room for, in the columns' order.
fn latest(row: &VersionRow, regions: &[Region]) -> Cell {
    if row.version.exclude_from_latest {
        return Cell::new(Tone::Warn, "excluded");
    }
    let latest = regions
        .iter()
        .filter(|region| row.latest_in.contains(region));
    let names: Vec<_> = latest.map(Region::abbreviation).collect();
    if names.len() > 2 && names.len() == regions.len() {
        return Cell::new(Tone::Good, "all");
    }
    let whole = names.join(" ");
    if width(&whole) <= LATEST {
        return Cell::new(Tone::Good, whole);
    }
    let rest = names.len() - 1;
    Cell::new(
        Tone::Good,
        format!("{} +{rest}", names.first().map_or("", AsRef::as_ref)),
    )
}

fn target<'a>(
    version: &'a ImageVersion,
    region: &Region,
) -> Option<&'a crate::azure::TargetRegion> {
    version
        .target_regions
        .iter()
        .find(|target| target.region == *region)
}

fn absent(theme: &Theme) -> Cell {
    Cell::new(Tone::Dim, theme.glyphs.absent)
}

/// A version in a region: its replicas and whether they are there.
fn copy(version: &ImageVersion, region: &Region, theme: &Theme) -> Cell {
    let glyphs = theme.glyphs;
    let Some(target) = target(version, region) else {
        return absent(theme);
    };
    let replicas = target.replicas.or(version.replica_count).unwrap_or(1);
    let copies = version
        .replication
        .iter()
        .flat_map(|status| &status.regions);
    let copy = copies.into_iter().find(|copy| copy.region == *region);
    match copy.map(|copy| (&copy.state, copy.progress)) {
        Some((ReplicationState::Failed, _)) => {
            Cell::new(Tone::Bad, format!("{replicas}{}", glyphs.failed))
        }
        Some((ReplicationState::Replicating, percent)) => {
            Cell::new(Tone::Active, format!("{}{percent}", glyphs.running))
        }
        Some((ReplicationState::Completed, _)) => {
            there(replicas, target.exclude_from_latest, theme)
        }
        // A list doesn't say how far copies are; those of a version at rest are complete.
        None if version.provisioning_state == ProvisioningState::Succeeded => {
            there(replicas, target.exclude_from_latest, theme)
        }
        _ => Cell::new(Tone::Dim, format!("{replicas}?")),
    }
}

fn there(replicas: u32, excluded: bool, theme: &Theme) -> Cell {
    let tone = if excluded { Tone::Warn } else { Tone::Good };
    Cell::new(Tone::Plain, replicas.to_string()).and(tone, theme.glyphs.done)
}

/// When its owner stops caring for it.
fn life(version: &ImageVersion, as_of: Timestamp) -> Cell {
    let Some(end) = version.end_of_life else {
        return Cell::default();
    };
    match times::days_between(as_of, end) {
        ..=0 => Cell::new(Tone::Warn, "past"),
        days @ 1..=30 => Cell::new(Tone::Warn, format!("{days} d")),
        days @ 31..=999 => Cell::new(Tone::Dim, format!("{days} d")),
        days => Cell::new(Tone::Dim, format!("{} y", days / 365)),
    }
}

/// What the selected version is made of, and what went wrong with it.
fn draw_details(state: &State, buffer: &mut Buffer, area: Rect, theme: &Theme) {
    let described = state.described.as_ref().and_then(|id| state.version_of(id));
    let (Some(row), true) = (described, area.height > 0) else {
        return;
    };
    let version = &row.version;
    let inner = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height - 1,
    };
    let mut lines = vec![summary(row, state)];
    let copies = version
        .replication
        .iter()
        .flat_map(|status| &status.regions);
    for copy in copies.filter(|copy| copy.state == ReplicationState::Failed) {
        let region = copy.region.display_name();
        let text = format!("{} {region}: {}", theme.glyphs.failed, copy.details);
        lines.push(Words::new(Tone::Bad, text).hanging(2));
    }
    let mut origin = Vec::new();
    origin.extend(
        version
            .source
            .as_deref()
            .map(|source| format!("from {}", source_name(source))),
    );
    origin.extend(version.os_disk_size_gb.map(|size| format!("{size} GiB")));
    lines.push(Words::new(Tone::Dim, origin.join(" · ")));
    draw_lines(buffer, inner, &wrap_all(&lines, inner.width), 0, theme);
}

fn summary(row: &VersionRow, state: &State) -> Words {
    let version = &row.version;
    let mut words = vec![version.name.clone()];
    let machines = usize::try_from(row.machines).unwrap_or(usize::MAX);
    words.push(counted(machines, "machine"));
    let published = version.published.map(|at| times::date(at, &state.zone));
    words.extend(published);
    if version.provisioning_state != ProvisioningState::Succeeded {
        words.push(version.provisioning_state.to_string());
    }
    Words::plain(words.join(" · "))
}

/// A source in few words: what kind of thing, and its name.
fn source_name(source: &str) -> String {
    match source.parse::<ResourceId>() {
        Ok(id) => {
            let kind = id.kind();
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            let words = match kind.as_str() {
                "virtualMachines" => "machine",
                "images" => "managed image",
                "snapshots" => "snapshot",
                "disks" => "disk",
                "versions" => "version",
                other => other,
            };
            format!("{words} {}", id.name())
        }
        Err(_) => source.to_owned(),
    }
}
