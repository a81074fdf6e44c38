use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{About, Column, Machines, digits, draw};
use crate::actions::{Action, Deploy};
use crate::tui::filter::Filter;
use crate::tui::forms::{Part, Shape, Sheet, Verb};
use crate::tui::keymap::Command;
use crate::tui::list::List;
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::text::counted;

impl Sheet for Machines {
    fn verb(&self) -> Verb {
        Verb::Deploy
    }

    fn title(&self) -> String {
        format!("Deploy {}", self.title)
    }

    fn note(&self) -> String {
        match self.total() {
            (0, _) => counted(self.targets.len(), "tenant"),
            (machines, tenants) => format!(
                "{} for {}",
                counted(usize::try_from(machines).unwrap_or(usize::MAX), "machine"),
                counted(tenants, "tenant")
            ),
        }
    }

    fn invitation(&self) -> &'static str {
        "Nothing is asked for yet. Type how many machines there shall be."
    }

    fn wish(&self) -> Result<Option<Action>, String> {
        let wishes = self.targets.iter().map(super::TargetRow::wish);
        let targets: Vec<_> = wishes.collect::<Result<Vec<_>, _>>()?;
        let targets: Vec<_> = targets.into_iter().flatten().collect();
        Ok((!targets.is_empty()).then(|| {
            Action::Deploy(Deploy {
                version: self.version.clone(),
                targets,
            })
        }))
    }

    fn carry_out(&mut self, command: Command) -> Result<bool, String> {
        if matches!(command, Command::Left | Command::Right) {
            self.column = self.column.beside(command == Command::Right);
            self.typing = None;
        }
        Ok(false)
    }

    fn typed(&mut self, key: &KeyEvent) -> bool {
        let (Some(row), Column::Count) = (self.list.selected_index(), self.column) else {
            return false;
        };
        let text = match self.about(row) {
            Some(About::Each) => self.common(Column::Count).unwrap_or_default(),
            Some(About::One(target)) => target.count.clone(),
            None => return false,
        };
        // The first digit replaces what was there; the next ones are typed after it.
        let begun = self.typing == Some(row);
        let text = match key.code {
            KeyCode::Char(digit @ '0'..='9') if !begun => digit.to_string(),
            KeyCode::Char(digit @ '0'..='9') if text.len() < digits() => format!("{text}{digit}"),
            KeyCode::Backspace => text[..text.len().saturating_sub(1)].to_owned(),
            KeyCode::Delete => String::new(),
            _ => return false,
        };
        self.typing = Some(row);
        for target in self.targets_of(row) {
            target.count.clone_from(&text);
        }
        true
    }

    fn part(&self, _: Command) -> Result<Part, String> {
        let row = self.list.selected_index();
        let about = row.and_then(|row| self.about(row));
        let Some(about) = about else {
            return Err("no tenant is selected".to_owned());
        };
        let usual = |text: Option<String>| match text {
            Some(text) => format!("nothing typed: {text}, as configured"),
            None => "nothing is configured".to_owned(),
        };
        let (of, value, hint) = match about {
            About::Each => (
                format!("each of {}", self.targets.len()),
                self.common(self.column),
                "nothing typed: each as configured".to_owned(),
            ),
            About::One(target) => (
                target.name.clone(),
                target.text(self.column),
                usual(
                    target
                        .usual(self.column)
                        .map(|text| draw::short(self.column, &text)),
                ),
            ),
        };
        Ok(Part {
            prompt: format!("{} of {of}", self.column.word()),
            value: value.unwrap_or_default(),
            hint,
        })
    }

    fn set_part(&mut self, _: Command, typed: &str) -> Result<(), String> {
        let column = self.column;
        let Some(row) = self.list.selected_index() else {
            return Ok(());
        };
        self.targets_of(row)
            .iter_mut()
            .try_for_each(|target| target.set(column, typed))
    }

    fn list(&self) -> &List<usize> {
        &self.list
    }

    fn list_mut(&mut self) -> &mut List<usize> {
        &mut self.list
    }

    // What is typed next is a number of its own.
    fn moved(&mut self) {
        self.typing = None;
    }

    fn settle(&mut self) {
        self.told = self.list.selected_index().map(|row| (row, self.column));
    }

    fn narrow(&mut self, filter: Option<Filter>) {
        self.list.filter = filter;
        self.arrange();
    }

    fn shape(&self) -> Shape {
        Shape::Above(self.rows())
    }

    fn overhead(&self) -> u16 {
        1 + draw::TOLD
    }

    fn draw(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        frame: &Frame<'_>,
        theme: &Theme,
    ) -> Option<Position> {
        draw::draw(self, buffer, area, frame, theme)
    }
}
