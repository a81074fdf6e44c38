//! `kill -9`.

use crate::points::walk;

#[test]
fn undisturbed() {
    walk("undisturbed", &[1, 2, 3, 4, 5, 6], |run, _| run.finish());
}
