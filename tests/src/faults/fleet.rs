//! A fleet under faults: two agents answer, two keep the times, three work, over one PostgreSQL, one RabbitMQ and one
//! Redis.
//!
//! Processes are killed, and put to sleep for longer than their lease; the broker crashes, and loses its disk; the database
//! crashes, and so does the cache; hints come twice, and messages that are none. Then everything stands again, and the same holds as of one agent:
//! no run is lost, no tick missing or doubled, and the targets hold what the source does.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use super::Dice;
use super::shop::{Shop, endings};
use super::ticks::{KeptTick, Micros};
use super::watch;
use crate::agent::Agent;
use crate::fleet::{Fleet, Servers};

/// The roles of the processes; the first two answer.
const ROLES: [&str; 7] = ["api", "api", "scheduler", "scheduler", "worker", "worker", "worker"];
/// How many of them answer.
const ANSWERING: usize = 2;
/// How many of them work: the last ones.
const WORKERS: usize = 3;
/// How often a worker is looked for that carries something.
const LOOKS: usize = 50;
/// After how long a worker that is not heard of loses its streams.
const LEASE: Duration = Duration::from_secs(2);

/// What a fleet is disturbed by, and how often of twenty times.
const FAULTS: [(Fault, u64); 8] = [
    (Fault::BrokerCrash, 1),
    (Fault::BrokerWipe, 1),
    (Fault::DatabaseCrash, 1),
    (Fault::CacheCrash, 1),
    (Fault::Litter, 2),
    (Fault::Sleep, 4),
    (Fault::Kill, 10),
    (Fault::WorkerKill, 0),
];

/// One way to disturb a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The broker is killed and started again.
    BrokerCrash,
    /// The same, and its disk is gone.
    BrokerWipe,
    /// The database is stopped at once and started again.
    DatabaseCrash,
    /// The cache is emptied, killed and started again.
    CacheCrash,
    /// Hints come twice, and messages that are none.
    Litter,
    /// A process is stopped for longer than its lease, and goes on.
    Sleep,
    /// A process is killed and started again.
    Kill,
    /// A worker is. Only where it is asked for.
    WorkerKill,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::BrokerCrash => "broker-crash",
            Self::BrokerWipe => "broker-wipe",
            Self::DatabaseCrash => "database-crash",
            Self::CacheCrash => "cache-crash",
            Self::Litter => "litter",
            Self::Sleep => "sleep",
            Self::Kill => "kill",
            Self::WorkerKill => "worker-kill",
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = FAULTS.iter().find(|(fault, _)| fault.name() == text);
        found.map(|(fault, _)| *fault).ok_or_else(|| {
            let names: Vec<&str> = FAULTS.iter().map(|(fault, _)| fault.name()).collect();
            format!("faults are {}, not {text}", names.join(", "))
        })
    }
}

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct FleetFaults {
    /// Repeats the same choices; what a fault meets still depends on the machine.
    pub seed: u64,
    /// How many faults there are.
    pub faults: usize,
    /// How many schedules there are beside the two that move rows.
    pub schedules: usize,
    /// The only one there is; all of them otherwise.
    pub only: Option<Fault>,
    /// After how long a lost hint is written again, where it is not the usual time: nothing but a wiped broker loses any.
    pub patience: Option<Duration>,
}

/// What was found.
#[derive(Debug)]
pub struct FleetFound {
    tried: FleetFaults,
    /// The faults, by kind.
    pub faults: BTreeMap<Fault, usize>,
    /// Runs that ended, by how.
    pub ended: BTreeMap<String, usize>,
    /// Ticks that ran, and that were skipped.
    pub ticks: (usize, usize),
    /// How often a worker had claimed a stream that another one had lost.
    pub claimed_again: String,
    /// What must not be.
    pub differences: Vec<String>,
}

impl fmt::Display for FleetFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tried, ended, ticks, ..
        } = self;
        write!(
            f,
            "fleet seed {}, {} schedules, {} faults {:?}: runs ended {ended:?}; {} ticks ran, {} were skipped; {} claims after a \
             loss; {} differences",
            tried.seed,
            tried.schedules + 2,
            tried.faults,
            self.faults,
            ticks.0,
            ticks.1,
            self.claimed_again,
            self.differences.len()
        )?;
        self.differences
            .iter()
            .try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

impl FleetFaults {
    /// Disturbs a fleet of its own, then lets it come to rest and looks at everything.
    pub async fn run(self) -> FleetFound {
        let mut disturbed = Disturbed::start(self).await;
        let mut dice = Dice::new(self.seed);
        let mut faults = BTreeMap::new();
        for fault in 0..self.faults {
            disturbed.shop.go_on(&format!("fault-{fault}")).await;
            let kind = self.only.unwrap_or_else(|| any(&mut dice));
            disturbed.disturb(kind, &mut dice).await;
            *faults.entry(kind).or_default() += 1;
            let rest = Duration::from_secs_f64(dice.between(0.0, 1.0));
            let agents: Vec<&Agent> = disturbed.fleet.members[..ANSWERING].iter().collect();
            disturbed.shop.ask(&agents, rest).await;
        }
        disturbed.judge(self, faults).await
    }
}

/// Any fault, as often as [`FAULTS`] says.
fn any(dice: &mut Dice) -> Fault {
    let mut left = dice.below(FAULTS.iter().map(|(_, often)| often).sum());
    for (fault, often) in FAULTS {
        if left < often {
            return fault;
        }
        left -= often;
    }
    Fault::Kill
}

/// The fleet, and what it works for.
struct Disturbed {
    fleet: Fleet,
    shop: Shop,
}

