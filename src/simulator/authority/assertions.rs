//! What an application proves itself with in place of a secret: a token that it signed by a
//! certificate (Microsoft's `certificate-credentials.md`), or one of somebody it is federated with
//! (`workload-identity-federation.md`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Form;
use super::denial::Denial;
use crate::simulator::clock::arm_time;
use crate::simulator::token;
use crate::simulator::world::World;

/// The only type of assertion that there is (RFC 7523).
const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far clocks may be apart, in seconds.
const SKEW: i64 = 300;

/// What an assertion claims.
#[derive(Deserialize)]
struct Assertion {
    aud: Value,
    iss: String,
    sub: String,
    #[serde(deserialize_with = "seconds")]
    exp: i64,
    #[serde(default, deserialize_with = "seconds")]
    nbf: i64,
}

/// MSAL for Python writes fractions of a second.
fn seconds<'de, D: Deserializer<'de>>(value: D) -> Result<i64, D::Error> {
    let seconds = Duration::try_from_secs_f64(f64::deserialize(value)?);
    let seconds = seconds.map_err(serde::de::Error::custom)?.as_secs();
    i64::try_from(seconds).map_err(serde::de::Error::custom)
}

impl Assertion {
    fn is_for(&self, fits: impl Fn(&str) -> bool) -> bool {
        let many = self.aud.as_array().into_iter().flatten();
        let all = many.chain(Some(&self.aud)).filter_map(Value::as_str);
        all.into_iter().any(fits)
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Denial> {
        if (self.nbf - SKEW..self.exp + SKEW).contains(&now.as_second()) {
            return Ok(());
        }
        let time = |second| Timestamp::from_second(second).map_or_else(|_| String::new(), arm_time);
        Err(invalid(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {}, assertion \
                 valid from {}, expiry time of assertion {}. Review the documentation at \
                 https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
                arm_time(now),
                time(self.nbf),
                time(self.exp)
            ),
        ))
    }
}

/// Whether the assertion of a request proves the application that it is of.
///
/// # Errors
/// Entra's.
pub(super) fn check(world: &World, form: &Form, tenant: (&str, &str)) -> Result<(), Denial> {
    let text = form.field("client_assertion");
    let parts: Vec<&str> = text.split('.').collect();
    let (true, [header, payload, signature]) = (
        form.field("client_assertion_type") == BEARER,
        parts.as_slice(),
    ) else {
        return Err(malformed());
    };
    let assertion: Assertion = decoded(payload)?;
    let client_id = form.field("client_id");
    if assertion.iss.eq_ignore_ascii_case(client_id) {
        let signed = &text[..text.len() - signature.len() - 1];
        check_signature(world, &decoded(header)?, signed, signature)?;
        check_own(world, &assertion, client_id, tenant)
    } else {
        check_federated(world, &assertion)?;
        if token::claims::<Value>(world.chance, text).is_none() {
            return Err(unsigned("The key was not found"));
        }
        assertion.check_time(world.clock.token_now())
    }
}

/// An assertion that the application made itself.
fn check_own(
    world: &World,
    assertion: &Assertion,
    client_id: &str,
    (tenant, domain): (&str, &str),
) -> Result<(), Denial> {
    if !assertion.sub.eq_ignore_ascii_case(client_id) {
        return Err(invalid(
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter. Review \
             the documentation at \
             https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
        ));
    }
    let host = without_scheme(&world.origin);
    let fits = |audience: &str| {
        [tenant, domain].iter().any(|tenant| {
            let own = format!("{host}/{tenant}");
            let ways = [format!("{own}/oauth2/v2.0/token"), format!("{own}/v2.0")];
            // Which way the request came is no matter of who it is for.
            ways.iter()
                .any(|way| without_scheme(audience).eq_ignore_ascii_case(way))
        })
    };
    if !assertion.is_for(fits) {
        return Err(invalid(
            700_023,
            "Client assertion audience claim does not match Realm issuer. Review the documentation \
             at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
        ));
    }
    assertion.check_time(world.clock.token_now())
}

