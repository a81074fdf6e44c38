//! What comes by on the way and is kept: resources that jobs read, for the estate, and repetitions
//! and waits that belong to no job, for the log. Each in the order in which it came; where the disk is behind
//! something may be lost, and that is logged.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;

use crate::actions::Level;
use crate::azure::{ResourceId, Retry, Wait, Witness};
use crate::estate::Store;
use crate::queue::{Journal, OnSeen};

/// What may wait to be kept.
const BACKLOG: usize = 256;

/// Keeps what jobs have read.
pub(super) fn seen(store: Store) -> OnSeen {
    let (resources, mut waiting) = mpsc::channel::<(ResourceId, Value)>(BACKLOG);
    tokio::spawn(async move {
        while let Some((id, document)) = waiting.recv().await {
            if let Err(error) = store.seen(id, document).await {
                tracing::warn!(%error, "what a job read could not be kept");
            }
        }
    });
    Arc::new(move |id, document| {
        if resources.try_send((id, document)).is_err() {
            tracing::warn!("the estate is behind: what a job read is not kept");
        }
    })
}

/// Makes each repetition and each wait a line of the log.
pub(super) struct Notes(mpsc::Sender<(Level, String)>);

impl Notes {
    pub(super) fn start(journal: Journal) -> Self {
        let (notes, mut waiting) = mpsc::channel::<(Level, String)>(BACKLOG);
        tokio::spawn(async move {
            while let Some((level, text)) = waiting.recv().await {
                if let Err(error) = journal.note(level, &text).await {
                    tracing::warn!(%error, %text, "a repetition could not be noted");
                }
            }
        });
        Self(notes)
    }

    fn note(&self, level: Level, text: String) {
        if let Err(lost) = self.0.try_send((level, text)) {
            let (_, text) = lost.into_inner();
            tracing::warn!(%text, "the journal is behind: this is not noted");
        }
    }
}

impl Witness for Notes {
    fn retrying(&self, retry: &Retry) {
        self.note(Level::Warn, retry.to_string());
    }

    fn waiting(&self, wait: &Wait) {
        self.note(Level::Info, wait.to_string());
    }
}
