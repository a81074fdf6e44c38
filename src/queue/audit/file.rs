//! The one writer of the file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::Line;

/// Lines that may wait for the disk before whoever writes another one has to wait for them.
const BACKLOG: usize = 1024;

/// Why a line can't be kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "the audit {} can't be written ({cause}): nothing is sent without it; free the disk or give it \
     back to its owner", path.display()
)]
pub struct Error {
    path: PathBuf,
    /// The system's words.
    cause: String,
}

/// The file, for its one writer. Cheap to clone.
///
/// It is opened anew for each batch of lines, so that it may be renamed at any time.
#[derive(Debug, Clone)]
pub struct Audit {
    path: Arc<Path>,
    lines: mpsc::Sender<Kept>,
}

#[derive(Debug)]
struct Kept {
    line: Vec<u8>,
    /// Who waits until it is on disk.
    on_disk: Option<oneshot::Sender<Result<(), Error>>>,
}

impl Audit {
    /// Begins to write to the file, which is made with mode 0600 where there is none.
    #[must_use]
    pub fn start(path: PathBuf) -> Self {
        let (lines, waiting) = mpsc::channel(BACKLOG);
        let path: Arc<Path> = path.into();
        tokio::spawn(write_all(path.clone(), waiting));
        Self { path, lines }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line, and returns when it is on disk with all that were added before.
    ///
    /// # Errors
    /// It can't be written; then what it is about must not happen.
    pub async fn keep(&self, line: &Line) -> Result<(), Error> {
        self.put(text(line)).await
    }

    /// Adds a line that nobody waits for. Where it can't be written it is tried again with the next.
    pub async fn note(&self, line: &Line) {
        let kept = Kept {
            line: text(line),
            on_disk: None,
        };
        if self.lines.send(kept).await.is_err() {
            tracing::error!(?line, "a line of the audit came too late");
        }
    }

    /// Returns when all that was added before is on disk, or can't be.
    pub async fn flush(&self) {
        if let Err(error) = self.put(Vec::new()).await {
            tracing::error!(%error);
        }
    }

    async fn put(&self, line: Vec<u8>) -> Result<(), Error> {
        let (on_disk, answer) = oneshot::channel();
        let closed = || Error {
            path: self.path.to_path_buf(),
            cause: "its writer has ended".to_owned(),
        };
        let kept = Kept {
            line,
            on_disk: Some(on_disk),
        };
        self.lines.send(kept).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

fn text(line: &Line) -> Vec<u8> {
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    text
}

/// Writes what comes, all that waits at once.
async fn write_all(path: Arc<Path>, mut waiting: mpsc::Receiver<Kept>) {
    // Lines that nobody waits for, and that couldn't be written.
    let mut behind = Vec::new();
    while let Some(first) = waiting.recv().await {
        let mut bytes = behind.clone();
        let mut waiters = Vec::new();
        let mut next = Some(first);
        while let Some(kept) = next {
            bytes.extend(&kept.line);
            match kept.on_disk {
                Some(waiter) => waiters.push(waiter),
                None => behind.extend(kept.line),
            }
            next = waiting.try_recv().ok();
        }
        let file = path.clone();
        let written = tokio::task::spawn_blocking(move || append(&file, &bytes)).await;
        let outcome = written
            .unwrap_or_else(|defect| Err(io::Error::other(defect)))
            .map_err(|cause| Error {
                path: path.to_path_buf(),
                cause: cause.to_string(),
            });
        match &outcome {
            Ok(()) => behind.clear(),
            Err(error) => tracing::error!(%error),
        }
        for waiter in waiters {
            // Who doesn't wait any more has no use for the answer.
            let _ = waiter.send(outcome.clone());
        }
    }
}

/// Adds to the end of the file, and returns when that is on disk.
fn append(path: &Path, lines: &[u8]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    let length = file.metadata()?.len();
    if is_cut_off(&file, length)? {
        file.write_all(&[b"\n", lines].concat())?;
    } else {
        file.write_all(lines)?;
    }
    file.sync_data()?;
    if length == 0
        && let Some(folder) = path.parent()
    {
        // Its name is to be there too after a power cut.
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Whether the last line has no end: a crash, or a full disk, was quicker.
fn is_cut_off(file: &File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else {
        return Ok(false);
    };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::line::fixtures::line;
    use super::super::reading::{Lines, Raw};
    use super::*;

    fn kept(path: &Path) -> Vec<Option<String>> {
        let lines = Lines::open(path).unwrap().map(Result::unwrap);
        lines
            .map(|raw: Raw| raw.line().map(|line| line.request))
            .collect()
    }

    #[tokio::test]
    async fn lines_are_added_in_order_to_a_file_of_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::start(path.clone());
        assert!(!path.exists(), "what isn't written isn't there");
        audit.note(&line("1")).await;
        audit.keep(&line("2")).await.unwrap();
        audit.note(&line("3")).await;
        audit.flush().await;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(kept(&path), ["1", "2", "3"].map(|id| Some(id.to_owned())));
        // Renamed, it goes on in a new one.
        std::fs::rename(&path, folder.path().join("audit-2026.jsonl")).unwrap();
        audit.keep(&line("4")).await.unwrap();
        assert_eq!(kept(&path), [Some("4".to_owned())]);
    }

    #[tokio::test]
    async fn a_line_that_was_cut_off_stays_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        std::fs::write(&path, "{\"at\":\"2026-").unwrap();
        Audit::start(path.clone()).keep(&line("1")).await.unwrap();
        assert_eq!(kept(&path), [None, Some("1".to_owned())]);
    }

    #[tokio::test]
    async fn what_can_t_be_written_is_said_and_what_nobody_waits_for_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/audit.jsonl");
        let audit = Audit::start(path.clone());
        audit.note(&line("1")).await;
        let error = audit.keep(&line("2")).await.unwrap_err().to_string();
        assert!(error.contains("nothing is sent without it"), "{error}");
        std::fs::create_dir(folder.path().join("state")).unwrap();
        audit.keep(&line("3")).await.unwrap();
        assert_eq!(kept(&path), ["1", "3"].map(|id| Some(id.to_owned())));
    }
}
