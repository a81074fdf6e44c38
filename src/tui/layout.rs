//! Where everything is on the screen, for drawing and for scrolling alike.
//!
//! ```text
//!  wide (from 104×30)                  compact (from 76×20)          single (from 40×10)
//!  title                               title                         title
//!  ┌ 1 ────┐┌ 2 ─────┐┌ 3 ─────────┐   ─ 1 ─────┐┌ 3 ───────────┐   ┌ the focused pane ─┐
//!  │       ││        ││            │   ┌ 2 ─────┐│              │   │                   │
//!  └───────┘└────────┘└────────────┘   └────────┘└──────────────┘   │                   │
//!  ┌ 4 ────────────────────────────┐   ┌ 4 ─────────────────────┐   │                   │
//!  └───────────────────────────────┘   └────────────────────────┘   │                   │
//!  ┌ 5 ────────────────────────────┐   ┌ 5 ─────────────────────┐   │                   │
//!  └───────────────────────────────┘   └────────────────────────┘   └───────────────────┘
//!  keys                                keys                          keys
//! ```

use ratatui::layout::Rect;

use super::state::Pane;

/// The places of one screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The first line.
    pub title: Rect,
    /// All between.
    pub body: Rect,
    /// The last line.
    pub footer: Rect,
    panes: [Option<Rect>; 5],
}

const WIDE: (u16, u16) = (104, 30);
const COMPACT: (u16, u16) = (76, 20);
const SINGLE: (u16, u16) = (40, 10);

/// Lines about the selected version, below the list of versions.
const DETAILS: u16 = 5;

/// The places on a screen of this size. `left` is the one of Tenants and Galleries that is
/// unfolded where only one of them is.
#[must_use]
pub fn of(size: (u16, u16), focus: Pane, left: Pane, zoomed: bool) -> Layout {
    let (width, height) = size;
    let fits = |(columns, lines): (u16, u16)| width >= columns && height >= lines;
    let line = |y| Rect {
        x: 0,
        y,
        width,
        height: 1.min(height),
    };
    let body = Rect {
        x: 0,
        y: 1,
        width,
        height: height.saturating_sub(2),
    };
    let mut panes = [None; 5];
    if !fits(SINGLE) {
    } else if zoomed || !fits(COMPACT) {
        panes[focus as usize] = Some(body);
    } else if fits(WIDE) {
        wide(body, &mut panes);
    } else {
        compact(body, left, &mut panes);
    }
    Layout {
        title: line(0),
        body,
        footer: line(height.saturating_sub(1)),
        panes,
    }
}

fn wide(body: Rect, panes: &mut [Option<Rect>; 5]) {
    let upper = body.height * 9 / 20;
    let queue = body.height / 4;
    let tenants = (body.width * 3 / 10).clamp(34, 60);
    let galleries = (body.width * 3 / 10).clamp(34, 70);
    let versions = body.width - tenants - galleries;
    let top = |x, width| {
        Some(Rect {
            x,
            y: body.y,
            width,
            height: upper,
        })
    };
    let across = |y, height| {
        Some(Rect {
            x: body.x,
            y,
            width: body.width,
            height,
        })
    };
    *panes = [
        top(0, tenants),
        top(tenants, galleries),
        top(tenants + galleries, versions),
        across(body.y + upper, queue),
        across(body.y + upper + queue, body.height - upper - queue),
    ];
}

fn compact(body: Rect, left: Pane, panes: &mut [Option<Rect>; 5]) {
    let upper = body.height / 2;
    let queue = (body.height - upper) / 2;
    let slot = (body.width * 9 / 20).clamp(34, 50);
    let beside = |y, height| {
        Some(Rect {
            x: 0,
            y,
            width: slot,
            height,
        })
    };
    let across = |y, height| {
        Some(Rect {
            x: body.x,
            y,
            width: body.width,
            height,
        })
    };
    let (tenants, galleries) = if left == Pane::Tenants {
        (beside(body.y, upper - 1), beside(body.y + upper - 1, 1))
    } else {
        (beside(body.y, 1), beside(body.y + 1, upper - 1))
    };
    let versions = Rect {
        x: slot,
        y: body.y,
        width: body.width - slot,
        height: upper,
    };
    *panes = [
        tenants,
        galleries,
        Some(versions),
        across(body.y + upper, queue),
        across(body.y + upper + queue, body.height - upper - queue),
    ];
}

impl Layout {
    /// Where a pane is with its frame; nothing where there is no room for it.
    #[must_use]
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        self.panes[pane as usize]
    }

    /// Whether anything can be shown at all.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.panes.iter().any(Option::is_some)
    }

    /// What is within a pane's frame.
    #[must_use]
    pub fn inside(&self, pane: Pane) -> Rect {
        let area = self.pane(pane).unwrap_or_default();
        Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }

    /// The parts of the versions pane: the list with its header, and the lines about the selected
    /// version, where there is room for both.
    #[must_use]
    pub fn versions(&self) -> (Rect, Rect) {
        let inside = self.inside(Pane::Versions);
        let details = if inside.height >= 2 * DETAILS {
            DETAILS
        } else {
            0
        };
        let list = Rect {
            height: inside.height - details,
            ..inside
        };
        (
            list,
            Rect {
                y: inside.y + list.height,
                height: details,
                ..inside
            },
        )
    }

    /// How many rows of a pane are seen at once.
    #[must_use]
    pub fn rows(&self, pane: Pane) -> u16 {
        match pane {
            Pane::Log => self.inside(pane).height,
            Pane::Versions => self.versions().0.height.saturating_sub(1),
            _ => self.inside(pane).height.saturating_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_panes_are_there_from_76_by_20() {
        for size in [
            (76, 20),
            (80, 24),
            (120, 40),
            (320, 90),
            (120, 24),
            (80, 60),
        ] {
            for left in [Pane::Tenants, Pane::Galleries] {
                let layout = of(size, left, left, false);
                let shown = Pane::ALL.map(|pane| layout.pane(pane));
                assert!(shown.iter().all(Option::is_some), "{size:?}");
                assert!(layout.rows(left) >= 5, "{size:?} {}", layout.rows(left));
            }
        }
        assert!(!of((39, 24), Pane::Log, Pane::Tenants, false).has_room());
        assert!(!of((80, 9), Pane::Log, Pane::Tenants, false).has_room());
    }

    proptest! {
        #[test]
        fn panes_are_within_the_body_and_never_overlap(
            width in 0u16..400, height in 0u16..120, focus in 0usize..5, tenants in any::<bool>(),
            zoomed in any::<bool>(),
        ) {
            let left = if tenants { Pane::Tenants } else { Pane::Galleries };
            let layout = of((width, height), Pane::ALL[focus], left, zoomed);
            let areas: Vec<Rect> = Pane::ALL.iter().filter_map(|p| layout.pane(*p)).collect();
            for (index, area) in areas.iter().enumerate() {
                prop_assert_eq!(layout.body.intersection(*area), *area);
                for other in &areas[index + 1..] {
                    prop_assert!(!area.intersects(*other), "{:?} {:?}", area, other);
                }
            }
            prop_assert_eq!(areas.is_empty(), width < 40 || height < 10);
            let whole: u32 = areas.iter().map(|area| area.area()).sum();
            prop_assert!(areas.is_empty() || whole == layout.body.area());
        }
    }
}
