//! News put in their places, and rows made from what is known.

use std::collections::HashMap;
use std::sync::Arc;

use super::{News, Node, Overlay, Part, Read, Shown, State};
use crate::azure::ResourceId;
use crate::queue::{Job, JobId};
use crate::tui::data::Jobs;
use crate::tui::forms::{Form, Kind, share::grantees};

impl State {
    /// Takes in what was read. What was read for something that isn't looked at any more is
    /// dropped and counted.
    pub fn take(&mut self, news: News) {
        match news {
            News::Estate(estate) => {
                self.estate = Read::Known(estate);
                self.arrange_estate();
                self.learn_sharing();
                self.close_signed_in();
                if self.moved == 0 {
                    self.settle();
                }
            }
            News::Versions(definition, rows) => match &mut self.shown {
                Some(shown) if shown.definition == definition => {
                    shown.rows = Some(rows);
                    self.arrange_versions();
                    self.described = self.versions.selected().cloned();
                }
                _ => self.dropped += 1,
            },
            News::Jobs(jobs) => {
                self.note_progress(&jobs);
                self.queue = Read::Known(jobs);
                self.arrange_jobs();
            }
            News::Log(page) => {
                if page.view == self.log.view() {
                    self.log.show(page);
                } else {
                    self.dropped += 1;
                }
            }
            News::Found(seek, line) => {
                if self.log.seek.as_ref() == Some(&seek) {
                    self.found(&seek, line);
                } else {
                    self.dropped += 1;
                }
            }
            News::Job(job, detail) => {
                if self.watch().job == Some(job) {
                    self.job_detail = Some((job, detail));
                } else {
                    self.dropped += 1;
                }
            }
            News::Regions(subscription, regions) => {
                if self.watch().regions.as_ref() == Some(&subscription) {
                    self.regions = Some((subscription, regions));
                    let regions = self.regions.as_ref().map(|(_, regions)| regions.clone());
                    let form = self.overlays.iter_mut().find_map(Overlay::form_mut);
                    if let (
                        Some(Form {
                            kind: Kind::Replicate(form),
                            ..
                        }),
                        Some(regions),
                    ) = (form, regions)
                    {
                        form.offer(&regions);
                    }
                } else {
                    self.dropped += 1;
                }
            }
            News::Machines(of, rows) => {
                if self.watch().machines.as_ref() == Some(&of) {
                    self.machines = Read::Known((of, rows));
                    self.arrange_machines();
                } else {
                    self.dropped += 1;
                }
            }
            News::Access(gallery, access) => {
                if self.watch().access.as_ref() == Some(&gallery) {
                    self.access = Read::Known((gallery, access));
                    self.learn_sharing();
                } else {
                    self.dropped += 1;
                }
            }
            News::Broken(Part::Estate, why) => self.estate.break_off(why),
            News::Broken(Part::Journal, why) => self.queue.break_off(why),
        }
    }

    /// Times of running jobs move only when something else of them does, so that a busy queue
    /// doesn't redraw all of its rows.
    fn note_progress(&mut self, jobs: &Jobs) {
        let before = self.queue.known().into_iter().flat_map(|jobs| &jobs.rows);
        let before: HashMap<JobId, &Arc<Job>> = before.map(|job| (job.id, job)).collect();
        let times = jobs.rows.iter().map(|job| {
            let known = self.progressed.get(&job.id).copied();
            let known = known.filter(|_| before.get(&job.id) == Some(&job));
            (job.id, known.unwrap_or(jobs.as_of))
        });
        self.progressed = times.collect();
    }

    fn found(&mut self, seek: &crate::tui::data::Seek, line: Option<i64>) {
        self.log.seek = None;
        match line {
            Some(line) => self.log.go_to(line),
            None if seek.forward => self.say("none after this line"),
            None => self.say("none before this line"),
        }
    }

