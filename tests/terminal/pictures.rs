//! The pictures of the README: the real screen of the built program on the demo's estate, drawn as
//! SVG while the main job is done by keys. `assets/draw` keeps them; without it they are only made
//! and looked at.

use std::path::PathBuf;

use super::{ENTER, ESCAPE, jump};
use crate::support::{Terminal, demo};

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

/// Marks a tenant.
fn mark(terminal: &mut Terminal, name: &str) {
    jump(terminal, name);
    terminal.keys("1 ").shows(&["marked of 14"]);
}

#[test]
fn the_main_job() {
    let (_azure, gallerist) = demo(60);
    let mut terminal = Terminal::open(&gallerist, &["--demo"], 40, 120);
    terminal.shows(&["read at", "3 with 7 images"]);
    for customer in ["Adatum", "Tailspin Toys", "Fourth Coffee"] {
        mark(&mut terminal, customer);
    }
    terminal.shows(&["3 marked of 14"]);
    jump(&mut terminal, "acg_northwind");
    terminal
        .keys("2s")
        .shows(&["Share acg_northwind", "3 of 5 tenants", "enter submits"]);
    draw(&terminal, "share");
    terminal
        .keys(ESCAPE)
        .shows_no_more(&["Share acg_northwind"]);
    jump(&mut terminal, "northwind/win11-avd");
    terminal.keys("3").shows(&["2026.10.1"]);
    // The newest version that is in the regions of all three.
    terminal.keys("gjj").shows(&["▸  2026.10.1"]);
    terminal
        .keys("d")
        .shows(&["Deploy win11-avd 2026.10.1", "each of 3"])
        .keys("24")
        .shows(&["planned: 3 begin", "Azure would take the deployment"]);
    draw(&terminal, "deploy");
    terminal.keys(ENTER).confirms();
    terminal.shows(&["4 Queue", "wave 2: sending", "▶"]);
    draw(&terminal, "main");
    // Jobs are running: leaving them is asked about.
    terminal.keys("q").confirms();
    assert_eq!(terminal.ends(), 0);
}
