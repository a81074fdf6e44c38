//! `osProfile`: names, users and passwords (`OSProfile` of
//! `ComputeRP 2024-07-01/computeRPCommon.json`).

use serde_json::{Map, Value, json};

use super::required;
use crate::simulator::answer::Refusal;

/// The profile of a new machine as it is kept and answered, without its secrets. A specialized
/// image has none of its own.
///
/// # Errors
/// Azure's `InvalidParameter`. That a profile is missing, or not allowed, is told as Microsoft's
/// `troubleshooting-shared-images.md` has it.
pub(super) fn checked(given: Option<&Value>, definition: &Value) -> Result<Option<Value>, Refusal> {
    let given = given.filter(|given| !given.is_null());
    let specialized = definition["properties"]["osState"] == "Specialized";
    match (given, specialized) {
        (None, true) => return Ok(None),
        (Some(_), true) => {
            let target = "osProfile";
            let message = format!("Parameter '{target}' is not allowed.");
            return Err(Refusal::invalid(target, message));
        }
        (None, false) => return Err(required("osProfile")),
        (Some(_), false) => {}
    }
    let mut profile = given
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let windows = definition["properties"]["osType"] == "Windows";
    let text = |name: &str| profile.get(name).and_then(Value::as_str);
    check_computer(
        text("computerName").ok_or_else(|| required("computerName"))?,
        windows,
    )?;
    check_user(
        text("adminUsername").ok_or_else(|| required("adminUsername"))?,
        windows,
    )?;
    match text("adminPassword") {
        Some(password) => check_password(password, windows)?,
        None if windows || !has_keys(&profile) => return Err(required("adminPassword")),
        None => {}
    }
    for secret in ["adminPassword", "customData"] {
        profile.remove(secret);
    }
    fill_defaults(&mut profile, windows);
    Ok(Some(Value::Object(profile)))
}

fn has_keys(profile: &Map<String, Value>) -> bool {
    let linux = profile.get("linuxConfiguration");
    let keys = linux.and_then(|linux| linux["ssh"]["publicKeys"].as_array());
    keys.is_some_and(|keys| !keys.is_empty())
}

fn fill_defaults(profile: &mut Map<String, Value>, windows: bool) {
    let (section, defaults) = if windows {
        let patches = json!({ "patchMode": "AutomaticByOS", "assessmentMode": "ImageDefault" });
        let defaults = json!({
            "provisionVMAgent": true,
            "enableAutomaticUpdates": true,
            "patchSettings": patches,
            "enableVMAgentPlatformUpdates": true,
        });
        ("windowsConfiguration", defaults)
    } else {
        let patches = json!({ "patchMode": "ImageDefault", "assessmentMode": "ImageDefault" });
        let defaults = json!({
            "disablePasswordAuthentication": false,
            "provisionVMAgent": true,
            "patchSettings": patches,
        });
        ("linuxConfiguration", defaults)
    };
    let mut section_of = profile.remove(section).unwrap_or_else(|| json!({}));
    for (name, value) in defaults.as_object().into_iter().flatten() {
        if section_of[name].is_null() {
            section_of[name] = value.clone();
        }
    }
    profile.insert(section.to_owned(), section_of);
    for (name, value) in [
        ("secrets", json!([])),
        ("allowExtensionOperations", json!(true)),
        ("requireGuestProvisionSignal", json!(true)),
    ] {
        profile.entry(name).or_insert(value);
    }
}

/// Characters that a host name must not have.
const NOT_IN_HOST_NAMES: &str = "`~!@#$%^&*()=+_[]{}\\|;:'\",<>/?";

fn check_computer(name: &str, windows: bool) -> Result<(), Refusal> {
    let wrong = |c: char| c.is_whitespace() || NOT_IN_HOST_NAMES.contains(c);
    let digits = name.chars().all(|c| c.is_ascii_digit());
    if windows {
        let fits = name.chars().count() <= 15 && !digits;
        if fits && !name.contains(wrong) && !name.contains('.') {
            return Ok(());
        }
        return Err(Refusal::invalid(
            "computerName",
            "Windows computer name cannot be more than 15 characters long, be entirely numeric, or \
             contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . ' \
             \" , < > / ?.",
        ));
    }
    if name.chars().count() <= 64 && !name.is_empty() && !name.contains(wrong) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "computerName",
        "Linux host name cannot exceed 64 characters in length or contain the following \
         characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.",
    ))
}

/// Names of administrators that are not allowed.
const NOT_A_USER: [&str; 32] = [
    "administrator",
    "admin",
    "user",
    "user1",
    "test",
    "user2",
    "test1",
    "user3",
    "admin1",
    "1",
    "123",
    "a",
    "actuser",
    "adm",
    "admin2",
    "aspnet",
    "backup",
    "console",
    "david",
    "guest",
    "john",
    "owner",
    "root",
    "server",
    "sql",
    "support",
    "support_388945a0",
    "sys",
    "test2",
    "test3",
    "user4",
    "user5",
];

