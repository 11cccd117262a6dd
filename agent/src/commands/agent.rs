//! `syncapp agent`: the headless agent, until it is told to stop.

use std::io::IsTerminal as _;

use syncapp_control::Signal;
use tracing_subscriber::EnvFilter;

use super::run::on_signals;
use crate::agent::serve;
use crate::agent::settings::{Settings, Told};
use crate::args;
use crate::failure::{Exit, Failure};

pub(crate) async fn agent(args: args::Agent) -> Result<Exit, Failure> {
    let told = Told {
        config: args.config,
        roles: args.roles,
        pools: args.pools,
    };
    let settings = Settings::read(told, &|name| std::env::var(name).ok())?;
    log();
    let stop = Signal::new();
    let signal =
        on_signals("stopping: streams may end for a while, and others are given back (once more to stop at once)");
    let heard = stop.clone();
    tokio::spawn(async move {
        signal.cancelled().await;
        heard.raise();
    });
    serve(settings, stop).await?;
    Ok(Exit::Done)
}

/// Writes what happens to standard error: warnings, the heads of the audit log, and more where `SYNCAPP_LOG` says so (`info`, `syncapp_control=debug`).
fn log() {
    let filter = EnvFilter::try_from_env("SYNCAPP_LOG").unwrap_or_else(|_| EnvFilter::new("warn,syncapp::audit=info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    lines.init();
}
