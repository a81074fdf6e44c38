use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

use super::{Gallerist, PROGRAM, eventually};

/// The program in a pseudo-terminal, seen as a person sees it. It is killed with this value.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<Screen>>,
    reader: Option<JoinHandle<()>>,
    child: Box<dyn Child + Send + Sync>,
}

struct Screen {
    parser: Parser,
    /// All bytes that came.
    bytes: Vec<u8>,
    changed: Instant,
    /// The row of the cursor when the last frame was whole, and since when it is there.
    row: (u16, Instant),
}

/// What a frame ends with (synchronized output, private mode 2026).
const END_OF_FRAME: &[u8] = b"\x1b[?2026l";

impl Screen {
    /// What came is drawn. The cursor counts where a frame ends: the next one may have begun, and
    /// the mark of the end may have come in two pieces.
    fn receives(&mut self, piece: &[u8]) {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(piece);
        self.changed = Instant::now();
        let from = before.saturating_sub(END_OF_FRAME.len() - 1);
        let mut marks = self.bytes[from..].windows(END_OF_FRAME.len());
        let mark = marks.rposition(|bytes| bytes == END_OF_FRAME);
        let whole = mark.map(|at| from + at + END_OF_FRAME.len() - before);
        let (frames, rest) = piece.split_at(whole.unwrap_or(0));
        self.parser.process(frames);
        let (row, _) = self.parser.screen().cursor_position();
        if whole.is_some() && self.row.0 != row {
            self.row = (row, self.changed);
        }
        self.parser.process(rest);
    }
}

impl Terminal {
    /// Starts the program in a terminal of this size.
    pub fn open(gallerist: &Gallerist, args: &[&str], rows: u16, columns: u16) -> Self {
        Self::open_in(gallerist, &[], args, rows, columns)
    }

