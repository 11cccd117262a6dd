//! The near end of a connection on loopback, for a driver that only connects to an address: a tunnel's, or one that is listened to.
//!
//! The port is open until this process has connected to it, once. On Linux a connection of another process is seen and
//! turned away; elsewhere one that came first would get through to the database, which still asks it for a password.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// How long the port waits for its one connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where it is.
pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Opens a port that leads to the far end.
pub(crate) async fn listen<S>(stream: S) -> io::Result<u16>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let listener = TcpListener::bind((ADDRESS, 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        if let Ok(Ok(near)) = timeout(PATIENCE, own_connection(listener)).await {
            pass(near, stream).await;
        }
    });
    Ok(port)
}

/// The first connection of this process.
async fn own_connection(listener: TcpListener) -> io::Result<TcpStream> {
    loop {
        let (near, peer) = listener.accept().await?;
        if is_own(peer, listener.local_addr()?) {
            near.set_nodelay(true)?;
            return Ok(near);
        }
    }
}

/// Passes bytes both ways until either end is closed. Why it ended is told by the tunnel's fate.
async fn pass(mut near: TcpStream, mut far: impl AsyncRead + AsyncWrite + Unpin) {
    if let Err(error) = copy_bidirectional(&mut near, &mut far).await {
        tracing::debug!(%error, "a near end has ended");
    }
}

/// Whether a connection's far end is a socket of this process, as the kernel tells it.
#[cfg(target_os = "linux")]
fn is_own(peer: SocketAddr, local: SocketAddr) -> bool {
    let Some(inode) = std::fs::read_to_string("/proc/self/net/tcp")
        .ok()
        .and_then(|table| inode(&table, peer, local))
    else {
        return false;
    };
    let own = format!("socket:[{inode}]");
    let sockets = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let mut targets = sockets.filter_map(|socket| std::fs::read_link(socket.path()).ok());
    targets.any(|target| target.as_os_str() == own.as_str())
}

#[cfg(not(target_os = "linux"))]
fn is_own(_: SocketAddr, _: SocketAddr) -> bool {
    true
}

/// The number of the socket that is connected from `peer` to `local`, in the kernel's table of connections.
#[cfg(any(target_os = "linux", test))]
fn inode(table: &str, peer: SocketAddr, local: SocketAddr) -> Option<u64> {
    let spelled = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => {
            let bytes = u32::from_ne_bytes(v4.ip().octets());
            format!("{bytes:08X}:{:04X}", v4.port())
        }
        SocketAddr::V6(_) => String::new(),
    };
    let ends = [spelled(peer), spelled(local)];
    table.lines().skip(1).find_map(|line| {
        let mut words = line.split_ascii_whitespace().skip(1);
        (words.next()? == ends[0] && words.next()? == ends[1]).then_some(())?;
        words.nth(6)?.parse().ok()
    })
}

#[cfg(test)]
mod tests;
