//! A clock that a test moves, for the program to go by.
//!
//! `moved_clock.c` says how: a library that is compiled here, and preloaded into the program.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let library = folder.join("moved_clock.so");
    // Another test program may be at it too.
    let made = tempfile::Builder::new().tempfile_in(folder).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/endurance/moved_clock.c");
    let compiler = Command::new("cc")
        .args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"])
        .args(["-shared", "-fPIC", "-o"])
        .args([made.path(), &source])
        .status();
    assert!(compiler.unwrap().success(), "cc");
    made.persist(&library).unwrap();
    library
});

/// The clock of whatever is started in its environment.
pub(crate) struct MovedClock {
    numbers: File,
    library: String,
    file: String,
    _folder: TempDir,
}

impl MovedClock {
    /// One that is right, until it is moved.
    pub(crate) fn right() -> Self {
        Self::fast(1)
    }

    /// One by which waits and time-outs are over so many times as fast.
    pub(crate) fn fast(pace: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        let mut create = OpenOptions::new();
        let create = create.write(true).create(true).truncate(true);
        let numbers = create.open(&path).unwrap();
        numbers.write_all_at(&0_i64.to_ne_bytes(), 0).unwrap();
        numbers.write_all_at(&pace.to_ne_bytes(), 8).unwrap();
        Self {
            numbers,
            library: LIBRARY.display().to_string(),
            file: path.display().to_string(),
            _folder: folder,
        }
    }

    /// What a program is started with.
    pub(crate) fn environment(&self) -> [(&str, &str); 2] {
        [("LD_PRELOAD", &self.library), ("CLOCK_MOVED", &self.file)]
    }

    /// Has the system's clock be off by so many seconds from now on.
    pub(crate) fn is_off_by(&self, seconds: i64) {
        self.numbers
            .write_all_at(&seconds.to_ne_bytes(), 0)
            .unwrap();
    }
}
