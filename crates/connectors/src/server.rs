//! The keys of a connection to a database server, and their parsed form.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use schemars::JsonSchema;
use serde::Deserialize;
use syncapp_connector::{Context, Network};
use syncapp_model::{Code, Error, Secret};
use url::Url;

use crate::tunnel::Ssh;
pub use crate::tunnel::SshConfig;

/// Keys of a `postgres` or `mysql` connection: `url`, or `host port database user password`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `postgres://user:password@host:port/database`, or `mysql://…`; the other keys replace its parts.
    pub url: Option<Secret>,
    /// Name or address of the server.
    pub host: Option<String>,
    /// Port of the server; 5432 or 3306 where it is not given.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// The database; for MySQL the one of tables without a database's name.
    pub database: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// How the connection is encrypted.
    pub tls: Option<TlsConfig>,
    /// An SSH server on the way to the database.
    pub ssh: Option<SshConfig>,
    /// The longest time one statement may take, such as `30s`; the server's own setting where it is not given.
    pub statement_timeout: Option<String>,
}

/// What of it may change while it is the same server.
pub(crate) const STAYING: &[&str] = &[
    "database",
    "user",
    "password",
    "ssh.user",
    "ssh.password",
    "ssh.passphrase",
    "statement_timeout",
];

/// How the connection is encrypted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// `prefer` on loopback and `verify-full` elsewhere, where it is not given.
    pub mode: Option<TlsMode>,
    /// Certificates (PEM) of the authorities that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// How much TLS a connection asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server can; the certificate is not checked.
    Prefer,
    /// Encrypted or refused; the certificate is not checked.
    Require,
    /// Encrypted, and the certificate comes from a trusted authority.
    VerifyCa,
    /// Encrypted, and the certificate is that of this host.
    VerifyFull,
}

/// What a kind of server writes its own way.
pub(crate) struct Dialect {
    /// What its URLs begin with, the usual one first.
    pub(crate) schemes: &'static [&'static str],
    pub(crate) port: u16,
    /// The URL's one parameter, and its words.
    pub(crate) tls: (&'static str, &'static [(&'static str, TlsMode)]),
}

impl Dialect {
    /// Whether a URL is one of these servers'.
    pub(crate) fn takes(&self, address: &str) -> bool {
        let scheme = address.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| self.schemes.contains(&scheme))
    }
}

/// A parsed configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valid {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) tls: TlsMode,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) ssh: Option<Ssh>,
    pub(crate) statement_timeout: Option<Duration>,
    /// Where the connection may go.
    pub(crate) network: Network,
}

/// Parses a configuration, or says all that is wrong with it.
pub(crate) fn validate(raw: Config, context: &Context, dialect: &Dialect) -> Result<Valid, Vec<Error>> {
    let mut problems = Vec::new();
    let from_url = raw
        .url
        .as_ref()
        .map(|url| parse_url(url, dialect, &mut problems))
        .unwrap_or_default();
    let ssh = raw.ssh.and_then(|ssh| Ssh::validate(ssh, context, &mut problems));
    let mut required = |name: &str, value: Option<String>| {
        value.filter(|value| !value.is_empty()).unwrap_or_else(|| {
            let missing = format!("`{name}` is missing");
            problems.push(Error::new(Code::MissingKey, missing).help(format!("give `{name}`, or a `url` that has it")));
            String::new()
        })
    };
    let host = required("host", raw.host.or(from_url.host));
    let user = required("user", raw.user.or(from_url.user));
    let database = required("database", raw.database.or(from_url.database));
    let statement_timeout = raw.statement_timeout.as_deref().and_then(|text| {
        let parsed = parse_duration(text);
        if parsed.is_none() {
            // The value itself is not shown: any key of a connection may come from a secret.
            problems.push(
                Error::new(Code::InvalidValue, "`statement_timeout` is not a duration")
                    .help("write a number and ms, s, m or h: `30s`"),
            );
        }
        parsed
    });
    let tls = raw.tls.unwrap_or_default();
    let ca_file = tls.ca_file.map(|path| context.resolve("ca_file", path)).transpose();
    let ca_file = ca_file.map_err(|problem| problems.push(problem)).ok().flatten();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Valid {
        port: raw.port.or(from_url.port).unwrap_or(dialect.port),
        tls: tls.mode.or(from_url.tls).unwrap_or(default_mode(&host)),
        ca_file,
        ssh,
        password: raw.password.or(from_url.password),
        host,
        user,
        database,
        statement_timeout,
        network: context.network().clone(),
    })
}

