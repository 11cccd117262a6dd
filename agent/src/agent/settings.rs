//! What an operator says to an agent: `agent.toml`, the environment over it, the command line over that.

mod access;
mod effect;
mod notifications;
mod reader;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use syncapp_connector::NetworkRules;
use syncapp_control::{DEFAULT_POOL, Policy};
use syncapp_engine::RunOptions;
use syncapp_model::{Code, Error, Secret};
use syncapp_vault::KeyPlace;

use crate::failure::{Failure, Source};
use crate::history;
use crate::secrets::KEYS;
use reader::Reader;

pub(crate) use access::Access;
pub(crate) use effect::COLLECTORS;
pub(crate) use notifications::{Notification, Way};

/// How many requests one address may make in a minute, where nothing is said: more than any page or command asks.
const REQUESTS: u32 = 12_000;
/// The port of an agent that is told none.
const PORT: u16 = 7700;
/// What a stream may take, in bytes: twice the most that was measured with rows of usual size (docs/benchmarks.md).
const STREAM: u64 = 128 << 20;
/// How long a desktop's runs stay claimed after it was killed: it is the only one to claim them.
const DESK_LEASE: Duration = Duration::from_secs(10);
/// How long whoever closes a desktop waits at most for what runs to land.
const DESK_DRAIN: Duration = Duration::from_secs(3);
/// The shortest lease: a heartbeat has to reach the store a few times in it.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Role {
    /// Answers requests.
    Api,
    /// Keeps the times, and looks after what got stuck.
    Scheduler,
    /// Carries out runs.
    Worker,
}

impl Role {
    const ALL: [Self; 3] = [Self::Api, Self::Scheduler, Self::Worker];

    fn parse(word: &str) -> Option<Self> {
        <Self as clap::ValueEnum>::from_str(word, false).ok()
    }
}

/// All of it.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// What it does.
    pub(crate) roles: BTreeSet<Role>,
    /// The pools whose streams it carries.
    pub(crate) pools: Vec<String>,
    /// How many streams at once.
    pub(crate) slots: usize,
    /// How many of one pattern's streams at once, within a slot.
    pub(crate) abreast: usize,
    /// Where it answers.
    pub(crate) listen: SocketAddr,
    /// Its folder: the store where there is no database, the token where none is given.
    pub(crate) home: PathBuf,
    /// The metadata database; the folder's SQLite file where there is none.
    pub(crate) database: Option<Secret>,
    /// The broker that wakes the workers of a fleet; a queue in memory where there is none.
    pub(crate) queue: Option<Secret>,
    /// A PEM file of authorities that the broker is trusted by; the machine's where it is not given.
    pub(crate) queue_ca: Option<PathBuf>,
    /// What speeds a fleet up; memory of each process where there is none.
    pub(crate) cache: Option<Secret>,
    /// A PEM file of authorities that the cache is trusted by; the machine's where it is not given.
    pub(crate) cache_ca: Option<PathBuf>,
    /// What the keys of the cache begin with.
    pub(crate) cache_prefix: String,
    /// How many requests one address may make in a minute; any number where there is none.
    pub(crate) requests_per_minute: Option<u32>,
    /// What webhooks are signed with, by way of each sync's own key; none is taken where there is none.
    pub(crate) hooks: Option<Secret>,
    /// What callers have to show.
    pub(crate) token: Option<Secret>,
    /// Who may ask.
    pub(crate) access: Access,
    /// Where its master keys lie: the first one seals, each of them opens.
    pub(crate) master_key: Vec<KeyPlace>,
    /// A folder that has a file for each secret.
    pub(crate) secrets_dir: Option<PathBuf>,
    /// The secrets that it uses itself: names of the environment that no pushed file may have.
    pub(crate) own_secrets: BTreeSet<String>,
    /// The environment of pushed files that holds here.
    pub(crate) environment: Option<String>,
    /// Names of variables that pushed files may use.
    pub(crate) variables: BTreeSet<String>,
    /// Folders that pushed files may name files in; the first is where relative paths begin.
    pub(crate) files: Vec<PathBuf>,
    /// For how long runs are kept after their end.
    pub(crate) keep: Duration,
    /// Where connections of pushed files may go.
    pub(crate) network: NetworkRules,
    /// Who is told how runs end.
    pub(crate) notifications: Vec<Notification>,
    /// What it tells about itself, and to whom.
    pub(crate) telemetry: Telemetry,
    /// The control plane's numbers.
    pub(crate) policy: Policy,
}

/// What an agent tells about itself. Nothing but its log where nothing is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Telemetry {
    /// Whether its log is JSON.
    pub(crate) json: bool,
    /// Where monitoring asks.
    pub(crate) listen: Option<SocketAddr>,
    /// The collector that it is sent to.
    pub(crate) endpoint: Option<String>,
    /// What the collector has to be shown, as `name=value` with commas between.
    pub(crate) headers: Option<Secret>,
}

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) config: Option<PathBuf>,
    pub(crate) roles: Vec<Role>,
    pub(crate) pools: Vec<String>,
}

