//! One SSH session with one channel through it.
//!
//! Each connection to a database has a session of its own: russh reads nothing more of a session while the reader of one
//! of its channels is held back, so that two connections through one session could wait for each other for ever.

use std::fs;
use std::future::{Future, ready};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, AuthResult, DisconnectReason, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key};
use russh::{ChannelOpenFailure, MethodKind, Preferred};
use syncapp_connector::Unreached;
use syncapp_model::{Code, Error, ErrorKind, Result, Secret, Side};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Fate;
use super::config::{Proof, Ssh};
use super::host_key::HostKeys;
use super::stream::Stream;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How many sessions are set up at once: servers turn away those who come in crowds (`MaxStartups`).
static SIGNING_IN: Semaphore = Semaphore::const_new(4);

/// Opens a way to an address as the SSH server sees it.
pub(super) async fn open(ssh: &Ssh, host: &str, port: u16, side: Side) -> Result<Stream> {
    let silent = |what: &str| {
        Error::new(
            Code::Unreachable(side),
            format!("the SSH server {} {what}", ssh.place()),
        )
        .help("check that it runs and that a firewall lets you through")
        .driver("no answer within 15 s")
    };
    let fate = Fate::default();
    let session = {
        // It is never closed.
        let _turn = SIGNING_IN.acquire().await;
        let begun = timeout(CONNECT_TIMEOUT, Box::pin(begin(ssh, side, &fate))).await;
        begun.map_err(|_| silent("does not answer"))??
    };
    let opening = session.channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0);
    let opened = timeout(CONNECT_TIMEOUT, opening).await;
    let opened = opened.map_err(|_| silent(&format!("does not get through to {host}:{port}")))?;
    let channel = opened.map_err(|error| not_opened(&error, ssh, &format!("{host}:{port}"), side))?;
    Ok(Stream::new(channel.into_stream(), session, fate))
}

/// A session whose server is known and whose user has signed in.
async fn begin(ssh: &Ssh, side: Side, fate: &Fate) -> Result<Handle<Visitor>> {
    let host_keys = HostKeys::read(ssh)?;
    let config = client::Config {
        preferred: Preferred {
            key: host_keys.algorithms(),
            ..Preferred::DEFAULT
        },
        keepalive_interval: Some(Duration::from_secs(15)),
        nodelay: true,
        ..client::Config::default()
    };
    let tcp = ssh.network.connect(&ssh.host, ssh.port).await;
    let tcp = tcp.map_err(|problem| match problem {
        Unreached::Denied => problem.error(&ssh.host, ssh.port, side),
        Unreached::Unknown(problem) | Unreached::Silent(problem) => unreachable(&problem, ssh, side),
    })?;
    let visitor = Visitor {
        host_keys,
        side,
        place: ssh.place(),
        fate: fate.clone(),
    };
    let refused = |refusal| match refusal {
        Refusal::HostKey(error) => error,
        Refusal::Ssh(error) => no_session(&error, ssh, side),
    };
    let mut session = client::connect_stream(Arc::new(config), tcp, visitor)
        .await
        .map_err(refused)?;
    let signed_in = match &ssh.proof {
        Proof::Key { file, passphrase } => {
            let key = read_key(file, passphrase.as_ref(), side).await?;
            by_key(&mut session, &ssh.user, key).await
        }
        Proof::Password(password) => by_password(&mut session, &ssh.user, password).await,
    };
    match signed_in.map_err(|error| no_session(&error, ssh, side))? {
        AuthResult::Success => Ok(session),
        AuthResult::Failure { remaining_methods, .. } => Err(not_signed_in(ssh, &remaining_methods, side)),
    }
}

async fn by_key(session: &mut Handle<Visitor>, user: &str, key: PrivateKey) -> Result<AuthResult, russh::Error> {
    let hash = match session.best_supported_rsa_hash().await? {
        Some(Some(hash)) => hash,
        _ => HashAlg::Sha256,
    };
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), Some(hash));
    session.authenticate_publickey(user, key).await
}

/// Many servers ask for a password only as the answer to a question.
async fn by_password(session: &mut Handle<Visitor>, user: &str, password: &Secret) -> Result<AuthResult, russh::Error> {
    let refused = match session.authenticate_password(user, password.reveal()).await? {
        AuthResult::Failure {
            remaining_methods,
            partial_success,
        } if remaining_methods.contains(&MethodKind::KeyboardInteractive) => AuthResult::Failure {
            remaining_methods,
            partial_success,
        },
        answer => return Ok(answer),
    };
    let mut answer = session.authenticate_keyboard_interactive_start(user, None).await?;
    // One question is answered by the password, and none a second time.
    for _ in 0..2 {
        let answers = match answer {
            KeyboardInteractiveAuthResponse::Success => return Ok(AuthResult::Success),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } if prompts.len() < 2 => {
                prompts.iter().map(|_| password.reveal().to_owned()).collect()
            }
            _ => break,
        };
        answer = session.authenticate_keyboard_interactive_respond(answers).await?;
    }
    if matches!(answer, KeyboardInteractiveAuthResponse::Success) {
        return Ok(AuthResult::Success);
    }
    Ok(refused)
}

