use std::collections::BTreeMap;

use super::machines as counted;
use crate::estate::{Behind, MachineRow};
use crate::tui::data::MachinesOf;
use crate::tui::machines::{behind, image};
use crate::tui::state::State;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::words::Words;

/// Cells of the column with a name.
const NAME: usize = 40;

/// A tenant's machines by the version that they use, and how far each is behind.
pub(super) fn by_version(state: &State, of: &MachinesOf, count: u32, theme: &Theme) -> Vec<Words> {
    let mut lines = vec![heading(count, "m in Tenants lists them")];
    let Some(rows) = state.machines_of(of) else {
        lines.extend((count > 0).then(|| Words::new(Tone::Dim, "reading…")));
        return lines;
    };
    lines.extend(grouped(rows, image, theme));
    lines
}

/// The machines of a version by their tenant.
pub(super) fn by_tenant(state: &State, of: &MachinesOf, count: u32, theme: &Theme) -> Vec<Words> {
    let mut lines = vec![heading(count, "m in Versions lists them")];
    let (Some(rows), Some(estate)) = (state.machines_of(of), state.estate.known()) else {
        lines.extend((count > 0).then(|| Words::new(Tone::Dim, "reading…")));
        return lines;
    };
    let tenant = |row: &MachineRow| estate.tenant_name(&row.tenant).to_owned();
    lines.extend(grouped(rows, tenant, theme));
    lines
}

/// Machines counted by something, those that are farthest behind first.
fn grouped(rows: &[MachineRow], by: impl Fn(&MachineRow) -> String, theme: &Theme) -> Vec<Words> {
    let mut groups: BTreeMap<String, Vec<Behind>> = BTreeMap::new();
    for row in rows {
        groups.entry(by(row)).or_default().push(row.behind);
    }
    let farthest = |group: &[Behind]| group.iter().max().copied().unwrap_or(Behind::Unknown);
    let mut groups: Vec<(String, Vec<Behind>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(farthest(group)));
    let line = |(name, group): (String, Vec<Behind>)| {
        let (tone, mut text) = behind(farthest(&group), theme);
        if group.iter().any(|other| *other != farthest(&group)) {
            text += " at most";
        }
        Words::plain(format!("{name:<NAME$}{:>6}  ", group.len())).and(tone, text)
    };
    groups.into_iter().map(line).collect()
}

fn heading(count: u32, hint: &str) -> Words {
    let words = Words::new(Tone::Strong, counted(count));
    if count > 0 {
        words.and(Tone::Dim, format!("  {hint}"))
    } else {
        words
    }
}
