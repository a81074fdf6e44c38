//! Certificates for https: an authority that a client is told to trust, and a certificate of the
//! simulator's that it signed.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::Error;
use super::ready::write_privately;

/// The authority's certificate in its folder, and its key.
pub(super) const CA: &str = "ca.pem";
const CA_KEY: &str = "ca.key";

const LOCALHOST: &str = "localhost";

/// What greets connections with a certificate for this machine and `address`, by the authority in
/// `folder`. That is made where there is none, or one whose certificates nobody would believe.
///
/// # Errors
/// [`Error::File`] and [`Error::Certificates`].
pub(super) fn acceptor(folder: &Path, address: IpAddr) -> Result<TlsAcceptor, Error> {
    let unusable = |what: String| Error::Certificates {
        folder: folder.to_owned(),
        what,
    };
    fs::create_dir_all(folder).map_err(|source| Error::File {
        path: folder.to_owned(),
        source,
    })?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let kept = kept(folder).and_then(|(authority, key)| {
        let own = Own::signed(key, address).ok()?;
        own.is_believed(authority, &provider).then_some(own)
    });
    let own = if let Some(own) = kept {
        own
    } else {
        let key = new(folder)?;
        Own::signed(key, address).map_err(|error| unusable(error.to_string()))?
    };
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            let key = PrivateKeyDer::try_from(own.key.serialize_der())
                .map_err(|what| tokio_rustls::rustls::Error::General(what.to_owned()))?;
            let certificates = vec![own.certificate.der().clone()];
            config
                .with_no_client_auth()
                .with_single_cert(certificates, key)
        });
    let mut config = config.map_err(|error| unusable(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The authority of an earlier simulator: its certificate and its key.
fn kept(folder: &Path) -> Option<(CertificateDer<'static>, KeyPair)> {
    let certificate = CertificateDer::from_pem_file(folder.join(CA)).ok()?;
    let key = fs::read_to_string(folder.join(CA_KEY)).ok()?;
    Some((certificate, KeyPair::from_pem(&key).ok()?))
}

/// Makes an authority, and gives its key.
fn new(folder: &Path) -> Result<KeyPair, Error> {
    let made = KeyPair::generate().and_then(|key| Ok((authority().self_signed(&key)?, key)));
    let (certificate, key) = made.map_err(|error| Error::Certificates {
        folder: folder.to_owned(),
        what: error.to_string(),
    })?;
    let written = write_privately(&folder.join(CA_KEY), &key.serialize_pem())
        .and_then(|()| fs::write(folder.join(CA), certificate.pem()));
    written.map_err(|source| Error::File {
        path: folder.to_owned(),
        source,
    })?;
    Ok(key)
}

/// What every authority says of itself, so that its key is enough to sign in its name.
fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    let name = "Gallerist simulated certificate authority";
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // The last year that certificates write with two digits.
    params.not_after = rcgen::date_time_ymd(2049, 12, 31);
    params
}

/// The simulator's own certificate and key, new at each start.
struct Own {
    certificate: Certificate,
    key: KeyPair,
}

impl Own {
    /// Good for a year, as no public authority signs for longer.
    fn signed(authority_key: KeyPair, address: IpAddr) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new([LOCALHOST.to_owned()])?;
        let mut addresses = vec![
            IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::from(Ipv6Addr::LOCALHOST),
        ];
        if !addresses.contains(&address) && !address.is_unspecified() {
            addresses.push(address);
        }
        let addresses = addresses.into_iter().map(SanType::IpAddress);
        params.subject_alt_names.extend(addresses);
        params
            .distinguished_name
            .push(DnType::CommonName, LOCALHOST);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let day = |date: jiff::civil::Date| {
            let number = |part: i8| part.unsigned_abs();
            rcgen::date_time_ymd(
                i32::from(date.year()),
                number(date.month()),
                number(date.day()),
            )
        };
        params.not_before = day(today.saturating_sub(1.day()));
        params.not_after = day(today.saturating_add(365.days()));
        let key = KeyPair::generate()?;
        let issuer = Issuer::new(authority(), authority_key);
        let certificate = params.signed_by(&key, &issuer)?;
        Ok(Self { certificate, key })
    }

    /// Whether a client that trusts `authority` would take it.
    fn is_believed(
        &self,
        authority: CertificateDer<'static>,
        provider: &Arc<CryptoProvider>,
    ) -> bool {
        let mut roots = RootCertStore::empty();
        if roots.add(authority).is_err() {
            return false;
        }
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let (Ok(verifier), Ok(name)) = (builder.build(), ServerName::try_from(LOCALHOST)) else {
            return false;
        };
        let certificate = self.certificate.der();
        verifier
            .verify_server_cert(certificate, &[], &name, &[], UnixTime::now())
            .is_ok()
    }
}
