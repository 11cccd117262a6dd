//! The agent's figures; `cargo xtask bench --agent` starts it, with the word `api` `cargo xtask bench --api`, and with
//! `desktop` `cargo xtask bench --desktop`. What is behind `api` are other numbers than the usual ones: reads a second, watchers, and seconds.
//! Where something does not bear what it has to, the figures are printed all the same, and the program fails.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use syncapp_tests::pace::{Measured, desk, face, heart};

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let mut words = std::env::args().skip(1);
    let Measured { page, broken } = match words.next().as_deref() {
        Some("api") => {
            let mut load = face::Load::default();
            let mut number = || words.next().and_then(|word| word.parse().ok());
            load.rate = number().unwrap_or(load.rate);
            load.watchers = number().map_or(load.watchers, |watchers: u32| watchers as usize);
            load.time = number().map_or(load.time, |seconds| Duration::from_secs(u64::from(seconds)));
            face::measure(load).await
        }
        Some("desktop") => desk::measure().await,
        _ => heart::measure().await,
    };
    write!(io::stdout(), "{page}")?;
    for what in &broken {
        writeln!(io::stderr(), "does not hold: {what}")?;
    }
    Ok(if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
