//! A private OpenID Connect provider: `oidc-provider` of npm, which `scripts/setup` fetches, on a free port.

use std::fs;
use std::path::PathBuf;

use super::account::Account;
use super::guard::Guard;
use super::port;

/// The one client that it knows; its secret has to be escaped.
pub const CLIENT: &str = "syncapp agent";
/// What the client shows.
pub const SECRET: &str = "a/secret+of:the client";

const SCRIPT: &str = include_str!("provider.mjs");

/// A running provider. Dropping it ends it at once.
#[derive(Debug)]
pub struct Provider {
    guard: Guard,
    port: u16,
}

impl Provider {
    /// Starts one whose client comes back to this address.
    pub async fn start(callback: &str) -> Self {
        let modules = built().join("provider/node_modules");
        assert!(modules.is_dir(), "run scripts/setup: {} is missing", modules.display());
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-provider-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            fs::write(folder.join("provider.mjs"), SCRIPT).expect("the folder can be written");
            std::os::unix::fs::symlink(&modules, folder.join("node_modules")).expect("the folder can be written");
            let script = folder.join("provider.mjs").display().to_string();
            let line = ["node", &script, &port.to_string(), callback].map(str::to_owned);
            let mut server = Self {
                guard: Guard::new(folder.clone(), "KILL", &Account::own_user().command(line)),
                port,
            };
            server.guard.start();
            if server.guard.takes_connections(port).await {
                return server;
            }
            let log = server.guard.log();
            assert!(
                log.contains("EADDRINUSE"),
                "the provider does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("the provider found no free port");
    }

    /// Its name and address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Where `scripts/setup` puts what it fetches: beside what was built.
fn built() -> PathBuf {
    let program = std::env::current_exe().expect("this program is a file");
    let built = program.ancestors().nth(3);
    built.expect("tests lie in a folder of what is built").to_owned()
}
