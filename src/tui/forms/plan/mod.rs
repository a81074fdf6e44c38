//! The plan beside a form: what is known of it, whether it may be submitted, and how it reads.

mod lines;
mod prospect;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use lines::{changes, overview};
pub use prospect::{Prospect, Prospects};

use crate::actions::Plan;
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::popup;
use crate::tui::widgets::text::{counted, put, width};
use crate::tui::widgets::words::{Words, draw_lines, wrap_all};

/// What is known of the plan for the form as it stands.
#[derive(Debug, Default)]
pub enum PlanState {
    /// Nothing would change.
    #[default]
    Unchanged,
    /// What was typed is wrong.
    Wrong(String),
    /// It is being computed.
    Planning,
    /// Here it is.
    Planned(Box<Plan>),
    /// It was refused, and what to do instead.
    Refused(String),
}

/// The plan, and how far it is scrolled.
#[derive(Debug, Default)]
pub struct PlanPane {
    /// What is known of it.
    pub state: PlanState,
    /// The first line that is seen.
    pub top: usize,
    /// Lines that are seen at once.
    pub page: usize,
}

impl PlanPane {
    /// Shows this from its beginning.
    pub fn show(&mut self, state: PlanState) {
        self.state = state;
        self.top = 0;
    }

    /// The plan, if it may be submitted.
    ///
    /// # Errors
    /// Why it may not.
    pub fn submittable(&self) -> Result<&Plan, String> {
        match &self.state {
            PlanState::Unchanged => Err("nothing is changed yet".to_owned()),
            PlanState::Wrong(wrong) => Err(first_line(wrong)),
            PlanState::Planning => Err("the plan is still being made".to_owned()),
            PlanState::Refused(_) => Err("there is no plan: see what it says".to_owned()),
            PlanState::Planned(plan) if plan.is_empty() => {
                Err("there is nothing to do: it is already so".to_owned())
            }
            PlanState::Planned(plan) if plan.is_refused() => {
                Err(match (plan.jobs.len(), plan.failed_checks().count()) {
                    (1, 1) => "a check forbids it: see the plan".to_owned(),
                    (1, several) => format!("{several} checks forbid it: see the plan"),
                    _ => "nothing of it can begin: see the plan".to_owned(),
                })
            }
            PlanState::Planned(plan) => Ok(plan),
        }
    }

    /// The plan in one line.
    #[must_use]
    pub fn summary(&self) -> (Tone, String) {
        match &self.state {
            PlanState::Unchanged => (Tone::Dim, "nothing is changed yet".to_owned()),
            PlanState::Wrong(wrong) => (Tone::Bad, first_line(wrong)),
            PlanState::Planning => (Tone::Active, "planning…".to_owned()),
            PlanState::Refused(_) => (Tone::Bad, "no plan: see why (tab)".to_owned()),
            PlanState::Planned(plan) => planned(plan),
        }
    }

    /// The plan in full; `invitation` is what to do as long as there is none.
    #[must_use]
    pub fn lines(&self, invitation: &str, theme: &Theme) -> Vec<Words> {
        match &self.state {
            PlanState::Unchanged => vec![Words::new(Tone::Dim, invitation)],
            PlanState::Wrong(wrong) => told(&format!("{} {wrong}", theme.glyphs.failed)),
            PlanState::Planning => vec![Words::new(Tone::Active, "planning…")],
            PlanState::Refused(why) => told(why),
            PlanState::Planned(plan) => lines::lines(plan, theme),
        }
    }

    /// Draws it; returns where the cursor stands.
    pub fn draw(
        &self,
        invitation: &str,
        focused: bool,
        buffer: &mut Buffer,
        area: Rect,
        theme: &Theme,
    ) -> Position {
        let frame = Frame {
            title: "Plan",
            focused,
            ..Frame::default()
        };
        let inside = popup::open(buffer, area, &frame, theme);
        let lines = wrap_all(&self.lines(invitation, theme), inside.width);
        draw_lines(buffer, inside, &lines, self.top, theme);
        let seen = self.top + usize::from(inside.height);
        let hidden = lines.len().saturating_sub(seen);
        if hidden > 0 {
            let more = format!(" {} {hidden} more ", theme.glyphs.below);
            let x = area.right().saturating_sub(width(&more) + 2);
            let at = (x, area.bottom().saturating_sub(1));
            put(buffer, at, width(&more), &more, Tone::Dim, theme);
        }
        Position {
            x: inside.x,
            y: inside.y,
        }
    }

    /// Keeps its end at the bottom of its window.
    pub fn fit(&mut self, invitation: &str, area: Rect) {
        // Glyphs differ in width by a cell at most, which only moves a line break.
        let lines = self.lines(invitation, &Theme::full());
        let lines = wrap_all(&lines, area.width.saturating_sub(4)).len();
        self.page = usize::from(area.height.saturating_sub(2)).max(1);
        self.top = self.top.min(lines.saturating_sub(self.page));
    }
}

fn planned(plan: &Plan) -> (Tone, String) {
    let prospects = Prospects::of(plan);
    let changes: usize = plan.ready().map(|job| job.changes.len()).sum();
    if plan.is_empty() {
        (
            Tone::Dim,
            "there is nothing to do: it is already so".to_owned(),
        )
    } else if plan.is_refused() {
        let failed = counted(plan.failed_checks().count(), "failed check");
        (Tone::Bad, format!("{failed}: see the plan (tab)"))
    } else if plan.jobs.len() == 1 {
        let changes = counted(changes, "change");
        (Tone::Good, format!("planned: {changes}, enter submits"))
    } else {
        let tone = if prospects.held > 0 {
            Tone::Warn
        } else {
            Tone::Good
        };
        (
            tone,
            format!("planned: {}, enter submits", prospects.short()),
        )
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// What is wrong, with what to do about it in lines of its own.
fn told(text: &str) -> Vec<Words> {
    let lines = text.lines().enumerate();
    let tone = |index| if index == 0 { Tone::Bad } else { Tone::Plain };
    lines
        .map(|(index, line)| Words::new(tone(index), line).hanging(2))
        .collect()
}
