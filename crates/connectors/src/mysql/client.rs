//! One connection to a server, and its errors in SyncApp's words.

use std::sync::Arc;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, OptsBuilder, Row, SslOpts};
use rustls::CertificateError;
use syncapp_model::{Code, Error, ErrorKind, Result, Side};
use tokio::time::timeout;

use super::errors;
use super::route::Route;
use crate::server::{self, TlsMode, Valid};
use crate::tunnel::Fate;

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What values and their checks depend on. Zero dates are values of a column that holds them: strictness would refuse
/// what another MySQL had; a typed date is always a real one.
const SESSION: &str = "set session sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,\
     NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', lock_wait_timeout = 5, net_write_timeout = 3600, \
     net_read_timeout = 3600, character_set_results = utf8mb4, collation_connection = utf8mb4_bin, autocommit = 1";

/// A connection for one side of a sync.
pub(super) struct Client {
    pub(super) conn: Conn,
    pub(super) side: Side,
    pub(super) valid: Arc<Valid>,
    /// Whether the server is MariaDB, which has words of its own.
    pub(super) mariadb: bool,
    /// What becomes of its tunnel, where it has one.
    fate: Fate,
}

impl Client {
    /// Connects as the configuration says.
    pub(super) async fn connect(valid: &Arc<Valid>, side: Side) -> Result<Self> {
        let options = OptsBuilder::default()
            .ip_or_hostname(&valid.host)
            .tcp_port(valid.port)
            .user(Some(&valid.user))
            .pass(valid.password.as_ref().map(syncapp_model::Secret::reveal))
            .db_name(Some(&valid.database))
            .prefer_socket(false)
            .client_found_rows(true)
            .tcp_keepalive(Some(Duration::from_mins(1)))
            .stmt_cache_size(0)
            .connect_attribute("program_name", "syncapp");
        // Several TLS libraries are linked: the driver asks for the process's own.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (mut conn, fate) = match valid.tls {
            TlsMode::Disable => open(options, valid, side).await?,
            TlsMode::Prefer => match open(options.clone().ssl_opts(tls(valid)?), valid, side).await {
                Err(error) if error.report().driver.as_deref() == Some(NO_TLS) => open(options, valid, side).await?,
                opened => opened?,
            },
            _ => open(options.ssl_opts(tls(valid)?), valid, side).await?,
        };
        let failed = |error| errors::describe(&error, side);
        conn.query_drop(SESSION).await.map_err(failed)?;
        let version: Option<String> = conn.query_first("select version()").await.map_err(failed)?;
        let mut client = Self {
            conn,
            side,
            valid: valid.clone(),
            mariadb: version.is_some_and(|version| version.contains("MariaDB")),
            fate,
        };
        if let (Side::Source, Some(limit)) = (side, valid.statement_timeout) {
            let limit = if client.mariadb {
                format!("set session max_statement_time = {}", limit.as_secs_f64())
            } else {
                format!("set session max_execution_time = {}", limit.as_millis())
            };
            client.run(&limit).await?;
        }
        Ok(client)
    }

    /// Runs a statement without a result.
    pub(super) async fn run(&mut self, sql: &str) -> Result<()> {
        let done = self.conn.query_drop(sql).await;
        done.map_err(|error| self.error(&error))
    }

    /// Runs a statement; how many rows it touched, or for an update found.
    pub(super) async fn execute(&mut self, sql: &str) -> Result<u64> {
        self.run(sql).await?;
        Ok(self.conn.affected_rows())
    }

    /// The rows of a query.
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<Row>> {
        let rows = self.conn.query(sql).await;
        rows.map_err(|error| self.error(&error))
    }

    /// Whether a query has any row.
    pub(super) async fn any(&mut self, sql: &str) -> Result<bool> {
        Ok(!self.rows(sql).await?.is_empty())
    }

    /// The error in SyncApp's words.
    pub(super) fn error(&self, error: &mysql_async::Error) -> Error {
        self.fate.explain(errors::describe(error, self.side))
    }

    /// The same for when the connection itself is in use.
    pub(super) fn explainer(&self) -> impl Fn(mysql_async::Error) -> Error + use<> {
        let (fate, side) = (self.fate.clone(), self.side);
        move |error| fate.explain(errors::describe(&error, side))
    }
}

