//! The driver's errors as ours.

use lapin::ErrorKind as Cause;
use syncapp_model::{Code, Error, ErrorKind};

/// What a failure means, and whether trying again may help. The driver's words hold neither an address nor a message.
pub(super) fn failed(error: lapin::Error) -> Error {
    let (kind, why, help) = meaning(&error);
    Error::new(Code::StoreFailed, why).kind(kind).help(help).driver(error)
}

/// Nothing was heard in time.
pub(super) fn silent() -> Error {
    Error::new(Code::StoreFailed, "the message broker does not answer")
        .kind(ErrorKind::Transient)
        .help("look at the network and at the broker's load")
}

/// It takes nothing from those who publish.
pub(super) fn blocked() -> Error {
    Error::new(Code::StoreFailed, "the message broker takes nothing")
        .kind(ErrorKind::Transient)
        .help("it is short of memory or disk: look at its alarms")
}

/// The queue behind a door was deleted, or moved.
pub(super) fn cancelled() -> Error {
    Error::new(Code::StoreFailed, "the message broker has closed a queue")
        .kind(ErrorKind::Transient)
        .help("look whether somebody deletes queues of SyncApp")
}

/// Whether a declaration is not allowed, or differs from what is there.
pub(super) fn is_refused(error: &lapin::Error) -> bool {
    matches!(reply(error), Some(403 | 406))
}

/// Whether what was asked for is not there.
pub(super) fn is_missing(error: &lapin::Error) -> bool {
    reply(error) == Some(404)
}

/// The broker's own number, where it said one.
fn reply(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        Cause::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

fn meaning(error: &lapin::Error) -> (ErrorKind, &'static str, &'static str) {
    use ErrorKind::{Config, System, Transient};
    match (reply(error), error.kind()) {
        (Some(403), _) if error.to_string().contains("Login was refused") => (
            Config,
            "the message broker refuses the login",
            "look at user and password in its address",
        ),
        (Some(403), _) => (
            Config,
            "the message broker refuses its user something",
            r"give the user rights to configure, write and read ^syncapp\..*",
        ),
        (Some(530), _) => (
            Config,
            "the message broker's virtual host cannot be used",
            "look whether it exists, and whether the user may use it",
        ),
        (Some(320 | 404 | 405 | 541), _) => (
            Transient,
            "the message broker is not available",
            "look at the broker's log",
        ),
        (Some(_), _) => (System, "the message broker failed", "see the broker's own words below"),
        (None, Cause::IOError(cause)) if is_tls(cause) => (
            Config,
            "no safe connection to the message broker can be made",
            "look at its certificate, and at the file of authorities",
        ),
        (None, _) => (
            Transient,
            "the message broker cannot be reached",
            "look whether the broker runs, and at the network",
        ),
    }
}

fn is_tls(error: &std::io::Error) -> bool {
    let cause: Option<&rustls::Error> = error.get_ref().and_then(|cause| cause.downcast_ref());
    cause.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapin::protocol::{AMQPError, AMQPErrorKind};

    #[test]
    fn what_may_pass_is_transient() {
        let kind = |id: u16, text: &str| {
            let what = AMQPErrorKind::from_id(id).unwrap();
            failed(Cause::ProtocolError(AMQPError::new(what, text.into())).into())
        };
        for id in [320, 404, 405, 541] {
            assert!(kind(id, "").is_transient(), "{id}");
        }
        for id in [403, 530] {
            assert_eq!(kind(id, "").report().kind, ErrorKind::Config, "{id}");
        }
        assert_eq!(kind(406, "").report().kind, ErrorKind::System);
        let refused = kind(
            403,
            "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN",
        );
        assert!(refused.to_string().contains("login"));
        let lost = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(failed(lost.into()).is_transient());
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let unsafe_ = std::io::Error::new(std::io::ErrorKind::InvalidData, unknown);
        assert_eq!(failed(unsafe_.into()).report().kind, ErrorKind::Config);
        for error in [silent(), blocked(), cancelled()] {
            assert!(error.is_transient());
        }
    }
}
