//! `syncapp agent`: the headless agent, until it is told to stop.

use syncapp_control::Signal;
use syncapp_model::{Code, Error};
use syncapp_telemetry::{Config, LogFormat, Otlp, Telemetry};

use super::run::on_signals_saying;
use crate::agent::settings::{COLLECTORS, Settings, Told};
use crate::agent::{name, serve};
use crate::args;
use crate::failure::{Exit, Failure};
use crate::log::log_filter;
use crate::output;

const STOPPING: &str = "stopping: streams may end for a while, and others are given back (once more to stop at once)";

pub(crate) async fn agent(args: args::Agent) -> Result<Exit, Failure> {
    let told = Told {
        config: args.config,
        roles: args.roles,
        pools: args.pools,
    };
    let settings = Settings::read(told, &|name| std::env::var(name).ok())?;
    let telemetry = Telemetry::start(&telemetry(&settings)?).map_err(|problem| {
        let error = Error::new(Code::InvalidValue, "the agent cannot tell about itself");
        error
            .help("look at `telemetry` in agent.toml and at the variables OTEL_…")
            .driver(problem)
    })?;
    let stop = Signal::new();
    let is_json = settings.telemetry.json;
    let signal = on_signals_saying(move || {
        // Where each line is to be an object, this one is, too.
        if is_json {
            tracing::warn!("{STOPPING}");
        } else {
            output::note(STOPPING);
        }
    });
    let heard = stop.clone();
    tokio::spawn(async move {
        signal.cancelled().await;
        heard.raise();
    });
    let served = serve(settings, &telemetry, stop).await;
    telemetry.stop().await;
    served?;
    Ok(Exit::Done)
}

/// What is told, and to whom.
fn telemetry(settings: &Settings) -> Result<Config, Error> {
    let told = &settings.telemetry;
    let is_set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let is_asked = told.endpoint.is_some() || COLLECTORS.iter().any(|name| is_set(name));
    let is_off = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(Config {
        log_format: if told.json { LogFormat::Json } else { LogFormat::Text },
        log_filter: log_filter()?,
        listen: told.listen,
        otlp: (is_asked && !is_off).then(|| Otlp {
            endpoint: told.endpoint.clone(),
            headers: told.headers.as_ref().map(|headers| headers.reveal().to_owned()),
        }),
        instance: name(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
