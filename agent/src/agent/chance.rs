//! The operating system's chance. Without it there are no secrets: nothing goes on.

use rand::TryRngCore as _;
use rand::rngs::OsRng;

/// So many bytes that nobody can guess.
pub(super) fn drawn<const BYTES: usize>() -> [u8; BYTES] {
    let mut drawn = [0; BYTES];
    OsRng
        .try_fill_bytes(&mut drawn)
        .expect("the operating system gives chance");
    drawn
}
