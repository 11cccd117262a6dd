//! SSH tunnels to databases.
//!
//! The server's key is always checked, before anything is said to it. What travels through the tunnel is the database's
//! own protocol with its own TLS, which still verifies the database's name: the SSH server sees no more than it must.

mod config;
mod host_key;
mod loopback;
mod session;
mod stream;

use std::sync::{Arc, OnceLock};

use syncapp_model::{Code, Error, Result, Side};

pub(crate) use config::Ssh;
pub use config::SshConfig;
pub(crate) use loopback::{ADDRESS, listen};
pub(crate) use stream::Stream;

/// Opens a connection to an address as the SSH server sees it.
pub(crate) async fn open(ssh: &Ssh, host: &str, port: u16, side: Side) -> Result<Stream> {
    Box::pin(session::open(ssh, host, port, side)).await
}

/// What became of a tunnel: nothing while it stands, and `None` when it was closed because nobody needed it any more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fate(Arc<OnceLock<Option<String>>>);

impl Fate {
    fn seal(&self, why: Option<String>) {
        // The first end is the one that counts.
        let _ = self.0.set(why);
    }

    fn text(&self) -> Option<&str> {
        self.0.get()?.as_deref()
    }

    /// An error of a connection through the tunnel: where that broke, it is why the connection did.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match (self.text(), error.code()) {
            (Some(why), code @ (Code::ConnectionLost(_) | Code::Unreachable(_))) => Error::new(code, why)
                .help("check that the SSH server still runs; a new run goes on where the last commit ended")
                .driver(error.report().driver.as_deref().unwrap_or("the connection ended")),
            _ => error,
        }
    }
}
