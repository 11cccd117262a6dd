//! TLS to a server of ours: it always has to show who it is.

use std::fs::File;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use syncapp_model::{Code, Error, ErrorKind, Result};

/// Trusts the authorities of a file, or those that the machine trusts.
pub(crate) fn client(ca_file: Option<&Path>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for certificate in read(path)? {
                roots.add(certificate).map_err(|problem| unusable(path, problem))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|problem| Error::internal(problem.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Says so where a password goes in the clear to another machine.
pub(crate) fn warn_of_clear(what: &str, host: &str) {
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !is_loopback && host != "localhost" {
        tracing::warn!(
            what,
            host,
            "the password goes over the network in the clear: ask for TLS in the address"
        );
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let file = File::open(path).map_err(|problem| {
        Error::new(Code::UnreadableFile, "the file of authorities cannot be read")
            .file(path.display())
            .driver(problem)
    })?;
    let certificates: Vec<_> = CertificateDer::pem_reader_iter(file)
        .collect::<Result<_, _>>()
        .map_err(|problem| unusable(path, problem))?;
    if certificates.is_empty() {
        return Err(unusable(path, "there is no certificate in it"));
    }
    Ok(certificates)
}

fn unusable(path: &Path, problem: impl std::fmt::Display) -> Error {
    Error::new(Code::InvalidValue, "the file of authorities cannot be used")
        .kind(ErrorKind::Config)
        .file(path.display())
        .help("give a file with certificates in PEM form")
        .driver(problem)
}
