//! One connection to a server, and its errors in SyncApp's words.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use syncapp_model::{Code, Error, ErrorKind, Result, Side};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, NoTls};

use super::tls;
use crate::server::{TlsMode, Valid};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What sessions that only read call themselves.
pub(super) const READER: &str = "syncapp reader";

/// Settings that texts of values and names of types depend on, and two for the session's end: it waits for its client
/// as long as that lives, and (since PostgreSQL 14) no longer. Local to the transaction, so that they also hold behind
/// a pooler.
const SETTINGS: &str = "set local datestyle = 'ISO, YMD'; set local intervalstyle = 'iso_8601'; \
     set local timezone = 'UTC'; set local bytea_output = 'hex'; set local extra_float_digits = 1; \
     set local xmlbinary = 'base64'; set local xmloption = 'content'; set local quote_all_identifiers = off; \
     set local client_min_messages = 'warning'; set local idle_in_transaction_session_timeout = 0; \
     select set_config('client_connection_check_interval', '2s', true) \
     where current_setting('server_version_num')::int >= 140000";

/// A connection for one side of a sync. Dropping it closes it; what it had running is cancelled.
pub(super) struct Client {
    pub(super) inner: tokio_postgres::Client,
    pub(super) side: Side,
    cancel: CancelToken,
    valid: Arc<Valid>,
    connection: tokio::task::JoinHandle<()>,
    /// Whether the server may be at work.
    busy: AtomicBool,
}

impl Client {
    /// Connects as the configuration says.
    pub(super) async fn connect(valid: &Arc<Valid>, side: Side) -> Result<Self> {
        let mut config = tokio_postgres::Config::new();
        config
            .host(&valid.host)
            .port(valid.port)
            .user(&valid.user)
            .dbname(&valid.database)
            .application_name(match side {
                Side::Source => READER,
                Side::Destination => "syncapp",
            })
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(Duration::from_mins(1))
            .ssl_mode(match valid.tls {
                TlsMode::Disable => SslMode::Disable,
                TlsMode::Prefer => SslMode::Prefer,
                TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
            });
        if let Some(password) = &valid.password {
            config.password(password.reveal());
        }
        let failed = |error: tokio_postgres::Error| connect_error(&error, valid, side);
        let (inner, connection) = if valid.tls == TlsMode::Disable {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            (client, tokio::spawn(drive(connection)))
        } else {
            let (client, connection) = config.connect(tls::connector(valid, side)?).await.map_err(failed)?;
            (client, tokio::spawn(drive(connection)))
        };
        let cancel = inner.cancel_token();
        Ok(Self {
            inner,
            side,
            cancel,
            valid: valid.clone(),
            connection,
            busy: AtomicBool::new(false),
        })
    }

    /// Begins a transaction with the settings that values depend on.
    pub(super) async fn begin(&self, how: &str) -> Result<()> {
        let timeout = self.valid.statement_timeout.map_or_else(String::new, |limit| {
            format!("; set local statement_timeout = {}", limit.as_millis())
        });
        self.work();
        self.run(&format!("begin {how}; {SETTINGS}{timeout}")).await
    }

    /// Runs statements without a result.
    pub(super) async fn run(&self, sql: &str) -> Result<()> {
        self.inner.batch_execute(sql).await.map_err(|error| self.error(&error))
    }

    /// Runs one statement; how many rows it touched.
    pub(super) async fn execute(&self, statement: &str) -> Result<u64> {
        let done = self.inner.execute_typed(statement, &[]).await;
        done.map_err(|error| self.error(&error))
    }

    /// Commits. After a transient error the outcome is unknown.
    pub(super) async fn commit(&self) -> Result<()> {
        self.run("commit").await?;
        self.rest();
        Ok(())
    }

    /// Takes the transaction back.
    pub(super) async fn roll_back(&self) -> Result<()> {
        self.run("rollback").await?;
        self.rest();
        Ok(())
    }

    /// Notes that the server is at work: dropping this client cancels it.
    pub(super) fn work(&self) {
        self.busy.store(true, Ordering::Relaxed);
    }

    /// Notes that the server does nothing any more, though a transaction may be open: closing the connection is enough
    /// to end it.
    pub(super) fn rest(&self) {
        self.busy.store(false, Ordering::Relaxed);
    }

    /// The error in SyncApp's words.
    pub(super) fn error(&self, error: &tokio_postgres::Error) -> Error {
        describe(error, self.side)
    }
}

impl Drop for Client {
    /// A server at work is told to stop at once, instead of when it next writes to the closed connection.
    fn drop(&mut self) {
        self.connection.abort();
        if !self.busy.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (cancel, valid, side) = (self.cancel.clone(), self.valid.clone(), self.side);
            runtime.spawn(async move {
                match valid.tls {
                    TlsMode::Disable => drop(cancel.cancel_query(NoTls).await),
                    _ => {
                        if let Ok(connector) = tls::connector(&valid, side) {
                            drop(cancel.cancel_query(connector).await);
                        }
                    }
                }
            });
        }
    }
}

