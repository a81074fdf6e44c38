//! Signing in against the simulated Entra: a person by code, once at home and where a tenant wants
//! it there too; applications by what they can show; whoever has signed in to the Azure CLI.

use std::path::Path;

use gallerist::azure::{Access, Azure, Error, Region, Remedy, Session, TenantId};
use gallerist::config::Config;
use serde_json::{Value, json};

use crate::support::{GALLERIES, OPERATOR, Simulator, demo};

/// Simulated seconds to a real one; codes are then asked about every second.
const PACE: u32 = 1200;

/// A person's sign-ins, which last as long as their file.
struct Person<'a> {
    entra: &'a Simulator,
    config: Config,
    azure: Azure,
}

impl<'a> Person<'a> {
    /// As the program is when it starts.
    fn new(entra: &'a Simulator, tokens: &Path) -> Self {
        let config = Config::read(&entra.config_of("device_code")).unwrap();
        let azure = config.azure(tokens.to_owned()).unwrap();
        Self {
            entra,
            config,
            azure,
        }
    }

    fn home(&self) -> Session {
        self.at(&self.config.identities[0].settings.tenant)
    }

    fn at_customer(&self, name: &str) -> Session {
        let mut names = self.config.tenant_names().into_iter();
        let (tenant, _) = names.find(|(_, called)| called == name).unwrap();
        self.at(&tenant)
    }

    fn at(&self, tenant: &TenantId) -> Session {
        self.azure.session(Access {
            identity: self.config.identities[0].settings.name.clone(),
            tenant: tenant.clone(),
        })
    }

    /// Signs in; the browser's part is done with a second factor or without.
    async fn sign_in(&self, session: &Session, mfa: bool) {
        let pending = session.begin_sign_in().await.unwrap();
        let code = &pending.device_code().user_code;
        self.entra.person_signs_in(code, mfa);
        pending.finish().await.unwrap();
    }
}

#[track_caller]
fn wants_sign_in(read: Result<(), Error>) -> Option<String> {
    match read.unwrap_err() {
        Error::SignIn {
            code,
            remedy: Remedy::DeviceCode,
            ..
        } => code.map(Into::into),
        other => panic!("{other}"),
    }
}

async fn read(session: &Session) -> Result<(), Error> {
    session.subscriptions().await.map(drop)
}

async fn write(session: &Session) -> Result<(), Error> {
    let (subscription, _) = GALLERIES.split_once("/resourceGroups/").unwrap();
    let group = format!("{subscription}/resourceGroups/signed-in");
    let (group, region) = (group.parse().unwrap(), Region::new("westeurope"));
    let written = session.put_resource_group(&group, &region).await;
    written.map(drop)
}

#[tokio::test]
async fn one_sign_in_reaches_three_tenants_but_for_the_one_with_its_own_mfa() {
    let entra = Simulator::start(PACE);
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.json");
    let person = Person::new(&entra, &tokens);
    let home = person.home();
    let guest = person.at_customer("Trey Research");
    let strict = person.at_customer("Wingtip Toys");
    for session in [&home, &guest, &strict] {
        assert_eq!(wants_sign_in(read(session).await), None);
    }
    person.sign_in(&home, false).await;
    read(&home).await.unwrap();
    read(&guest).await.unwrap();
    assert_eq!(
        wants_sign_in(read(&strict).await).as_deref(),
        Some("AADSTS50076")
    );
    read(&guest).await.unwrap();
    assert_eq!(home.account().await.unwrap().as_deref(), Some(OPERATOR));

    person.sign_in(&strict, true).await;
    for session in [&home, &guest, &strict] {
        read(session).await.unwrap();
    }
    // The tokens have run out, and other processes know no more than the file.
    entra.advance(2 * 3600);
    let again = Person::new(&entra, &tokens);
    for session in [
        again.home(),
        again.at_customer("Trey Research"),
        again.at_customer("Wingtip Toys"),
        strict,
    ] {
        read(&session).await.unwrap();
    }
}

#[tokio::test]
async fn a_write_that_wants_a_second_factor_is_mended_by_a_sign_in_with_one() {
    let entra = Simulator::start(PACE);
    let folder = tempfile::tempdir().unwrap();
    let person = Person::new(&entra, &folder.path().join("tokens.json"));
    let home = person.home();
    let tenant = home.access().tenant.to_string();
    let mandatory = json!({"tenant": tenant, "writes_need_mfa": true});
    entra.control("POST", "tenants", Some(&mandatory));
    person.sign_in(&home, false).await;
    assert_eq!(
        wants_sign_in(write(&home).await).as_deref(),
        Some("AADSTS50076")
    );
    read(&home).await.unwrap();
    person.sign_in(&home, true).await;
    write(&home).await.unwrap();
}

