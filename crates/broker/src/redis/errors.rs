//! The driver's errors as ours.

use redis::RedisError;
use syncapp_model::{Code, Error, ErrorKind};

/// What a failure means, and whether trying again may help. The driver's words hold neither an address nor a value.
pub(super) fn failed(error: &RedisError) -> Error {
    let (kind, why, help) = meaning(error);
    Error::new(Code::StoreFailed, why).kind(kind).help(help).driver(error)
}

/// No connection, for a reason of the network's or of TLS.
pub(super) fn unreachable(error: &std::io::Error) -> Error {
    let tls: Option<&rustls::Error> = error.get_ref().and_then(|cause| cause.downcast_ref());
    let (kind, why, help) = match tls {
        Some(_) => (
            ErrorKind::Config,
            "no safe connection to the cache can be made",
            "look at its certificate, and at the file of authorities",
        ),
        None => AWAY,
    };
    Error::new(Code::StoreFailed, why).kind(kind).help(help).driver(error)
}

/// Nothing was heard in time.
pub(super) fn silent() -> Error {
    Error::new(Code::StoreFailed, "the cache does not answer")
        .kind(ErrorKind::Transient)
        .help("look at the network and at the cache's load")
}

const AWAY: (ErrorKind, &str, &str) = (
    ErrorKind::Transient,
    "the cache cannot be reached",
    "look whether the cache runs, and at the network",
);

/// Whether the connection is of no more use.
pub(super) fn is_broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

fn meaning(error: &RedisError) -> (ErrorKind, &'static str, &'static str) {
    use ErrorKind::{Config, System, Transient};
    // Of several commands, and of a transaction, the first that failed says why.
    let said = error.clone().into_server_errors();
    let code = said
        .as_ref()
        .and_then(|said| said.first())
        .map(|(_, error)| error.code());
    match (error.kind(), code) {
        (redis::ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS" | "NOAUTH")) => (
            Config,
            "the cache refuses the login",
            "look at user and password in its address",
        ),
        (_, Some("NOPERM")) => (
            Config,
            "the cache refuses its user something",
            "give the user ~PREFIX:* &PREFIX:topic:* +get +set +del +incr +pexpire +pttl +multi +exec +publish +psubscribe",
        ),
        (_, Some("OOM" | "LOADING" | "READONLY" | "MASTERDOWN" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" | "MISCONF")) => (
            Transient,
            "the cache takes nothing",
            "look at its memory and at its log",
        ),
        _ if is_broken(error) => AWAY,
        _ => (System, "the cache failed", "see the cache's own words below"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn what_may_pass_is_transient() {
        let lost = RedisError::from(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(is_broken(&lost) && failed(&lost).is_transient());
        let refused = RedisError::from((redis::ErrorKind::AuthenticationFailed, "no"));
        assert_eq!(failed(&refused).report().kind, ErrorKind::Config);
        assert!(silent().is_transient());
        assert!(unreachable(&io::Error::from(io::ErrorKind::ConnectionRefused)).is_transient());
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, unknown);
        assert_eq!(unreachable(&wrapped).report().kind, ErrorKind::Config);
    }
}
