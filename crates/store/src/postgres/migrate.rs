//! Brings a schema to the newest form.
//!
//! Invariants:
//! - One process at a time migrates a schema; the others wait for it. It happens as a whole or not at all.
//! - Programs of the version before go on meanwhile: a migration adds (`oldest` stays), and one of a later release takes away
//!   what nobody uses any more and raises `oldest`. A program that is older than that is refused.

use sqlx::postgres::PgPool;
use sqlx::{PgConnection, raw_sql};
use syncapp_model::{Code, Error, Result};

use super::errors::failed;

struct Migration {
    sql: &'static str,
    /// How many migrations a program has to know, at the least, to work with what this one leaves.
    oldest: i32,
}

/// In order, never changed once released.
const MIGRATIONS: &[Migration] = &[
    Migration {
        sql: include_str!("../../../../migrations/postgres/0001_control.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0002_started.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0003_pause.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0004_limits.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0005_vault.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0006_trace.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0007_notices.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0008_access.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0009_workers.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0010_expected.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0011_giver.sql"),
        oldest: 1,
    },
    Migration {
        sql: include_str!("../../../../migrations/postgres/0012_owed.sql"),
        oldest: 1,
    },
];

/// The first part of the lock's name; the second one is the schema.
const LOCK: &str = "select pg_advisory_xact_lock(1937340001, hashtext(current_schema()))";

/// Waiting for whoever migrates takes as long as it takes; waiting for those who work is given up soon, as new ones of them
/// would wait behind.
const PATIENT: &str = "set local statement_timeout = 0; set local lock_timeout = 0";
const IMPATIENT: &str = "set local lock_timeout = '5s'";

pub(super) async fn run(pool: &PgPool) -> Result<()> {
    let mut connection = pool.acquire().await.map_err(failed)?;
    if check(applied(&mut connection).await.map_err(failed)?)? {
        return Ok(());
    }
    drop(connection);
    let mut transaction = pool.begin().await.map_err(failed)?;
    for step in [PATIENT, LOCK, IMPATIENT] {
        raw_sql(step).execute(&mut *transaction).await.map_err(failed)?;
    }
    let before = applied(&mut transaction).await.map_err(failed)?;
    if !check(before)? {
        migrate(&mut transaction, before.number).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

/// What a schema has had.
#[derive(Debug, Clone, Copy)]
struct Applied {
    number: i32,
    oldest: i32,
}

async fn applied(connection: &mut PgConnection) -> sqlx::Result<Applied> {
    // Read from the catalog: `to_regclass` may answer from what the session knew before it waited for the lock.
    let is_there = "select exists (select from pg_class join pg_namespace on pg_namespace.oid = relnamespace \
                    where nspname = current_schema() and relname = 'migration')";
    if !sqlx::query_scalar::<_, bool>(is_there)
        .fetch_one(&mut *connection)
        .await?
    {
        return Ok(Applied { number: 0, oldest: 0 });
    }
    let (number, oldest) = sqlx::query_as("select coalesce(max(number), 0), coalesce(max(oldest), 0) from migration")
        .fetch_one(&mut *connection)
        .await?;
    Ok(Applied { number, oldest })
}

/// Whether nothing is to be done. An error where this program is too old.
fn check(applied: Applied) -> Result<bool> {
    let known = MIGRATIONS.len() as i32;
    if applied.oldest > known {
        let Applied { number, oldest } = applied;
        return Err(Error::new(
            Code::StoreFailed,
            format!(
                "the metadata database has version {number}, for programs that know version {oldest} or later, and this \
                 program knows up to {known}"
            ),
        )
        .help("update SyncApp"));
    }
    Ok(applied.number >= known)
}

async fn migrate(connection: &mut PgConnection, before: i32) -> sqlx::Result<()> {
    raw_sql(
        "create table if not exists migration (
           number integer primary key,
           oldest integer not null,
           applied_at timestamptz not null default clock_timestamp()
         )",
    )
    .execute(&mut *connection)
    .await?;
    for (number, migration) in (1..).zip(MIGRATIONS).skip(before as usize) {
        raw_sql(migration.sql).execute(&mut *connection).await?;
        sqlx::query("insert into migration (number, oldest) values ($1, $2)")
            .bind(number)
            .bind(migration.oldest)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::additive;

    /// Programs that know all but the last migrations are at work while those run: what is not harmless to them raises `oldest`,
    /// so that they are refused.
    #[test]
    fn a_migration_adds_or_says_who_is_too_old() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), MIGRATIONS.len());
        for ((before, migration), number) in MIGRATIONS.iter().zip(&MIGRATIONS[1..]).zip(2..) {
            assert!(
                (before.oldest..=number).contains(&migration.oldest),
                "migration {number}"
            );
            let problems = additive::problems(migration.sql);
            assert!(
                problems.is_empty() || migration.oldest > before.oldest,
                "migration {number}: {problems:#?}"
            );
        }
    }
}
