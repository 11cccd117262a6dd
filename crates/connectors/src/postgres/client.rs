//! One connection to a server, and its errors in SyncApp's words.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use syncapp_connector::{Unreached, is_watched};
use syncapp_model::{Code, Error, Result, Side};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, NoTls};

use super::{cancel, errors, tls};
use crate::server::{TlsMode, Valid};
use crate::tunnel::{self, Fate, Ssh};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the first statement of a use of the connection may take. A server answers it at once; a pooler lets it wait
/// until another client gives a connection to the server back.
const GRANT_TIMEOUT: Duration = Duration::from_secs(15);

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

/// All of `discard all` but for prepared statements, which the driver has of its own.
const RENEWAL: &str = "close all; set session authorization default; reset all; unlisten *; \
     select pg_advisory_unlock_all(); discard temp; discard sequences";

/// A connection for one side of a sync. Dropping it closes it; what it had running is cancelled.
pub(super) struct Client {
    pub(super) inner: tokio_postgres::Client,
    pub(super) side: Side,
    cancel: CancelToken,
    valid: Arc<Valid>,
    connection: JoinHandle<()>,
    /// What becomes of its tunnel, where it has one.
    fate: Fate,
    /// Whether the server may be at work.
    busy: AtomicBool,
    /// Whether a transaction is open.
    open: AtomicBool,
    /// Whether a statement failed, and no rollback came since: what state the session is in is not known.
    failed: AtomicBool,
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
        let (inner, connection, fate) = match &valid.ssh {
            None if is_watched() => watched(&config, valid, side).await?,
            None => {
                within(&mut config, valid, side).await?;
                direct(&config, valid, side).await?
            }
            Some(ssh) => tunneled(&config, ssh, valid, side).await?,
        };
        let cancel = inner.cancel_token();
        Ok(Self {
            inner,
            side,
            cancel,
            valid: valid.clone(),
            connection,
            fate,
            busy: AtomicBool::new(false),
            open: AtomicBool::new(false),
            failed: AtomicBool::new(false),
        })
    }

    /// Whether it has logged in as this end would.
    pub(super) fn is_for(&self, valid: &Valid, side: Side) -> bool {
        self.side == side && *self.valid == *valid
    }

    /// Takes back what somebody's query may have left in the session.
    pub(super) async fn renew(&self) -> Result<()> {
        self.granted(self.run(RENEWAL)).await
    }

    /// Begins a transaction with the settings that values depend on.
    pub(super) async fn begin(&self, how: &str) -> Result<()> {
        let timeout = self.valid.statement_timeout.map_or_else(String::new, |limit| {
            format!("; set local statement_timeout = {}", limit.as_millis())
        });
        self.work();
        self.open.store(true, Ordering::Relaxed);
        self.granted(self.run(&format!("begin {how}; {SETTINGS}{timeout}")))
            .await
    }

    /// Waits for the first statement of a use of the connection, but not for ever.
    pub(super) async fn granted<T>(&self, first: impl Future<Output = Result<T>>) -> Result<T> {
        timeout(GRANT_TIMEOUT, first).await.unwrap_or_else(|_| {
            let why = "the server gives no connection: a pooler before it has none left";
            Err(Error::new(Code::Unreachable(self.side), why)
                .help("give the pooler more (`default_pool_size` of PgBouncer), or each end a user of its own")
                .driver("no answer within 15 s"))
        })
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
        self.end();
        Ok(())
    }

    /// Takes the transaction back.
    pub(super) async fn roll_back(&self) -> Result<()> {
        self.run("rollback").await?;
        self.end();
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

    fn end(&self) {
        self.open.store(false, Ordering::Relaxed);
        self.failed.store(false, Ordering::Relaxed);
        self.rest();
    }

    /// Whether the server may be at work.
    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// Whether nothing is under way, and the session is like a new one but for a transaction.
    pub(super) fn is_sound(&self) -> bool {
        !self.is_busy() && !self.failed.load(Ordering::Relaxed) && !self.inner.is_closed()
    }

    /// Whether a transaction is open.
    pub(super) fn has_transaction(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// The error in SyncApp's words.
    pub(super) fn error(&self, error: &tokio_postgres::Error) -> Error {
        self.failed.store(true, Ordering::Relaxed);
        self.fate.explain(errors::describe(error, self.side))
    }
}

impl Drop for Client {
    /// A server at work is told to stop at once, instead of when it next writes to the closed connection. It is told
    /// before that is closed: to a pooler the session is not there any more after that.
    fn drop(&mut self) {
        let connection = self.connection.abort_handle();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if self.is_busy() => {
                let (cancel, valid, side) = (self.cancel.clone(), self.valid.clone(), self.side);
                runtime.spawn(async move {
                    cancel::stop(cancel, &valid, side).await;
                    connection.abort();
                });
            }
            _ => connection.abort(),
        }
    }
}

