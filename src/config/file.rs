//! The file as it is written: its keys, and what contradicts what.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use toml::Spanned;

use super::cloud::CloudEntry;
use super::identity::{IdentityEntry, Place};
use super::notify::NotifyEntry;
use super::tenant::{TenantEntry, customers};
use super::{Agent, Config, Error, Identity, Journal, Limits, Planner, Safety, Source};

/// Reads the text of a file; `environment` answers for the variables that it names.
pub(super) fn parse(
    text: &str,
    path: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Error> {
    let invalid = |span: Option<Range<usize>>, message: String| Error::Invalid {
        path: path.to_owned(),
        line: span.map_or(1, |span| line_of(text, span.start)),
        message,
    };
    let variables = RefCell::new(BTreeSet::new());
    let environment = &|name: &str| {
        variables.borrow_mut().insert(name.to_owned());
        environment(name)
    };
    let file: File = toml::from_str(text)
        .map_err(|error| invalid(error.span(), with_nearest_key(error.message())))?;
    let (cloud, span) = table(file.cloud);
    let cloud = cloud.resolve().map_err(|message| invalid(span, message))?;
    if file.identity.is_empty() {
        let message = "there is no [[identity]]: say how to sign in".to_owned();
        return Err(invalid(None, message));
    }
    let place = Place {
        config: path,
        environment,
        cloud: &cloud,
    };
    let mut identities: Vec<Identity> = Vec::new();
    for entry in file.identity {
        let span = entry.span();
        let identity = entry
            .into_inner()
            .resolve(&place)
            .map_err(|(within, message)| invalid(Some(within.unwrap_or(span.clone())), message))?;
        if identities
            .iter()
            .any(|other| other.settings.name == identity.settings.name)
        {
            let message = format!("two identities are named `{}`", identity.settings.name);
            return Err(invalid(Some(span), message));
        }
        identities.push(identity);
    }
    let tenants =
        customers(file.tenant, path).map_err(|(span, message)| invalid(Some(span), message))?;
    let (planner, span) = table(file.planner);
    if planner.machines_per_replica == 0 {
        let message = "machines_per_replica must be at least 1".to_owned();
        return Err(invalid(span, message));
    }
    let (limits, span) = table(file.limits);
    if let Some(key) = limits.nought() {
        let message = format!("{key} must be at least 1: nothing would ever begin");
        return Err(invalid(span, message));
    }
    let (journal, span) = table(file.journal);
    if journal.keep_days == 0 {
        let message =
            "keep_days must be at least 1: a job would be forgotten as it ends".to_owned();
        return Err(invalid(span, message));
    }
    let (agent, span) = table(file.agent);
    if !agent.idle.is_positive() {
        let message = "idle must be longer than nothing, such as 15m".to_owned();
        return Err(invalid(span, message));
    }
    let mut variables = variables.into_inner();
    let deploys = tenants.iter().filter_map(|tenant| tenant.deploy.as_ref());
    variables.extend(deploys.filter_map(|deploy| deploy.password_env.clone()));
    let (notify, span) = table(file.notify);
    let notify = notify
        .resolve(path)
        .map_err(|message| invalid(span, message))?;
    Ok(Config {
        cloud,
        identities,
        tenants,
        planner,
        limits,
        journal,
        safety: file.safety.unwrap_or_default(),
        agent,
        source: Source {
            path: path.to_owned(),
            digest: format!("{:x}", Sha256::digest(text)),
            variables,
        },
        notify,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cloud: Option<Spanned<CloudEntry>>,
    #[serde(default)]
    identity: Vec<Spanned<IdentityEntry>>,
    #[serde(default)]
    tenant: Vec<Spanned<TenantEntry>>,
    planner: Option<Spanned<Planner>>,
    limits: Option<Spanned<Limits>>,
    journal: Option<Spanned<Journal>>,
    safety: Option<Safety>,
    agent: Option<Spanned<Agent>>,
    notify: Option<Spanned<NotifyEntry>>,
}

/// A table that may be left away, and where it stands.
fn table<T: Default>(written: Option<Spanned<T>>) -> (T, Option<Range<usize>>) {
    let span = written.as_ref().map(Spanned::span);
    (written.map(Spanned::into_inner).unwrap_or_default(), span)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// serde's "unknown field `x`, expected one of `a`, `b`", with the nearest of them named first.
fn with_nearest_key(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (true, Some(written)) = (unknown, quoted.next()) else {
        return message.to_owned();
    };
    let nearest = quoted
        .map(|key| (strsim::jaro_winkler(written, key), key))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, key)) => format!("{message}; did you mean `{key}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;

    const IDENTITY: &str = r#"
[[identity]]
name = "msp"
tenant = "11111111-1111-1111-1111-111111111111"
credential = "client_secret"
client_id = "abc"
client_secret_env = "SECRET"
"#;

    fn parse(text: &str) -> Result<Config, String> {
        let environment = |name: &str| (name == "SECRET").then(|| "s3cret".to_owned());
        super::parse(text, Path::new("config.toml"), &environment).map_err(|e| e.to_string())
    }

    #[test]
    fn the_smallest_file_is_the_public_cloud_and_one_identity() {
        let config = parse(IDENTITY).unwrap();
        assert_eq!(
            config.cloud.resource_manager.as_str(),
            "https://management.azure.com/"
        );
        assert_eq!(config.identities[0].also, Also::Listed(vec![]));
        assert_eq!(config.planner.machines_per_replica, 20);
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_line_and_the_nearest_one() {
        let refused = parse(&format!("{IDENTITY}\n[safety]\nreadonly = true\n")).unwrap_err();
        assert_eq!(
            refused,
            "config.toml:10: unknown field `readonly`, expected `read_only` or \
             `protected_tenants`; did you mean `read_only`?"
        );
    }

    #[test]
    fn what_has_ended_is_kept_for_ninety_days_or_as_long_as_is_said_but_not_for_none() {
        assert_eq!(parse(IDENTITY).unwrap().journal.keep_days, 90);
        let keeping = |rest: &str| parse(&format!("{IDENTITY}[journal]\n{rest}\n"));
        assert_eq!(keeping("keep_days = 7").unwrap().journal.keep_days, 7);
        for (rest, words) in [
            ("keep_days = 0", "keep_days must be at least 1"),
            ("keep_days = -1", "invalid value"),
            ("keep_day = 7", "did you mean `keep_days`?"),
        ] {
            let refused = keeping(rest).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
    }

    #[test]
    fn a_contradiction_is_refused_with_its_line() {
        let both = IDENTITY.replace("client_id", "client_secret_file = \"x\"\nclient_id");
        assert!(
            parse(&both)
                .unwrap_err()
                .contains("both client_secret_env and")
        );
        let cloud = format!("[cloud]\nauthority = \"https://a\"\n{IDENTITY}");
        assert!(
            parse(&cloud)
                .unwrap_err()
                .starts_with("config.toml:1: resource_manager")
        );
        let twice = format!("{IDENTITY}{IDENTITY}");
        assert_eq!(
            parse(&twice).unwrap_err(),
            "config.toml:9: two identities are named `msp`"
        );
    }

    #[test]
    fn wrong_types_ids_and_missing_secrets_are_refused() {
        for (from, to, expected) in [
            ("\"abc\"", "7", "config.toml:6: invalid type"),
            ("11111111-1111", "1111", "config.toml:4: "),
            (
                "SECRET",
                "OTHER",
                "the environment variable OTHER isn't set",
            ),
            (
                "\"client_secret\"",
                "\"telepathy\"",
                "config.toml:5: unknown variant",
            ),
        ] {
            let refused = parse(&IDENTITY.replace(from, to)).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn plain_http_is_for_a_literal_loopback_address_only() {
        let cloud = |host: &str| {
            format!(
                "[cloud]\nname = \"custom\"\nresource_manager = \"http://{host}:1\"\nauthority = \
                 \"http://{host}:1\"\naudience = \"https://management.azure.com\"\n{IDENTITY}"
            )
        };
        assert!(parse(&cloud("127.0.0.1")).is_ok());
        for host in ["localhost", "10.0.0.1", "127.0.0.1.example.com"] {
            assert!(
                parse(&cloud(host))
                    .unwrap_err()
                    .starts_with("config.toml:1: "),
                "{host}"
            );
        }
    }

    #[test]
    fn every_key_of_the_documented_file_is_read() {
        let text = format!(
            "{IDENTITY}also = \"*\"\n[[tenant]]\nid = \"22222222-2222-2222-2222-222222222222\"\n\
             name = \"Adatum\"\ntags = [\"ring1\"]\n\
             principal = \"ca69b87e-624e-4b06-a8ba-b9fe0c113172\"\n[tenant.deploy]\n\
             size = \"Standard_D4s_v5\"\nname = \"vm-avd-####\"\n\
             password_file = \"adatum.password\"\n[planner]\nmachines_per_replica = 50\n[safety]\nread_only = true\nprotected_tenants = \
             [\"22222222-2222-2222-2222-222222222222\"]\n"
        );
        let config = parse(&text).unwrap();
        assert_eq!(config.identities[0].also, Also::Every);
        assert_eq!(
            config.tenant_names().values().collect::<Vec<_>>(),
            ["Adatum"]
        );
        assert_eq!(
            config.tenants[0].principal.as_deref(),
            Some("ca69b87e-624e-4b06-a8ba-b9fe0c113172")
        );
        assert_eq!(config.planner.machines_per_replica, 50);
        assert!(config.safety.read_only && config.safety.protected_tenants.len() == 1);
    }

    #[test]
    fn what_a_customer_is_said_to_have_is_checked_where_it_is_written() {
        let tenant = "[[tenant]]\nid = \"22222222-2222-2222-2222-222222222222\"\n";
        for (rest, line, words) in [
            (
                "principal = \"Adatum admins\"\n",
                10,
                "principal: \"Adatum admins\" is not an object id",
            ),
            (
                "[tenant.deploy]\nname = \"vm-avd\"\n",
                10,
                "\"vm-avd\" has no #: a name such as vm-avd-####",
            ),
            (
                "[tenant.deploy]\npassword_file = \"a\"\npassword_env = \"B\"\n",
                10,
                "both password_file and password_env: keep one",
            ),
            (
                "[tenant.deploy]\nsubnet = \"vnet/hosts\"\n",
                11,
                "a resource id",
            ),
        ] {
            let refused = parse(&format!("{IDENTITY}{tenant}{rest}")).unwrap_err();
            let place = format!("config.toml:{line}: ");
            assert!(
                refused.starts_with(&place) && refused.contains(words),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_password_file_lies_beside_the_configuration() {
        let text = |file: &str| {
            format!(
                "{IDENTITY}[[tenant]]\nid = \"22222222-2222-2222-2222-222222222222\"\n\
                 [tenant.deploy]\npassword_file = \"{file}\"\n"
            )
        };
        let environment = |_: &str| Some("s3cret".to_owned());
        for (written, meant) in [
            ("adatum.password", "/etc/gallerist/adatum.password"),
            ("/run/secrets/adatum", "/run/secrets/adatum"),
        ] {
            let path = Path::new("/etc/gallerist/config.toml");
            let config = super::parse(&text(written), path, &environment).unwrap();
            let deploy = config.tenants[0].deploy.as_ref().unwrap();
            assert_eq!(deploy.password_file.as_deref(), Some(Path::new(meant)));
        }
    }
}
