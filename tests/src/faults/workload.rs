//! What is synced while it is killed: the source's table, how it changes, and the sync file.

use std::fmt;
use std::str::FromStr;

use super::dice::Dice;
use super::target::Target;
use crate::server::postgres::Database;

/// One kind of sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Everything again, in the place of the old table.
    Refresh,
    /// What changed, by key.
    Merge,
    /// What is new, as it arrives.
    Append,
    /// Every version, by key.
    History,
}

/// Where it lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Another database of the server.
    Postgres,
    /// A file.
    Sqlite,
    /// A database of MariaDB.
    MariaDb,
}

/// What a campaign kills, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The sync.
    pub workload: Workload,
    /// The target.
    pub into: System,
}

/// All of them.
pub const KINDS: [Kind; 9] = [
    Kind::new(Workload::Refresh, System::Postgres),
    Kind::new(Workload::Merge, System::Postgres),
    Kind::new(Workload::Append, System::Postgres),
    Kind::new(Workload::History, System::Postgres),
    Kind::new(Workload::Merge, System::Sqlite),
    Kind::new(Workload::Refresh, System::MariaDb),
    Kind::new(Workload::Merge, System::MariaDb),
    Kind::new(Workload::Append, System::MariaDb),
    Kind::new(Workload::History, System::MariaDb),
];

impl Kind {
    /// A sync into a system.
    pub const fn new(workload: Workload, into: System) -> Self {
        Self { workload, into }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Refresh => "refresh",
            Self::Merge => "merge",
            Self::Append => "append",
            Self::History => "history",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let into = match self.into {
            System::Postgres => "",
            System::Sqlite => "-sqlite",
            System::MariaDb => "-mariadb",
        };
        f.pad(&format!("{}{into}", self.workload))
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = KINDS.into_iter().find(|kind| kind.to_string() == name);
        found.ok_or_else(|| {
            let known: Vec<String> = KINDS.iter().map(Kind::to_string).collect();
            format!("there is no workload {name}: {}", known.join(", "))
        })
    }
}

/// The columns of the table `orders`, with their types.
const COLUMNS: &str = "customer_id int not null, big bigint not null, status text not null, \
    amount numeric(15,2) not null, rate numeric(20,10), qty smallint, order_date date not null, \
    created_at timestamptz not null, updated_at timestamptz not null, shipped_at timestamp, \
    is_priority boolean not null, is_gift boolean, note text, attrs jsonb, ext_id uuid not null, \
    score double precision";

/// Rows by their numbers `from` to `to`; `updated_at` is an expression over the number `i`.
fn rows(from: &str, to: &str, updated_at: &str) -> String {
    format!(
        r"select i, h & 1048575, 9007199254740993 + i, (array['new','paid','shipped','returned','cancelled'])[1 + i % 5],
          case when i % 1000 = 7 then 9999999999999.99 else ((h & 268435455)::numeric / 100)::numeric(15,2) end,
          case when i % 5 > 0 then 1234567890.0123456789 + (h & 65535) end,
          case when i % 10 <> 3 then (h & 16383)::smallint end,
          case when i % 1003 = 9 then date '2999-12-31' else date '2015-01-01' + (h & 2047) end,
          timestamptz '2019-01-01 00:00:00+00' + (h & 134217727) * interval '1.234567 second', {updated_at},
          case when i % 3 > 0 then timestamp '2020-06-01 00:00:00' + (h & 67108863) * interval '1.5 second' end,
          i % 7 = 0, case when i % 4 > 0 then i % 2 = 0 end,
          case when i % 5 = 0 then null when i % 20 = 1 then ''
               when i % 101 = 2 then E'tab\there, quoted; back\\slash\nsecond line' || i
               when i % 103 = 2 then '\N' when i % 113 = 2 then 'Zürich – 東京 😀 ' || i
               else 'deliver on day ' || (h & 1023) end,
          case when i % 10 > 2 then jsonb_build_object('n', h & 4095, 'big', 12345678901234567890, 'x', '\é') end,
          md5(i::text)::uuid, case when i % 9 > 0 then h::double precision / 7.0 end
        from (select i, hashint8(i) & 2147483647 as h from generate_series({from}, {to}) i) g"
    )
}

impl Workload {
    /// Whether it keeps a cursor.
    pub fn is_incremental(self) -> bool {
        self != Self::Refresh
    }

    /// Makes the source's table.
    pub async fn fill(self, source: &Database, count: u64) {
        let key = if self == Self::Append {
            "not null"
        } else {
            "primary key"
        };
        let select = rows(
            "1",
            &count.to_string(),
            "timestamptz '2024-01-01 00:00:00+00' + i / 3 * interval '1.000001 second'",
        );
        let reader = &source.reader.user;
        source
            .run(&format!(
                "create table orders (id bigint {key}, {COLUMNS}); insert into orders {select}; \
                 create index on orders (updated_at); analyze orders; grant pg_read_all_stats to {reader}"
            ))
            .await;
    }

    /// Changes the source a little. Every change also puts rows on the greatest cursor value there is: they lie at the
    /// lower bound of the next increment.
    pub async fn change(self, source: &Database, dice: &mut Dice) {
        let new = rows(
            "(select max(id) + 1 from orders)",
            "(select max(id) + 20 from orders)",
            "now()",
        );
        let last = "(select max(updated_at) from orders)";
        let late = rows(
            "(select max(id) + 1 from orders)",
            "(select max(id) + 2 from orders)",
            last,
        );
        let (part, of) = (dice.below(50), 50);
        let more = match self {
            Self::Refresh => format!("delete from orders where id % 997 = {part}"),
            // The same row once more is another row.
            Self::Append => format!("insert into orders select * from orders where updated_at = {last} limit 2"),
            Self::Merge | Self::History => format!(
                "update orders set note = 'at the bound', updated_at = {last} \
                 where id in (select id from orders order by hashint8(id + {part}) limit 3)"
            ),
        };
        source.run(&format!("insert into orders {late}; {more}")).await;
        if self != Self::Append {
            source
                .run(&format!(
                    "update orders set status = 'changed', amount = amount - 1, updated_at = now() where id % {of} = {part}"
                ))
                .await;
        }
        source.run(&format!("insert into orders {new}")).await;
    }

    /// What a transaction writes that is committed only after a run.
    pub fn late(self, dice: &mut Dice) -> String {
        let from = 1_000_000_000 + dice.below(1_000_000_000) * 8;
        let select = rows(&from.to_string(), &(from + 4).to_string(), "now()");
        format!("insert into orders {select}")
    }

    /// The sync file.
    pub fn sync_file(self, source: &Database, target: &Target) -> String {
        let how = match self {
            Self::Refresh => "mode: full_refresh, write: overwrite",
            Self::Append => "mode: incremental, write: append, cursor: updated_at",
            Self::History => "mode: incremental, write: history, cursor: updated_at, primary_key: [id]",
            Self::Merge => "mode: incremental, write: merge, cursor: updated_at, primary_key: [id]",
        };
        format!(
            "version: 1\nproject: faults\nconnections:\n  source: {{ connector: postgres, url: \"{}\" }}\n  \
             target: {}\nsyncs:\n  orders:\n    source: source\n    destination: target\n    streams:\n      \
             public.orders: {{ into: orders, {how} }}\n",
            source.reader,
            target.connection()
        )
    }
}