type Opened = (tokio_postgres::Client, JoinHandle<()>, Fate);

/// Where connections may not go anywhere, the driver is given the addresses, and resolves nothing by itself. The name stays what
/// TLS verifies.
async fn within(config: &mut tokio_postgres::Config, valid: &Valid, side: Side) -> Result<()> {
    if valid.network.is_open() {
        return Ok(());
    }
    let addresses = valid.network.addresses(&valid.host, valid.port).await;
    let addresses = addresses.map_err(|problem| problem.error(&valid.host, valid.port, side))?;
    for (number, address) in addresses.iter().enumerate() {
        // The first one's name is there already: each address has one.
        if number > 0 {
            config.host(&valid.host);
        }
        config.hostaddr(address.ip());
    }
    Ok(())
}

async fn direct(config: &tokio_postgres::Config, valid: &Valid, side: Side) -> Result<Opened> {
    let failed = |error| errors::connecting(&error, valid, side);
    let (client, connection) = if valid.tls == TlsMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        (client, tokio::spawn(drive(connection)))
    } else {
        let (client, connection) = config.connect(tls::connector(valid, side)?).await.map_err(failed)?;
        (client, tokio::spawn(drive(connection)))
    };
    Ok((client, connection, Fate::default()))
}

/// The same, one step after another, for somebody who wants to hear of each.
async fn watched(config: &tokio_postgres::Config, valid: &Valid, side: Side) -> Result<Opened> {
    let connecting = timeout(CONNECT_TIMEOUT, valid.network.connect(&valid.host, valid.port));
    let silent = |_| Unreached::Silent(std::io::Error::other("no answer within 15 s"));
    let stream = connecting.await.map_err(silent).and_then(|stream| stream);
    let stream = stream.map_err(|problem| problem.error(&valid.host, valid.port, side))?;
    over(
        config,
        stream,
        Fate::default(),
        valid,
        side,
        "check that the server answers",
    )
    .await
}

/// The same through an SSH server. TLS verifies the database's own name all the same.
async fn tunneled(config: &tokio_postgres::Config, ssh: &Ssh, valid: &Valid, side: Side) -> Result<Opened> {
    let stream = tunnel::open(ssh, &valid.host, valid.port, side).await?;
    let fate = stream.fate();
    let help = "check that the database's server answers through the SSH tunnel";
    over(config, stream, fate, valid, side, help).await
}

/// The same over a connection that is there already.
async fn over<S>(
    config: &tokio_postgres::Config,
    stream: S,
    fate: Fate,
    valid: &Valid,
    side: Side,
    help: &'static str,
) -> Result<Opened>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error| fate.explain(errors::connecting(&error, valid, side));
    let opening = async {
        Ok(if valid.tls == TlsMode::Disable {
            let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(failed)?;
            (client, tokio::spawn(drive(connection)))
        } else {
            let raw = config.connect_raw(stream, tls::named::<S>(valid, side)?);
            let (client, connection) = raw.await.map_err(failed)?;
            (client, tokio::spawn(drive(connection)))
        })
    };
    let (client, connection) = timeout(CONNECT_TIMEOUT, opening).await.map_err(|_| {
        let why = format!("no connection to {}:{}", valid.host, valid.port);
        Error::new(Code::Unreachable(side), why)
            .help(help)
            .driver("no answer within 15 s")
    })??;
    Ok((client, connection, fate))
}

/// Runs a connection's traffic until its client is gone. A failure reaches the client through its next call.
async fn drive<F: Future<Output = Result<(), tokio_postgres::Error>>>(connection: F) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection ended");
    }
}
