//! The pictures of the README: the real screen of the built program on the demo's estate, drawn as
//! SVG. `assets/draw` keeps them; without it they are only made and looked at.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::path::PathBuf;

use support::{Gallerist, Simulator, Terminal};

/// Where the pictures are kept, where somebody asked for them.
const FOLDER: &str = "GALLERIST_PICTURES";

/// Draws what is on the screen now.
fn draw(terminal: &Terminal, name: &str) {
    let picture = terminal.picture();
    let text = terminal.screen();
    let plain = |word: &&str| word.len() > 3 && word.chars().all(char::is_alphanumeric);
    for word in text.split_whitespace().filter(plain) {
        assert!(picture.contains(word), "{word} isn't in the picture {name}");
    }
    if let Some(folder) = std::env::var_os(FOLDER) {
        let path = PathBuf::from(folder).join(format!("{name}.svg"));
        std::fs::write(path, picture).unwrap();
    }
}

#[test]
fn the_main_screen() {
    let azure = Simulator::start(60);
    let gallerist = Gallerist::new(&azure);
    let mut terminal = Terminal::open(&gallerist, &["--demo"], 40, 120);
    terminal.shows(&["read at", "3 with 7 images"]);
    draw(&terminal, "main");
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}