/// The user's key. To open a protected one takes a processor a while, on purpose.
async fn read_key(file: &Path, passphrase: Option<&Secret>, side: Side) -> Result<PrivateKey> {
    let unreadable = |problem: String| {
        Error::new(Code::UnreadableFile, "`key` of `ssh` cannot be read as a private key")
            .file(file.display())
            .help("give the file of a private key (not the `.pub` beside it) that this user may read")
            .driver(problem)
    };
    let text = fs::read_to_string(file).map_err(|problem| unreadable(problem.to_string()))?;
    let given = passphrase.cloned();
    let decoded = tokio::task::spawn_blocking(move || {
        let protected = || matches!(decode_secret_key(&text, None), Err(russh::keys::Error::KeyIsEncrypted));
        decode_secret_key(&text, given.as_ref().map(Secret::reveal)).map_err(|problem| (problem, protected()))
    });
    let decoded = decoded.await.map_err(|problem| Error::internal(problem.to_string()))?;
    decoded.map_err(|(problem, protected)| match (protected, passphrase) {
        (true, None) => Error::new(
            Code::AuthFailed(side),
            "the key of the SSH tunnel is protected by a passphrase",
        )
        .file(file.display())
        .help("set `ssh: { passphrase }`, best as `${VARIABLE}` or `secret://NAME`"),
        (true, Some(_)) => Error::new(
            Code::AuthFailed(side),
            "the passphrase does not open the key of the SSH tunnel",
        )
        .file(file.display())
        .help("check `ssh: { passphrase }`"),
        (false, _) => unreadable(problem.to_string()),
    })
}

fn unreachable(problem: &std::io::Error, ssh: &Ssh, side: Side) -> Error {
    let text = problem.to_string();
    if text.contains("failed to lookup address") || text.contains("Name or service not known") {
        return Error::new(
            Code::Unreachable(side),
            format!("the SSH server {} has no address", ssh.host),
        )
        .help("check `ssh: { host }` for a typing error, and your DNS or VPN")
        .kind(ErrorKind::Transient)
        .driver(text);
    }
    Error::new(
        Code::Unreachable(side),
        format!("no connection to the SSH server {}", ssh.place()),
    )
    .help("check `ssh: { host, port }`, that the server runs, and that a firewall lets you through")
    .driver(text)
}

fn no_session(error: &russh::Error, ssh: &Ssh, side: Side) -> Error {
    let why = format!("no SSH session with {}", ssh.place());
    let described = match error {
        russh::Error::NoCommonAlgo { .. } | russh::Error::Version => Error::new(Code::Failed(side), why)
            .help("the server speaks no SSH, or only algorithms that are no longer safe: bring it up to date"),
        russh::Error::WrongServerSig | russh::Error::PacketAuth | russh::Error::DecryptionError => {
            Error::new(Code::Failed(side), why).help("the server, or someone between, sends what it should not")
        }
        _ => Error::new(Code::Unreachable(side), why)
            .help("the server ended it: see its log; it may have too many visitors, or not let this user in"),
    };
    described.driver(error)
}

fn not_signed_in(ssh: &Ssh, methods: &[MethodKind], side: Side) -> Error {
    let (what, check) = match &ssh.proof {
        Proof::Key { .. } => ("key", "that the server has the public key of `key`"),
        Proof::Password(_) => ("password", "its `password`"),
    };
    let methods: Vec<String> = methods
        .iter()
        .map(|method| String::from(<&str>::from(method)))
        .collect();
    Error::new(
        Code::AuthFailed(side),
        format!(
            "the SSH server {} does not let {} in by this {what}",
            ssh.place(),
            ssh.user
        ),
    )
    .help(format!("check `user` of `ssh`, and {check}"))
    .driver(format!("the server takes: {}", methods.join(", ")))
}

fn not_opened(error: &russh::Error, ssh: &Ssh, target: &str, side: Side) -> Error {
    let described = match error {
        russh::Error::ChannelOpenFailure(ChannelOpenFailure::AdministrativelyProhibited) => Error::new(
            Code::PermissionDenied(side),
            format!("the SSH server {} lets nobody through to {target}", ssh.place()),
        )
        .help("allow it there: `AllowTcpForwarding`, `PermitOpen`, and options beside the user's public key"),
        russh::Error::ChannelOpenFailure(_) => Error::new(
            Code::Unreachable(side),
            format!("the SSH server {} gets no connection to {target}", ssh.place()),
        )
        .help("check `host` and `port` of the connection as seen from there, and that the database runs"),
        _ => Error::new(
            Code::ConnectionLost(side),
            format!("the SSH tunnel by {} broke", ssh.place()),
        )
        .help("check that the SSH server still runs; run again"),
    };
    described.driver(error)
}

/// What the library asks and tells of a session.
pub(super) struct Visitor {
    host_keys: HostKeys,
    side: Side,
    place: String,
    fate: Fate,
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum Refusal {
    /// By us: it is not the server that it should be.
    HostKey(Error),
    Ssh(russh::Error),
}

impl From<russh::Error> for Refusal {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}

impl client::Handler for Visitor {
    type Error = Refusal;

    fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> impl Future<Output = Result<bool, Refusal>> + Send {
        let verified = self.host_keys.verify(&shown.public_key(), self.side);
        ready(verified.map(|()| true).map_err(Refusal::HostKey))
    }

    fn disconnected(&mut self, reason: DisconnectReason<Refusal>) -> impl Future<Output = Result<(), Refusal>> + Send {
        let (why, passed_on) = match reason {
            DisconnectReason::ReceivedDisconnect(said) => (said.message, Ok(())),
            DisconnectReason::Error(Refusal::Ssh(error)) => (error.to_string(), Err(Refusal::Ssh(error))),
            DisconnectReason::Error(refusal) => (String::new(), Err(refusal)),
        };
        self.fate
            .seal(Some(format!("the SSH tunnel by {} broke: {why}", self.place)));
        ready(passed_on)
    }
}