fn check_user(name: &str, windows: bool) -> Result<(), Refusal> {
    let longest = if windows { 20 } else { 64 };
    let lower = name.to_lowercase();
    let reserved = NOT_A_USER.contains(&lower.as_str()) || windows && name.ends_with('.');
    let wrong = |c: char| "\\/\"[]:|<>+=;,?*@&".contains(c);
    let fits = (1..=longest).contains(&name.chars().count());
    if fits && !reserved && !name.contains(wrong) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "adminUsername",
        "The Admin Username specified is not allowed.",
    ))
}

/// Passwords that everybody tries.
const NOT_A_PASSWORD: [&str; 10] = [
    "abc@123",
    "P@$$w0rd",
    "P@ssw0rd",
    "P@ssword123",
    "Pa$$word",
    "pass@word1",
    "Password!",
    "Password1",
    "Password22",
    "iloveyou!",
];

fn check_password(password: &str, windows: bool) -> Result<(), Refusal> {
    let (least, most) = if windows { (8, 123) } else { (6, 72) };
    let has = |what: fn(char) -> bool| password.contains(what);
    let kinds = [
        has(char::is_lowercase),
        has(char::is_uppercase),
        has(|c| c.is_ascii_digit()),
        has(|c| !c.is_alphanumeric()),
    ];
    let complex = kinds.iter().filter(|has| **has).count() >= 3;
    let fits = (least..=most).contains(&password.chars().count());
    if !fits || !complex || has(char::is_control) {
        return Err(Refusal::invalid(
            "adminPassword",
            format!(
                "The supplied password must be between {least}-{most} characters long and must \
                 satisfy at least 3 of password complexity requirements from the following:\r\n\
                 1) Contains an uppercase character\r\n2) Contains a lowercase character\r\n\
                 3) Contains a numeric digit\r\n4) Contains a special character\r\n\
                 5) Control characters are not allowed"
            ),
        ));
    }
    if NOT_A_PASSWORD.contains(&password) {
        return Err(Refusal::invalid(
            "adminPassword",
            "The Admin Password specified is not allowed.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(os: &str, change: fn(&mut Value)) -> Result<Value, String> {
        let definition = json!({ "properties": { "osType": os, "osState": "Generalized" } });
        let mut profile = json!({
            "computerName": "vm-avd-0001", "adminUsername": "localadmin", "adminPassword": "Right~word7",
        });
        change(&mut profile);
        match checked(Some(&profile), &definition) {
            Ok(profile) => Ok(profile.unwrap_or_default()),
            Err(refusal) => Err(refusal.error()["target"].as_str().unwrap().to_owned()),
        }
    }

    fn refused(os: &str, change: fn(&mut Value)) -> String {
        outcome(os, change).unwrap_err()
    }

    #[test]
    fn a_good_profile_is_kept_without_its_password() {
        let kept = outcome("Windows", |_| ()).unwrap();
        assert!(kept.get("adminPassword").is_none());
        assert_eq!(kept["windowsConfiguration"]["provisionVMAgent"], true);
        let linux = outcome("Linux", |p| {
            p["adminPassword"] = Value::Null;
            p["linuxConfiguration"] = json!({ "ssh": { "publicKeys": [{ "keyData": "k" }] } });
        });
        assert_eq!(
            linux.unwrap()["linuxConfiguration"]["provisionVMAgent"],
            true
        );
    }

    #[test]
    fn names_are_checked_as_windows_takes_them() {
        assert_eq!(
            refused("Windows", |p| p["computerName"] = json!("vm-avd-000000016")),
            "computerName"
        );
        assert_eq!(
            refused("Windows", |p| p["computerName"] = json!("12345")),
            "computerName"
        );
        assert_eq!(
            refused("Windows", |p| p["computerName"] = json!("vm_avd")),
            "computerName"
        );
        assert_eq!(
            refused("Windows", |p| p["computerName"] = Value::Null),
            "computerName"
        );
        assert!(outcome("Linux", |p| p["computerName"] = json!("vm-avd-000000016")).is_ok());
    }

    #[test]
    fn users_and_passwords_are_checked() {
        for user in [
            "Administrator",
            "user5",
            "ends.",
            "way-too-long-for-windows",
            "a@b",
        ] {
            assert!(check_user(user, true).is_err(), "{user}");
        }
        for password in [
            "Sh0rt~",
            "alllowercase1",
            "Password1",
            "P@ssw0rd",
            "With\tcontrol1",
        ] {
            assert!(check_password(password, true).is_err(), "{password}");
        }
        assert!(check_password("Sh0rt~", false).is_ok());
        assert_eq!(
            refused("Windows", |p| p["adminPassword"] = Value::Null),
            "adminPassword"
        );
    }

    #[test]
    fn a_specialized_image_takes_no_profile() {
        let definition = json!({ "properties": { "osType": "Linux", "osState": "Specialized" } });
        assert!(checked(None, &definition).unwrap().is_none());
        assert!(checked(Some(&json!({})), &definition).is_err());
    }
}
