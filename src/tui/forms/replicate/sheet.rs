use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::backend::crossterm::EventHandler as _;

use super::{MAX_REPLICAS, Regions, draw};
use crate::actions::{Action, Replicate};
use crate::tui::filter::Filter;
use crate::tui::forms::{Part, Shape, Sheet, Verb};
use crate::tui::keymap::Command;
use crate::tui::list::List;
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::Frame;

impl Sheet for Regions {
    fn verb(&self) -> Verb {
        Verb::Replicate
    }

    fn title(&self) -> String {
        format!("Replicate {}", self.title)
    }

    fn note(&self) -> String {
        format!("{} of {MAX_REPLICAS} replicas", self.total())
    }

    fn invitation(&self) -> &'static str {
        "Nothing is changed yet. Mark a region, or type a number of replicas."
    }

    fn wish(&self) -> Result<Option<Action>, String> {
        let mut set = Vec::new();
        let mut remove = Vec::new();
        for row in &self.regions {
            set.extend(row.change()?);
            if row.was.is_some() && !row.wanted {
                remove.push(row.region.clone());
            }
        }
        let total = self.total();
        if total > MAX_REPLICAS {
            return Err(format!(
                "{total} replicas in all; a version may have {MAX_REPLICAS}"
            ));
        }
        if set.is_empty() && remove.is_empty() {
            return Ok(None);
        }
        Ok(Some(Action::Replicate(Replicate {
            version: self.version.clone(),
            set,
            remove,
        })))
    }

    fn carry_out(&mut self, command: Command) -> Result<bool, String> {
        match command {
            Command::Mark => self.toggle()?,
            Command::Storage => self.next_storage()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn typed(&mut self, key: &KeyEvent) -> bool {
        let digit = matches!(key.code, KeyCode::Char('0'..='9'));
        let edit = matches!(key.code, KeyCode::Backspace | KeyCode::Delete);
        let Some(row) = self
            .list
            .selected_index()
            .and_then(|index| self.regions.get_mut(index))
        else {
            return false;
        };
        let begun = self.typing.as_ref() == Some(&row.region);
        if !(digit || edit) || (digit && begun && row.replicas.value().len() >= 3) {
            return false;
        }
        // The first digit replaces what was there; the next ones are typed after it.
        if digit && !begun {
            row.replicas.reset();
        }
        self.typing = Some(row.region.clone());
        row.wanted = true;
        row.replicas.handle_event(&Event::Key(*key));
        true
    }

    fn part(&self, _: Command) -> Result<Part, String> {
        Err("a number of replicas is typed where it stands".to_owned())
    }

    fn set_part(&mut self, _: Command, _: &str) -> Result<(), String> {
        Ok(())
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

    fn narrow(&mut self, filter: Option<Filter>) {
        self.list.filter = filter;
        self.arrange();
    }

    fn shape(&self) -> Shape {
        Shape::Beside(draw::GRID)
    }

    fn overhead(&self) -> u16 {
        1
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
