//! The long fault campaigns; `cargo xtask faults` starts them.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use syncapp_tests::faults::{AgentKills, Campaign, Fault, FleetFaults, KINDS, Kind, System, Writers};
use syncapp_tests::server::postgres::Options;

const USAGE: &str = "usage: cargo xtask faults [--kills N] [--seed N] [--rows N] [--workload NAME]...\n       \
                     cargo xtask faults --agent [--kills N] [--seed N]\n       \
                     cargo xtask faults --fleet [--faults N] [--schedules N] [--seed N] [--only FAULT] [--patience SECONDS]\n       \
                     cargo xtask faults --writers [--minutes N | --seconds N] [--seed N] [--from postgres|mariadb]";

/// What was asked for.
struct Asked {
    kills: usize,
    seed: u64,
    rows: u64,
    kinds: Vec<Kind>,
    /// A fleet is disturbed, by so many faults, while it keeps so many small schedules.
    fleet: bool,
    faults: usize,
    schedules: usize,
    only: Option<Fault>,
    patience: Option<Duration>,
    /// An agent is killed, not single runs.
    agent: bool,
    /// Writers instead of kills: for how long, and in which systems.
    writers: Option<(Duration, Vec<System>)>,
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
    if asked.fleet {
        let fleet = FleetFaults {
            seed: asked.seed,
            faults: asked.faults,
            schedules: asked.schedules,
            only: asked.only,
            patience: asked.patience,
        };
        let found = fleet.run().await;
        writeln!(out, "{found}")?;
        return Ok(code(found.differences.len()));
    }
    let server = Options::default()
        .setting("shared_buffers", "256MB")
        .setting("max_wal_size", "4GB")
        .start()
        .await;
    let mut differences = 0;
    if let Some((length, systems)) = &asked.writers {
        for from in systems {
            let writers = Writers {
                seed: asked.seed,
                length: *length,
                from: *from,
            };
            let found = writers.run(&server).await;
            writeln!(out, "{found}")?;
            differences += found.differences.len();
        }
        return Ok(code(differences));
    }
    if asked.agent {
        let kills = AgentKills {
            seed: asked.seed,
            kills: asked.kills,
        };
        let found = kills.run(&server).await;
        writeln!(out, "{found}")?;
        return Ok(code(found.differences.len()));
    }
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
    Ok(code(differences))
}

fn code(differences: usize) -> ExitCode {
    if differences == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn read(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut asked = Asked {
        kills: 200,
        seed: clock.as_secs(),
        rows: 50_000,
        kinds: Vec::new(),
        fleet: false,
        faults: 300,
        schedules: 50,
        only: None,
        patience: None,
        agent: false,
        writers: None,
    };
    let (mut writers, mut length, mut systems) = (false, Duration::from_mins(10), Vec::new());
    while let Some(flag) = words.next() {
        if flag == "--writers" {
            writers = true;
            continue;
        }
        if flag == "--fleet" {
            asked.fleet = true;
            continue;
        }
        if flag == "--agent" {
            asked.agent = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{flag} wants a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{flag} wants a number"));
        match flag.as_str() {
            "--kills" => asked.kills = number()? as usize,
            "--faults" => asked.faults = number()? as usize,
            "--schedules" => asked.schedules = number()? as usize,
            "--only" => asked.only = Some(value.parse()?),
            "--patience" => asked.patience = Some(Duration::from_secs(number()?)),
            "--seed" => asked.seed = number()?,
            "--rows" => asked.rows = number()?,
            "--workload" => asked.kinds.push(value.parse()?),
            "--minutes" => length = Duration::from_mins(number()?),
            "--seconds" => length = Duration::from_secs(number()?),
            "--from" => systems.push(match value.as_str() {
                "postgres" => System::Postgres,
                "mariadb" => System::MariaDb,
                _ => return Err(format!("writers write into postgres or mariadb, not {value}")),
            }),
            _ => return Err(format!("there is no {flag}")),
        }
    }
    if systems.is_empty() {
        systems = vec![System::Postgres, System::MariaDb];
    }
    asked.writers = writers.then_some((length, systems));
    if asked.kinds.is_empty() {
        asked.kinds = KINDS.to_vec();
    }
    Ok(asked)
}