impl Settings {
    /// Reads them, or says all that is wrong. `variable` gives the environment's values.
    pub(crate) fn read(told: Told, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let (path, text) = match &told.config {
            Some(path) => (path.display().to_string(), file(path)?),
            None => (String::new(), String::new()),
        };
        let mut reader = Reader::new(&path, &text, variable);
        let settings = Self::from(told, &mut reader);
        let problems = reader.finish();
        match settings {
            Ok(settings) if problems.is_empty() => Ok(settings),
            settings => Err(Failure {
                problems: problems.into_iter().chain(settings.err()).collect(),
                source: Some(Source { path, text }),
                ..Failure::default()
            }),
        }
    }

    /// Those of a desktop over a folder: what is usual, no listener, and an end that nobody waits long for.
    pub(crate) fn of_desk(home: &Path, environment: Option<String>) -> Result<Self, Error> {
        let usual = Self::read(Told::default(), &|_| None);
        let usual = usual.map_err(|failure| {
            let first = failure.problems.into_iter().next();
            first.unwrap_or_else(|| Error::internal("what is usual is refused"))
        })?;
        Ok(Self {
            home: home.to_owned(),
            files: Vec::new(),
            environment,
            policy: policy(Times {
                lease: Some(DESK_LEASE),
                drain: Some(DESK_DRAIN),
                ..Times::default()
            }),
            ..usual
        })
    }

    /// Whether others than this machine's users can reach it, or what it keeps.
    pub(crate) fn is_reachable(&self) -> bool {
        self.database.is_some() || !self.listen.ip().is_loopback()
    }

    fn from(told: Told, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let roles = reader.list("roles", "give some of `api`, `scheduler`, `worker`", Role::parse);
        let pools = reader.list("pools", "give names of pools, such as `default`", named);
        let slots = reader.one("slots", "give a number from 1 to 1000", |text| {
            text.parse().ok().filter(|slots| (1..=1000).contains(slots))
        });
        let memory = reader.one("memory", "give a size of 128MiB or more, such as `2GiB`", |text| {
            let size: bytesize::ByteSize = text.parse().ok()?;
            (size.as_u64() >= STREAM).then_some(size.as_u64())
        });
        let listen = reader.one(
            "listen",
            "give an address and a port, such as `127.0.0.1:7700`",
            |text| text.parse().ok(),
        );
        let home = reader.one("home", "give a folder", path_of);
        let keep = reader.one("keep", "give a time of a minute or more, such as `90d`", |text| {
            time(text).filter(|keep| *keep >= Duration::from_mins(1))
        });
        let lease = reader.one("lease", "give a time of a second or more, such as `30s`", |text| {
            time(text).filter(|lease| *lease >= SHORTEST_LEASE)
        });
        let patience = reader.one("patience", "give a time of a second or more, such as `1m`", |text| {
            time(text).filter(|patience| *patience >= SHORTEST_LEASE)
        });
        let drain = reader.one("drain", "give a time, such as `25s`", time);
        let stalled = reader.one("stalled", "give a time of a minute or more, such as `30m`", |text| {
            time(text).filter(|stalled| *stalled >= Duration::from_mins(1))
        });
        let requests = reader.one("requests_per_minute", "give a number; 0 for any number", |text| {
            text.parse().ok()
        });
        let prefix = reader.one("cache_prefix", "give a name, such as `syncapp`", named);
        let access = access::read(reader);
        let home = home.map_or_else(history::home, Ok)?;
        let roles = [told.roles, roles.unwrap_or_default()]
            .into_iter()
            .find(|roles| !roles.is_empty());
        let pools = [told.pools, pools.unwrap_or_default()]
            .into_iter()
            .find(|pools| !pools.is_empty());
        let slots = slots.unwrap_or(4);
        let listen: SocketAddr = listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, PORT).into());
        let database = reader.one("database", "give `postgres://user:password@host/database`", secret);
        effect::check(reader);
        // An agent that serves nobody but this machine leads nobody anywhere.
        let is_own = listen.ip().is_loopback() && database.is_none();
        Ok(Self {
            network: network(reader, is_own),
            roles: roles.unwrap_or_else(|| Role::ALL.into()).into_iter().collect(),
            pools: pools.unwrap_or_else(|| vec![DEFAULT_POOL.into()]),
            slots: memory.map_or(slots, |memory| slots.min((memory / STREAM) as usize)),
            abreast: memory.map_or(RunOptions::default().parallel_streams, |_| 1),
            listen,
            database,
            queue: reader.one("queue", "give `amqps://user:password@host/virtual-host`", secret),
            queue_ca: reader.one("queue_ca", "give a PEM file", path_of),
            cache: reader.one("cache", "give `rediss://user:password@host/0`", secret),
            cache_ca: reader.one("cache_ca", "give a PEM file", path_of),
            cache_prefix: prefix.unwrap_or_else(|| "syncapp".into()),
            requests_per_minute: Some(requests.unwrap_or(REQUESTS)).filter(|requests| *requests > 0),
            hooks: reader.one("hooks", "give the secret's text", secret),
            token: reader.one("token", "give the token's text", secret),
            master_key: reader.list("master_key", KEYS, KeyPlace::parse).unwrap_or_default(),
            secrets_dir: reader.one("secrets_dir", "give a folder", path_of),
            environment: reader.one("environment", "give the name of an environment", named),
            variables: reader
                .list(
                    "variables",
                    "give names of variables, none of SyncApp's own (`SYNCAPP_…`)",
                    usable,
                )
                .unwrap_or_default()
                .into_iter()
                .collect(),
            files: reader
                .list("files", "give folders", path_of)
                .unwrap_or_else(|| vec![home.join("files")]),
            keep: keep.unwrap_or(Duration::from_hours(24 * 90)),
            notifications: notifications::read(reader),
            telemetry: telemetry(reader),
            // Behind all that may name one.
            own_secrets: reader.own(),
            policy: policy(Times {
                lease,
                patience,
                drain,
                stalled,
            }),
            home,
            // The last one: whatever else is wrong was told by then.
            access: access?,
        })
    }
}