#[tokio::test]
async fn a_revoked_token_is_renewed_unnoticed_and_a_revoked_session_is_not() {
    let entra = Simulator::start(PACE);
    let folder = tempfile::tempdir().unwrap();
    let person = Person::new(&entra, &folder.path().join("tokens.json"));
    let home = person.home();
    person.sign_in(&home, false).await;
    read(&home).await.unwrap();
    entra.advance(5);
    entra.control("POST", "revocations", Some(&json!({"user": OPERATOR})));
    read(&home).await.unwrap();
    let refused = entra.requests_to("GET", "/subscriptions");
    let statuses: Vec<&Value> = refused.iter().map(|request| &request["status"]).collect();
    assert_eq!(statuses, [200, 401, 200]);
    entra.advance(5);
    let sessions = json!({"user": OPERATOR, "sessions": true});
    entra.control("POST", "revocations", Some(&sessions));
    assert_eq!(
        wants_sign_in(read(&home).await).as_deref(),
        Some("AADSTS50173")
    );
}

#[tokio::test]
async fn applications_sign_in_with_whatever_they_can_show() {
    let entra = Simulator::start(PACE);
    let folder = tempfile::tempdir().unwrap();
    for way in ["client_secret", "client_certificate", "workload_identity"] {
        let config = Config::read(&entra.config_of(way)).unwrap();
        let azure = config.azure(folder.path().join("tokens.json")).unwrap();
        let identity = &config.identities[0].settings;
        let session = azure.session(Access {
            identity: identity.name.clone(),
            tenant: identity.tenant.clone(),
        });
        assert!(!session.subscriptions().await.unwrap().is_empty(), "{way}");
    }
}

/// An `az` that has the tokens of some tenants, each in a file.
const AZ: &str = r#"#!/bin/sh
[ "$1 $2 $3 $4 $5" = 'account get-access-token --output json --tenant' ] || exit 2
echo "$6" >> "$HOME/asked"
cat "$HOME/$6.json" && exit
echo 'ERROR: AADSTS50020: No account there. Trace ID: t' >&2
exit 1
"#;

#[test]
fn whoever_has_signed_in_to_the_azure_cli_reaches_the_tenants_of_its_profile() {
    let (azure, gallerist) = demo(PACE);
    let config = Config::read(azure.config()).unwrap();
    let home = config.identities[0].settings.tenant.clone();
    let called = |name: &str| {
        let mut names = config.tenant_names().into_iter();
        names.find(|(_, called)| called == name).unwrap().0
    };
    let (guest, elsewhere) = (called("Trey Research"), called("Wingtip Toys"));

    let folder = gallerist.folder();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    for tenant in [&home, &guest] {
        let token = azure.token(tenant.as_str());
        let printed = json!({"accessToken": token, "expires_on": 4_102_444_800_u64});
        write(&format!("{tenant}.json"), printed.to_string());
    }
    let subscriptions = [&home, &guest, &elsewhere].map(|tenant| {
        json!({"id": tenant, "tenantId": tenant, "isDefault": *tenant == home,
            "environmentName": "simulated", "user": {"name": OPERATOR, "type": "user"}})
    });
    std::fs::create_dir(folder.join(".azure")).unwrap();
    let profile = json!({"installationId": "i", "subscriptions": subscriptions});
    write(".azure/azureProfile.json", format!("\u{feff}{profile}"));
    write("script", AZ.to_owned());
    // By a process of its own: a program that somebody writes cannot be run, and a child of
    // another test may have inherited the handle.
    let made = std::process::Command::new("sh")
        .args(["-c", "mkdir bin && cp script bin/az && chmod 755 bin/az"])
        .current_dir(folder)
        .status();
    assert!(made.unwrap().success());
    gallerist.configure(|text| {
        let mut config: toml::Table = text.parse().unwrap();
        let identity = json!([{"name": "me", "credential": "azure_cli", "also": "*"}]);
        config.insert("identity".into(), toml::Value::try_from(identity).unwrap());
        config.to_string()
    });

    let output = gallerist.run(&["get", "tenants", "-o", "json"]);
    let rows = output.json();
    let row = |tenant: &TenantId| {
        let mut rows = rows.as_array().unwrap().iter();
        let row = rows.find(|row| row["tenantId"] == tenant.as_str()).unwrap();
        (
            row["route"].as_str().unwrap().to_owned(),
            row["state"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(row(&home), ("home".to_owned(), "ok".to_owned()));
    assert_eq!(row(&guest), ("member".to_owned(), "ok".to_owned()));
    assert_eq!(row(&elsewhere), ("member".to_owned(), "sign-in".to_owned()));
    let mend = format!("sign in again: az login --tenant {elsewhere}");
    assert!(output.stderr.contains(&mend), "{}", output.stderr);
    let asked = std::fs::read_to_string(gallerist.folder().join("asked")).unwrap();
    let mut asked: Vec<&str> = asked.lines().collect();
    asked.sort_unstable();
    let mut once = [home.as_str(), guest.as_str(), elsewhere.as_str()];
    once.sort_unstable();
    assert_eq!(asked, once);
}
