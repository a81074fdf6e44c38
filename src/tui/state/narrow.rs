//! What panes are narrowed to.

use super::{Overlay, Pane, State};
use crate::tui::filter::Filter;

impl State {
    /// What a pane is narrowed to.
    #[must_use]
    pub fn filter(&self, pane: Pane) -> Option<&Filter> {
        let filter = match pane {
            Pane::Tenants => &self.tenants.filter,
            Pane::Galleries => &self.galleries.filter,
            Pane::Versions => &self.versions.filter,
            Pane::Queue => &self.jobs.filter,
            Pane::Log => &self.log.filter,
        };
        filter.as_ref()
    }

    /// What a pane was narrowed to last.
    #[must_use]
    pub fn pattern(&self, pane: Pane) -> Option<&Filter> {
        let pattern = match pane {
            Pane::Tenants => &self.tenants.pattern,
            Pane::Galleries => &self.galleries.pattern,
            Pane::Versions => &self.versions.pattern,
            Pane::Queue => &self.jobs.pattern,
            Pane::Log => &self.log.pattern,
        };
        pattern.as_ref()
    }

    /// Narrows a pane, or without one the overlay; nothing to narrow it to lifts its filter.
    pub fn narrow(&mut self, pane: Option<Pane>, to: Option<Filter>) {
        let (filter, pattern) = match pane {
            Some(Pane::Tenants) => (&mut self.tenants.filter, &mut self.tenants.pattern),
            Some(Pane::Galleries) => (&mut self.galleries.filter, &mut self.galleries.pattern),
            Some(Pane::Versions) => (&mut self.versions.filter, &mut self.versions.pattern),
            Some(Pane::Queue) => (&mut self.jobs.filter, &mut self.jobs.pattern),
            Some(Pane::Log) => (&mut self.log.filter, &mut self.log.pattern),
            None => return self.narrow_overlay(to.as_ref()),
        };
        if to.is_some() {
            pattern.clone_from(&to);
        }
        *filter = to;
        match pane {
            Some(Pane::Tenants | Pane::Galleries) => self.arrange_estate(),
            Some(Pane::Versions) => self.arrange_versions(),
            Some(Pane::Queue) => self.arrange_jobs(),
            Some(Pane::Log) => self.log.narrowed(),
            None => {}
        }
    }

    fn narrow_overlay(&mut self, to: Option<&Filter>) {
        for overlay in &mut self.overlays {
            if let Overlay::Machines(machines) = overlay {
                machines.rows.filter = to.cloned();
                return self.arrange_machines();
            }
        }
        if let Some(form) = self.overlays.iter_mut().find_map(Overlay::form_mut) {
            form.sheet_mut().narrow(to.cloned());
        }
    }
}