    /// Makes the rows of the tenants and galleries panes.
    pub fn arrange_estate(&mut self) {
        let Some(estate) = self.estate.known() else {
            return;
        };
        let filter = self.tenants.filter.as_ref();
        let kept = estate.tenants.iter().enumerate().filter(|(_, tenant)| {
            let text = format!(
                "{} {} {} {}",
                tenant.name,
                tenant.route,
                tenant.state.word(),
                tenant.id
            );
            filter.is_none_or(|filter| filter.keeps(&text))
        });
        let rows = kept
            .map(|(index, tenant)| (tenant.id.clone(), index))
            .collect();
        self.tenants.show(rows);
        self.marked
            .retain(|id| estate.tenants.iter().any(|tenant| tenant.id == *id));

        let filter = self.galleries.filter.as_ref();
        let keeps = |text: &str| filter.is_none_or(|filter| filter.keeps(text));
        let mut tree = Vec::new();
        let mut rows: Vec<(ResourceId, usize)> = Vec::new();
        for (gallery, row) in estate.galleries.iter().enumerate() {
            let whole = filter.is_some() && keeps(&row.gallery.name);
            let kept: Vec<_> = estate
                .definitions_of(gallery)
                .filter(|(_, row)| whole || keeps(&row.definition.name))
                .collect();
            if filter.is_some() && !whole && kept.is_empty() {
                continue;
            }
            rows.push((row.gallery.id.clone(), tree.len()));
            tree.push(Node {
                gallery,
                definition: None,
            });
            // A filter unfolds what it finds.
            if filter.is_none() && self.folded.contains(&row.gallery.id) {
                continue;
            }
            for (definition, row) in kept {
                rows.push((row.definition.id.clone(), tree.len()));
                tree.push(Node {
                    gallery,
                    definition: Some(definition),
                });
            }
        }
        // Definitions may come after their galleries; what the operator selected stays.
        let first = self.moved == 0 && self.galleries.at() == 0;
        self.tree = tree;
        self.galleries.show(rows);
        // The first thing to see is an image, not the gallery that holds it.
        if first
            && self
                .tree
                .get(1)
                .is_some_and(|node| node.definition.is_some())
        {
            self.galleries.go(1);
        }
    }

    /// Makes the rows of the lists of machines.
    pub fn arrange_machines(&mut self) {
        let mut overlays = std::mem::take(&mut self.overlays);
        for overlay in &mut overlays {
            if let Overlay::Machines(machines) = overlay {
                crate::tui::overlays::machines::arrange(self, machines);
            }
        }
        self.overlays = overlays;
    }

    /// A form that shares sees what is known anew.
    fn learn_sharing(&mut self) {
        let form = self.overlays.iter().find_map(Overlay::form);
        let Some(Kind::Share(sharing)) = form.map(|form| &form.kind) else {
            return;
        };
        let resource = sharing.resource.clone();
        let Some(gallery) = self.gallery_of(&resource).map(|row| row.gallery.clone()) else {
            return;
        };
        let known = grantees(self, &resource, &gallery);
        let form = self.overlays.iter_mut().find_map(Overlay::form_mut);
        if let Some(Form {
            kind: Kind::Share(sharing),
            ..
        }) = form
        {
            sharing.learn(known);
        }
    }

    /// Makes the rows of the versions pane.
    pub fn arrange_versions(&mut self) {
        let filter = self.versions.filter.clone();
        let kept = self.version_rows().iter().enumerate().filter(|(_, row)| {
            let regions = row
                .version
                .target_regions
                .iter()
                .map(|target| target.region.as_str());
            let regions: Vec<&str> = regions.collect();
            let text = format!("{} {}", row.version.name, regions.join(" "));
            filter.as_ref().is_none_or(|filter| filter.keeps(&text))
        });
        let rows = kept
            .map(|(index, row)| (row.version.id.clone(), index))
            .collect();
        self.versions.show(rows);
    }

    /// Shows what depends on selections: the versions of the selected definition, the lines about
    /// the selected version.
    pub fn settle(&mut self) {
        let selected = self.definition().map(|row| row.definition.id.clone());
        if let Some(definition) = selected
            && self
                .shown
                .as_ref()
                .is_none_or(|shown| shown.definition != definition)
        {
            self.shown = Some(Shown {
                definition,
                rows: None,
                generation: self.next_generation(),
            });
            self.versions.filter = None;
            self.versions.go(0);
            self.arrange_versions();
        }
        self.described = self.versions.selected().cloned();
        if let Some(form) = self.overlays.iter_mut().find_map(Overlay::form_mut) {
            form.sheet_mut().settle();
        }
    }

    /// Scrolls every pane and overlay so that its selection is seen.
    pub fn fit(&mut self) {
        let layout = self.layout();
        let page = |pane| usize::from(layout.rows(pane));
        self.tenants.fit(page(super::Pane::Tenants));
        self.galleries.fit(page(super::Pane::Galleries));
        self.versions.fit(page(super::Pane::Versions));
        self.jobs.fit(page(super::Pane::Queue));
        let inside = layout.inside(super::Pane::Log);
        self.log.fit(inside.width, inside.height);
        crate::tui::overlays::fit(self);
    }
}
