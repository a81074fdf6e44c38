//! What `get` prints, and what it says when a part of Azure can't be read: the rest is shown, the
//! trouble is named with what to do next, and no token goes astray.

mod answers;
mod documents;
mod sign_in;

use serde_json::Value;

const GALLERY_SUBSCRIPTION: &str = "4bcff225-6938-4091-a01c-259ebff5a095";

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    let mut names: Vec<&str> = list.map(|item| item["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

const ALL_GALLERIES: [&str; 3] = ["acg_builds", "acg_community", "acg_northwind"];
