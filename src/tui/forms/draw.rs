use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Form, Shape};
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::Frame;

/// Below this width a form shows its rows or the plan, not both.
const BESIDE: u16 = 104;

/// Below this height a form shows its rows or the plan, not both.
const BELOW: u16 = 16;

/// Where the rows and the plan are.
#[must_use]
pub fn areas(form: &Form, body: Rect) -> (Option<Rect>, Option<Rect>) {
    let sheet = form.sheet();
    match sheet.shape() {
        Shape::Beside(width) if body.width >= BESIDE => {
            let plan = Rect {
                x: body.x + width,
                width: body.width - width,
                ..body
            };
            (Some(Rect { width, ..body }), Some(plan))
        }
        Shape::Above(rows) if body.height >= BELOW => {
            let rows = u16::try_from(rows).unwrap_or(u16::MAX);
            let height = rows.saturating_add(sheet.overhead() + 2);
            let height = height.min(body.height / 2);
            let plan = Rect {
                y: body.y + height,
                height: body.height - height,
                ..body
            };
            (Some(Rect { height, ..body }), Some(plan))
        }
        _ if form.reading_plan => (None, Some(body)),
        _ => (Some(body), None),
    }
}

/// Draws the form over the panes; returns where the cursor stands.
pub fn draw(form: &Form, buffer: &mut Buffer, body: Rect, theme: &Theme) -> Option<Position> {
    let (rows, plan) = areas(form, body);
    let sheet = form.sheet();
    let in_rows = rows.and_then(|area| {
        let (title, summary) = (sheet.title(), form.plan.summary());
        let note = match &sheet.list().filter {
            Some(filter) => format!("/{}", filter.typed()),
            None => sheet.note(),
        };
        let frame = Frame {
            title: &title,
            note: &note,
            foot: Some((summary.0, &summary.1)),
            focused: !form.reading_plan,
        };
        sheet.draw(buffer, area, &frame, theme)
    });
    let in_plan = plan.map(|area| {
        let reading = form.reading_plan;
        form.plan
            .draw(sheet.invitation(), reading, buffer, area, theme)
    });
    if form.reading_plan { in_plan } else { in_rows }
}
