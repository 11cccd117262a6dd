//! Where connections may go.
//!
//! A configuration that is somebody else's (pushed to an agent) names hosts: it must not lead the agent into its own machine, its
//! network, or to the address where a cloud hands out keys. The one who dials resolves a name once, holds each address against
//! the rules, and connects to an address that was held against them: so neither a name that means something else the next
//! time, nor another way of writing an address, gets by.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use tokio::net::{TcpStream, lookup_host};

use syncapp_model::{Code, Error, ErrorKind, Side};

use crate::trail::{Step, step};

mod ranges;

/// Where connections may go: anywhere, or where rules allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network(Option<Arc<Rules>>);

/// What an operator allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Ranges that are never connected to, whatever else is allowed.
    pub deny: Vec<Range>,
    /// Ranges that are connected to. Addresses that nobody may be led to (link-local ones, those of clouds' metadata) are only
    /// meant where one is named by itself.
    pub allow: Vec<Range>,
    /// Whether loopback and private ranges are connected to.
    pub private: bool,
}

/// Addresses that begin with the same bits: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    address: IpAddr,
    bits: u8,
}

/// Why nothing is connected to.
#[derive(Debug)]
pub enum Unreached {
    /// The name has no address.
    Unknown(io::Error),
    /// None of its addresses is allowed.
    Denied,
    /// Nobody answers at any of them.
    Silent(io::Error),
}

impl Network {
    /// Anywhere: the configuration is its user's own.
    pub fn open() -> Self {
        Self(None)
    }

    /// Only where these rules allow.
    pub fn guarded(rules: Rules) -> Self {
        Self(Some(Arc::new(rules)))
    }

    /// Whether connections may go anywhere.
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// The addresses of a host that may be connected to: at least one. The name is resolved here, and must not be again.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Unreached> {
        let host = host.trim_matches(['[', ']']);
        let looking = step(Step::Resolve, self.look_up(host, port));
        looking.await
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Unreached> {
        let found: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(Unreached::Unknown)?.collect();
        if found.is_empty() {
            return Err(Unreached::Unknown(io::Error::other(
                "failed to lookup address information",
            )));
        }
        let Some(rules) = &self.0 else { return Ok(found) };
        let allowed: Vec<SocketAddr> = found.into_iter().filter(|found| rules.allows(found.ip())).collect();
        if allowed.is_empty() {
            return Err(Unreached::Denied);
        }
        Ok(allowed)
    }

    /// Connects to the first address that answers, of those that are allowed.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Unreached> {
        let addresses = self.addresses(host, port).await?;
        step(Step::Connect, first_of(addresses)).await
    }
}

async fn first_of(addresses: Vec<SocketAddr>) -> Result<TcpStream, Unreached> {
    let mut silent = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(problem) => silent = Some(problem),
        }
    }
    let nobody = || io::Error::other("failed to lookup address information");
    Err(Unreached::Silent(silent.unwrap_or_else(nobody)))
}

impl Rules {
    /// Whether an address may be connected to.
    pub fn allows(&self, address: IpAddr) -> bool {
        let meant = ranges::meant(address);
        let within = |ranges: &[Range]| {
            meant
                .iter()
                .any(|address| ranges.iter().any(|range| range.has(*address)))
        };
        if within(&self.deny) {
            return false;
        }
        let named = |range: &&Range| range.is_one() && range.has(meant[0]);
        if self.allow.iter().any(|range| named(&range)) {
            return true;
        }
        if within(ranges::NEVER) {
            return false;
        }
        let allowed = self.allow.iter().any(|range| range.has(meant[0]));
        allowed || self.private || !within(ranges::PRIVATE)
    }
}

impl Range {
    /// The range that an address begins, as its constant needs it.
    const fn v4(first: [u8; 4], bits: u8) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::from_octets(first)),
            bits,
        }
    }

    const fn v6(first: [u16; 8], bits: u8) -> Self {
        Self {
            address: IpAddr::V6(Ipv6Addr::from_segments(first)),
            bits,
        }
    }

    /// Whether an address lies in it.
    pub fn has(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(address)) => {
                let differ = own.to_bits() ^ address.to_bits();
                differ.checked_shr(32 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(address)) => {
                let differ = own.to_bits() ^ address.to_bits();
                differ.checked_shr(128 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    fn is_one(&self) -> bool {
        self.bits == if self.address.is_ipv4() { 32 } else { 128 }
    }
}

impl FromStr for Range {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| ()))?;
        (bits <= most).then_some(Self { address, bits }).ok_or(())
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(problem) | Self::Silent(problem) => problem.fmt(f),
            Self::Denied => f.write_str("no address of the host may be connected to"),
        }
    }
}

impl std::error::Error for Unreached {}

impl Unreached {
    /// The same in SyncApp's words, about one side of a sync. What addresses the name has is nobody's business.
    pub fn error(&self, host: &str, port: u16, side: Side) -> Error {
        match self {
            Self::Unknown(problem) => Error::new(Code::Unreachable(side), format!("the host {host} has no address"))
                .help("check `host` for a typing error, and your DNS or VPN")
                .kind(ErrorKind::Transient)
                .driver(problem),
            Self::Denied => {
                let why = format!("this agent may not connect to the host {host}");
                Error::new(Code::Unreachable(side), why)
                    .help("the agent's operator says in `[network]` of agent.toml where connections may go")
                    .kind(ErrorKind::Config)
            }
            Self::Silent(problem) => Error::new(Code::Unreachable(side), format!("no connection to {host}:{port}"))
                .help("check `host` and `port`, that the server runs, and that a firewall lets you through")
                .driver(problem),
        }
    }
}

#[cfg(test)]
mod tests;
