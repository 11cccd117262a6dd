//! The one transaction in which a load becomes visible: fence, table, rows, checkpoint.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use syncapp_connector::{Fate, Receipt, Rejects, Target};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Code, Epoch, Error, Result, Side};

use super::error::At;
use super::journal::Keeping;
use super::load::Last;
use super::merge::{self, Key};
use super::rebuild::Dangling;
use super::sql::{joined, main_table, quote};
use super::target::{self, Plan};
use super::{checkpoint, entries, guard, history, rebuild, rejects, remove, stage, user_sql};
use crate::journal::Mark;

/// What a load changes in the list of rejected rows.
#[derive(Default)]
pub(super) struct Relisting {
    pub(super) rejects: Option<Rejects>,
    /// Rows that are no longer kept.
    pub(super) settled: Vec<String>,
    /// Rows that were kept and are sent again, in the order in which they were staged.
    pub(super) replayed: Option<Vec<String>>,
}

/// What a commit did, and what became of each row that was sent again.
pub(super) struct Done {
    pub(super) receipt: Receipt,
    pub(super) fates: Vec<Fate>,
}

/// Lands the staged rows. Whatever fails is taken back.
pub(super) fn commit(connection: &Connection, target: &Target, epoch: Epoch, begun: &Plan, last: Last) -> Result<Done> {
    let Last {
        checkpoint,
        relisting,
        gone,
    } = last;
    let attempt = || {
        rebuild::release(connection, begun)?;
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate).writing()?;
        checkpoint::assert(&transaction, &target.key, epoch)?;
        user_sql::run(&transaction, "before_sql", target.before_sql.as_deref())?;
        let plan = target::plan(&transaction, target)?;
        if plan.columns != begun.columns {
            return Err(Error::new(
                Code::TypeMismatch(Side::Destination),
                "the table was changed while rows were read",
            )
            .help("run the sync again"));
        }
        let dangling = Dangling::before(&transaction, &plan)?;
        if let Some(gone) = &gone {
            remove::remove(&transaction, target, &plan, gone)?;
        }
        let Relisting {
            rejects,
            mut settled,
            replayed,
        } = relisting;
        let mut fates = vec![Fate::Landed; replayed.as_ref().map_or(0, Vec::len)];
        let kept = checkpoint::kept(&transaction, &target.key)?;
        let after = Mark::of(&checkpoint, checkpoint::spell(&checkpoint)?);
        let mut keeping = Keeping::new(target, epoch, &plan, kept, after);
        let mut receipt = land(&transaction, target, &plan, keeping.as_mut(), &mut fates)?;
        if let Some(keeping) = keeping {
            keeping.finish(&transaction, target, plan.table.is_none())?;
        }
        entries::expire(&transaction, &target.key, target.moment)?;
        receipt.deleted += gone.map_or(0, |gone| gone.keys.len() as u64);
        if let Some(ids) = &replayed {
            settled.extend(syncapp_connector::settled(ids, &fates)?);
        }
        let made = if plan.ours {
            target::made(&transaction, &plan.name)?
        } else {
            None
        };
        checkpoint::commit(
            &transaction,
            &target.key,
            epoch,
            &checkpoint,
            (&plan.name, made.as_deref()),
        )?;
        match rejects {
            Some(rejects) => {
                let overwrites = target.write == Write::Overwrite;
                rejects::keep(&transaction, &target.key, overwrites, rejects, &settled)?;
            }
            None => rejects::forget(&transaction, &target.key, &settled)?,
        }
        user_sql::run(&transaction, "after_sql", target.after_sql.as_deref())?;
        if let Some(dangling) = dangling {
            dangling.after(&transaction)?;
        }
        transaction.commit().writing()?;
        Ok(Done { receipt, fates })
    };
    attempt().map_err(|error: Error| error.stream(&target.key.stream))
}

