//! The command line: what can be asked for, and the help that teaches it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use agent::{Agent, Audit, AuditAction, Push};
pub(crate) use secrets::{Secrets, SecretsAction, SecretsAt};
use texts::{AGENT, AUDIT, COPY, EXAMPLES, PUSH, REPLAY, SECRETS, UNDO, VERIFY};

mod agent;
mod secrets;
mod texts;

/// Moves data between databases and files: exactly once, with no value changed silently.
#[derive(Debug, Parser)]
#[command(name = "syncapp", version, after_help = EXAMPLES, max_term_width = 100, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the syncs of a file once
    Run(Run),
    /// Copies one stream, without a file
    #[command(after_help = COPY)]
    Copy(Copy),
    /// Validates a file, and tests its connections and keys
    Check(Check),
    /// Lists streams with their columns, types and keys
    Discover(Discover),
    /// Shows source rows and mapped rows side by side; writes nothing
    Preview(Preview),
    /// Shows what a run would read and change; writes nothing
    Plan(Plan),
    /// Compares what targets hold with their sources; writes nothing without --repair
    #[command(after_help = VERIFY)]
    Verify(Verify),
    /// Prints the JSON Schema of sync files, for editors
    Schema,
    /// Shows, sets or resets how far streams have come
    State(State),
    /// Lists rows that could not land, and why
    Rejects(Rejects),
    /// Takes a run back: what it left becomes what was there before
    #[command(after_help = UNDO)]
    Undo(Undo),
    /// Lists past runs
    Runs(Runs),
    /// Sends a file to an agent, as a new version of its project
    #[command(after_help = PUSH)]
    Push(Push),
    /// Runs the headless agent
    #[command(after_help = AGENT)]
    Agent(Agent),
    /// Sets, lists and forgets secrets, and moves them to a new master key
    #[command(after_help = SECRETS)]
    Secrets(Secrets),
    /// Looks after an agent's audit log
    #[command(after_help = AUDIT)]
    Audit(Audit),
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    #[command(flatten)]
    Later(Later),
}

/// Commands that are named, and not built yet.
#[derive(Debug, Subcommand)]
pub(crate) enum Later {
    /// Signs in to a system (not built yet)
    #[command(hide = true)]
    Login(Anything),
    /// Examines this machine (not built yet)
    #[command(hide = true)]
    Doctor(Anything),
}

/// Words that nothing reads yet.
#[derive(Debug, Args)]
pub(crate) struct Anything {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<String>,
}

