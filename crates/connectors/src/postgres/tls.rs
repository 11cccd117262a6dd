//! TLS as the connection's mode asks for it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use crate::server::{self, TlsMode, Valid};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use syncapp_connector::{Step, step};
use syncapp_model::{Code, Error, Result, Side};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

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

/// The same for a connection that is open already, with the name that its certificate must have.
pub(super) fn named<S>(valid: &Valid, side: Side) -> Result<Told<<MakeRustlsConnect as MakeTlsConnect<S>>::TlsConnect>>
where
    MakeRustlsConnect: MakeTlsConnect<S, Error = Infallible>,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connector = connector(valid, side)?;
    let Ok(named) = MakeTlsConnect::<S>::make_tls_connect(&mut connector, &valid.host);
    Ok(Told(named))
}

/// One that says how long it took.
pub(super) struct Told<T>(T);

impl<S, T> TlsConnect<S> for Told<T>
where
    T: TlsConnect<S>,
    T::Stream: 'static,
    T::Error: 'static,
    T::Future: Send + 'static,
{
    type Stream = T::Stream;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<T::Stream, T::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(step(Step::Tls, self.0.connect(stream)))
    }
}

fn roots(valid: &Valid, side: Side) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match &valid.ca_file {
        Some(path) => {
            for certificate in server::read_certificates(path)? {
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
