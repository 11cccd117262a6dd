//! What an agent shows of itself, and whether it is believed: a certificate that the machine's authorities vouch for, or the one that
//! somebody has looked at and pinned.
//!
//! Invariant: whatever is not verified is only looked at; nothing of anybody's is sent there.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use syncapp_model::{Code, Error, Result};
use url::Url;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::client;
use crate::preferences::Way;

/// What a certificate that is not the pinned one is refused with, among the causes of an error.
const CHANGED: &str = "the agent shows another certificate than the one that was accepted";

/// The SHA-256 of a certificate: pairs of hexadecimal digits with colons between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_char(':')?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits: String = text.chars().filter(|sign| *sign != ':').collect();
        let bytes = hex::decode(digits).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("this is no SHA-256 fingerprint")
    }
}

/// A certificate, as somebody looks at it before it is believed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) fingerprint: Fingerprint,
    pub(super) not_after: String,
    /// Whether the machine's authorities, or that of the preferences, vouch for it.
    pub(super) trusted: bool,
}

/// Authorities that are believed: the machine's, and that of a PEM file.
pub(crate) fn roots(ca: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca {
        let unreadable = |what: &str| {
            let error = Error::new(Code::UnreadableFile, format!("the authority's file {what}"));
            error.file(path.display()).help("give a PEM file with certificates")
        };
        let read = std::fs::read(path).map_err(|problem| unreadable("cannot be read").driver(problem))?;
        let certificates: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&read).collect();
        let certificates = certificates.map_err(|problem| unreadable("is no PEM").driver(problem))?;
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(unreadable("has no certificate in it"));
        }
    }
    Ok(roots)
}

/// What the agent at an address shows.
pub(super) async fn shown(url: &Url, way: &Way) -> Result<Certificate> {
    let seen = Arc::new(Verifier::looking(client::provider()));
    let tls = ClientConfig::builder_with_provider(client::provider()).with_safe_default_protocol_versions();
    let tls = tls.map_err(|problem| Error::internal("no TLS can be spoken").driver(problem))?;
    let tls = tls
        .dangerous()
        .with_custom_certificate_verifier(seen.clone())
        .with_no_client_auth();
    // What is asked does not matter, nor what is answered: the certificate comes first.
    let asked = client::send(client::build(tls, way)?.head(url.clone()), url).await;
    let Some((chain, name)) = seen.seen() else {
        return Err(asked.err().unwrap_or_else(|| {
            Error::new(Code::AgentUnreachable, "the agent shows no certificate").help("check its address")
        }));
    };
    read(&chain, &name, way)
}

fn read(chain: &[CertificateDer<'static>], name: &ServerName<'static>, way: &Way) -> Result<Certificate> {
    let odd = || Error::new(Code::AgentUnreachable, "what the agent shows is no certificate");
    let (leaf, rest) = chain.split_first().ok_or_else(odd)?;
    let (_, parsed) = X509Certificate::from_der(leaf).map_err(|problem| odd().driver(problem))?;
    let roots = Arc::new(roots(way.ca.as_deref())?);
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, client::provider()).build();
    let trusted = verifier.is_ok_and(|verifier| {
        let verified = verifier.verify_server_cert(leaf, rest, name, &[], UnixTime::now());
        verified.is_ok()
    });
    let not_after = parsed.validity().not_after.timestamp();
    Ok(Certificate {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        fingerprint: Fingerprint::of(leaf),
        not_after: instant(not_after),
        trusted,
    })
}

/// Seconds since 1970 as RFC 3339.
fn instant(seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).ok();
    let form = &time::format_description::well_known::Rfc3339;
    time.and_then(|time| time.format(form).ok()).unwrap_or_default()
}

/// The certificates that somebody showed, the agent's own first, and whom they were shown for.
type Seen = (Vec<CertificateDer<'static>>, ServerName<'static>);

/// Believes one certificate alone, or only looks.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    /// The one; any where somebody only looks.
    pinned: Option<Fingerprint>,
    seen: Mutex<Option<Seen>>,
}

impl Verifier {
    /// Believes this one.
    pub(super) fn pinned(provider: Arc<CryptoProvider>, pinned: Fingerprint) -> Self {
        Self {
            provider,
            pinned: Some(pinned),
            seen: Mutex::default(),
        }
    }

    fn looking(provider: Arc<CryptoProvider>) -> Self {
        Self {
            provider,
            pinned: None,
            seen: Mutex::default(),
        }
    }

    fn seen(&self) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.pinned {
            Some(pinned) if *pinned != Fingerprint::of(leaf) => return Err(rustls::Error::General(CHANGED.into())),
            Some(_) => {}
            None => {
                let chain = std::iter::once(leaf).chain(rest);
                let chain = chain.map(|one| one.clone().into_owned()).collect();
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((chain, name.to_owned()));
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What to say where this cause of an error is a certificate that is not the pinned one.
pub(super) fn changed(cause: &(dyn std::error::Error + 'static)) -> Option<Error> {
    // TLS tells its errors within those of input and output, which hide their own, one in another.
    let mut cause = cause;
    while let Some(inner) = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        cause = inner;
    }
    let found = cause.downcast_ref::<rustls::Error>()?;
    let is_changed = matches!(found, rustls::Error::General(why) if why == CHANGED);
    is_changed.then(|| {
        Error::new(Code::CertificateChanged, CHANGED)
            .help("ask the agent's operator whether it was renewed; if so, remove the agent and add it again")
    })
}
