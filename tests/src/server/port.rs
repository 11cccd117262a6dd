//! Free ports on loopback.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the kernel gives ports to clients: a server that is stopped for a while would lose its
/// port to somebody's outgoing connection there.
const FIRST: u16 = 10_240;
const COUNT: u16 = 20_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port on which nothing listens. Another process may still be quicker: whoever uses it must be ready to try another.
pub fn free() -> u16 {
    // Processes begin at different places, so that they rarely meet.
    let begin = (std::process::id().wrapping_mul(7919) % u32::from(COUNT)) as u16;
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (begin + step) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port on loopback");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_passed_by() {
        let listeners: Vec<_> = (0..3)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, free())).unwrap())
            .collect();
        let next = free();
        assert!(listeners.iter().all(|l| l.local_addr().unwrap().port() != next));
        assert!((FIRST..FIRST + COUNT).contains(&next));
    }
}
