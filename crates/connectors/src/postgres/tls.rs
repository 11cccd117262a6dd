//! TLS as the connection's mode asks for it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use syncapp_model::{Code, Error, Result, Side};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{TlsMode, Valid};

/// The TLS connector of a configuration.
pub(super) fn connector(valid: &Valid, side: Side) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|problem| Error::internal(problem.to_string()))?;
    let authority = match valid.tls {
        TlsMode::VerifyFull => {
            let config = builder.with_root_certificates(roots(valid, side)?);
            return Ok(MakeRustlsConnect::new(config.with_no_client_auth()));
        }
        TlsMode::VerifyCa => {
            let trusted = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(valid, side)?), provider.clone());
            let none = |problem| Error::new(Code::TlsFailed(side), "no trusted authority is known").driver(problem);
            Some(trusted.build().map_err(none)?)
        }
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => None,
    };
    let config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Lenient { provider, authority }))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn roots(valid: &Valid, side: Side) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match &valid.ca_file {
        Some(path) => {
            for certificate in read_certificates(path)? {
                roots.add(certificate).map_err(|problem| {
                    Error::new(Code::TlsFailed(side), "a certificate of `ca_file` cannot be used")
                        .file(path.display())
                        .driver(problem)
                })?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unreadable = |driver: String| {
        Error::new(Code::UnreadableFile, "`ca_file` cannot be read as PEM certificates")
            .file(path.display())
            .help("give a file of PEM certificates that this user may read")
            .driver(driver)
    };
    let file = File::open(path).map_err(|problem| unreadable(problem.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_reader_iter(BufReader::new(file)).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(unreadable("it holds no certificate".into())),
        Err(problem) => Err(unreadable(problem.to_string())),
    }
}

/// Accepts more than `verify-full` does.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    /// Who must have signed the certificate, whatever its name: `verify-ca`. Without one any certificate is accepted,
    /// which is encryption without identity: `prefer` and `require`.
    authority: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(authority) = &self.authority else {
            return Ok(ServerCertVerified::assertion());
        };
        match authority.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
