//! The long kill campaign; `cargo xtask faults` starts it.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use syncapp_tests::faults::{Campaign, KINDS, Kind};
use syncapp_tests::server::postgres::Options;

const USAGE: &str = "usage: cargo xtask faults [--kills N] [--seed N] [--rows N] [--workload NAME]...";

/// What was asked for.
struct Asked {
    kills: usize,
    seed: u64,
    rows: u64,
    kinds: Vec<Kind>,
}

#[tokio::main]
async fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout();
    let asked = match read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(problem) => {
            writeln!(out, "{problem}\n{USAGE}")?;
            return Ok(ExitCode::from(2));
        }
    };
    let server = Options::default()
        .setting("shared_buffers", "256MB")
        .setting("max_wal_size", "4GB")
        .start()
        .await;
    let mut differences = 0;
    for (at, kind) in asked.kinds.iter().enumerate() {
        let count = asked.kinds.len();
        let campaign = Campaign {
            seed: asked.seed,
            // Those left over go to the first ones.
            kills: asked.kills / count + usize::from(at < asked.kills % count),
            rows: asked.rows,
            kind: *kind,
        };
        let report = campaign.run(&server).await;
        writeln!(out, "{report}")?;
        differences += report.differences.len() + usize::from(report.kills() < campaign.kills);
    }
    Ok(if differences == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut asked = Asked {
        kills: 200,
        seed: clock.as_secs(),
        rows: 50_000,
        kinds: Vec::new(),
    };
    while let Some(flag) = words.next() {
        let value = words.next().ok_or_else(|| format!("{flag} wants a value"))?;
        let number = || value.parse().map_err(|_| format!("{flag} wants a number"));
        match flag.as_str() {
            "--kills" => asked.kills = value.parse().map_err(|_| format!("{flag} wants a number"))?,
            "--seed" => asked.seed = number()?,
            "--rows" => asked.rows = number()?,
            "--workload" => asked.kinds.push(value.parse()?),
            _ => return Err(format!("there is no {flag}")),
        }
    }
    if asked.kinds.is_empty() {
        asked.kinds = KINDS.to_vec();
    }
    Ok(asked)
}
