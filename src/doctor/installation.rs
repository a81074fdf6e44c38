//! What is on this machine: the configuration and the state folder.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::{Area, Finding, State};
use crate::azure::Azure;
use crate::config::Config;
use crate::paths::Paths;

/// The configuration, and the connection that it describes.
pub(super) fn configuration(paths: &Paths) -> (Option<(Config, Azure)>, Finding) {
    let file = paths.config();
    let finding = |state, text: String| {
        Finding::new(Area::Configuration, name(file), state, text).at(&file.display())
    };
    let config = match Config::read(file) {
        Ok(config) => config,
        Err(error) => return (None, finding(State::Failed, error.to_string())),
    };
    match config.azure(paths.tokens()) {
        Ok(azure) => {
            let only_reads = if config.safety.read_only {
                "; read_only: nothing is changed"
            } else {
                ""
            };
            let text = format!(
                "the {} cloud, {}, {}{only_reads}",
                config.cloud.name,
                counted(config.identities.len(), "identity", "identities"),
                counted(config.tenants.len(), "customer", "customers"),
            );
            (Some((config, azure)), finding(State::Ok, text))
        }
        Err(error) => (None, finding(State::Failed, error.to_string())),
    }
}

/// Whether others keep out of the state folder, and it is ours.
pub(super) fn state_folder(paths: &Paths) -> Vec<Finding> {
    let folder = paths.state();
    let finding = |path: &Path, state, text: String| {
        Finding::new(Area::StateFolder, name(path), state, text).at(&path.display())
    };
    let found = match fs::metadata(folder) {
        Ok(found) if found.is_dir() => found,
        Ok(_) => {
            let finding = finding(folder, State::Failed, "it is no folder".to_owned());
            return vec![finding.advise("move it away, or give another --state-dir")];
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = "it isn't there yet: whoever needs it makes it";
            return vec![finding(folder, State::Ok, text.to_owned())];
        }
        Err(error) => return vec![finding(folder, State::Failed, error.to_string())],
    };
    let mut findings: Vec<Finding> = exposed(folder, &found).into_iter().collect();
    match fs::read_dir(folder) {
        Ok(entries) => {
            let files = entries.flatten().filter_map(|entry| {
                let found = entry.metadata().ok().filter(Metadata::is_file)?;
                exposed(&entry.path(), &found)
            });
            findings.extend(files);
        }
        Err(error) => findings.push(finding(folder, State::Failed, error.to_string())),
    }
    if findings.is_empty() {
        let text = "it and what is in it are for its owner alone".to_owned();
        findings.push(finding(folder, State::Ok, text));
    }
    findings
}

/// What is wrong with who may use a file or a folder.
fn exposed(path: &Path, found: &Metadata) -> Option<Finding> {
    let mode = found.permissions().mode() & 0o777;
    let wanted = if found.is_dir() { 0o700 } else { 0o600 };
    let (text, advice) = if mode & 0o077 != 0 {
        let text = format!("others may use it: its mode is {mode:03o}");
        (text, format!("chmod {wanted:o} {}", path.display()))
    } else if our_user().is_some_and(|us| us != found.uid()) {
        let text = format!("it belongs to the user {}, who isn't this one", found.uid());
        (
            text,
            "run it as that user, or give another --state-dir".to_owned(),
        )
    } else {
        return None;
    };
    let finding = Finding::new(Area::StateFolder, name(path), State::Failed, text);
    Some(finding.at(&path.display()).advise(advice))
}

/// Who runs this process, where the system says so in a file.
fn our_user() -> Option<u32> {
    Some(fs::metadata("/proc/self").ok()?.uid())
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {several}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_read_is_found_and_what_is_private_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let paths = Paths::resolve(Some("c.toml".into()), Some(state.clone())).unwrap();
        let states = || -> Vec<(State, String)> {
            let findings = state_folder(&paths).into_iter();
            findings.map(|one| (one.state, one.about)).collect()
        };
        assert_eq!(states(), [(State::Ok, "state".to_owned())]);
        paths.prepare().unwrap();
        let tokens = state.join("tokens.json");
        fs::write(&tokens, "{}").unwrap();
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(&tokens, 0o640);
        assert_eq!(states(), [(State::Failed, "tokens.json".to_owned())]);
        let advice = state_folder(&paths).remove(0).advice.unwrap();
        assert_eq!(advice, format!("chmod 600 {}", tokens.display()));
        mode(&tokens, 0o600);
        assert_eq!(states(), [(State::Ok, "state".to_owned())]);
        mode(&state, 0o750);
        assert_eq!(states(), [(State::Failed, "state".to_owned())]);
    }
}
