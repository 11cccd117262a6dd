//! A wire to the server that can be cut at a known moment.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the next message with `COMMIT`, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not arrive, and the connection is gone.
    RequestLost,
    /// It arrives and is done, and the connection is gone before the reply.
    ReplyLost,
    /// It does not arrive, and nothing is heard.
    Silence,
}

pub(super) struct Wire {
    address: SocketAddr,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Wire {
    /// A wire to a port on loopback.
    pub(super) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let fault = Arc::new(Mutex::new(None));
        let armed = fault.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
                tokio::spawn(carry(client, server.unwrap(), armed.clone()));
            }
        });
        Self { address, fault }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(super) fn arm(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    /// Whether the fault has happened.
    pub(super) fn has_struck(&self) -> bool {
        self.fault.lock().unwrap().is_none()
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, armed: Arc<Mutex<Option<Fault>>>) {
    let (mut up, mut down) = ([0; 16384], [0; 16384]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Some(sent) = read.ok().filter(|read| *read > 0).map(|read| &up[..read]) else { return };
                let strikes = sent.windows(6).any(|word| word == b"COMMIT");
                match strikes.then(|| armed.lock().unwrap().take()).flatten() {
                    None if server.write_all(sent).await.is_ok() => {}
                    None | Some(Fault::RequestLost) => return,
                    Some(Fault::ReplyLost) => {
                        let _ = server.write_all(sent).await;
                        let _ = server.read(&mut down).await;
                        return;
                    }
                    Some(Fault::Silence) => std::future::pending().await,
                }
            }
            read = server.read(&mut down) => {
                let Some(said) = read.ok().filter(|read| *read > 0).map(|read| &down[..read]) else { return };
                if client.write_all(said).await.is_err() {
                    return;
                }
            }
        }
    }
}