    /// The same with more in its environment.
    pub fn open_in(
        gallerist: &Gallerist,
        more: &[(&str, &str)],
        args: &[&str],
        rows: u16,
        columns: u16,
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(args);
        command.env_clear();
        command.cwd(gallerist.folder());
        for (name, value) in [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", gallerist.folder().display().to_string()),
            ("TMPDIR", gallerist.folder().display().to_string()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("GALLERIST_CONFIG", gallerist.config().display().to_string()),
            (
                "GALLERIST_STATE_DIR",
                gallerist.state().display().to_string(),
            ),
        ] {
            command.env(name, value);
        }
        if !gallerist.has_agents() {
            command.env("GALLERIST_NO_AGENT", "1");
        }
        for (name, value) in more {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let screen = Arc::new(Mutex::new(Screen {
            parser: Parser::new(cells(rows), cells(columns), 0),
            bytes: Vec::new(),
            changed: Instant::now(),
            row: (0, Instant::now()),
        }));
        let seen = screen.clone();
        let reader = thread::spawn(move || {
            let mut piece = [0; 8192];
            while let Ok(length @ 1..) = output.read(&mut piece) {
                seen.lock().unwrap().receives(&piece[..length]);
            }
        });
        Self {
            master: pair.master,
            keyboard,
            screen,
            reader: Some(reader),
            child,
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
        self
    }

    /// From a key that moves the cursor to another row to the frame that shows it there.
    pub fn moves(&mut self, key: &str) -> Duration {
        let (before, _) = self.screen.lock().unwrap().row;
        let pressed = Instant::now();
        self.keys(key);
        let moved = eventually("the cursor in another row", || {
            let (row, since) = self.screen.lock().unwrap().row;
            (row != before).then_some(since)
        });
        moved.duration_since(pressed)
    }

    /// Says yes to the question that is open. It ignores keys that come too early to be meant for
    /// it, so this one is typed again as long as the question is there.
    pub fn confirms(&mut self) -> &mut Self {
        const QUESTION: &str = "[No]";
        self.shows(&[QUESTION]).keys("y");
        let mut typed = Instant::now();
        eventually("the answer to be taken", || {
            let asks = self.screen().contains(QUESTION);
            if asks && typed.elapsed() > Duration::from_millis(500) {
                typed = Instant::now();
                self.keys("y");
            }
            (!asks).then_some(())
        });
        self
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        self.screen.lock().unwrap().parser.screen().contents()
    }

    /// What is on the screen as a picture, SVG.
    pub fn picture(&self) -> String {
        super::picture::svg(self.screen.lock().unwrap().parser.screen())
    }

    /// The bytes that came so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.screen.lock().unwrap().bytes.clone()
    }

    /// Whether the terminal is as a shell expects it: the ordinary screen, the cursor visible.
    pub fn is_restored(&self) -> bool {
        let screen = self.screen.lock().unwrap();
        let screen = screen.parser.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    }

    /// Waits until all of this is on the screen.
    #[track_caller]
    pub fn shows(&mut self, words: &[&str]) -> &mut Self {
        self.sees(&format!("{words:?}"), |screen| {
            words.iter().all(|word| screen.contains(word))
        })
    }

    /// Waits until none of this is on the screen any more.
    #[track_caller]
    pub fn shows_no_more(&mut self, words: &[&str]) -> &mut Self {
        let gone = |screen: &str| !words.iter().any(|word| screen.contains(word));
        self.sees(&format!("none of {words:?}"), gone)
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn sees(&mut self, what: &str, is_so: impl Fn(&str) -> bool) -> &mut Self {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return self;
            }
            assert!(
                began.elapsed() < super::DEADLINE,
                "not seen: {what} in\n{screen}"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until nothing has come for this long.
    pub fn is_quiet_for(&mut self, quiet: Duration) -> &mut Self {
        eventually("a quiet screen", || {
            (self.screen.lock().unwrap().changed.elapsed() >= quiet).then_some(())
        });
        self
    }

    /// Makes the terminal another size. What was drawn for the old size is drawn over by the program.
    pub fn resize(&mut self, rows: u16, columns: u16) -> &mut Self {
        let mut screen = self.screen.lock().unwrap();
        // The emulator's own resizing keeps the old scroll region (vt100 0.18.1).
        screen.parser = Parser::new(cells(rows), cells(columns), 0);
        let Screen { parser, bytes, .. } = &mut *screen;
        parser.process(bytes);
        drop(screen);
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.resize(size).unwrap();
        self
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// The terminal goes away: as the kernel does then, everything that belongs to it is told.
    pub fn hangs_up(mut self) {
        let group = format!("-{}", self.id());
        let sent = Command::new("kill")
            .args(["-s", "HUP", "--", &group])
            .status();
        assert!(sent.unwrap().success());
        self.ends();
    }

    /// Waits for its end, and for all that it has still sent, and says how it ended.
    pub fn ends(&mut self) -> u32 {
        let status = eventually("the program's end", || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status.exit_code()
    }
}

/// `cat` in a pseudo-terminal: how long a line takes to it and back is what any program needs on
/// this machine at the moment.
pub struct Echo {
    keyboard: Box<dyn Write + Send>,
    /// How many bytes came, and when the last.
    came: Arc<Mutex<(usize, Instant)>>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Echo {
    pub fn open() -> Self {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let child = pair.slave.spawn_command(CommandBuilder::new("cat"));
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let came = Arc::new(Mutex::new((0, Instant::now())));
        let seen = came.clone();
        thread::spawn(move || {
            let mut piece = [0; 64];
            while let Ok(length @ 1..) = output.read(&mut piece) {
                let mut seen = seen.lock().unwrap();
                *seen = (seen.0 + length, Instant::now());
            }
        });
        Self {
            keyboard: pair.master.take_writer().unwrap(),
            came,
            child: child.unwrap(),
            _master: pair.master,
        }
    }

    /// From a line typed to `cat`'s answer; the terminal echoes it before that.
    pub fn answers(&mut self) -> Duration {
        const BOTH: usize = "x\r\nx\r\n".len();
        let (before, _) = *self.came.lock().unwrap();
        let typed = Instant::now();
        self.keyboard.write_all(b"x\n").unwrap();
        self.keyboard.flush().unwrap();
        let answered = eventually("the answer of cat", || {
            let (bytes, at) = *self.came.lock().unwrap();
            (bytes == before + BOTH).then_some(at)
        });
        answered.duration_since(typed)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A terminal has at least one row and one column.
fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
