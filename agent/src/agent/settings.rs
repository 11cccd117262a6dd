//! What an operator says to an agent: `agent.toml`, the environment over it, the command line over that.

mod reader;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use syncapp_api::{AddressRange, Network};
use syncapp_control::access::{GroupRole, SessionPolicy};
use syncapp_control::{DEFAULT_POOL, Policy};
use syncapp_model::{Code, Error, Secret};
use url::Url;

use super::oidc::{OidcSettings, is_safe};
use crate::failure::{Failure, Source};
use crate::history;
use reader::Reader;

/// How many requests one address may make in a minute, where nothing is said: more than any page or command asks.
const REQUESTS: u32 = 12_000;
/// The port of an agent that is told none.
const PORT: u16 = 7700;
/// What a stream may take, in bytes: twice the most that was measured with rows of usual size (docs/benchmarks.md).
const STREAM: u64 = 128 << 20;
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
    /// What callers have to show.
    pub(crate) token: Option<Secret>,
    /// Where requests may come from.
    pub(crate) network: Network,
    /// How long browsers stay signed in.
    pub(crate) sessions: SessionPolicy,
    /// Where people sign in for many programs at once, and what its groups may here.
    pub(crate) oidc: Option<(OidcSettings, Vec<GroupRole>)>,
    /// The file with the key that seals the audit log; one is made where it is not given.
    pub(crate) audit_key_file: Option<PathBuf>,
    /// The environment of pushed files that holds here.
    pub(crate) environment: Option<String>,
    /// Names of variables that pushed files may use.
    pub(crate) variables: BTreeSet<String>,
    /// Folders that pushed files may name files in; the first is where relative paths begin.
    pub(crate) files: Vec<PathBuf>,
    /// For how long runs are kept after their end.
    pub(crate) keep: Duration,
    /// The control plane's numbers.
    pub(crate) policy: Policy,
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
        let drain = reader.one("drain", "give a time, such as `25s`", time);
        let requests = reader.one("requests_per_minute", "give a number; 0 for any number", |text| {
            text.parse().ok()
        });
        let prefix = reader.one("cache_prefix", "give a name, such as `syncapp`", named);
        let ranges = "give addresses such as `192.0.2.7`, or ranges such as `10.0.0.0/8`";
        let allow = reader.list("allow", ranges, range);
        let proxies = reader.list("trusted_proxies", ranges, range);
        let idle = reader.one("session_idle", "give a time from 1s to 30d, such as `30m`", session);
        let life = reader.one("session_life", "give a time from 1s to 30d, such as `12h`", session);
        let oidc = oidc(reader);
        let home = home.map_or_else(history::home, Ok)?;
        let roles = [told.roles, roles.unwrap_or_default()]
            .into_iter()
            .find(|roles| !roles.is_empty());
        let pools = [told.pools, pools.unwrap_or_default()]
            .into_iter()
            .find(|pools| !pools.is_empty());
        let slots = slots.unwrap_or(4);
        Ok(Self {
            roles: roles.unwrap_or_else(|| Role::ALL.into()).into_iter().collect(),
            pools: pools.unwrap_or_else(|| vec![DEFAULT_POOL.into()]),
            slots: memory.map_or(slots, |memory| slots.min((memory / STREAM) as usize)),
            listen: listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, PORT).into()),
            database: reader.one("database", "give `postgres://user:password@host/database`", secret),
            queue: reader.one("queue", "give `amqps://user:password@host/virtual-host`", secret),
            queue_ca: reader.one("queue_ca", "give a PEM file", path_of),
            cache: reader.one("cache", "give `rediss://user:password@host/0`", secret),
            cache_ca: reader.one("cache_ca", "give a PEM file", path_of),
            cache_prefix: prefix.unwrap_or_else(|| "syncapp".into()),
            requests_per_minute: Some(requests.unwrap_or(REQUESTS)).filter(|requests| *requests > 0),
            token: reader.one("token", "give the token's text", secret),
            audit_key_file: reader.one("audit_key_file", "give a file", path_of),
            network: Network {
                allow: allow.unwrap_or_default(),
                proxies: proxies.unwrap_or_default(),
            },
            sessions: SessionPolicy {
                idle: idle.unwrap_or(Duration::from_mins(30)),
                life: life.unwrap_or(Duration::from_hours(12)),
            },
            environment: reader.one("environment", "give the name of an environment", named),
            variables: reader
                .list("variables", "give names of variables", named)
                .unwrap_or_default()
                .into_iter()
                .collect(),
            files: reader
                .list("files", "give folders", path_of)
                .unwrap_or_else(|| vec![home.join("files")]),
            keep: keep.unwrap_or(Duration::from_hours(24 * 90)),
            policy: policy(lease, drain),
            home,
            // The last one: whatever else is wrong was told by then.
            oidc: oidc?,
        })
    }
}

fn file(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|problem| {
        Error::new(Code::UnreadableFile, "the agent's configuration cannot be read")
            .file(path.display())
            .help("check its name, and that you may read it")
            .driver(problem)
    })
}

