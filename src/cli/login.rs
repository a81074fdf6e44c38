//! A sign-in by a person, in a process of its own: it writes the refresh token and nothing else, so
//! it works beside an owner of the state folder.

use std::sync::Arc;

use serde_json::{Value, json};

use super::args::{Connect, Format, Login, SignInAt};
use super::{Exit, Problem, Teller, print, settings};
use crate::azure::{Access, Azure, DeviceCode, Error, Remedy, Session, TenantId};
use crate::config::{Config, Identity};
use crate::engine;
use crate::estate::survey::{self, Answer};
use crate::estate::{TenantState, Trouble, resolve_tenant};
use crate::paths::Paths;
use crate::printable::printable;

/// One access of a configuration, and what it is signed in with.
pub(super) struct SignIn {
    pub(super) session: Session,
    /// What people call the tenant.
    pub(super) tenant: String,
    azure: Azure,
    config: Config,
}

impl SignIn {
    /// Finds what is meant. Nothing is sent.
    pub(super) fn at(at: &SignInAt, connect: &Connect) -> Result<Self, Problem> {
        let (paths, config) = settings(connect)?;
        paths.prepare()?;
        let azure = config
            .azure(paths.tokens())
            .map_err(|error| Problem::new(Exit::Usage, error.to_string()))?
            .witnessed(Arc::new(Teller));
        let tenant = at.tenant.as_deref();
        let tenant = tenant
            .map(|text| tenant_called(text, &config, &paths))
            .transpose()?;
        let access = access(at.identity.as_deref(), tenant, &config)?;
        let name = config.tenant_names().remove(&access.tenant);
        Ok(Self {
            tenant: name.unwrap_or_else(|| access.tenant.to_string()),
            session: azure.session(access),
            azure,
            config,
        })
    }

    fn identity(&self) -> &str {
        &self.session.access().identity
    }

    /// Whom the sign-in is of, as far as that is known.
    async fn whom(&self) -> String {
        match self.session.account().await {
            Ok(Some(account)) => format!("{} ({account})", self.identity()),
            _ => self.identity().to_owned(),
        }
    }
}

pub(super) async fn run(login: Login, connect: &Connect) -> Result<Exit, Problem> {
    let sign_in = SignIn::at(&login.at, connect)?;
    let outcome = match sign_in.session.remedy() {
        Remedy::DeviceCode => tokio::select! {
            outcome = with_code(&sign_in, login.output) => outcome,
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
        },
        _ => sign_in.session.sign_in().await,
    };
    match outcome {
        Ok(()) => signed_in(&sign_in, login.output).await,
        Err(error) => failed(&error, login.output),
    }
}

async fn with_code(sign_in: &SignIn, format: Format) -> Result<(), Error> {
    let pending = sign_in.session.begin_sign_in().await?;
    show(sign_in, pending.device_code(), format);
    pending.finish().await
}

/// The code is for a person, whatever the answer is for.
fn show(sign_in: &SignIn, code: &DeviceCode, format: Format) {
    let expires = code.expires_at.to_zoned(jiff::tz::TimeZone::system());
    let lines = [
        format!(
            "to sign in as {} to {}:",
            sign_in.identity(),
            sign_in.tenant
        ),
        format!("  open  {}", code.verification_uri),
        format!("  type  {}", code.user_code),
        format!("the code is good until {}", expires.strftime("%H:%M")),
    ];
    for line in lines {
        eprintln!("{}", printable(&line));
    }
    if format == Format::Json {
        let line = json!({
            "userCode": code.user_code,
            "verificationUri": code.verification_uri,
            "expiresAt": code.expires_at,
            "tenant": sign_in.session.access().tenant,
        });
        // Whoever reads no more may still sign in.
        let _ = print(&format!("{line}\n"));
    }
}

