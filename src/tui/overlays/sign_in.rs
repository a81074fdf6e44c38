//! A person's sign-in: the address, the code in large letters, or the command to run.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::azure::DeviceCode;
use crate::tui::state::{Phase, SignIn, State};
use crate::tui::theme::{Theme, Tone};
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::text::width;
use crate::tui::widgets::words::{Words, draw_lines, wrap_all};
use crate::tui::widgets::{large, popup};

/// Cells of the window.
const WIDTH: u16 = 76;

/// How far the address and the code are set in.
const INSET: u16 = 4;

/// Lines of the reason that are shown; the tenant's details have the rest.
const REASON: usize = 3;

/// Draws the sign-in.
pub(super) fn draw(
    state: &State,
    sign_in: &SignIn,
    buffer: &mut Buffer,
    body: Rect,
    theme: &Theme,
) -> Position {
    let estate = state.estate.known();
    let name = estate.map_or(sign_in.tenant.as_str(), |estate| {
        estate.tenant_name(&sign_in.tenant)
    });
    let cells = WIDTH.min(body.width).saturating_sub(4);
    let mut lines = match &sign_in.phase {
        Phase::Asked => vec![Words::new(Tone::Active, "asking for a code…")],
        Phase::Code(code) => with_code(state, code, cells, theme),
        Phase::Command(command) => with_command(command),
        Phase::Failed(why) => failed(why, theme),
    };
    lines = wrap_all(&lines, cells);
    if !matches!(sign_in.phase, Phase::Failed(_)) {
        lines.extend(reason(state, sign_in, cells));
    }
    let title = format!("Sign in to {name}");
    let frame = Frame {
        title: &title,
        focused: true,
        ..Frame::default()
    };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let area = popup::centred(body, WIDTH, height.saturating_add(2));
    let inside = popup::open(buffer, area, &frame, theme);
    draw_lines(buffer, inside, &lines, 0, theme);
    Position {
        x: inside.x,
        y: inside.y,
    }
}

fn with_code(state: &State, code: &DeviceCode, cells: u16, theme: &Theme) -> Vec<Words> {
    let until = code.expires_at.to_zoned(state.zone.clone());
    let mut lines = vec![
        Words::plain("Open this address in a browser, on any machine:"),
        Words::blank(),
        Words::new(Tone::Key, &code.verification_uri).inset(INSET),
        Words::blank(),
        Words::plain("and type this code:"),
        Words::blank(),
    ];
    lines.extend(code_lines(&code.user_code, cells, theme));
    lines.push(Words::blank());
    lines.push(Words::plain(format!(
        "It is good until {}. Once somebody has signed in with it, the tenant is read by itself; \
         esc leaves, and the sign-in goes on.",
        until.strftime("%H:%M")
    )));
    lines
}

/// The code, in large letters where they can be drawn and there is room.
fn code_lines(code: &str, cells: u16, theme: &Theme) -> Vec<Words> {
    let large = large::rows(code).filter(|_| theme.is_unicode());
    let large = large.filter(|[first, ..]| width(first) + INSET <= cells);
    let mut lines = Vec::new();
    if let Some(rows) = large {
        let rows = rows.into_iter();
        lines.extend(rows.map(|row| Words::new(Tone::Strong, row).inset(INSET).on_one_line()));
        lines.push(Words::blank());
    }
    let spaced: Vec<String> = code.chars().map(String::from).collect();
    lines.push(
        Words::new(Tone::Strong, spaced.join(" "))
            .inset(INSET)
            .on_one_line(),
    );
    lines
}

fn with_command(command: &str) -> Vec<Words> {
    vec![
        Words::plain("This identity signs in through the Azure CLI. Run, in another terminal:"),
        Words::blank(),
        Words::new(Tone::Key, command).inset(INSET),
        Words::blank(),
        Words::plain("and then read the tenant again with R."),
    ]
}

fn failed(why: &str, theme: &Theme) -> Vec<Words> {
    let mut lines: Vec<Words> = why
        .lines()
        .enumerate()
        .map(|(index, line)| match index {
            0 => Words::new(Tone::Bad, format!("{} {line}", theme.glyphs.failed)).hanging(2),
            _ => Words::plain(line).hanging(2),
        })
        .collect();
    lines.push(Words::blank());
    lines.push(Words::plain("n asks for a new code."));
    lines
}

/// Why it is needed.
fn reason(state: &State, sign_in: &SignIn, cells: u16) -> Vec<Words> {
    let row = state
        .estate
        .known()
        .and_then(|estate| estate.tenant(&sign_in.tenant));
    let Some(trouble) = row.and_then(|row| row.trouble.as_ref()) else {
        return Vec::new();
    };
    let mut lines = vec![Words::blank()];
    let words = Words::new(Tone::Dim, &trouble.message);
    lines.extend(words.wrapped(cells).into_iter().take(REASON));
    lines
}