fn network(reader: &mut Reader<'_>, private: bool) -> NetworkRules {
    let ranges = "give ranges of addresses, such as `10.0.0.0/8` or `fd00::/8`";
    let range = |text: &str| text.parse().ok();
    let allowed = reader.one("network.private", "give `allow` or `deny`", |text| match text {
        "allow" => Some(true),
        "deny" => Some(false),
        _ => None,
    });
    NetworkRules {
        deny: reader.list("network.deny", ranges, range).unwrap_or_default(),
        allow: reader.list("network.allow", ranges, range).unwrap_or_default(),
        private: allowed.unwrap_or(private),
    }
}

fn telemetry(reader: &mut Reader<'_>) -> Telemetry {
    let format = reader.one("log_format", "give `text` or `json`", |text| match text {
        "json" => Some(true),
        "text" => Some(false),
        _ => None,
    });
    let endpoint = |text: &str| {
        let is_url = text.starts_with("http://") || text.starts_with("https://");
        is_url.then(|| text.to_owned())
    };
    Telemetry {
        json: format.unwrap_or_default(),
        listen: reader.one(
            "telemetry.listen",
            "give an address and a port, such as `127.0.0.1:9464`",
            |text| text.parse().ok(),
        ),
        endpoint: reader.one(
            "telemetry.otlp.endpoint",
            "give the collector's address, such as `http://collector:4318`",
            endpoint,
        ),
        headers: reader.secret(
            "telemetry.otlp.headers",
            "give what the collector has to be shown, such as `authorization=Bearer …`, or `secret://NAME`",
            is_headers,
        ),
    }
}

fn is_headers(text: &str) -> bool {
    let mut headers = text.split(',').map(str::trim);
    headers.all(|header| header.is_empty() || header.contains('='))
}

fn file(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|problem| {
        Error::new(Code::UnreadableFile, "the agent's configuration cannot be read")
            .file(path.display())
            .help("check its name, and that you may read it")
            .driver(problem)
    })
}

/// The times that an operator gave.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    lease: Option<Duration>,
    patience: Option<Duration>,
    drain: Option<Duration>,
    stalled: Option<Duration>,
}

/// All that hangs on the lease keeps its share of it, where it is not given.
fn policy(given: Times) -> Policy {
    let usual = Policy::default();
    let lease = given.lease.unwrap_or(usual.lease);
    let stalled = given.stalled.unwrap_or(usual.stalled_until);
    let share = |part: Duration| part.min(lease.mul_f64(part.as_secs_f64() / usual.lease.as_secs_f64()));
    Policy {
        lease,
        margin: share(usual.margin),
        heartbeat: share(usual.heartbeat),
        grace: share(usual.grace),
        patience: given.patience.unwrap_or(share(usual.patience)),
        drain: given.drain.unwrap_or(usual.drain),
        stalled_after: usual.stalled_after.min(stalled),
        stalled_until: stalled,
        ..usual
    }
}

fn named(text: &str) -> Option<String> {
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

/// A variable that files may use: what this program itself is told is not for them.
fn usable(text: &str) -> Option<String> {
    named(text).filter(|name| !name.to_uppercase().starts_with("SYNCAPP_"))
}

fn path_of(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| text.into())
}

fn secret(text: &str) -> Option<Secret> {
    (!text.is_empty()).then(|| Secret::new(text))
}

fn time(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

#[cfg(test)]
mod tests;
