//! Where a request comes from: its peer, or what trusted proxies say that their peer is.

use std::net::IpAddr;

use axum::http::HeaderMap;
use ipnet::IpNet;
use syncapp_model::{Code, Error, Result};

/// The header in which proxies name whom they answer, the last one at its end.
const FORWARDED: &str = "x-forwarded-for";
/// The header in which they say how they were asked.
const ASKED_BY: &str = "x-forwarded-proto";

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange(IpNet);

/// Whom an agent answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callers {
    /// Only these; everybody where none is named.
    pub allow: Vec<AddressRange>,
    /// Whose [`FORWARDED`] is believed.
    pub proxies: Vec<AddressRange>,
}

impl AddressRange {
    /// Of `192.0.2.0/24`, or one address.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(Code::InvalidValue, "this is no range of addresses")
                .help("give an address such as `192.0.2.7`, or a range such as `10.0.0.0/8` or `2001:db8::/32`")
        };
        let range = match text.split_once('/') {
            Some((address, bits)) => match (address.parse(), bits.parse()) {
                (Ok(address), Ok(bits)) => IpNet::new(address, bits).ok(),
                _ => None,
            },
            None => text.parse::<IpAddr>().ok().map(IpNet::from),
        };
        // One with more in it than its range says means something else than it says.
        range
            .filter(|range| range.trunc() == *range)
            .map(Self)
            .ok_or_else(wrong)
    }

    fn holds(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl Callers {
    /// Whose request this is: the peer's, or where that is a proxy, that of the last one in line who is none. Whatever somebody
    /// else has written in front of it is not looked at.
    pub(crate) fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut origin = peer.to_canonical();
        let lines = headers.get_all(FORWARDED).iter();
        let mut hops = lines.rev().flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
        while self.proxies.iter().any(|range| range.holds(origin)) {
            // What cannot be read names nobody: it stays with the proxy.
            let Some(Ok(address)) = hops.next().map(|hop| hop.trim().parse::<IpAddr>()) else {
                break;
            };
            origin = address.to_canonical();
        }
        origin
    }

    /// Whether a browser has come by TLS, as a proxy in front of us says.
    pub(crate) fn is_encrypted(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let peer = peer.to_canonical();
        let said = headers.get_all(ASKED_BY).iter();
        let mut said = said
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','));
        self.proxies.iter().any(|range| range.holds(peer)) && said.any(|way| way.trim().eq_ignore_ascii_case("https"))
    }

    pub(crate) fn admits(&self, origin: IpAddr) -> bool {
        self.allow.is_empty() || self.allow.iter().any(|range| range.holds(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(texts: &[&str]) -> Vec<AddressRange> {
        texts.iter().map(|text| AddressRange::parse(text).unwrap()).collect()
    }

    #[test]
    fn ranges_hold_what_they_say() {
        for (range, address, holds) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ] {
            let range = AddressRange::parse(range).unwrap();
            assert_eq!(range.holds(address.parse().unwrap()), holds, "{range:?} {address}");
        }
        for text in [
            "",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "010.0.0.1",
            "::/129",
            "1.2.3",
            "a/8",
            "10.0.0.0/-1",
        ] {
            assert!(AddressRange::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_trusted_proxies_say_who_it_is() {
        let network = Callers {
            allow: ranges(&["198.51.100.0/24"]),
            proxies: ranges(&["10.0.0.0/8"]),
        };
        for (peer, forwarded, expected) in [
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("203.0.113.9", vec![], "203.0.113.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", vec!["198.51.100.1, x"], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1, "], "10.0.0.1"),
            ("::ffff:10.0.0.1", vec!["::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in &forwarded {
                headers.append(FORWARDED, line.parse().unwrap());
            }
            let origin = network.origin(peer.parse().unwrap(), &headers);
            assert_eq!(origin, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
            assert_eq!(network.admits(origin), expected.starts_with("198.51.100."));
        }
        for (peer, said, encrypted) in [
            ("10.0.0.1", "https", true),
            ("10.0.0.1", "https, http", true),
            ("10.0.0.1", "http", false),
            ("203.0.113.9", "https", false),
        ] {
            let headers = HeaderMap::from_iter([(ASKED_BY.parse().unwrap(), said.parse().unwrap())]);
            assert_eq!(
                network.is_encrypted(peer.parse().unwrap(), &headers),
                encrypted,
                "{peer} {said}"
            );
        }
        assert!(Callers::default().admits("203.0.113.9".parse().unwrap()));
    }
}
