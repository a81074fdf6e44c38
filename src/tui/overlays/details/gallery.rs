use super::{Text, read_at, trouble, yes_no};
use crate::azure::{Gallery, Permissions, ResourceId, SharingGroupKind, SharingState};
use crate::estate::GalleryAccess;
use crate::tui::data::Estate;
use crate::tui::roles;
use crate::tui::state::{Read, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::words::Words;

pub(in crate::tui::overlays) fn gallery(state: &State, id: &ResourceId, theme: &Theme) -> Text {
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
    lines.push(Words::blank());
    lines.extend(shared_with(estate, gallery, theme));
    lines.extend(trouble(row.sharing_trouble.as_ref(), theme));
    lines.push(Words::blank());
    lines.extend(who_has_roles(state, estate, id, theme));
    Some((format!("Gallery {}", gallery.name), lines))
}

/// Cells of the column with a name or a role.
const NAME: usize = 36;

/// Whom the gallery is shared with directly.
fn shared_with(estate: &Estate, gallery: &Gallery, theme: &Theme) -> Vec<Words> {
    let mut lines = vec![Words::new(Tone::Strong, "shared directly with")];
    match gallery.sharing {
        Permissions::Groups => {}
        Permissions::Community => {
            lines.push(Words::plain("everybody, as a community gallery"));
            return lines;
        }
        _ => {
            let text = "nobody: it was created private, and can be shared by role only";
            lines.push(Words::new(Tone::Dim, text));
            return lines;
        }
    }
    for group in &gallery.groups {
        for id in &group.ids {
            let (name, what) = match group.kind {
                SharingGroupKind::Tenants => {
                    let tenant = id.parse().ok();
                    let name = tenant.and_then(|id| Some(estate.tenant(&id)?.name.clone()));
                    (name, "whole tenant".to_owned())
                }
                SharingGroupKind::Subscriptions => {
                    let row = id.parse().ok().and_then(|id| estate.subscription(&id));
                    let of = row.map(|row| estate.tenant_name(&row.subscription.tenant));
                    let what = of.map_or_else(
                        || "subscription".to_owned(),
                        |tenant| format!("subscription of {tenant}"),
                    );
                    (row.map(|row| row.subscription.name.clone()), what)
                }
                SharingGroupKind::Other(ref kind) => (None, kind.clone()),
            };
            let name = name.unwrap_or_else(|| id.clone());
            lines.push(Words::plain(format!("{name:<NAME$}  ")).and(Tone::Dim, what));
        }
    }
    if lines.len() == 1 {
        lines.push(Words::new(Tone::Dim, "nobody yet; s shares it"));
    }
    if let Some(status) = &gallery.sharing_status {
        for region in &status.regions {
            let (tone, glyph) = match region.state {
                SharingState::Succeeded => continue,
                SharingState::Failed => (Tone::Bad, theme.glyphs.failed),
                _ => (Tone::Active, theme.glyphs.running),
            };
            let name = region.region.display_name();
            let text = format!("{glyph} {name}: {}", region.state);
            lines.push(Words::new(tone, text).hanging(2));
        }
    }
    lines
}

/// Who has which role at the gallery: its own assignments first.
fn who_has_roles(state: &State, estate: &Estate, id: &ResourceId, theme: &Theme) -> Vec<Words> {
    let mut lines = vec![Words::new(Tone::Strong, "by role")];
    let access = match &state.access {
        Read::Known((of, access)) if of == id => access.as_ref(),
        _ => {
            lines.push(Words::new(Tone::Dim, "reading…"));
            return lines;
        }
    };
    let Some(access) = access else {
        lines.push(Words::new(
            Tone::Dim,
            "being read, or never read; ctrl-r reads it",
        ));
        return lines;
    };
    let GalleryAccess {
        assignments,
        trouble: broken,
        read_at: at,
    } = access;
    let mut rows: Vec<_> = assignments
        .iter()
        .map(|assignment| (roles::source(assignment, id, estate), assignment))
        .collect();
    rows.sort_by_key(|(source, assignment)| {
        (
            source.is_some(),
            source.clone(),
            roles::name(&assignment.role),
        )
    });
    for (source, assignment) in rows {
        let who = roles::whose(assignment, state);
        let role = roles::name(&assignment.role);
        let line = Words::plain(format!("{role:<NAME$}  ")).and(Tone::Plain, who);
        let from = source.map_or_else(|| "  here".to_owned(), |from| format!("  from {from}"));
        lines.push(line.and(Tone::Dim, from).hanging(4));
    }
    if assignments.is_empty() && broken.is_none() {
        lines.push(Words::new(Tone::Dim, "nobody"));
    }
    lines.extend(trouble(broken.as_ref(), theme));
    lines.push(Words::new(
        Tone::Dim,
        format!("read {}", read_at(state, *at)),
    ));
    lines
}
