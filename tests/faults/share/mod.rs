//! Sharing that is asked for wrongly, that must not be, or that Azure refuses.

mod asking;
mod sending;

use crate::support::{Gallerist, Output};

const GALLERY: &str = "acg_northwind";

fn share(gallerist: &Gallerist, args: &[&str]) -> Output {
    gallerist.run(&[&["share", GALLERY, "--yes"], args].concat())
}

fn direct(gallerist: &Gallerist, args: &[&str]) -> Output {
    share(gallerist, &[&["--via", "direct"], args].concat())
}
