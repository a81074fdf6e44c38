//! Galleries: a tree over all tenants, gallery, then image definition.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::{filter_note, open, say};
use crate::azure::{Gallery, ImageDefinition, Permissions};
use crate::estate::{DefinitionRow, GalleryRow, TenantRow, TenantState};
use crate::tui::state::{Node, Pane, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::table::{self, Cell, Column, Row};

/// From this width on the region is said.
const WITH_REGION: u16 = 40;

/// From this width on the tenant has a column.
const WITH_TENANT: u16 = 56;

/// Draws the pane.
pub fn draw(state: &State, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let list = &state.galleries;
    let estate = state.estate.known();
    let (galleries, definitions) = estate.map_or((0, 0), |estate| {
        (estate.galleries.len(), estate.definitions.len())
    });
    let mut note = match galleries {
        0 => String::new(),
        _ => format!("{galleries} with {definitions} images"),
    };
    if let Some(filter) = filter_note(list.filter.as_ref()) {
        note = filter;
    }
    let inside = open(state, Pane::Galleries, (&note, None), buffer, theme)?;
    if list.is_empty() {
        let (tone, text) = nothing(state, galleries);
        say(buffer, inside, tone, text.as_str(), theme);
        return None;
    }
    let with_region = inside.width >= WITH_REGION;
    let mut columns = vec![
        Column::share("gallery / image", 1),
        Column::cells("", if with_region { 13 } else { 9 }),
        Column::cells("ver.", 4).ending_right(),
    ];
    let with_tenant = inside.width >= WITH_TENANT;
    if with_tenant {
        columns.insert(1, Column::cells("tenant", 18));
    }
    table::draw(buffer, inside, &columns, list.view(), theme, |index| {
        let at = list.index(index).and_then(|index| state.tree.get(index));
        let mut row = at
            .and_then(|node| row(state, *node, with_region, theme))
            .unwrap_or_default();
        if !with_tenant && row.cells.len() > 3 {
            row.cells.remove(1);
        }
        row
    })
}

fn row(state: &State, node: Node, with_region: bool, theme: &Theme) -> Option<Row> {
    let estate = state.estate.known()?;
    let gallery = estate.galleries.get(node.gallery)?;
    let tenant = Cell::new(Tone::Dim, estate.tenant_name(&gallery.tenant));
    Some(match node.definition {
        None => gallery_row(state, gallery, tenant, with_region, theme),
        Some(index) => definition_row(estate.definitions.get(index)?, theme),
    })
}

fn gallery_row(
    state: &State,
    row: &GalleryRow,
    tenant: Cell,
    with_region: bool,
    theme: &Theme,
) -> Row {
    let gallery = &row.gallery;
    let filtered = state.galleries.filter.is_some();
    let folded = !filtered && state.folded.contains(&gallery.id);
    let fold = if folded {
        theme.glyphs.folded
    } else {
        theme.glyphs.open
    };
    let name = Cell::new(Tone::Dim, format!("{fold} ")).and(Tone::Strong, &gallery.name);
    let mut place = sharing(gallery);
    if with_region {
        place = format!("{} {place}", gallery.location.abbreviation());
    }
    let troubled = row.trouble.is_some() || row.sharing_trouble.is_some();
    Row {
        sign: troubled.then_some((Tone::Warn, theme.glyphs.warning)),
        cells: vec![name, tenant, Cell::new(Tone::Dim, place), Cell::default()],
    }
}

fn definition_row(row: &DefinitionRow, theme: &Theme) -> Row {
    let versions = row
        .versions
        .map_or("?".to_owned(), |count| count.to_string());
    let count = match row.versions {
        Some(0) | None => Cell::new(Tone::Dim, versions),
        Some(_) => versions.into(),
    };
    Row {
        sign: row
            .trouble
            .as_ref()
            .map(|_| (Tone::Warn, theme.glyphs.warning)),
        cells: vec![
            format!("  {}", row.definition.name).into(),
            Cell::default(),
            Cell::new(Tone::Dim, security(&row.definition)),
            count,
        ],
    }
}

/// How a gallery may be shared, and with how many it is directly.
fn sharing(gallery: &Gallery) -> String {
    match &gallery.sharing {
        Permissions::Private => "private".to_owned(),
        Permissions::Groups => {
            let shared = gallery.groups.iter().map(|group| group.ids.len());
            format!("direct {}", shared.sum::<usize>())
        }
        Permissions::Community => "community".to_owned(),
        Permissions::Other(text) => text.clone(),
    }
}

/// Generation, security type and architecture in few letters: `G2 TL`, `G2 CVM`, `G2 arm`.
fn security(definition: &ImageDefinition) -> String {
    let generation = definition.generation.as_deref().unwrap_or("V1");
    let mut words = vec![generation.replace(['V', 'v'], "G")];
    let kind = definition
        .security_type
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    // The values of the feature SecurityType (azure-compute-docs, trusted-launch.md).
    let trusted = kind.contains("trustedlaunch");
    let confidential = kind.contains("confidential");
    words.extend(trusted.then(|| "TL".to_owned()));
    words.extend(confidential.then(|| "CVM".to_owned()));
    let arm = definition
        .architecture
        .as_deref()
        .is_some_and(|a| a.eq_ignore_ascii_case("arm64"));
    words.extend(arm.then(|| "arm".to_owned()));
    words.join(" ")
}

fn nothing(state: &State, galleries: usize) -> (Tone, String) {
    if let Some(why) = state.estate.broken() {
        (Tone::Bad, why.to_owned())
    } else if galleries > 0 {
        (
            Tone::Dim,
            "No gallery or image passes the filter. esc lifts it.".to_owned(),
        )
    } else if state.estate.known().is_none() || state.loading() {
        (Tone::Dim, "reading…".to_owned())
    } else if someone_signs_in(state) {
        let text = "No galleries yet: tenants need sign-in. 1 goes to them, enter signs in.";
        (Tone::Warn, text.to_owned())
    } else {
        (
            Tone::Dim,
            "No galleries in any tenant that answers. R reads again.".to_owned(),
        )
    }
}

/// Whether a tenant waits for somebody to sign in.
fn someone_signs_in(state: &State) -> bool {
    let waits = |tenant: &TenantRow| tenant.state == TenantState::SignIn;
    let estate = state.estate.known();
    estate.is_some_and(|estate| estate.tenants.iter().any(waits))
}
