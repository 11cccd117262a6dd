//! Rows that the table itself refuses, by a constraint or a trigger of the user's: found, and taken out of the load.
//!
//! The transaction that met them is taken back. Another one tries the staged rows in parts and is taken back too; then the
//! rows that were refused leave the staging table.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use syncapp_connector::{RefusedRow, Target};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Code, Error, Result, Side};

use super::commit::{empty, insert, replace, replacing_key};
use super::error::At;
use super::merge::{self, Key};
use super::remove::{self, Gone};
use super::target::{self, Plan};
use super::{guard, history, rebuild, stage, user_sql};
use crate::refusals::{Rows, Search, is_refusal};

/// Takes the refused rows out of the staging table: at most so many, those that were refused once being tried again or not.
pub(super) fn take_out(
    connection: &Connection,
    target: &Target,
    gone: Option<&Gone>,
    (most, again): (u64, bool),
) -> Result<Vec<RefusedRow>> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate).writing()?;
    let refused = search(&transaction, target, gone, (most, again))?;
    transaction.rollback().writing()?;
    if refused.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Rows::These(refused.iter().map(|(row, _)| *row).collect());
    let out = format!("DELETE FROM {} WHERE {}", stage::table(), rows.condition("rowid"));
    connection.execute(&out, []).writing()?;
    let rows = refused.into_iter().map(|(row, error)| RefusedRow {
        number: (row - 1).max(0).unsigned_abs(),
        error: told(&error),
    });
    Ok(rows.collect())
}

/// The reason in SQLite's words, which name the constraint.
fn told(error: &Error) -> Error {
    let report = error.report();
    let why = match &report.driver {
        Some(driver) => format!("{}: {driver}", report.why),
        None => report.why.clone(),
    };
    Error::new(report.code, why)
}

/// The rows that are refused. Leaves the others in the table, for the caller to take back.
fn search(
    connection: &Connection,
    target: &Target,
    gone: Option<&Gone>,
    (most, again): (u64, bool),
) -> Result<Vec<(i64, Error)>> {
    user_sql::run(connection, "before_sql", target.before_sql.as_deref())?;
    let plan = target::plan(connection, target)?;
    if let Some(gone) = gone {
        remove::remove(connection, target, &plan, gone)?;
    }
    let parts = Parts::begin(connection, target, &plan)?;
    let bounds = format!("SELECT min(rowid), max(rowid) FROM {}", stage::table());
    let bounds = connection.query_row(&bounds, [], |row| Ok((row.get(0)?, row.get(1)?)));
    let (Some(first), Some(last)) = bounds.writing()? else {
        return Ok(Vec::new());
    };
    // What lands only behind a row that came later may still fail in the one statement that lands all of them.
    let mut search = Search::new(first, last, most, again);
    while let Some(part) = search.next() {
        connection.execute_batch("SAVEPOINT part").writing()?;
        match parts.land(&part) {
            Ok(()) => search.landed(),
            // A trigger may also end the transaction.
            Err(error) if is_refusal(&error) && !connection.is_autocommit() => {
                connection.execute_batch("ROLLBACK TO part").writing()?;
                search.refuse(&part, error);
            }
            Err(error) => return Err(error),
        }
        connection.execute_batch("RELEASE part").writing()?;
    }
    Ok(search.end())
}

/// The table, ready to take parts of the staged rows.
struct Parts<'a> {
    connection: &'a Connection,
    target: Target,
    plan: &'a Plan,
    /// Where rows find their place by it.
    key: Option<Key>,
    /// How many of its rows refer to nothing, where SQLite would only look when the transaction ends.
    dangling: Option<i64>,
}

impl<'a> Parts<'a> {
    fn begin(connection: &'a Connection, target: &Target, plan: &'a Plan) -> Result<Self> {
        if plan.replaced {
            replace(connection, plan)?;
        } else {
            rebuild::alter(connection, plan)?;
        }
        let key = match target.write {
            Write::Append => None,
            Write::Overwrite if plan.referenced => Some(replacing_key(target, plan)?),
            Write::Overwrite => {
                if !plan.replaced {
                    empty(connection, plan)?;
                }
                None
            }
            Write::Merge | Write::History => Some(Key::new(target, plan, &target.primary_key)?),
        };
        if let Some(key) = &key {
            if target.replay {
                guard::settle(connection, target, plan, key)?;
            }
            merge::deduplicate(connection, target, key)?;
        }
        let mut parts = Self {
            connection,
            target: Target {
                deletes: DeleteRule::Ignore,
                ..target.clone()
            },
            plan,
            key,
            dangling: None,
        };
        // The user's SQL behind the rows may mend what they lack.
        if target.after_sql.is_none() && parts.defers()? {
            parts.dangling = Some(parts.count_dangling()?);
        }
        Ok(parts)
    }

    /// Lands a part of the staged rows beside those that are in place.
    fn land(&self, part: &Rows) -> Result<()> {
        let Self {
            connection,
            target,
            plan,
            ..
        } = self;
        let rows = format!("(SELECT * FROM {} WHERE {})", stage::table(), part.condition("rowid"));
        match &self.key {
            Some(key) if target.write == Write::History => {
                history::apply(connection, target, plan, key, &rows)?;
            }
            Some(key) => drop(merge::merge(connection, target, plan, key, &rows)?),
            None => drop(insert(connection, plan, &rows)?),
        }
        match self.dangling {
            Some(before) if self.count_dangling()? > before => Err(Error::new(
                Code::ConstraintViolated(Side::Destination),
                "FOREIGN KEY constraint failed",
            )),
            _ => Ok(()),
        }
    }

    /// Whether foreign keys of the table are looked at only when the transaction ends.
    fn defers(&self) -> Result<bool> {
        let made = target::made(self.connection, &self.plan.name)?;
        Ok(made.is_some_and(|made| made.to_ascii_uppercase().contains("DEFERRED")))
    }

    fn count_dangling(&self) -> Result<i64> {
        let count = "SELECT count(*) FROM pragma_foreign_key_check(?1, 'main')";
        let count = self.connection.query_row(count, [&self.plan.name], |row| row.get(0));
        count.optional().writing().map(Option::unwrap_or_default)
    }
}
