use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{By, Role, Sharing, Whom, draw};
use crate::actions::Action;
use crate::actions::share::{MAX_SUBSCRIPTIONS, MAX_TENANTS};
use crate::azure::{BuiltInRole, PrincipalId};
use crate::tui::filter::Filter;
use crate::tui::forms::{Part, Shape, Sheet, Verb};
use crate::tui::keymap::Command;
use crate::tui::list::List;
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::Frame;

impl Sheet for Sharing {
    fn verb(&self) -> Verb {
        Verb::Share
    }

    fn title(&self) -> String {
        format!("Share {}", self.resource.names())
    }

    fn note(&self) -> String {
        match self.by {
            By::Direct => {
                let (tenants, subscriptions) = self.meter();
                format!(
                    "{tenants} of {MAX_TENANTS} tenants, {subscriptions} of {MAX_SUBSCRIPTIONS} \
                     subscriptions"
                )
            }
            By::Role => String::new(),
        }
    }

    fn invitation(&self) -> &'static str {
        "Nothing is changed yet. Mark whom to share with, or who has it and shall not."
    }

    fn wish(&self) -> Result<Option<Action>, String> {
        self.asked_for()
    }

    fn carry_out(&mut self, command: Command) -> Result<bool, String> {
        match command {
            Command::Mark => return self.mark(false),
            Command::TakeBack => return self.mark(true),
            Command::Means => {
                self.turn();
                return Ok(true);
            }
            Command::Left | Command::Right => self.fold(command == Command::Left),
            _ => {}
        }
        Ok(false)
    }

    fn typed(&mut self, _: &KeyEvent) -> bool {
        false
    }

    fn part(&self, command: Command) -> Result<Part, String> {
        if self.by == By::Direct {
            return Err("only what is shared by role names roles and principals".to_owned());
        }
        if command == Command::Role {
            return Ok(Part {
                prompt: "role".to_owned(),
                value: self.role.clone().unwrap_or_default(),
                hint: format!("nothing typed: the least, {}", draw::LEAST.name),
            });
        }
        match self.selected() {
            Some(grantee) if matches!(grantee.whom, Whom::Tenant(_)) => Ok(Part {
                prompt: format!("principal of {}", grantee.name),
                value: grantee.principal().unwrap_or_default().to_owned(),
                hint: match &grantee.usual {
                    Some(usual) => format!("nothing typed: {usual}"),
                    None => "an object id of the gallery's tenant".to_owned(),
                },
            }),
            Some(_) => Err("that principal has the role already, and no customer".to_owned()),
            None => Err("nobody is selected".to_owned()),
        }
    }

    fn set_part(&mut self, command: Command, typed: &str) -> Result<(), String> {
        let text = Some(typed.to_owned()).filter(|text| !text.is_empty());
        if command == Command::Role {
            if let Some(role) = &text {
                BuiltInRole::meant_by(role).map_err(|wrong| wrong.to_string())?;
            }
            self.role = text;
            // It isn't known who has another role than those that serve.
            for grantee in &mut self.grantees {
                grantee.role = Role::Unknown;
            }
            return Ok(());
        }
        if let Some(id) = &text {
            let id: Result<PrincipalId, _> = id.parse();
            id.map_err(|_| "an object id such as 5f2b…-…-… is wanted".to_owned())?;
        }
        if let Some(grantee) = self.selected_mut() {
            let text = text.filter(|text| grantee.usual.as_ref() != Some(text));
            if grantee.typed != text {
                grantee.typed = text;
                // It isn't known what another principal has.
                grantee.role = Role::Unknown;
            }
        }
        Ok(())
    }

    fn list(&self) -> &List<usize> {
        &self.list
    }

    fn list_mut(&mut self) -> &mut List<usize> {
        &mut self.list
    }

    fn narrow(&mut self, filter: Option<Filter>) {
        self.list.filter = filter;
        self.arrange();
    }

    fn shape(&self) -> Shape {
        Shape::Above(self.list.len())
    }

    fn overhead(&self) -> u16 {
        1 + draw::MEANS
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

impl Sharing {
    /// Folds the selected tenant's subscriptions away, or unfolds them.
    fn fold(&mut self, fold: bool) {
        let Some(at) = self.list.selected_index() else {
            return;
        };
        let tenant = (0..=at).rev().find(|at| {
            let whom = self.grantees.get(*at).map(|grantee| &grantee.whom);
            matches!(whom, Some(Whom::Tenant(_)))
        });
        if let Some(tenant) = tenant {
            if fold {
                self.unfolded.remove(&tenant);
                self.list.select(&tenant);
            } else {
                self.unfolded.insert(tenant);
            }
            self.arrange();
        }
    }
}