fn without_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// Whether the application's certificate signed it, which the header has to name by a thumbprint.
fn check_signature(
    world: &World,
    header: &Value,
    signed: &str,
    signature: &str,
) -> Result<(), Denial> {
    let pem = world.directory.application.certificate.as_deref();
    // Its key may be there too.
    let pem = pem.and_then(|pem| Some(&pem[pem.find("-----BEGIN CERTIFICATE-----")?..]));
    let pem = pem.unwrap_or_default().as_bytes();
    let named = ["x5t#S256", "x5t"].map(|name| header[name].as_str());
    // MSAL for Python pads them.
    let named = named[0]
        .or(named[1])
        .unwrap_or_default()
        .trim_end_matches('=');
    let known = CertificateDer::from_pem_slice(pem).is_ok_and(|certificate| {
        let der: &[u8] = &certificate;
        let prints = [
            Sha256::digest(der).to_vec(),
            sha1_smol::Sha1::from(der).digest().bytes().to_vec(),
        ];
        prints
            .map(|print| URL_SAFE_NO_PAD.encode(print))
            .contains(&named.to_owned())
    });
    if !known {
        let named = URL_SAFE_NO_PAD.decode(named).unwrap_or_default();
        let named = named
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02X}"));
        return Err(unsigned(&format!(
            "The key was not found., Thumbprint of key used by client: '{named}'"
        )));
    }
    let algorithm = match header["alg"].as_str() {
        Some("RS256") => Some(Algorithm::RS256),
        Some("PS256") => Some(Algorithm::PS256),
        _ => None,
    };
    let key = DecodingKey::from_rsa_pem(pem).ok();
    let verified = key.zip(algorithm).is_some_and(|(key, algorithm)| {
        crypto::verify(signature, signed.as_bytes(), &key, algorithm).unwrap_or(false)
    });
    if verified {
        return Ok(());
    }
    Err(unsigned(
        "The key was found, but use of the key to verify the signature failed.",
    ))
}

/// A token of somebody whom the application is federated with.
fn check_federated(world: &World, assertion: &Assertion) -> Result<(), Denial> {
    let mut left: Vec<_> = world.directory.application.federated.iter().collect();
    let unmatched = |number, what: &str, value: &str| {
        invalid(
            number,
            format!(
                "No matching federated identity record found for presented assertion {what} \
                 '{value}'. Check your federated identity credential Subject, Audience and Issuer \
                 against the presented assertion. \
                 https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
            ),
        )
    };
    if left.is_empty() {
        return Err(invalid(
            70_021,
            format!(
                "No matching federated identity record found for presented assertion. Assertion \
                 Issuer: '{}'. Assertion Subject: '{}'. Assertion Audience: '{}'.",
                assertion.iss, assertion.sub, assertion.aud
            ),
        ));
    }
    left.retain(|one| one.issuer == assertion.iss);
    if left.is_empty() {
        return Err(unmatched(700_211, "issuer", &assertion.iss));
    }
    left.retain(|one| assertion.is_for(|audience| audience == one.audience));
    if left.is_empty() {
        let audience = assertion.aud.to_string();
        return Err(unmatched(700_212, "audience", audience.trim_matches('"')));
    }
    left.retain(|one| one.subject == assertion.sub);
    if left.is_empty() {
        return Err(unmatched(700_213, "subject", &assertion.sub));
    }
    Ok(())
}

fn decoded<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, Denial> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed())?;
    serde_json::from_slice(&bytes).map_err(|_| malformed())
}

fn invalid(number: u32, text: impl Into<String>) -> Denial {
    Denial::new("invalid_client", number, text)
}

fn malformed() -> Denial {
    Denial::new(
        "invalid_request",
        50_027,
        "JWT token is invalid or malformed.",
    )
}

fn unsigned(reason: &str) -> Denial {
    invalid(
        700_027,
        format!("Client assertion contains an invalid signature. [Reason - {reason}]"),
    )
}