fn land(
    connection: &Connection,
    target: &Target,
    plan: &Plan,
    mut keeping: Option<&mut Keeping>,
    fates: &mut Vec<Fate>,
) -> Result<Receipt> {
    let mut receipt = Receipt::default();
    if let Some(keeping) = keeping.as_mut().filter(|_| plan.replaced) {
        keeping.replaced(connection)?;
    }
    // What the load makes is kept as a whole.
    let mut keeping = keeping.filter(|_| plan.table.is_some() && !plan.replaced);
    if plan.replaced {
        receipt.deleted = replace(connection, plan)?;
    } else {
        rebuild::alter(connection, plan)?;
    }
    if let Some(keeping) = keeping.as_mut()
        && (target.write == Write::Append || target.write == Write::Overwrite && !plan.referenced)
    {
        keeping.unkeyed(connection, plan, target.write == Write::Overwrite)?;
    }
    let rows = stage::table();
    match target.write {
        Write::Append => receipt.inserted = insert(connection, plan, &rows)?,
        Write::Overwrite if plan.referenced => return overwrite_by_key(connection, target, plan, keeping),
        Write::Overwrite => {
            if !plan.replaced {
                receipt.deleted = empty(connection, plan)?;
            }
            receipt.inserted = insert(connection, plan, &rows)?;
        }
        Write::Merge | Write::History => {
            let key = Key::new(target, plan, &target.primary_key)?;
            if target.replay {
                *fates = guard::settle(connection, target, plan, &key)?;
            }
            merge::deduplicate(connection, target, &key)?;
            let history = target.write == Write::History;
            if plan.ours && !target.replay {
                let index = if history {
                    history::index(plan, &key)
                } else {
                    merge::index(plan, &key)
                };
                connection.execute_batch(&index).writing()?;
            }
            if let Some(keeping) = keeping {
                keeping.before_keyed(connection, (target, plan), &key, target.deletes)?;
            }
            if history {
                return history::apply(connection, target, plan, &key, &rows);
            }
            receipt = merge::merge(connection, target, plan, &key, &rows)?;
            receipt.deleted = match target.deletes {
                DeleteRule::Ignore => 0,
                DeleteRule::Soft => merge::mark_vanished(connection, target, plan, &key)?,
                DeleteRule::Hard => merge::delete_vanished(connection, plan, &key)?,
            };
        }
    }
    Ok(receipt)
}

/// Inserts the staged rows, or those of a query of some.
pub(super) fn insert(connection: &Connection, plan: &Plan, rows: &str) -> Result<u64> {
    let names = joined(&plan.columns, ", ", |column| quote(&column.name));
    let staged = joined(0..plan.columns.len(), ", ", |at| format!("c{at}"));
    let sql = format!(
        "INSERT INTO {} ({names}) SELECT {staged} FROM {rows} AS s",
        main_table(&plan.name)
    );
    Ok(connection.execute(&sql, []).writing()? as u64)
}

/// Deletes all rows of a table that stays.
pub(super) fn empty(connection: &Connection, plan: &Plan) -> Result<u64> {
    if plan.ours {
        // An overwrite promises no key, even where merges went before.
        let sql = format!("DROP INDEX IF EXISTS {}", target::key_index(&plan.name));
        connection.execute_batch(&sql).writing()?;
    }
    Ok(connection
        .execute(&format!("DELETE FROM {}", main_table(&plan.name)), [])
        .writing()? as u64)
}

/// Makes a table again, with the indexes that the user made on it. Views find it by its name.
pub(super) fn replace(connection: &Connection, plan: &Plan) -> Result<u64> {
    let table = main_table(&plan.name);
    let indexes: Vec<String> = connection
        .prepare(
            "SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL
             AND name NOT LIKE '\\_syncapp%' ESCAPE '\\'",
        )
        .and_then(|mut statement| statement.query_map([&plan.name], |row| row.get(0))?.collect())
        .writing()?;
    let rows: i64 = connection
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
        .writing()?;
    connection.execute_batch(&format!("DROP TABLE {table}")).writing()?;
    for change in &plan.changes {
        connection.execute_batch(change.sql()).writing()?;
    }
    for index in indexes {
        connection.execute_batch(&index).map_err(|error| {
            Error::new(Code::Dependents, "an index on the table does not fit its new columns")
                .help("drop the index, or keep the columns that it needs")
                .driver(error)
        })?;
    }
    Ok(rows.unsigned_abs())
}

/// Overwrites a table that foreign keys point to: rows that stay are never deleted in between.
fn overwrite_by_key(
    connection: &Connection,
    target: &Target,
    plan: &Plan,
    keeping: Option<&mut Keeping>,
) -> Result<Receipt> {
    let key = replacing_key(target, plan)?;
    merge::deduplicate(connection, target, &key)?;
    if let Some(keeping) = keeping {
        keeping.before_keyed(connection, (target, plan), &key, DeleteRule::Hard)?;
    }
    let mut receipt = merge::merge(connection, target, plan, &key, &stage::table())?;
    receipt.deleted = merge::delete_vanished(connection, plan, &key)?;
    Ok(receipt)
}

/// The key by which a table is overwritten to which foreign keys point.
pub(super) fn replacing_key(target: &Target, plan: &Plan) -> Result<Key> {
    let declared = plan.table.as_ref().map_or(&[][..], |table| &table.primary_key);
    let key = if target.primary_key.is_empty() {
        declared
    } else {
        &target.primary_key
    };
    let all = key
        .iter()
        .all(|name| target.columns.iter().any(|column| column.name == *name));
    if key.is_empty() || !all {
        return Err(Error::new(
            Code::Dependents,
            format!(
                "foreign keys of other tables point to `{}`, and no key tells its rows apart",
                plan.name
            ),
        )
        .help("give the stream a `primary_key`, or write into another table"));
    }
    Key::new(target, plan, key)
}