/// Runs a connection's traffic until its client is gone. A failure reaches the client through its next call.
async fn drive<F: Future<Output = Result<(), tokio_postgres::Error>>>(connection: F) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection ended");
    }
}

fn connect_error(error: &tokio_postgres::Error, valid: &Valid, side: Side) -> Error {
    if error.as_db_error().is_some() {
        return describe(error, side);
    }
    let cause = causes(error);
    let place = format!("{}:{}", valid.host, valid.port);
    if cause.contains("invalid peer certificate") || cause.contains("TLS") || cause.contains("tls") {
        return Error::new(Code::TlsFailed(side), format!("no trusted TLS connection to {place}"))
            .help("check the certificate and `tls: { mode, ca_file }`; mode `require` encrypts without checking it")
            .driver(cause);
    }
    if cause.contains("password missing") {
        return Error::new(
            Code::AuthFailed(side),
            "the server asks for a password and none is given",
        )
        .help("set `password` of the connection")
        .driver(cause);
    }
    if cause.contains("failed to lookup address") || cause.contains("Name or service not known") {
        return Error::new(
            Code::Unreachable(side),
            format!("the host {} has no address", valid.host),
        )
        .help("check `host` for a typing error, and your DNS or VPN")
        .kind(ErrorKind::Transient)
        .driver(cause);
    }
    Error::new(Code::Unreachable(side), format!("no connection to {place}"))
        .help("check `host` and `port`, that the server runs, and that a firewall lets you through")
        .driver(cause)
}

/// A driver's error in SyncApp's words, by its SQLSTATE.
pub(super) fn describe(error: &tokio_postgres::Error, side: Side) -> Error {
    let Some(db) = error.as_db_error() else {
        let text = causes(error);
        return if error.is_closed() || text.contains("connection") || text.contains("error communicating") {
            Error::new(Code::ConnectionLost(side), "the connection to the server broke")
                .help("check that the server still runs; a new run goes on where the last commit ended")
                .driver(text)
        } else {
            Error::new(Code::Failed(side), "the database driver failed").driver(text)
        };
    };
    let state = db.code();
    let (code, help): (Code, &str) = match state.code() {
        "28P01" | "28000" => (
            Code::AuthFailed(side),
            "check `user` and `password`, and pg_hba.conf of the server",
        ),
        "3D000" => (Code::NamespaceNotFound(side), "check `database`"),
        "3F000" => (
            Code::NamespaceNotFound(side),
            "create the schema, or name another one in `into`",
        ),
        "42501" => (
            Code::PermissionDenied(side),
            "grant this user the right, or use another user",
        ),
        "42P01" if side == Side::Source => (
            Code::StreamNotFound,
            "check the stream's name; `discover` lists what there is",
        ),
        "53100" => (
            Code::DiskFull(side),
            "make room on the server's disk; nothing was changed",
        ),
        "53300" | "53400" | "57P03" => (
            Code::Unreachable(side),
            "the server takes no more connections now; try again later",
        ),
        "55P03" => (
            Code::LockTimeout(side),
            "someone else holds a lock on the table; try again later",
        ),
        "57014" if db.message().contains("statement timeout") => (
            Code::StatementTimeout(side),
            "raise `statement_timeout` of the connection or of the user",
        ),
        "57P01" | "57P02" | "57P05" | "25P03" => {
            (Code::ConnectionLost(side), "the server ended the connection; run again")
        }
        "40001" | "40P01" => (Code::LockTimeout(side), "another transaction was in the way; try again"),
        "22001" | "22003" | "22008" => (
            Code::ValueOutOfRange(side),
            "widen the target's column, or cast the value in the mapping",
        ),
        "22021" | "22P05" | "22P02" | "22P03" | "22007" => {
            (Code::InvalidData(side), "the value is not one of the column's type")
        }
        "XX000" if db.message().starts_with("malformed tsquery") => (
            Code::InvalidData(side),
            "PostgreSQL cannot take an empty tsquery from COPY: cast the column to text in a `query`",
        ),
        "42601" | "42703" | "42883" if side == Side::Source => (Code::InvalidExpression, "check the stream's `query`"),
        _ if state.code().starts_with("23") => (
            Code::ConstraintViolated(side),
            "the target's own constraint refuses the row: fix the data or the constraint",
        ),
        _ if state.code().starts_with("08") => (
            Code::ConnectionLost(side),
            "check that the server still runs; run again",
        ),
        _ => (Code::Failed(side), "see the server's own words"),
    };
    let mut text = format!("{} (SQLSTATE {})", db.message(), state.code());
    let place = db.where_().filter(|_| *state == SqlState::CHARACTER_NOT_IN_REPERTOIRE);
    // Of a violated NOT NULL or CHECK the detail is the whole row, masked values' neighbours and all.
    let detail = db.detail().filter(|_| !matches!(state.code(), "23502" | "23514"));
    for more in [detail, db.hint(), place].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    let described = Error::new(code, db.message()).help(help).driver(text);
    match db.column() {
        Some(column) => described.column(column),
        None => described,
    }
}

/// The error and what caused it, outermost first.
fn causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