impl Disturbed {
    async fn start(asked: FleetFaults) -> Self {
        let servers = Servers::start().await;
        let mut shop = Shop::open(&servers.postgres, asked.schedules).await;
        let patience = asked.patience.map_or_else(String::new, |patience| {
            format!("patience = \"{}s\"", patience.as_secs())
        });
        let settings = format!("{}\nlease = \"{}s\"\n{patience}", Shop::SETTINGS, LEASE.as_secs());
        let fleet = Fleet::start(servers, &ROLES, &settings, |syncapp| shop.furnish(syncapp)).await;
        shop.push(&fleet.members[0]).await;
        watch::begin(&fleet.metadata, watch::STORE).await;
        Self { fleet, shop }
    }

    async fn disturb(&mut self, fault: Fault, dice: &mut Dice) {
        let Servers {
            broker,
            postgres,
            cache,
        } = &mut self.fleet.servers;
        match fault {
            Fault::BrokerCrash => {
                broker.crash().await;
                broker.restart().await;
            }
            Fault::BrokerWipe => {
                broker.crash().await;
                broker.restart_wiped().await;
            }
            Fault::DatabaseCrash => {
                postgres.crash();
                postgres.restart().await;
            }
            Fault::CacheCrash => {
                cache.flush().await;
                cache.crash();
                cache.restart().await;
            }
            Fault::Litter => self.litter(dice).await,
            Fault::Sleep => {
                let member = self.busy(dice).await;
                member.signal("STOP");
                sleep(LEASE.mul_f64(dice.between(1.0, 2.0))).await;
                member.signal("CONT");
            }
            Fault::Kill => self.kill(0, dice),
            Fault::WorkerKill => self.kill(ROLES.len() - WORKERS, dice),
        }
    }

    /// Kills one of the processes from a number on.
    fn kill(&mut self, from: usize, dice: &mut Dice) {
        let number = from + dice.below((ROLES.len() - from) as u64) as usize;
        let member = &mut self.fleet.members[number];
        member.kill();
        member.begin();
    }

    /// A worker that carries a stream now; any process where there is none.
    async fn busy(&self, dice: &mut Dice) -> &Agent {
        let any = &self.fleet.members[dice.below(ROLES.len() as u64) as usize];
        let carrying = "select worker from landing.task where state = 'running' order by random() limit 1";
        for _ in 0..LOOKS {
            let worker = self.fleet.metadata.texts(carrying).await.pop().flatten();
            // A worker's name ends in the number of its process.
            let process = worker.and_then(|name| name.rsplit('-').next()?.parse().ok());
            if let Some(member) = self
                .fleet
                .members
                .iter()
                .find(|member| Some(member.process()) == process)
            {
                return member;
            }
        }
        any
    }

    /// Publishes hints of tasks that are known already, and what is none.
    async fn litter(&self, dice: &mut Dice) {
        let known = "select format('{\"v\":1,\"run\":\"%s\",\"task\":%s}', run, number) from landing.task order by random() limit 5";
        let mut bodies: Vec<String> = self.fleet.metadata.texts(known).await.into_iter().flatten().collect();
        bodies.extend(bodies.clone());
        bodies.push("{".repeat(dice.below(5000) as usize));
        bodies.push(format!("{{\"v\":1,\"run\":\"{}\",\"task\":0}}", Uuid::new_v4()));
        for body in bodies {
            self.fleet
                .host
                .publish(&self.fleet.servers.broker, "syncapp.hints", "default", &body)
                .await;
        }
    }

    async fn judge(self, tried: FleetFaults, faults: BTreeMap<Fault, usize>) -> FleetFound {
        // Those that were disturbed last may not listen yet, or not have found their database again.
        for member in &self.fleet.members[..ANSWERING] {
            member.until_answering("/projects/shop").await;
        }
        let mut differences = Vec::new();
        let runs = self.shop.judge(&self.fleet.members[0], &mut differences).await;
        let applied = self.applied().await;
        let kept = async |sync: &str| self.kept_ticks(sync).await;
        let ticks = self.shop.judge_ticks(&applied, kept, &runs, &mut differences).await;
        watch::judge(&self.fleet.metadata, watch::STORE, &mut differences).await;
        for (number, member) in self.fleet.members.iter().enumerate() {
            let said = member.syncapp().said();
            if said.contains("panicked") || said.contains("run.internal") {
                differences.push(format!("member {number} ({}) said: {said}", ROLES[number]));
            }
        }
        let again = "select coalesce(sum(epoch - 1), 0) from landing.task where epoch > 1";
        FleetFound {
            tried,
            faults,
            ended: endings(&runs),
            ticks,
            claimed_again: self.fleet.metadata.text(again).await,
            differences,
        }
    }

    /// When each version was applied.
    async fn applied(&self) -> Vec<Micros> {
        let sql = "select (extract(epoch from applied_at) * 1000000)::bigint from landing.version where project = 'shop' \
                   order by number";
        let rows = self.fleet.metadata.texts(sql).await.into_iter().flatten();
        rows.map(|at| at.parse().expect("a time is a number")).collect()
    }

    async fn kept_ticks(&self, sync: &str) -> Vec<KeptTick> {
        let sql = format!(
            "select concat_ws(' ', (extract(epoch from nominal_at) * 1000000)::bigint, \
               to_char(nominal_at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), run) \
             from landing.tick where project = 'shop' and sync = '{sync}' order by nominal_at"
        );
        let rows = self.fleet.metadata.texts(&sql).await.into_iter().flatten();
        let tick = |row: String| {
            let mut words = row.split(' ');
            Some(KeptTick {
                at: words.next()?.parse().ok()?,
                spelled: words.next()?.to_owned(),
                run: words.next().map(Uuid::parse_str).transpose().ok()?,
            })
        };
        rows.map(|row| tick(row).expect("a tick is a number, a time and perhaps a run"))
            .collect()
    }
}
