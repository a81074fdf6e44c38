use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::actions::Action;
use crate::tui::filter::Filter;
use crate::tui::keymap::Command;
use crate::tui::list::List;
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::Frame;

/// The verb that a form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Change the regions and replicas of a version.
    Replicate,
    /// Let others use a gallery, an image or a version, or take that back.
    Share,
    /// Create machines from a version.
    Deploy,
}

/// How a sheet shares the screen with the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The plan is beside it, on a screen that is wide enough; it takes so many cells.
    Beside(u16),
    /// The plan is below it; it has so many rows.
    Above(usize),
}

/// A part of a sheet that is edited as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is, such as `subnet of Contoso`.
    pub prompt: String,
    /// What it is now.
    pub value: String,
    /// What nothing typed means.
    pub hint: String,
}

/// What is edited in a form: rows, each of them something that the verb may be done to.
pub trait Sheet {
    /// The verb.
    fn verb(&self) -> Verb;

    /// The verb and what it is about, `Replicate win11-avd 2026.11.3`.
    fn title(&self) -> String;

    /// How much of it there is, for the upper line of the frame.
    fn note(&self) -> String;

    /// What to do as long as nothing is changed.
    fn invitation(&self) -> &'static str;

    /// What is asked for; nothing where nothing would change.
    ///
    /// # Errors
    /// What is wrong with what was typed.
    fn wish(&self) -> Result<Option<Action>, String>;

    /// Carries out a command of its own. Returns whether it changed what is asked for.
    ///
    /// # Errors
    /// Why it can't be done.
    fn carry_out(&mut self, command: Command) -> Result<bool, String>;

    /// Takes a key that is text. Returns whether it changed what is asked for.
    fn typed(&mut self, key: &KeyEvent) -> bool;

    /// The part that a command edits as text.
    ///
    /// # Errors
    /// Why it isn't edited like that.
    fn part(&self, command: Command) -> Result<Part, String>;

    /// Takes what was typed for the part that a command edits.
    ///
    /// # Errors
    /// What is wrong with it.
    fn set_part(&mut self, command: Command, typed: &str) -> Result<(), String>;

    /// The rows as they are seen.
    fn list(&self) -> &List<usize>;

    /// The rows as they are seen.
    fn list_mut(&mut self) -> &mut List<usize>;

    /// Another row is selected.
    fn moved(&mut self) {}

    /// The selection has come to rest.
    fn settle(&mut self) {}

    /// Narrows the rows.
    fn narrow(&mut self, filter: Option<Filter>);

    /// How it shares the screen with the plan.
    fn shape(&self) -> Shape;

    /// Lines of its frame's inside that are no rows.
    fn overhead(&self) -> u16;

    /// Draws it with its frame; returns where the cursor stands.
    fn draw(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        frame: &Frame<'_>,
        theme: &Theme,
    ) -> Option<Position>;
}