/// All that hangs on the lease keeps its share of it.
fn policy(lease: Option<Duration>, drain: Option<Duration>) -> Policy {
    let usual = Policy::default();
    let lease = lease.unwrap_or(usual.lease);
    let share = |part: Duration| part.min(lease.mul_f64(part.as_secs_f64() / usual.lease.as_secs_f64()));
    Policy {
        lease,
        margin: share(usual.margin),
        heartbeat: share(usual.heartbeat),
        grace: share(usual.grace),
        patience: share(usual.patience),
        drain: drain.unwrap_or(usual.drain),
        ..usual
    }
}

fn named(text: &str) -> Option<String> {
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

fn path_of(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| text.into())
}

fn secret(text: &str) -> Option<Secret> {
    (!text.is_empty()).then(|| Secret::new(text))
}

/// What is said of the provider: all that is needed, or nothing.
fn oidc(reader: &mut Reader<'_>) -> Result<Option<(OidcSettings, Vec<GroupRole>)>, Error> {
    let safe = |text: &str| Url::parse(text).ok().filter(is_safe);
    let issuer = reader.one("oidc_issuer", "give an https:// address", safe);
    let client = reader.one("oidc_client", "give what the provider calls this agent", |text| {
        (!text.is_empty()).then(|| text.to_owned())
    });
    let given = reader.one("oidc_secret", "give what the provider knows this agent by", secret);
    let groups = reader.one("oidc_groups", "give the name of a claim", named);
    let help = "give `GROUP=ROLE` or `GROUP=ROLE:PROJECT`; the group `*` is everybody";
    let roles = reader.list("oidc_roles", help, GroupRole::parse);
    let url = reader.one(
        "public_url",
        "give the https:// address that browsers know the agent by",
        safe,
    );
    match (issuer, client, given, roles, url) {
        (Some(issuer), Some(client), Some(secret), Some(roles), Some(url)) => Ok(Some((
            OidcSettings {
                issuer,
                client,
                secret,
                redirect: format!("{}/api/v1/sign-on/callback", url.as_str().trim_end_matches('/')),
                groups: groups.unwrap_or_else(|| "groups".into()),
            },
            roles,
        ))),
        (None, None, None, None, _) if groups.is_none() => Ok(None),
        _ => Err(Error::new(Code::MissingKey, "a part of what is needed for a provider is missing").help(
            "give `oidc_issuer`, `oidc_client`, `oidc_secret`, `oidc_roles` and `public_url`, or none of the first four",
        )),
    }
}

fn range(text: &str) -> Option<AddressRange> {
    AddressRange::parse(text).ok()
}

fn session(text: &str) -> Option<Duration> {
    let range = Duration::from_secs(1)..=Duration::from_hours(24 * 30);
    time(text).filter(|time| range.contains(time))
}

fn time(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(toml: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        std::fs::write(&path, toml).unwrap();
        let variables: BTreeMap<_, _> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let told = Told {
            config: Some(path.clone()),
            ..Told::default()
        };
        Settings::read(told, &|name| variables.get(name).cloned()).map_err(|failure| {
            let text = failure.source.map(|source| source.text);
            let shown = failure
                .problems
                .iter()
                .map(|problem| syncapp_model::render(problem, text.as_deref()));
            shown
                .collect::<String>()
                .replace(&path.display().to_string(), "agent.toml")
        })
    }

    #[test]
    fn the_environment_is_laid_over_the_file() {
        let toml = "roles = [\"api\"]\nslots = 3\nhome = \"/srv\"\nkeep = \"7d\"\nlease = \"3s\"\n";
        let settings = read(toml, &[("SYNCAPP_SLOTS", "5"), ("SYNCAPP_POOLS", "heavy, default")]).unwrap();
        assert_eq!(settings.roles, [Role::Api].into());
        assert_eq!(settings.slots, 5);
        assert_eq!(settings.pools, ["heavy", "default"]);
        assert_eq!(settings.home, Path::new("/srv"));
        assert_eq!(settings.files, [Path::new("/srv/files")]);
        assert_eq!(settings.keep, Duration::from_hours(24 * 7));
        let Policy {
            lease,
            margin,
            heartbeat,
            patience,
            drain,
            ..
        } = settings.policy;
        assert_eq!([lease, margin, heartbeat], [3000, 500, 200].map(Duration::from_millis));
        assert_eq!([patience, drain], [6, 25].map(Duration::from_secs));
    }

    #[test]
    fn memory_bounds_the_slots() {
        let slots = |memory: &str| {
            read(&format!("home = \"/srv\"\nslots = 8\nmemory = \"{memory}\""), &[]).map(|settings| settings.slots)
        };
        assert_eq!(slots("512MiB"), Ok(4));
        assert_eq!(slots("64GiB"), Ok(8));
        assert!(slots("100MB").is_err());
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_stands() {
        let toml = "home = \"/srv\"\nslot = 3\nroles = [\"api\", \"worked\"]\nkeep = 5\nlisten = [\"x\"]\n";
        let shown = read(toml, &[("SYNCAPP_LEASE", "0s")]).unwrap_err();
        insta::assert_snapshot!(shown);
        insta::assert_snapshot!(read("home = \n", &[]).unwrap_err());
    }
}
