//! Triggers in a test's own database that write down what must never be written: an epoch that falls, or what is over and
//! changes. The programs under test know nothing of them.
//!
//! Invariant: a rule that would note nothing is a difference itself. At the end each is broken once, in a transaction that is
//! taken back.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::server::postgres::Database;

/// How long a table may take to be made.
const PATIENCE: Duration = Duration::from_mins(2);

/// What must not happen to the rows of a table.
pub(super) struct Rule {
    table: &'static str,
    /// After which statements it is looked at.
    after: &'static str,
    /// What must not be: a condition on `old` and `new`.
    never: &'static str,
    /// A statement that breaks it, for one row: programs are at work meanwhile.
    broken: &'static str,
}

/// In a target the epoch of a stream only rises, and no row of it goes: a new one would begin below.
pub(super) const TARGET: &[Rule] = &[
    Rule {
        table: "landing._syncapp_checkpoint",
        after: "update",
        never: "new.epoch < old.epoch",
        broken: "update landing._syncapp_checkpoint set epoch = epoch - 1 \
                 where ctid = (select ctid from landing._syncapp_checkpoint limit 1)",
    },
    Rule {
        table: "landing._syncapp_checkpoint",
        after: "delete",
        never: "true",
        broken: "delete from landing._syncapp_checkpoint",
    },
];

/// In the store a task's epoch only rises, and what has ended once stays so. Rows that are forgotten are deleted, never changed;
/// whom a hint is passed on to may have ended a moment before; and that an end was announced, or followed, is noted at its run.
pub(super) const STORE: &[Rule] = &[
    Rule {
        table: "landing.task",
        after: "update",
        never: "new.epoch < old.epoch",
        broken: "update landing.task set epoch = epoch - 1 \
                 where ctid = (select ctid from landing.task limit 1)",
    },
    Rule {
        table: "landing.task",
        after: "update",
        never: "old.state in ('done', 'failed', 'cancelled') \
                and to_jsonb(new) - 'hinted_at' <> to_jsonb(old) - 'hinted_at'",
        broken: "update landing.task set rows_read = rows_read + 1 \
                 where ctid = (select ctid from landing.task where state = 'done' limit 1)",
    },
    Rule {
        table: "landing.run",
        after: "update",
        never: "old.finished_at is not null and (new.state, new.finished_at) is distinct from (old.state, old.finished_at)",
        broken: "update landing.run set state = state || '!' \
                 where ctid = (select ctid from landing.run where finished_at is not null limit 1)",
    },
];

/// Where notes are taken.
const NOTES: &str = "create schema if not exists watch;
    create table if not exists watch.note (number bigint generated always as identity, text text not null);
    create or replace function watch.note() returns trigger language plpgsql security definer as $$
      begin
        insert into watch.note (text) values (format('%s %s %s: %s became %s', tg_name, tg_op, tg_table_name, old, new));
        return null;
      end $$;";

/// Begins to watch, as soon as the tables are there.
pub(super) async fn begin(database: &Database, rules: &[Rule]) {
    for rule in rules {
        let is_there = format!("select to_regclass('{}') is not null", rule.table);
        let begun = Instant::now();
        while database.text(&is_there).await != "t" {
            assert!(begun.elapsed() < PATIENCE, "{} is not made", rule.table);
            sleep(Duration::from_millis(20)).await;
        }
    }
    let mut sql = NOTES.to_owned();
    for (
        number,
        Rule {
            table, after, never, ..
        },
    ) in rules.iter().enumerate()
    {
        // Writing to a String cannot fail.
        let _ = writeln!(
            sql,
            "create trigger watch_{number} after {after} on {table} for each row when ({never}) execute function watch.note();"
        );
    }
    database.run(&sql).await;
}

/// What was noted; and which rules would have noted nothing.
pub(super) async fn judge(database: &Database, rules: &[Rule], differences: &mut Vec<String>) {
    let noted = database.texts("select text from watch.note order by number").await;
    differences.extend(noted.into_iter().flatten());
    for (number, Rule { broken, never, .. }) in rules.iter().enumerate() {
        // Its own: what breaks one rule may break another one, too.
        let notes = format!("select count(*) from watch.note where text like 'watch\\_{number} %'");
        let trial = format!("begin; {notes}; {broken}; {notes}; rollback");
        let counts = database.texts(&trial).await;
        if counts.first() == counts.last() {
            differences.push(format!("nobody watches whether {never}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::postgres::Postgres;

    /// The tables as far as the rules name them, with a row of each kind.
    const TABLES: &str = "create table landing._syncapp_checkpoint (stream text, epoch bigint, position text);
        create table landing.task (number int, state text, epoch bigint, rows_read bigint, hinted_at timestamptz);
        create table landing.run (state text, finished_at timestamptz, announced boolean);
        insert into landing._syncapp_checkpoint values ('a', 3, 'x'), ('b', 7, 'y');
        insert into landing.task values (0, 'done', 2, 10, now()), (1, 'running', 2, 10, now());
        insert into landing.run values ('done', now(), false), ('running', null, false)";

    async fn watched() -> Database {
        let database = Postgres::shared().await.database().await;
        database.run(TABLES).await;
        begin(&database, TARGET).await;
        begin(&database, STORE).await;
        database
    }

    async fn found(database: &Database) -> Vec<String> {
        let mut differences = Vec::new();
        judge(database, TARGET, &mut differences).await;
        judge(database, STORE, &mut differences).await;
        differences
    }

    #[tokio::test]
    async fn what_may_be_is_not_noted() {
        let database = watched().await;
        let usual = "update landing._syncapp_checkpoint set epoch = epoch + 1;
            update landing._syncapp_checkpoint set position = 'z';
            update landing.task set epoch = epoch + 1, state = 'failed' where state = 'running';
            update landing.task set hinted_at = hinted_at + interval '1 s';
            update landing.run set state = 'done', finished_at = now() where finished_at is null;
            update landing.run set announced = true;
            delete from landing.task; delete from landing.run;
            insert into landing.task values (0, 'done', 1, 0, now());
            insert into landing.run values ('done', now(), false)";
        database.run(usual).await;
        assert_eq!(found(&database).await, [""; 0]);
    }

    #[tokio::test]
    async fn what_must_not_be_is() {
        for rule in TARGET.iter().chain(STORE) {
            let database = watched().await;
            database.run(rule.broken).await;
            let found = found(&database).await;
            assert!(
                found.iter().any(|note| note.contains("became")),
                "{}: {found:?}",
                rule.never
            );
        }
    }

    #[tokio::test]
    async fn whoever_does_not_watch_says_so() {
        let database = watched().await;
        database.run("drop trigger watch_0 on landing.task").await;
        assert_eq!(found(&database).await, ["nobody watches whether new.epoch < old.epoch"]);
    }
}
