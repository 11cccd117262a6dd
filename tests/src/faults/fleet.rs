//! A fleet under faults: two agents answer, two keep the times, three work, over one PostgreSQL and one RabbitMQ.
//!
//! Processes are killed, and put to sleep for longer than their lease; the broker crashes, and loses its disk; the database
//! crashes; hints come twice, and messages that are none. Then everything stands again, and the same holds as of one agent:
//! no run is lost, no tick missing or doubled, and the targets hold what the source does.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use super::Dice;
use super::shop::{KeptTick, Shop, check_ticks, endings};
use crate::agent::Agent;
use crate::server::postgres::{Database, Options, Postgres};
use crate::server::rabbitmq::{RabbitMq, VirtualHost};
use crate::syncapp::Syncapp;

/// The roles of the processes; the first two answer.
const ROLES: [&str; 7] = ["api", "api", "scheduler", "scheduler", "worker", "worker", "worker"];
/// How many of them answer.
const ANSWERING: usize = 2;
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
        let mut fleet = Fleet::start(self.schedules).await;
        let mut dice = Dice::new(self.seed);
        let mut faults = BTreeMap::new();
        for fault in 0..self.faults {
            fleet.shop.go_on(&format!("fault-{fault}")).await;
            *faults.entry(fleet.disturb(&mut dice).await).or_default() += 1;
            let rest = Duration::from_secs_f64(dice.between(0.0, 1.0));
            let agents: Vec<&Agent> = fleet.members[..ANSWERING].iter().collect();
            fleet.shop.ask(&agents, rest).await;
        }
        fleet.judge(self, faults).await
    }
}

struct Fleet {
    postgres: Postgres,
    broker: RabbitMq,
    host: VirtualHost,
    metadata: Database,
    shop: Shop,
    members: Vec<Agent>,
}

impl Fleet {
    async fn start(schedules: usize) -> Self {
        let (postgres, broker) = tokio::join!(Options::default().start(), RabbitMq::start());
        let host = broker.virtual_host().await;
        let metadata = postgres.database().await;
        let shop = Shop::open(&postgres, schedules).await;
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let mut members = Vec::new();
        for role in ROLES {
            let mut syncapp = Syncapp::default();
            shop.furnish(&mut syncapp);
            for (name, value) in [
                ("SYNCAPP_TOKEN", &token),
                ("SYNCAPP_DATABASE", &metadata.writer.url()),
                ("SYNCAPP_QUEUE", &host.url()),
            ] {
                syncapp.set(name, value);
            }
            let settings = format!(
                "{}\nroles = [\"{role}\"]\nlease = \"{}s\"",
                Shop::SETTINGS,
                LEASE.as_secs()
            );
            members.push(Agent::new(syncapp, &settings));
        }
        let mut fleet = Self {
            postgres,
            broker,
            host,
            metadata,
            shop,
            members,
        };
        for agent in &mut fleet.members[..ANSWERING] {
            agent.start_again().await;
        }
        fleet.members[ANSWERING..].iter_mut().for_each(Agent::begin);
        fleet.members[0].push("shop", &fleet.shop.file(), None).await.done();
        fleet
    }

    /// One fault; its kind.
    async fn disturb(&mut self, dice: &mut Dice) -> &'static str {
        match dice.below(20) {
            0 => {
                self.broker.crash().await;
                self.broker.restart().await;
                "broker crashed"
            }
            1 => {
                self.broker.crash().await;
                self.broker.restart_wiped().await;
                "broker wiped"
            }
            2 => {
                self.postgres.crash();
                self.postgres.restart().await;
                "database crashed"
            }
            3..=5 => {
                self.litter(dice).await;
                "messages doubled and poisoned"
            }
            6..=9 => {
                let member = &self.members[dice.below(ROLES.len() as u64) as usize];
                member.signal("STOP");
                sleep(LEASE.mul_f64(dice.between(1.0, 2.0))).await;
                member.signal("CONT");
                "put to sleep"
            }
            _ => {
                let member = &mut self.members[dice.below(ROLES.len() as u64) as usize];
                member.kill();
                member.begin();
                "killed"
            }
        }
    }

    /// Publishes hints of tasks that are known already, and what is none.
    async fn litter(&self, dice: &mut Dice) {
        let known = "select format('{\"v\":1,\"run\":\"%s\",\"task\":%s}', run, number) from landing.task order by random() limit 5";
        let mut bodies: Vec<String> = self.metadata.texts(known).await.into_iter().flatten().collect();
        bodies.extend(bodies.clone());
        bodies.push("{".repeat(dice.below(5000) as usize));
        bodies.push(format!("{{\"v\":1,\"run\":\"{}\",\"task\":0}}", Uuid::new_v4()));
        for body in bodies {
            self.host.publish(&self.broker, "syncapp.hints", "default", &body).await;
        }
    }

    async fn judge(self, tried: FleetFaults, faults: BTreeMap<&'static str, usize>) -> FleetFound {
        let mut differences = Vec::new();
        let runs = self.shop.judge(&self.members[0], &mut differences).await;
        let mut ticks = (0, 0);
        for (sync, every) in self.shop.schedules() {
            let kept = self.kept_ticks(&sync).await;
            let (ran, skipped) = check_ticks(&sync, every, &kept, &runs, &mut differences);
            ticks = (ticks.0 + ran, ticks.1 + skipped);
        }
        for (number, member) in self.members.iter().enumerate() {
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
            claimed_again: self.metadata.text(again).await,
            differences,
        }
    }

    async fn kept_ticks(&self, sync: &str) -> Vec<KeptTick> {
        let sql = format!(
            "select (extract(epoch from nominal_at) * 1000000)::bigint || ' ' || (run is not null) from landing.tick \
             where project = 'shop' and sync = '{sync}' order by nominal_at"
        );
        let rows = self.metadata.texts(&sql).await.into_iter().flatten();
        let tick = |row: String| {
            let (micros, ran) = row.split_once(' ')?;
            Some((micros.parse().ok()?, ran == "true"))
        };
        rows.map(|row| tick(row).expect("a tick is a number and a truth value"))
            .collect()
    }
}