/// Says as whom, and which tenants answer now.
async fn signed_in(sign_in: &SignIn, format: Format) -> Result<Exit, Problem> {
    let account = sign_in.session.account().await.ok().flatten();
    let answers = survey::all(&sign_in.azure, &sign_in.config).await;
    let of_it = |answer: &&Answer| answer.access.identity == sign_in.identity();
    let answers: Vec<&Answer> = answers.iter().filter(of_it).collect();
    if format == Format::Json {
        let tenants: Vec<Value> = answers.iter().map(|answer| told(answer)).collect();
        let outcome = json!({
            "state": "signed-in",
            "identity": sign_in.identity(),
            "account": account,
            "tenant": sign_in.session.access().tenant,
            "tenants": tenants,
        });
        print(&format!("{outcome}\n"))?;
        return Ok(Exit::Done);
    }
    let mut lines = vec![format!(
        "{} is signed in to {}",
        sign_in.whom().await,
        sign_in.tenant
    )];
    let (answering, others): (Vec<&Answer>, Vec<&Answer>) = answers
        .into_iter()
        .partition(|answer| answer.state == TenantState::Ok);
    let names: Vec<&str> = answering.iter().map(|answer| answer.called()).collect();
    lines.push(format!("these answer: {}", names.join(", ")));
    lines.extend(others.iter().filter_map(|answer| {
        let trouble = answer.trouble.as_ref()?;
        Some(format!("{} doesn't: {trouble}", answer.called()))
    }));
    for line in lines {
        print(&format!("{}\n", printable(&line)))?;
    }
    Ok(Exit::Done)
}

fn told(answer: &Answer) -> Value {
    json!({"tenantId": answer.tenant, "name": answer.name, "state": answer.state})
}

fn failed(error: &Error, format: Format) -> Result<Exit, Problem> {
    if format == Format::Json {
        let outcome = json!({
            "state": "failed",
            "error": {
                "code": error.code(),
                "message": error.to_string(),
                "correlationId": error.correlation_id(),
                "advice": error.advice(),
            },
        });
        print(&format!("{outcome}\n"))?;
    }
    let mut lines = vec![Trouble::from(error).to_string()];
    if let Error::SignIn {
        remedy: Remedy::AzureCli { command },
        ..
    } = error
    {
        lines.push(format!("run `{command}`"));
    }
    Err(Problem::new(Exit::Failed, lines.join("\n")))
}

/// The tenant that a person means: of the configuration, of what was read last, or by its id.
fn tenant_called(text: &str, config: &Config, paths: &Paths) -> Result<TenantId, Problem> {
    let names = config.tenant_names();
    let mut called = names
        .iter()
        .filter(|(_, name)| name.eq_ignore_ascii_case(text));
    if let (Some((id, _)), None) = (called.next(), called.next()) {
        return Ok(id.clone());
    }
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let unknown = || {
        let text = format!("no tenant is called {text:?} here: give its id");
        Problem::new(Exit::Usage, text)
    };
    let reader = engine::estate(paths).map_err(|_| unknown())?;
    resolve_tenant(&reader, text).map_err(|_| unknown())
}

/// Whom to sign in as, and where.
fn access(
    identity: Option<&str>,
    tenant: Option<TenantId>,
    config: &Config,
) -> Result<Access, Problem> {
    let usage = |text: String| Err(Problem::new(Exit::Usage, text));
    let named = |identity: &Identity, tenant: Option<TenantId>| Access {
        identity: identity.settings.name.clone(),
        tenant: tenant.unwrap_or_else(|| identity.settings.tenant.clone()),
    };
    if let Some(name) = identity {
        let mut all = config.identities.iter();
        return match all.find(|one| one.settings.name == name) {
            Some(identity) => Ok(named(identity, tenant)),
            None => usage(format!(
                "no [[identity]] is named {name:?}: there is {}",
                names(&config.identities.iter().collect::<Vec<_>>())
            )),
        };
    }
    if let Some(tenant) = tenant {
        return match survey::serving(config, &tenant) {
            Some(access) => Ok(access),
            None => usage(format!(
                "no [[identity]] signs in to {tenant}: list it in `also` of one, or name one with \
                 --identity"
            )),
        };
    }
    let people: Vec<&Identity> = config
        .identities
        .iter()
        .filter(|one| one.settings.credential.is_a_person())
        .collect();
    match (&people[..], &config.identities[..]) {
        ([one], _) => Ok(named(one, None)),
        ([], [one]) => Ok(named(one, None)),
        ([], _) => usage(format!(
            "several identities sign in: name one with --identity, of {}",
            names(&config.identities.iter().collect::<Vec<_>>())
        )),
        (people, _) => usage(format!(
            "several people sign in: name one with --identity, of {}",
            names(people)
        )),
    }
}

fn names(identities: &[&Identity]) -> String {
    let names = identities.iter().map(|one| one.settings.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}
