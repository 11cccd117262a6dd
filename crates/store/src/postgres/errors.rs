//! The driver's errors as ours.

use syncapp_model::{Code, Error, ErrorKind};

/// What a failure means, and whether trying again may help. The driver's words hold no value of a row: the server puts those
/// into the details, which are left out.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
pub(super) fn failed(error: sqlx::Error) -> Error {
    if let sqlx::Error::Decode(cause) = &error
        && let Some(ours) = cause.downcast_ref::<Error>()
    {
        return ours.clone();
    }
    let state = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let (kind, why, help) = meaning(&error, state.as_deref());
    Error::new(Code::StoreFailed, why)
        .kind(kind)
        .help(help)
        .driver(text(&error))
}

/// Nothing was heard in time.
pub(super) fn silent() -> Error {
    Error::new(Code::StoreFailed, "the metadata database does not answer")
        .kind(ErrorKind::Transient)
        .help("look at the network and at the server's load")
}

fn meaning(error: &sqlx::Error, state: Option<&str>) -> (ErrorKind, &'static str, &'static str) {
    use ErrorKind::{Config, System, Transient};
    match (error, state) {
        (sqlx::Error::Tls(_), _) => (
            Config,
            "no safe connection to the metadata database can be made",
            "look at its certificate, and at sslmode and sslrootcert in its address",
        ),
        (sqlx::Error::PoolTimedOut, _) => (
            Transient,
            "the metadata database gives no connection in time",
            "look whether the server runs and has connections left",
        ),
        (sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed | sqlx::Error::Protocol(_), _) => (
            Transient,
            "the metadata database cannot be reached",
            "look whether the server runs, and at the network",
        ),
        (_, Some("28000" | "28P01")) => (
            Config,
            "the metadata database refuses the login",
            "look at user and password in its address, and at pg_hba.conf",
        ),
        (_, Some("3D000")) => (
            Config,
            "there is no such metadata database",
            "create it, or name another one",
        ),
        (_, Some("42501" | "3F000")) => (
            Config,
            "the metadata database refuses its role something",
            "give the role a schema of its own: create schema syncapp authorization ROLE",
        ),
        (_, Some("25006")) => (
            Transient,
            "the metadata database takes no writes",
            "it is a standby, or was one until now: name the primary server",
        ),
        (_, Some("40001" | "40P01" | "55P03" | "57014")) => (
            Transient,
            "the metadata database was too busy",
            "look at its locks and its load",
        ),
        // Gone, going or coming; out of memory, disk or connections; a session that idled too long.
        (_, Some(state)) if ["08", "53", "57"].contains(&&state[..2]) || state == "25P03" => (
            Transient,
            "the metadata database is not available",
            "look at the server's log",
        ),
        _ => (
            System,
            "the metadata database failed",
            "see the database's own words below",
        ),
    }
}

fn text(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_transient() {
        let database = |state: &str| meaning(&sqlx::Error::RowNotFound, Some(state)).0;
        let transient = [
            "08006", "53300", "57P01", "57P03", "25P03", "25006", "40P01", "40001", "55P03", "57014",
        ];
        for state in transient {
            assert_eq!(database(state), ErrorKind::Transient, "{state}");
        }
        for state in ["28P01", "28000", "3D000", "42501"] {
            assert_eq!(database(state), ErrorKind::Config, "{state}");
        }
        for state in ["23505", "42P01", "22021"] {
            assert_eq!(database(state), ErrorKind::System, "{state}");
        }
        let lost = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(failed(lost.into()).is_transient());
        assert!(failed(sqlx::Error::PoolTimedOut).is_transient());
        assert!(silent().is_transient());
    }
}
