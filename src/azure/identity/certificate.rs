use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::azure::secret::Secret;

/// How long an assertion is good for, as in Microsoft's libraries.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// A statement of an application that it is itself, signed with the private key of a certificate
/// that is registered for it (entra-docs, certificate-credentials.md). `audience` is the address
/// that it is sent to.
pub(super) fn assertion(pem: &Secret, client_id: &str, audience: &str) -> Result<Secret, String> {
    let pem = pem.expose();
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| "it holds no certificate in PEM form")?;
    let key = private_key(pem)?;
    let now = Timestamp::now();
    let claims = json!({
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": uuid::Uuid::new_v4().to_string(),
        "nbf": now.as_second(),
        "iat": now.as_second(),
        "exp": (now + LIFETIME).as_second(),
    });
    let header = Header {
        x5t_s256: Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate))),
        ..Header::new(Algorithm::PS256)
    };
    jsonwebtoken::encode(&header, &claims, &key)
        .map(Secret::new)
        .map_err(|cause| format!("its private key cannot sign: {cause}"))
}

fn private_key(pem: &str) -> Result<EncodingKey, String> {
    let start = [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
    ]
    .iter()
    .find_map(|begin| pem.find(begin))
    .ok_or("it holds no private key in PEM form that is not encrypted")?;
    EncodingKey::from_rsa_pem(&pem.as_bytes()[start..])
        .map_err(|_| "its private key is not an RSA one, which Entra wants".to_owned())
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    const AUDIENCE: &str = "https://login.example/t/oauth2/v2.0/token";

    fn pair(algorithm: &'static rcgen::SignatureAlgorithm) -> (rcgen::Certificate, rcgen::KeyPair) {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["gallerist".to_owned()]).unwrap();
        (parameters.self_signed(&key).unwrap(), key)
    }

    #[test]
    fn it_is_signed_with_the_key_and_names_the_certificate() {
        let (certificate, key) = pair(&rcgen::PKCS_RSA_SHA256);
        for pem in [
            certificate.pem() + &key.serialize_pem(),
            key.serialize_pem() + &certificate.pem(),
        ] {
            let made = assertion(&Secret::new(pem), "app", AUDIENCE).unwrap();
            let header = jsonwebtoken::decode_header(made.expose()).unwrap();
            let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(certificate.der()));
            assert_eq!(header.x5t_s256, Some(thumbprint));
            let mut validation = Validation::new(Algorithm::PS256);
            validation.set_audience(&[AUDIENCE]);
            validation.set_issuer(&["app"]);
            validation.sub = Some("app".to_owned());
            validation.validate_nbf = true;
            let public = DecodingKey::from_rsa_pem(key.public_key_pem().as_bytes()).unwrap();
            let claims = jsonwebtoken::decode::<Value>(made.expose(), &public, &validation);
            let claims = claims.unwrap().claims;
            assert!(claims["jti"].as_str().is_some_and(|id| id.len() == 36));
            assert_eq!(
                claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(),
                600
            );
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let (certificate, key) = pair(&rcgen::PKCS_ECDSA_P256_SHA256);
        let encrypted =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (pem, words) in [
            (key.serialize_pem(), "no certificate"),
            (certificate.pem(), "no private key"),
            (certificate.pem() + encrypted, "not encrypted"),
            (certificate.pem() + &key.serialize_pem(), "not an RSA one"),
            (String::new(), "no certificate"),
        ] {
            let refusal = assertion(&Secret::new(pem), "app", AUDIENCE).unwrap_err();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
