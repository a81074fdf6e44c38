//! A list of machines: what each was made from, and how far that is behind.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::data::MachinesOf;
use crate::tui::machines::{behind, image};
use crate::tui::state::{Machines, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::popup;
use crate::tui::widgets::table::{self, Cell, Column, Row};
use crate::tui::widgets::text::counted;
use crate::tui::widgets::words::{Words, draw_lines};

/// From this width on the size has a column.
const WITH_SIZE: u16 = 100;

/// Makes the rows of the list.
pub fn arrange(state: &State, machines: &mut Machines) {
    let rows = state.machines_of(&machines.of).unwrap_or_default();
    let filter = machines.rows.filter.clone();
    let kept = rows.iter().enumerate().filter(|(_, row)| {
        let tenant = tenant(state, row);
        let text = format!("{} {} {tenant}", row.machine.name, image(row));
        filter.as_ref().is_none_or(|filter| filter.keeps(&text))
    });
    let rows = kept.map(|(index, row)| (row.machine.id.clone(), index));
    machines.rows.show(rows.collect());
}

fn tenant<'a>(state: &'a State, row: &'a crate::estate::MachineRow) -> &'a str {
    let estate = state.estate.known();
    estate.map_or(row.tenant.as_str(), |estate| {
        estate.tenant_name(&row.tenant)
    })
}

fn title(state: &State, of: &MachinesOf) -> String {
    match of {
        MachinesOf::Tenant(id) => {
            let estate = state.estate.known();
            let name = estate.map_or(id.as_str(), |estate| estate.tenant_name(id));
            format!("Machines of {name}")
        }
        MachinesOf::Version(id) => {
            let image = id.parent();
            let image = image.as_ref().map_or("", |image| image.name());
            format!("Machines from {image} {}", id.name())
        }
    }
}

/// Draws the list over the panes.
pub fn draw(
    state: &State,
    machines: &Machines,
    buffer: &mut Buffer,
    body: Rect,
    theme: &Theme,
) -> Option<Position> {
    let title = title(state, &machines.of);
    let known = state.machines_of(&machines.of);
    let all = known.map_or(0, <[_]>::len);
    let note = match &machines.rows.filter {
        Some(filter) => format!("/{}  {} of {all}", filter.typed(), machines.rows.len()),
        None => counted(all, "machine"),
    };
    let frame = Frame {
        title: &title,
        note: &note,
        focused: true,
        ..Frame::default()
    };
    let inside = popup::open(buffer, body, &frame, theme);
    let Some(rows) = known.filter(|_| !machines.rows.is_empty()) else {
        let text = match known {
            None => "reading…",
            Some([]) => "None that is known of.",
            Some(_) => "No machine passes the filter. esc lifts it.",
        };
        draw_lines(buffer, inside, &[Words::new(Tone::Dim, text)], 0, theme);
        return None;
    };
    let wide = inside.width >= WITH_SIZE;
    let by_tenant = matches!(machines.of, MachinesOf::Version(_));
    let mut columns = vec![Column::share("machine", 4)];
    columns.extend(by_tenant.then(|| Column::share("tenant", 3)));
    columns.push(Column::share("region", 3));
    columns.extend(wide.then(|| Column::share("size", 4)));
    columns.push(Column::share("made from", 5));
    columns.push(Column::cells("behind", 11));
    table::draw(
        buffer,
        inside,
        &columns,
        machines.rows.view(),
        theme,
        |index| {
            let row = machines.rows.index(index).and_then(|index| rows.get(index));
            let Some(row) = row else {
                return Row::default();
            };
            let (tone, far) = behind(row.behind, theme);
            let size = row.machine.size.as_deref().unwrap_or_default();
            let mut cells = vec![Cell::new(Tone::Plain, &row.machine.name)];
            cells.extend(by_tenant.then(|| Cell::new(Tone::Plain, tenant(state, row))));
            cells.push(Cell::new(Tone::Dim, row.machine.location.display_name()));
            cells.extend(wide.then(|| Cell::new(Tone::Dim, size)));
            cells.push(image(row).into());
            cells.push(Cell::new(tone, far));
            Row { sign: None, cells }
        },
    )
}

/// Rows that are seen at once.
#[must_use]
pub fn page(body: Rect) -> usize {
    usize::from(body.height.saturating_sub(3))
}
