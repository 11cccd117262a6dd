//! Many sessions write into a source while increments are taken from it: nothing may be missed, and nothing come twice.
//!
//! Writers commit out of order, hold transactions open, roll some back, write rows of equal cursor values and equal rows,
//! and set their cursors by clocks of different time zones. Now and then they pause, rows come that lie at the increments'
//! bounds, and the target must hold what the source does.

mod origin;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::RwLock;

use self::origin::{CURSORS, Origin, Session, ZONES, postgres_rows};
use super::{Dice, System};
use crate::server::mariadb::MariaDb;
use crate::server::postgres::{Database, Postgres};
use crate::syncapp::Syncapp;

const WRITERS: u64 = 8;
const RUN: [&str; 2] = ["run", "sync.yaml"];
/// After so long without a transaction an increment goes as far as the source's greatest cursor value.
const REST: Duration = Duration::from_secs(3);

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct Writers {
    /// Repeats the same choices; their order still depends on the machine.
    pub seed: u64,
    /// How long they write.
    pub length: Duration,
    /// Where the source lies; the target is PostgreSQL.
    pub from: System,
}

/// What was found.
#[derive(Debug)]
pub struct Written {
    writers: Writers,
    /// Transactions that were committed.
    pub transactions: u64,
    /// Runs of all increments.
    pub runs: u64,
    /// How often source and target were compared.
    pub pauses: u64,
    /// Rows in the source at the end.
    pub rows: usize,
    /// What must not be.
    pub differences: Vec<String>,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.writers.from {
            System::Postgres => "postgres",
            System::MariaDb => "mariadb",
            System::Sqlite => "sqlite",
        };
        write!(
            f,
            "writers-{from} seed {}, {} s: {} transactions, {} runs of {} increments, {} rows, compared {} times; \
             {} differences",
            self.writers.seed,
            self.writers.length.as_secs(),
            self.transactions,
            self.runs,
            CURSORS.len() * 2,
            self.rows,
            self.pauses,
            self.differences.len()
        )?;
        self.differences
            .iter()
            .try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

/// What the writers share.
struct Shared {
    origin: Origin,
    /// A transaction holds it to read; who holds it to write knows that none is open.
    pause: RwLock<()>,
    over: AtomicBool,
    transactions: AtomicU64,
    /// How long a transaction is held open at the most.
    longest: Duration,
}

impl Writers {
    /// Runs it with a source and a target on servers that are there.
    ///
    /// # Panics
    /// When a writer or a run fails.
    pub async fn run(self, server: &Postgres) -> Written {
        let origin = match self.from {
            System::MariaDb => Origin::MariaDb(MariaDb::shared().await.databases().await.into()),
            _ => Origin::Postgres(server.database().await.into()),
        };
        origin.make().await;
        let target = server.database().await;
        let syncapp = Syncapp::default();
        syncapp.file("sync.yaml", &sync_file(&origin, &target));
        let shared = Arc::new(Shared {
            origin,
            pause: RwLock::default(),
            over: AtomicBool::new(false),
            transactions: AtomicU64::new(0),
            longest: (self.length / 4).min(Duration::from_secs(20)),
        });
        let writing: Vec<_> = (0..WRITERS)
            .map(|me| tokio::spawn(write(shared.clone(), me, Dice::new(self.seed.wrapping_add(me)))))
            .collect();
        let mut found = Written {
            writers: self,
            transactions: 0,
            runs: 0,
            pauses: 0,
            rows: 0,
            differences: Vec::new(),
        };
        let begun = Instant::now();
        let between = (self.length / 4).min(Duration::from_secs(30));
        let mut next = between;
        while begun.elapsed() < self.length {
            syncapp.succeed(&RUN).await;
            found.runs += 1;
            if begun.elapsed() > next {
                let paused = shared.pause.write().await;
                tokio::time::sleep(REST).await;
                syncapp.succeed(&RUN).await;
                shared.origin.tie().await;
                syncapp.succeed(&RUN).await;
                found.runs += 2;
                found.compare(&shared.origin, &target).await;
                drop(paused);
                next = begun.elapsed() + between;
            }
        }
        shared.over.store(true, Ordering::Relaxed);
        for writer in writing {
            writer.await.expect("a writer ends well");
        }
        syncapp.succeed(&RUN).await;
        found.runs += 1;
        found.compare(&shared.origin, &target).await;
        found.transactions = shared.transactions.load(Ordering::Relaxed);
        found
    }
}

impl Written {
    async fn compare(&mut self, origin: &Origin, target: &Database) {
        self.pauses += 1;
        self.rows = 0;
        for table in tables() {
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            for row in origin.rows(&table).await {
                self.rows += 1;
                *counts.entry(row).or_default() += 1;
            }
            for row in target.texts(&postgres_rows(&format!("landing.{table}"))).await {
                *counts.entry(row.unwrap_or_default()).or_default() -= 1;
            }
            counts.retain(|_, count| *count != 0);
            for (what, sign) in [("missed", 1), ("too often", -1)] {
                let rows: Vec<_> = counts.iter().filter(|(_, count)| count.signum() == sign).collect();
                if let Some((row, _)) = rows.first() {
                    let text = format!(
                        "look {}: {table}: {} rows {what}, such as {row}",
                        self.pauses,
                        rows.len()
                    );
                    self.differences.push(text);
                }
            }
        }
    }
}

fn tables() -> impl Iterator<Item = String> {
    CURSORS
        .iter()
        .flat_map(|cursor| ["changed", "added"].map(|table| format!("{table}_{}", cursor[0])))
}

fn sync_file(origin: &Origin, target: &Database) -> String {
    let streams: Vec<String> = tables()
        .map(|table| {
            let how = if table.starts_with("changed") {
                "merge, primary_key: [id]"
            } else {
                "append"
            };
            format!(
                "      {}: {{ into: landing.{table}, mode: incremental, cursor: at, write: {how} }}\n",
                origin.name(&table)
            )
        })
        .collect();
    format!(
        "version: 1\nproject: writers\nconnections:\n  source: {}\n  target: {{ connector: postgres, url: \"{}\" }}\n\
         syncs:\n  all:\n    source: source\n    destination: target\n    streams:\n{}",
        origin.connection(),
        target.writer,
        streams.concat()
    )
}

/// One writer: transactions, until it is over.
async fn write(shared: Arc<Shared>, me: u64, mut dice: Dice) {
    let mut session = shared.origin.session().await;
    let mut ids = 0;
    while !shared.over.load(Ordering::Relaxed) {
        let open = shared.pause.read().await;
        transaction(&shared, &mut session, me, &mut ids, &mut dice).await;
        drop(open);
        tokio::time::sleep(Duration::from_millis(dice.below(60))).await;
    }
}

async fn transaction(shared: &Shared, session: &mut Session, me: u64, ids: &mut u64, dice: &mut Dice) {
    session.zone(ZONES[dice.below(ZONES.len() as u64) as usize]).await;
    session.run("begin").await;
    for _ in 0..=dice.below(3) {
        let cursor = &CURSORS[dice.below(CURSORS.len() as u64) as usize];
        let (name, now, n) = (cursor[0], shared.origin.now(cursor), dice.below(3));
        // Only this writer has these numbers: no two wait for each other.
        let id = |count: u64| me + WRITERS * count;
        let statement = match dice.below(3) {
            0 => {
                let old = id(dice.below(*ids + 1));
                format!("update changed_{name} set n = n + 1, at = {now} where id = {old}")
            }
            1 => {
                *ids += 2;
                let (one, other) = (id(*ids), id(*ids - 1));
                format!("insert into changed_{name} values ({one}, {n}, {now}), ({other}, {n}, {now})")
            }
            // Equal rows are rows all the same.
            _ => format!("insert into added_{name} values ({me}, {n}, {now}), ({me}, {n}, {now}), ({me}, 9, {now})"),
        };
        session.run(&statement).await;
        if dice.below(4) == 0 {
            tokio::time::sleep(Duration::from_millis(dice.below(200))).await;
        }
    }
    if dice.below(40) == 0 {
        tokio::time::sleep(shared.longest.mul_f64(dice.between(0.2, 1.0))).await;
    }
    if dice.below(12) == 0 {
        session.run("rollback").await;
    } else {
        session.run("commit").await;
        shared.transactions.fetch_add(1, Ordering::Relaxed);
    }
}
