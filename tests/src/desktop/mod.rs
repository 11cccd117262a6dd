//! The desktop as its user meets it: a real window on a screen of the test's own, looked at and worked by role and name.
//!
//! Invariants:
//! - A [`Desk`] has a screen, a home, a session bus and a keyring of its own. All ends with it, after a panic too.
//! - Nothing waits for a time: what is asked for is looked for until it is there, or the test has failed.

mod desk;
mod screen;
pub mod what;
mod window;

use std::process::{Command, Output};
use std::time::Duration;

use crate::syncapp::built;

pub use desk::{Desk, Keyring};
pub use window::Window;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long until something is looked for again.
const PERIOD: Duration = Duration::from_millis(20);

/// What becomes of a desktop that is started with these variables and no screen: one that cannot start says so before it needs one.
pub fn started_blind(variables: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    Command::new(built("syncapp-desktop"))
        .env_clear()
        .env("HOME", home.path())
        .envs(variables.iter().copied())
        .output()
        .expect("the desktop starts")
}
