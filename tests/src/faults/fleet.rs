//! A fleet under faults: two agents answer, two keep the times, three work, over one PostgreSQL, one RabbitMQ and one
//! Redis.
//!
//! Processes are killed, and put to sleep for longer than their lease; the broker crashes, and loses its disk; the database
//! crashes, and so does the cache; hints come twice, and messages that are none. Then everything stands again, and the same holds as of one agent:
//! no run is lost, no tick missing or doubled, and the targets hold what the source does.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use super::Dice;
use super::shop::{KeptTick, Shop, check_ticks, endings};
use crate::agent::Agent;
use crate::fleet::{Fleet, Servers};

/// The roles of the processes; the first two answer.
const ROLES: [&str; 7] = ["api", "api", "scheduler", "scheduler", "worker", "worker", "worker"];
/// How many of them answer.
const ANSWERING: usize = 2;
/// How often a worker is looked for that carries something.
const LOOKS: usize = 50;
/// After how long a worker that is not heard of loses its streams.
const LEASE: Duration = Duration::from_secs(2);

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct FleetFaults {
    /// Repeats the same choices; what a fault meets still depends on the machine.
    pub seed: u64,
    /// How many faults there are.
    pub faults: usize,
    /// How many schedules there are beside the two that move rows.
    pub schedules: usize,
}

/// What was found.
#[derive(Debug)]
pub struct FleetFound {
    tried: FleetFaults,
    /// The faults, by kind.
    pub faults: BTreeMap<&'static str, usize>,
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
        let mut disturbed = Disturbed::start(self.schedules).await;
        let mut dice = Dice::new(self.seed);
        let mut faults = BTreeMap::new();
        for fault in 0..self.faults {
            disturbed.shop.go_on(&format!("fault-{fault}")).await;
            *faults.entry(disturbed.disturb(&mut dice).await).or_default() += 1;
            let rest = Duration::from_secs_f64(dice.between(0.0, 1.0));
            let agents: Vec<&Agent> = disturbed.fleet.members[..ANSWERING].iter().collect();
            disturbed.shop.ask(&agents, rest).await;
        }
        disturbed.judge(self, faults).await
    }
}

/// The fleet, and what it works for.
struct Disturbed {
    fleet: Fleet,
    shop: Shop,
}

impl Disturbed {
    async fn start(schedules: usize) -> Self {
        let servers = Servers::start().await;
        let shop = Shop::open(&servers.postgres, schedules).await;
        let settings = format!("{}\nlease = \"{}s\"", Shop::SETTINGS, LEASE.as_secs());
        let fleet = Fleet::start(servers, &ROLES, &settings, |syncapp| shop.furnish(syncapp)).await;
        fleet.members[0].push("shop", &shop.file(), None).await.done();
        Self { fleet, shop }
    }

    /// One fault; its kind.
    async fn disturb(&mut self, dice: &mut Dice) -> &'static str {
        match dice.below(20) {
            0 => {
                self.fleet.servers.broker.crash().await;
                self.fleet.servers.broker.restart().await;
                "broker crashed"
            }
            1 => {
                self.fleet.servers.broker.crash().await;
                self.fleet.servers.broker.restart_wiped().await;
                "broker wiped"
            }
            2 => {
                self.fleet.servers.postgres.crash();
                self.fleet.servers.postgres.restart().await;
                "database crashed"
            }
            3 => {
                self.fleet.servers.cache.flush().await;
                self.fleet.servers.cache.crash();
                self.fleet.servers.cache.restart().await;
                "cache flushed and crashed"
            }
            4..=5 => {
                self.litter(dice).await;
                "messages doubled and poisoned"
            }
            6..=9 => {
                let member = self.busy(dice).await;
                member.signal("STOP");
                sleep(LEASE.mul_f64(dice.between(1.0, 2.0))).await;
                member.signal("CONT");
                "put to sleep"
            }
            _ => {
                let member = &mut self.fleet.members[dice.below(ROLES.len() as u64) as usize];
                member.kill();
                member.begin();
                "killed"
            }
        }
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

    async fn judge(self, tried: FleetFaults, faults: BTreeMap<&'static str, usize>) -> FleetFound {
        let mut differences = Vec::new();
        let runs = self.shop.judge(&self.fleet.members[0], &mut differences).await;
        let mut ticks = (0, 0);
        for (sync, every) in self.shop.schedules() {
            let kept = self.kept_ticks(&sync).await;
            let (ran, skipped) = check_ticks(&sync, every, &kept, &runs, &mut differences);
            ticks = (ticks.0 + ran, ticks.1 + skipped);
        }
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

    async fn kept_ticks(&self, sync: &str) -> Vec<KeptTick> {
        let sql = format!(
            "select (extract(epoch from nominal_at) * 1000000)::bigint || ' ' || (run is not null) from landing.tick \
             where project = 'shop' and sync = '{sync}' order by nominal_at"
        );
        let rows = self.fleet.metadata.texts(&sql).await.into_iter().flatten();
        let tick = |row: String| {
            let (micros, ran) = row.split_once(' ')?;
            Some((micros.parse().ok()?, ran == "true"))
        };
        rows.map(|row| tick(row).expect("a tick is a number and a truth value"))
            .collect()
    }
}