/// Encryption costs nothing to ask for on loopback, and protects from nobody there.
fn default_mode(host: &str) -> TlsMode {
    let loopback = host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    if loopback { TlsMode::Prefer } else { TlsMode::VerifyFull }
}

#[derive(Default)]
struct UrlParts {
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    tls: Option<TlsMode>,
}

/// Takes a URL apart. Its parameters are an allow list: the one about TLS alone.
fn parse_url(url: &Secret, dialect: &Dialect, problems: &mut Vec<Error>) -> UrlParts {
    let mut wrong = |why: &str, help: &str| problems.push(Error::new(Code::InvalidValue, why).help(help));
    let scheme = dialect.schemes[0];
    let form = &format!("write `{scheme}://user:password@host:port/database`");
    let Ok(parsed) = Url::parse(url.reveal()) else {
        wrong("`url` is not a URL", form);
        return UrlParts::default();
    };
    if !dialect.schemes.contains(&parsed.scheme()) {
        wrong(&format!("`url` does not begin with `{scheme}://`"), form);
    }
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .ok()
            .map(std::borrow::Cow::into_owned)
    };
    let mut tls = None;
    for (key, value) in parsed.query_pairs() {
        let (known, modes) = dialect.tls;
        if key != known {
            wrong(
                &format!("`url` has the parameter `{key}`"),
                &format!("only `{known}` may stand there"),
            );
            continue;
        }
        match modes.iter().find(|(word, _)| value.eq_ignore_ascii_case(word)) {
            Some((_, mode)) => tls = Some(*mode),
            None => {
                let words: Vec<&str> = modes.iter().map(|(word, _)| *word).collect();
                wrong(
                    &format!("`{known}` in `url` has no such value"),
                    &format!("modes: {}", words.join(", ")),
                );
            }
        }
    }
    let host = parsed
        .host_str()
        .map(|host| host.trim_matches(['[', ']']))
        .filter(|host| !host.is_empty());
    UrlParts {
        host: host.and_then(decode),
        port: parsed.port(),
        database: decode(parsed.path().trim_start_matches('/')).filter(|name| !name.is_empty()),
        user: decode(parsed.username()).filter(|name| !name.is_empty()),
        password: parsed.password().and_then(decode).map(Secret::new),
        tls,
    }
}

/// The certificates of a PEM file.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
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

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.trim().parse().ok()?;
    let millis = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: serde_json::Value) -> Result<Valid, Vec<String>> {
        let context = Context::at("/base");
        validate(
            serde_json::from_value(json).unwrap(),
            &context,
            &crate::postgres::DIALECT,
        )
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_url_gives_what_the_keys_do_not() {
        let valid = parse(serde_json::json!({
            "url": "postgres://me%40x:p%2Fw@db.example.net:6000/shop?sslmode=require", "database": "other"
        }))
        .unwrap();
        assert_eq!(
            (valid.host.as_str(), valid.port, valid.user.as_str()),
            ("db.example.net", 6000, "me@x")
        );
        assert_eq!((valid.database.as_str(), valid.tls), ("other", TlsMode::Require));
        assert_eq!(valid.password.unwrap().reveal(), "p/w");
    }

    #[test]
    fn tls_is_verified_unless_on_loopback() {
        let mode = |host: &str| {
            parse(serde_json::json!({ "host": host, "user": "u", "database": "d" }))
                .unwrap()
                .tls
        };
        assert_eq!(mode("localhost"), TlsMode::Prefer);
        assert_eq!(mode("127.0.0.2"), TlsMode::Prefer);
        assert_eq!(mode("::1"), TlsMode::Prefer);
        assert_eq!(mode("db.example.net"), TlsMode::VerifyFull);
        assert_eq!(mode("10.0.0.1"), TlsMode::VerifyFull);
    }

    #[test]
    fn all_problems_are_said_at_once_and_none_shows_the_password() {
        let problems = parse(serde_json::json!({
            "url": "postgres://u:hunter2@h/d?sslrootcert=/etc/passwd&service=x", "ssh": {}, "statement_timeout": "soon"
        }))
        .unwrap_err();
        assert_eq!(problems.len(), 6, "{problems:?}");
        assert!(!format!("{problems:?}").contains("hunter2"));
        assert_eq!(parse(serde_json::json!({})).unwrap_err().len(), 3);
    }
}
