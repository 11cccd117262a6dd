//! A way to the server on which commits of loads, or the replies to them, are lost with their connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use syncapp_tests::server::postgres::Login;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The message of a simple query that is `commit`.
const COMMIT: &[u8] = b"Q\0\0\0\x0bcommit\0";

/// What a load sends before its rows: others commit as well, even who only looks.
const LOAD: &[u8] = b" from stdin";

/// What never arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The server does not hear of the commit.
    Commit,
    /// The server has committed, and nobody hears of it.
    Reply,
}

/// Loses what the first commits of loads send.
pub(super) struct Proxy {
    server: u16,
    port: u16,
    lost: Arc<AtomicUsize>,
}

impl Proxy {
    /// To the server at a port; so many commits go wrong.
    pub(super) async fn start(server: u16, what: Lost, losses: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(AtomicUsize::new(0));
        let counted = lost.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(pass(client, server, counted.clone(), (what, losses)));
            }
        });
        Self { server, port, lost }
    }

    /// The address of a user on this way.
    pub(super) fn url(&self, login: &Login) -> String {
        let (server, port) = (format!(":{}/", self.server), format!(":{}/", self.port));
        format!("{}?sslmode=disable", login.url().replace(&server, &port))
    }

    /// How many commits came by, of those that go wrong at least.
    pub(super) fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Passes bytes both ways until one side ends, or something is to be lost.
async fn pass(mut client: TcpStream, mut server: TcpStream, lost: Arc<AtomicUsize>, (what, losses): (Lost, usize)) {
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut loads = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(1..) = read else { return };
                let sent = &asked[..read.unwrap_or(0)];
                loads |= sent.windows(LOAD.len()).any(|part| part == LOAD);
                let loses = loads && sent.ends_with(COMMIT) && lost.fetch_add(1, Ordering::Relaxed) < losses;
                if loses && what == Lost::Commit || server.write_all(sent).await.is_err() {
                    return;
                }
                if loses {
                    // The server has answered: it has committed. Both connections end here.
                    let _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(1..) = read else { return };
                if client.write_all(&answered[..read.unwrap_or(0)]).await.is_err() {
                    return;
                }
            }
        }
    }
}
