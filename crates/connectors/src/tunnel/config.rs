//! The keys of an SSH tunnel, and their parsed form.

use std::path::{Path, PathBuf};

use russh::keys::PublicKey;
use schemars::JsonSchema;
use serde::Deserialize;
use syncapp_connector::{Context, Network};
use syncapp_model::{Code, Error, Secret};

/// An SSH server on the way to the database. Who signs in has a `key` or a `password`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshConfig {
    /// Name or address of the SSH server.
    pub host: Option<String>,
    /// Its port; 22 where it is not given.
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// The user there.
    pub user: Option<String>,
    /// File of the user's private key; `~/` begins at the home folder.
    pub key: Option<PathBuf>,
    /// What opens a key that is protected.
    pub passphrase: Option<Secret>,
    /// The user's password there, instead of a key.
    pub password: Option<Secret>,
    /// File of the keys that servers are known by; `~/.ssh/known_hosts` where it is not given.
    pub known_hosts: Option<PathBuf>,
    /// The server's one key, `ssh-ed25519 AAAA…`, instead of such a file.
    pub host_key: Option<String>,
}

/// A parsed configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ssh {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) proof: Proof,
    pub(super) trusted: Trusted,
    /// Where the connection to the SSH server may go.
    pub(super) network: Network,
}

/// How the user signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    Key { file: PathBuf, passphrase: Option<Secret> },
    Password(Secret),
}

/// Where the server's key is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trusted {
    /// From the file itself.
    Key(Box<PublicKey>),
    /// From a file that must be there.
    File(PathBuf),
    /// From the user's own file, which need not be there; `None` where there is no home folder.
    Usual(Option<PathBuf>),
}

impl Ssh {
    /// Parses a configuration, or says all that is wrong with it.
    pub(crate) fn validate(raw: SshConfig, context: &Context, problems: &mut Vec<Error>) -> Option<Self> {
        let known = problems.len();
        let mut required = |name: &str, value: Option<String>| {
            value.filter(|value| !value.is_empty()).unwrap_or_else(|| {
                let missing = format!("`ssh` lacks `{name}`");
                problems.push(Error::new(Code::MissingKey, missing).help("write `ssh: { host, user, key }`"));
                String::new()
            })
        };
        let host = required("host", raw.host);
        let user = required("user", raw.user);
        let proof = match (raw.key, raw.passphrase, raw.password) {
            (Some(file), passphrase, None) => {
                let file = placed("key", &file, context);
                let file = file.map_err(|problem| problems.push(problem)).ok();
                file.map(|file| Proof::Key { file, passphrase })
            }
            (None, None, Some(password)) => Some(Proof::Password(password)),
            (None, _, None) => {
                problems.push(
                    Error::new(Code::MissingKey, "`ssh` lacks `key`")
                        .help("name the file of a private key, or give a `password`"),
                );
                None
            }
            (key, ..) => {
                let beside = if key.is_some() { "key" } else { "passphrase" };
                let why = format!("`ssh` has `password` beside `{beside}`");
                problems.push(Error::new(Code::Conflict, why).help("sign in by the one or the other"));
                None
            }
        };
        let trusted = match (raw.host_key, raw.known_hosts) {
            (None, None) => Some(Trusted::Usual(
                std::env::home_dir().map(|home| home.join(".ssh/known_hosts")),
            )),
            (None, Some(file)) => {
                let file = placed("known_hosts", &file, context);
                file.map_err(|problem| problems.push(problem)).ok().map(Trusted::File)
            }
            (Some(_), Some(_)) => {
                problems.push(
                    Error::new(Code::Conflict, "`ssh` has `host_key` beside `known_hosts`")
                        .help("the server's key is known from the one or the other"),
                );
                None
            }
            // The value itself is not shown: any key of a connection may come from a secret.
            (Some(text), None) => match PublicKey::from_openssh(text.trim()) {
                Ok(key) => Some(Trusted::Key(Box::new(key))),
                Err(problem) => {
                    problems.push(
                        Error::new(Code::InvalidValue, "`host_key` of `ssh` is no public key")
                            .help("write it as the server's `.pub` file has it: `ssh-ed25519 AAAA…`")
                            .driver(problem),
                    );
                    None
                }
            },
        };
        if problems.len() > known {
            return None;
        }
        Some(Self {
            host,
            port: raw.port.unwrap_or(22),
            user,
            proof: proof?,
            trusted: trusted?,
            network: context.network().clone(),
        })
    }

    /// The server, as errors name it.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// A file's path: from the home folder behind `~/`, otherwise from the sync file's folder.
fn placed(key: &str, path: &Path, context: &Context) -> Result<PathBuf, Error> {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => context.resolve(key, home.join(rest)),
        _ => context.resolve(key, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn parse(json: serde_json::Value) -> Result<Ssh, Vec<String>> {
        let mut problems = Vec::new();
        let context = Context::at("/base");
        let ssh = Ssh::validate(serde_json::from_value(json).unwrap(), &context, &mut problems);
        ssh.ok_or_else(|| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn paths_begin_at_the_sync_file_or_at_home() {
        let home = std::env::home_dir().unwrap();
        for (key, file) in [
            ("id", "/base/id".into()),
            ("/keys/id", "/keys/id".into()),
            ("~/.ssh/id", home.join(".ssh/id")),
            ("~other/id", PathBuf::from("/base/~other/id")),
        ] {
            let ssh = parse(serde_json::json!({ "host": "h", "user": "u", "key": key })).unwrap();
            assert_eq!(ssh.port, 22);
            assert!(
                matches!(ssh.proof, Proof::Key { file: found, .. } if found == file),
                "{key}"
            );
            assert!(matches!(ssh.trusted, Trusted::Usual(Some(found)) if found == home.join(".ssh/known_hosts")));
        }
    }

    #[test]
    fn all_problems_are_said_and_no_secret_is() {
        for (json, wants) in [
            (serde_json::json!({}), vec!["`host`", "`user`", "`key`"]),
            (
                serde_json::json!({ "host": "h", "user": "u", "key": "k", "password": "canary-1" }),
                vec!["`password` beside `key`"],
            ),
            (
                serde_json::json!({ "host": "h", "user": "u", "passphrase": "canary-1", "password": "canary-2" }),
                vec!["`password` beside `passphrase`"],
            ),
            (
                serde_json::json!({ "host": "h", "user": "u", "key": "k", "host_key": HOST_KEY, "known_hosts": "f" }),
                vec!["`host_key` beside `known_hosts`"],
            ),
            (
                serde_json::json!({ "host": "h", "user": "u", "key": "k", "host_key": "ssh-ed25519 canary-1" }),
                vec!["no public key"],
            ),
        ] {
            let problems = parse(json.clone()).unwrap_err();
            assert_eq!(problems.len(), wants.len(), "{json}: {problems:?}");
            for (problem, want) in problems.iter().zip(wants) {
                assert!(problem.contains(want) && !problem.contains("canary"), "{problem}");
            }
        }
        let ssh = parse(serde_json::json!({ "host": "h", "user": "u", "password": "canary-1", "host_key": HOST_KEY }));
        assert!(!format!("{:?}", ssh.unwrap()).contains("canary"));
    }
}
