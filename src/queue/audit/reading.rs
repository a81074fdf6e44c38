//! The file as it stands, line by line, from either end. It may be written meanwhile.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::Line;

/// What is read at once on the way back.
const BLOCK: u64 = 64 << 10;

/// A line of the file, byte for byte, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw(Vec<u8>);

impl Raw {
    /// What it says; nothing where it was cut off, or damaged.
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        serde_json::from_slice(&self.0).ok()
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// All lines, oldest first.
#[derive(Debug)]
pub struct Lines(BufReader<File>);

impl Lines {
    /// Opens the file.
    ///
    /// # Errors
    /// The system's, also that there is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(BufReader::new).map(Self)
    }
}

impl Iterator for Lines {
    type Item = io::Result<Raw>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = Vec::new();
            match self.0.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            if !line.is_empty() {
                return Some(Ok(Raw(line)));
            }
        }
    }
}

/// All lines, newest first.
#[derive(Debug)]
pub(super) struct Backwards {
    file: File,
    /// Where what has been read begins.
    from: u64,
    /// What has been read and not given away.
    rest: Vec<u8>,
}

impl Backwards {
    /// Opens the file as it is now: what is added later isn't seen.
    ///
    /// # Errors
    /// The system's, also that there is none.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let from = file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file,
            from,
            rest: Vec::new(),
        })
    }

    /// Reads the block before.
    fn more(&mut self) -> io::Result<()> {
        let length = BLOCK.min(self.from);
        self.from -= length;
        self.file.seek(SeekFrom::Start(self.from))?;
        let mut block = Vec::new();
        (&self.file).take(length).read_to_end(&mut block)?;
        block.append(&mut self.rest);
        self.rest = block;
        Ok(())
    }
}

impl Iterator for Backwards {
    type Item = io::Result<Raw>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while self.rest.last() == Some(&b'\n') {
                self.rest.pop();
            }
            let end = self.rest.iter().rposition(|byte| *byte == b'\n');
            match end {
                Some(end) => return Some(Ok(Raw(self.rest.split_off(end + 1)))),
                None if self.from > 0 => {
                    if let Err(error) = self.more() {
                        self.from = 0;
                        return Some(Err(error));
                    }
                }
                None if self.rest.is_empty() => return None,
                None => return Some(Ok(Raw(std::mem::take(&mut self.rest)))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Both ways the same lines, however long they are and wherever blocks end.
        #[test]
        fn back_is_forth_reversed(
            lines in proptest::collection::vec("[a-z]{1,9}", 0..40),
            stretch in 1usize..9000,
            cut_off in any::<bool>(),
        ) {
            let lines: Vec<String> = lines.iter().map(|line| line.repeat(stretch)).collect();
            let end = if cut_off { "" } else { "\n" };
            let text = lines.join("\n") + end;
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            let told = |raw: io::Result<Raw>| String::from_utf8(raw.unwrap().0).unwrap();
            let forth: Vec<String> = Lines::open(file.path()).unwrap().map(told).collect();
            let mut back: Vec<String> = Backwards::open(file.path()).unwrap().map(told).collect();
            back.reverse();
            prop_assert_eq!(&forth, &lines);
            prop_assert_eq!(&back, &lines);
        }
    }
}
