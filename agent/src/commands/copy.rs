//! `syncapp copy`: one stream from one address to another, without a file.
//!
//! Standard input and output go by way of a temporary folder: they are read to their end before anything lands, and
//! written only when everything has.

use std::fs::File;
use std::io;
use std::path::Path;

use indexmap::IndexMap;
use syncapp_connector::{Context, Endpoint};
use syncapp_connectors::connectors;
use syncapp_engine::{Outcome, RunOptions};
use syncapp_model::sync_file::{StreamConfig, Sync};
use syncapp_model::{Code, Error, Side};
use tempfile::TempDir;

use super::run::{Job, STOPPING, exit_of, on_signals};
use crate::failure::{Exit, Failure};
use crate::project::ends;
use crate::{args, history};

/// The project and sync that ad hoc copies are remembered under.
const NAME: &str = "copy";
/// The address of standard input and output.
const STANDARD: &str = "-";
/// The name of what goes to standard output, where none is given.
const OUTPUT: &str = "output.csv";

pub(crate) async fn copy(args: args::Copy) -> Result<Exit, Failure> {
    if args.json && args.target == STANDARD {
        return Err(
            Error::new(Code::Conflict, "standard output takes the data or the events, not both")
                .help("leave `--json` out, or write to a file")
                .into(),
        );
    }
    let input = (args.source == STANDARD)
        .then(|| read_input(&args.stream))
        .transpose()?;
    let output = (args.target == STANDARD).then(folder).transpose()?;
    let (source, target) = (
        endpoint(&args.source, input.as_ref())?,
        endpoint(&args.target, output.as_ref())?,
    );
    let into = args.into.or_else(|| output.as_ref().map(|_| OUTPUT.to_owned()));
    let ends = ends((source.as_ref(), target.as_ref()), ("source", "target"))?;
    let config = StreamConfig {
        into: into.clone(),
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
        quiet: output.is_some(),
        file: None,
    };
    let summary = job.run(&history::open()?, &on_signals(STOPPING)).await?;
    if let Some(folder) = output.filter(|_| summary.outcome == Outcome::Landed) {
        write_output(&folder.path().join(into.as_deref().unwrap_or(OUTPUT)))?;
    }
    Ok(exit_of(&summary))
}

/// What an address stands for: the first connector that knows it.
fn endpoint(address: &str, standard: Option<&TempDir>) -> Result<Box<dyn Endpoint>, Failure> {
    let folder = standard.map(|folder| format!("{}/", folder.path().display()));
    let address = folder.as_deref().unwrap_or(address);
    for connector in connectors() {
        if let Some(keys) = connector.address(address) {
            return Ok(connector.endpoint(keys, &Context::at("."))?);
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

fn folder() -> Result<TempDir, Failure> {
    tempfile::tempdir().map_err(|problem| {
        Error::new(Code::Failed(Side::Source), "no temporary folder can be made")
            .help("make room in the folder for temporary files, or set TMPDIR")
            .driver(problem)
            .into()
    })
}

/// Standard input as a file of the stream's name, whose ending says its format.
fn read_input(stream: &str) -> Result<TempDir, Failure> {
    let folder = folder()?;
    let failed = |problem: io::Error| {
        Error::new(
            Code::Failed(Side::Source),
            "standard input cannot be kept in a temporary file",
        )
        .help("make room in the folder for temporary files, or set TMPDIR")
        .driver(problem)
    };
    if stream.contains(['/', '\\']) {
        return Err(Error::new(
            Code::InvalidValue,
            "standard input is named by a file's name, such as `orders.csv`",
        )
        .into());
    }
    let mut file = File::create(folder.path().join(stream)).map_err(failed)?;
    io::copy(&mut io::stdin().lock(), &mut file).map_err(failed)?;
    Ok(folder)
}

fn write_output(path: &Path) -> Result<(), Failure> {
    let failed = |problem: io::Error| {
        Error::new(Code::Failed(Side::Destination), "standard output cannot be written").driver(problem)
    };
    let mut file = File::open(path).map_err(failed)?;
    io::copy(&mut file, &mut io::stdout().lock()).map_err(failed)?;
    Ok(())
}
