//! Where the metadata database is, from a connection string.

use std::net::IpAddr;
use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use syncapp_model::{Code, Error, ErrorKind, Result};

/// Reads a connection string. Without an `sslmode` a server elsewhere has to show who it is (`verify-full`), as for a
/// connection of a sync file: a driver's own default goes on in the clear where TLS is not offered.
pub(super) fn parse(url: &str) -> Result<PgConnectOptions> {
    // The driver's own words could repeat a part of the address.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        Error::new(
            Code::StoreFailed,
            "the metadata database's address cannot be understood",
        )
        .kind(ErrorKind::Config)
        .help("write it as postgres://user:password@host:5432/database")
    })?;
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_told = query
        .split('&')
        .any(|option| option.starts_with("sslmode=") || option.starts_with("ssl-mode="));
    Ok(match (is_told, is_here(&options)) {
        (true, _) => options,
        (false, true) => options.ssl_mode(PgSslMode::Prefer),
        (false, false) => options.ssl_mode(PgSslMode::VerifyFull),
    })
}

/// Whether it is this machine: a socket's folder, or an address on loopback.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host().trim_matches(['[', ']']);
    let is_loopback = IpAddr::from_str(host).is_ok_and(|address| address.is_loopback());
    is_loopback || host == "localhost" || host.starts_with('/') || options.get_socket().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_elsewhere_has_to_show_who_it_is() {
        let cases = [
            ("postgres://u:p@db.example.com/d", PgSslMode::VerifyFull),
            ("postgres://u:p@10.0.0.1/d?application_name=x", PgSslMode::VerifyFull),
            ("postgres://u:p@db.example.com/d?sslmode=require", PgSslMode::Require),
            (
                "postgres://u:p@db.example.com/d?a=b&sslmode=disable",
                PgSslMode::Disable,
            ),
            ("postgres://u:sslmode=disable@db.example.com/d", PgSslMode::VerifyFull),
            ("postgres://u:p@localhost/d", PgSslMode::Prefer),
            ("postgres://u:p@127.0.0.1:5433/d", PgSslMode::Prefer),
            ("postgres://u:p@[::1]/d", PgSslMode::Prefer),
            ("postgres:///d?host=/run/postgresql", PgSslMode::Prefer),
        ];
        for (url, expected) in cases {
            let mode = parse(url).unwrap().get_ssl_mode();
            assert_eq!(format!("{mode:?}"), format!("{expected:?}"), "{url}");
        }
    }
}