/// A sync file, and which of its values hold.
#[derive(Debug, Args)]
pub(crate) struct File {
    /// The sync file
    #[arg(value_name = "FILE")]
    pub(crate) path: PathBuf,
    /// Which of the file's environments holds
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only this sync
    #[arg(long, value_name = "NAME")]
    pub(crate) sync: Option<String>,
    /// Only this stream, by its name in the source; may be given again
    #[arg(long = "stream", value_name = "NAME")]
    pub(crate) streams: Vec<String>,
    /// Reads everything again and replaces the target
    #[arg(long, conflicts_with = "range")]
    pub(crate) full_refresh: bool,
    /// Fills in a part of the cursor's values, from A inclusively to below B, and leaves the state alone
    #[arg(long, value_name = "A..B", value_parser = range)]
    pub(crate) range: Option<syncapp_engine::CursorRange>,
    /// At most so many rows a stream; leaves the state alone
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<u64>,
    /// Prints one event a line as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads `A..B`, `A..` and `..B`.
fn range(text: &str) -> Result<syncapp_engine::CursorRange, String> {
    let (from, below) = text
        .split_once("..")
        .ok_or("write it as A..B, where A or B may be left out")?;
    let given = |part: &str| (!part.is_empty()).then(|| part.to_owned());
    match (given(from), given(below)) {
        (None, None) => Err("give A, B or both".into()),
        (from, below) => Ok(syncapp_engine::CursorRange { from, below }),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// Where it comes from: a URL or a path
    pub(crate) source: String,
    /// The stream: a table, or a file below the path
    pub(crate) stream: String,
    /// Where it lands: a URL or a path
    pub(crate) target: String,
    /// The target's name; the stream's own where it is not given
    pub(crate) into: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<u64>,
    /// Prints one event a line as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only this connection
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,
    /// Prints the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only this sync
    #[arg(long, value_name = "NAME")]
    pub(crate) sync: Option<String>,
    /// Only this stream, by its name in the source; may be given again
    #[arg(long = "stream", value_name = "NAME")]
    pub(crate) streams: Vec<String>,
    /// Compares both ends: the rows to insert, update and delete, with the cells that differ
    #[arg(long)]
    pub(crate) rows: bool,
    /// Prints one stream or row a line as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only this sync
    #[arg(long, value_name = "NAME")]
    pub(crate) sync: Option<String>,
    /// Only this stream, by its name in the source; may be given again
    #[arg(long = "stream", value_name = "NAME")]
    pub(crate) streams: Vec<String>,
    /// Writes the rows that differ and removes those that should not be there, then compares again
    #[arg(long)]
    pub(crate) repair: bool,
    /// Prints each difference and each stream as JSON, one a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Discover {
    #[command(flatten)]
    pub(crate) file: File,
    /// The connection to look into
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: String,
    /// A stream's name or a glob, such as 'public.*'
    #[arg(default_value = "**")]
    pub(crate) pattern: String,
    /// How many streams to pass by
    #[arg(long, default_value_t = 0)]
    pub(crate) offset: usize,
    /// How many streams to list at the most
    #[arg(long, default_value_t = NonZeroUsize::MIN.saturating_add(99))]
    pub(crate) limit: NonZeroUsize,
    /// Prints them as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) file: File,
    /// The sync
    #[arg(long, value_name = "NAME")]
    pub(crate) sync: String,
    /// The stream, by its name in the source
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: String,
    /// How many rows
    #[arg(long, value_name = "ROWS", default_value_t = 20)]
    pub(crate) limit: u64,
    /// Prints them as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct State {
    #[command(subcommand)]
    pub(crate) action: StateAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateAction {
    /// Lists the states that a sync's target keeps
    Show {
        #[command(flatten)]
        of: StateOf,
        /// Prints them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Puts where the next increment of a stream begins, inclusively
    Set {
        #[command(flatten)]
        of: StateOf,
        /// The stream, by its name in the source
        #[arg(long, value_name = "NAME")]
        stream: String,
        /// The cursor's value
        position: String,
    },
    /// Forgets how far a stream has come: its next run begins anew
    Reset {
        #[command(flatten)]
        of: StateOf,
        /// The stream, by its name in the source
        #[arg(long, value_name = "NAME")]
        stream: String,
    },
}

/// Whose state.
#[derive(Debug, Args)]
pub(crate) struct StateOf {
    #[command(flatten)]
    pub(crate) file: File,
    /// The sync; may be left out where the file has one
    #[arg(long, value_name = "NAME")]
    pub(crate) sync: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Rejects {
    #[command(subcommand)]
    pub(crate) action: RejectsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RejectsAction {
    /// Lists the rows that a sync's target keeps
    List {
        #[command(flatten)]
        of: StateOf,
        /// Only this stream, by its name in the source
        #[arg(long, value_name = "NAME")]
        stream: Option<String>,
        /// How many at the most
        #[arg(long, value_name = "ROWS", default_value_t = NonZeroUsize::MIN.saturating_add(99))]
        limit: NonZeroUsize,
        /// Prints them whole, one a line as JSON
        #[arg(long)]
        json: bool,
    },
    /// Shows one row whole
    Show {
        #[command(flatten)]
        of: StateOf,
        /// The row's id in the list
        id: String,
        /// Prints it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Sends rows again, mended or not
    #[command(after_help = REPLAY)]
    Replay(Replay),
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only this sync
    #[arg(long, value_name = "NAME")]
    pub(crate) sync: Option<String>,
    /// Only this stream, by its name in the source
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
    /// Only this row, by its id in the list; may be given again
    #[arg(long = "id", value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Another value for a column of the source; may be given again
    #[arg(long = "fix", value_name = "COLUMN = EXPRESSION")]
    pub(crate) fixes: Vec<syncapp_engine::Fix>,
    /// Prints one row or stream a line as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The run's id, as `syncapp runs` lists it
    pub(crate) run: String,
    /// The sync file; the one that the run was made with, where it is not given
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Which of the file's environments holds; the run's, where it is not given
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// Says what would happen, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Prints one stream a line as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// Only runs of this project
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Only runs of this sync
    #[arg(long, value_name = "NAME")]
    pub(crate) sync: Option<String>,
    /// How many at the most
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    /// Prints them as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
