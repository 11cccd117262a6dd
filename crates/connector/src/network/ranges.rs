//! Ranges of addresses with a meaning of their own, and addresses that stand for others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Range;

/// Where nobody is led by a name: this host, link-local addresses, many at once, what is reserved, and where clouds hand out keys.
pub(super) const NEVER: &[Range] = &[
    Range::v4([0, 0, 0, 0], 8),
    Range::v4([169, 254, 0, 0], 16),
    Range::v4([192, 0, 0, 0], 24),
    Range::v4([224, 0, 0, 0], 4),
    Range::v4([240, 0, 0, 0], 4),
    // Metadata of Alibaba and of Azure.
    Range::v4([100, 100, 100, 200], 32),
    Range::v4([168, 63, 129, 16], 32),
    Range::v6([0; 8], 128),
    Range::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    Range::v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
    // Metadata of Amazon and of Google.
    Range::v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128),
    Range::v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128),
];

/// This machine and its neighbours.
pub(super) const PRIVATE: &[Range] = &[
    Range::v4([127, 0, 0, 0], 8),
    Range::v4([10, 0, 0, 0], 8),
    Range::v4([172, 16, 0, 0], 12),
    Range::v4([192, 168, 0, 0], 16),
    Range::v4([100, 64, 0, 0], 10),
    Range::v4([198, 18, 0, 0], 15),
    Range::v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
    Range::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    Range::v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    Range::v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
];

/// The addresses that an address stands for: itself, or for a mapped one what is mapped, first; then those that a gateway would
/// make of it.
pub(super) fn meant(address: IpAddr) -> Vec<IpAddr> {
    let IpAddr::V6(v6) = address else {
        return vec![address];
    };
    if let Some(mapped) = v6.to_ipv4_mapped() {
        return vec![mapped.into()];
    }
    let mut meant = vec![address];
    meant.extend(embedded(v6).map(IpAddr::V4));
    meant
}

/// IPv4 addresses in an IPv6 one: the compatible form, NAT64, 6to4, and both ends of Teredo.
fn embedded(v6: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    let found = match v6.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => [Some(v4(high, low)), None],
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [Some(v4(high, low)), None],
        [0x2002, high, low, ..] => [Some(v4(high, low)), None],
        [0x2001, 0, high, low, _, _, far, near] => [Some(v4(high, low)), Some(v4(!far, !near))],
        _ => [None, None],
    };
    found.into_iter().flatten()
}
