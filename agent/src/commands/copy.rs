//! `syncapp copy`: one stream from one address to another, without a file.

use indexmap::IndexMap;
use syncapp_connector::{Context, Endpoint};
use syncapp_connectors::connectors;
use syncapp_engine::RunOptions;
use syncapp_model::sync_file::{StreamConfig, Sync};
use syncapp_model::{Code, Error};

use super::run::{Job, exit_of, on_signals};
use crate::failure::{Exit, Failure};
use crate::project::ends;
use crate::{args, history};

/// The project and sync that ad hoc copies are remembered under.
const NAME: &str = "copy";

pub(crate) async fn copy(args: args::Copy) -> Result<Exit, Failure> {
    let (source, target) = (endpoint(&args.source)?, endpoint(&args.target)?);
    let ends = ends((source.as_ref(), target.as_ref()), ("source", "target"))?;
    let config = StreamConfig {
        into: args.into,
        ..StreamConfig::default()
    };
    let sync = Sync {
        source: "source".into(),
        destination: "target".into(),
        schedule: None,
        state_schema: None,
        defaults: None,
        streams: IndexMap::from([(args.stream, Some(config))]),
    };
    let options = RunOptions {
        limit: args.limit,
        ..RunOptions::default()
    };
    let job = Job {
        project: NAME,
        name: NAME,
        sync: &sync,
        ends,
        options: &options,
        json: args.json,
        file: None,
    };
    let summary = job.run(&history::open()?, &on_signals()).await?;
    Ok(exit_of(&summary))
}

/// What an address stands for: the first connector that knows it.
fn endpoint(address: &str) -> Result<Box<dyn Endpoint>, Failure> {
    for connector in connectors() {
        if let Some(keys) = connector.address(address) {
            return Ok(connector.endpoint(keys, &Context { base: ".".into() })?);
        }
    }
    // An address may hold a password: only what stands before it is said.
    let scheme = address.split_once("://").map_or("this path", |(scheme, _)| scheme);
    Err(
        Error::new(Code::InvalidValue, format!("no connector knows the address ({scheme})"))
            .help("give a URL such as postgres://user@host/database, a folder, or a .db file")
            .into(),
    )
}