/// Text of a column that is always text.
pub(super) fn text(row: &Row, at: usize) -> String {
    optional(row, at).unwrap_or_default()
}

/// Text of a column that may be NULL.
pub(super) fn optional(row: &Row, at: usize) -> Option<String> {
    row.get_opt::<Option<String>, _>(at)?.ok()?
}

/// A number that is always there.
pub(super) fn number(row: &Row, at: usize) -> i64 {
    row.get_opt::<i64, _>(at).and_then(Result::ok).unwrap_or_default()
}

/// What the driver says where the server has no TLS.
const NO_TLS: &str = "Client asked for SSL but server does not have this capability";

/// Connects. The driver checks names even where it is told not to: `verify-ca` asks a second time, for the name that the
/// certificate has.
async fn open(options: OptsBuilder, valid: &Valid, side: Side) -> Result<(Conn, Fate)> {
    let place = format!("{}:{}", valid.host, valid.port);
    let unreachable = || {
        Error::new(Code::Unreachable(side), format!("no connection to {place}"))
            .help("check `host` and `port`, that the server runs, and that a firewall lets you through")
    };
    let dial = async |options: OptsBuilder| {
        let Route { options, fate, tls } = Route::to(options, valid, side).await?;
        match timeout(CONNECT_TIMEOUT, Conn::new(options)).await {
            Ok(opened) => {
                tls.tell();
                Ok((opened, fate))
            }
            Err(_) => Err(fate.explain(unreachable().driver("no answer within 15 s"))),
        }
    };
    let (opened, fate) = match dial(options.clone()).await? {
        (Err(error), fate) if valid.tls == TlsMode::VerifyCa => match (tls(valid), own_name(&error)) {
            (Ok(tls), Some(name)) => {
                let tls = tls.with_danger_tls_hostname_override(Some(name));
                dial(options.ssl_opts(tls)).await?
            }
            _ => (Err(error), fate),
        },
        dialed => dialed,
    };
    let described = opened.map_err(|error| match &error {
        mysql_async::Error::Server(_) => errors::describe(&error, side),
        mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            Error::new(Code::TlsFailed(side), format!("{place} has no TLS"))
                .help("set TLS up on the server, or choose `tls: { mode: disable }` where the network is trusted")
                .driver(NO_TLS)
        }
        mysql_async::Error::Io(mysql_async::IoError::Tls(problem)) => {
            Error::new(Code::TlsFailed(side), format!("no trusted TLS connection to {place}"))
                .help("check the certificate and `tls: { mode, ca_file }`; mode `require` encrypts without checking it")
                .driver(problem)
        }
        _ => {
            let cause = errors::causes(&error);
            if cause.contains("invalid peer certificate") {
                return Error::new(Code::TlsFailed(side), format!("no trusted TLS connection to {place}"))
                    .help(
                        "check the certificate and `tls: { mode, ca_file }`; mode `require` encrypts without checking it",
                    )
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
            unreachable().driver(cause)
        }
    });
    match described {
        Ok(conn) => Ok((conn, fate)),
        Err(error) => Err(fate.explain(error)),
    }
}

/// A name of the certificate, where the connection failed because that is not the host's.
fn own_name(error: &mysql_async::Error) -> Option<String> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = wrapped.and_then(|wrapped| wrapped.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })) = tls
        {
            // A name is spelled `DnsName("db.example.net")`.
            return presented
                .iter()
                .find_map(|name| Some(name.split('"').nth(1)?.to_owned()));
        }
        cause = inner.source();
    }
    None
}

/// TLS as the connection's mode asks for it.
fn tls(valid: &Valid) -> Result<SslOpts> {
    let certificates = match &valid.ca_file {
        Some(path) => server::read_certificates(path)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let roots = certificates.into_iter().map(|certificate| certificate.to_vec().into());
    let options = SslOpts::default()
        .with_root_certs(roots.collect())
        .with_disable_built_in_roots(true);
    Ok(match valid.tls {
        TlsMode::VerifyFull | TlsMode::VerifyCa => options,
        TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => options.with_danger_accept_invalid_certs(true),
    })
}
