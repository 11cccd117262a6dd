//! Rows that the table itself refuses, by a constraint or a trigger of the user's: found, and taken out of the load.
//!
//! What a commit did is taken back to a savepoint, the staged rows are tried in parts, that is taken back too, and the rows
//! that were refused leave the staging table. All of it is one transaction, and nothing of it stays but the good rows.

use syncapp_connector::{Committed, Refused, RefusedRow, Target};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Error, Result};

use super::guard::ROW;
use super::history;
use super::load::PostgresLoad;
use super::merge::Merge;
use super::sql;
use super::target::Way;
use crate::refusals::{Rows, Search, is_refusal};

/// Where a commit begins.
const MARK: &str = "_syncapp_landing";
/// Where a part of the rows begins.
const PART: &str = "_syncapp_part";

/// The statement that numbers the rows of a staging table as they come.
pub(super) fn number(stage: &str) -> String {
    format!("alter table {stage} add column {ROW} bigint generated always as identity (cache 1000)")
}

impl PostgresLoad {
    /// How many refused rows it looks for, where it does.
    fn most(&self) -> Option<u64> {
        self.target.refusals.filter(|_| self.found.sets_aside(&self.target))
    }

    /// Notes the place to which a commit that meets refused rows is taken back.
    pub(super) async fn mark(&self) -> Result<()> {
        match self.most() {
            Some(_) => self.client.run(&format!("savepoint {MARK}")).await,
            None => Ok(()),
        }
    }

    /// Checks what would be checked by the commit, unless the user's SQL comes in between: that may mend it.
    pub(super) async fn check_deferred(&self) -> Result<()> {
        if self.most().is_none() || self.target.after_sql.is_some() {
            return Ok(());
        }
        self.client.run("set constraints all immediate").await
    }

    /// The load without the rows that made its commit fail, if rows did.
    pub(super) async fn without_refused<T>(mut self: Box<Self>, error: Error) -> Result<Committed<T>> {
        let Some(most) = self.most().filter(|_| is_refusal(&error)) else {
            return Err(error);
        };
        self.client.run(&format!("rollback to savepoint {MARK}")).await?;
        let refused = self.search(most).await?;
        self.client.run(&format!("rollback to savepoint {MARK}")).await?;
        if refused.is_empty() {
            return Err(error);
        }
        let rows = Rows::These(refused.iter().map(|(row, _)| *row).collect());
        let out = format!("delete from {} where {}", sql::table(&self.into), rows.condition(ROW));
        self.client.run(&out).await?;
        self.refused = true;
        let rows = refused.into_iter().map(|(row, error)| RefusedRow {
            number: (row - 1).max(0) as u64,
            error,
        });
        let rows = rows.collect();
        Ok(Committed::Refused(Refused { load: self, rows }))
    }

    /// The rows that are refused. Leaves the others in the table, for the caller to take back.
    async fn search(&self, most: u64) -> Result<Vec<(i64, Error)>> {
        let client = &self.client;
        let (table, stage) = (sql::table(&self.found.name), sql::table(&self.into));
        let merge = self.merge(&table, &stage);
        self.open(&merge, &mut Vec::new()).await?;
        match self.way {
            Way::Merge | Way::History | Way::RefillByKey => drop(merge.settle_duplicates(client).await?),
            Way::Refill => drop(client.execute(&format!("delete from {table}")).await?),
            _ => {}
        }
        client.run(&format!("create index on {stage} ({ROW})")).await?;
        let bounds = format!("select min({ROW}), max({ROW}) from {stage}");
        let bounds = client.inner.query_typed_one(&bounds, &[]).await;
        let bounds = bounds.map_err(|error| client.error(&error))?;
        let (Some(first), Some(last)) = (bounds.get(0), bounds.get(1)) else {
            return Ok(Vec::new());
        };
        // What lands only behind a row that came later may still fail in the one statement that lands all of them.
        let mut search = Search::new(first, last, most, !self.refused);
        while let Some(part) = search.next() {
            client.run(&format!("savepoint {PART}")).await?;
            let tried = self.attempt(&table, &stage, &part).await;
            match tried {
                Ok(()) => search.landed(),
                Err(error) if is_refusal(&error) => {
                    client.run(&format!("rollback to savepoint {PART}")).await?;
                    search.refuse(&part, error);
                }
                Err(error) => return Err(error),
            }
            client.run(&format!("release savepoint {PART}")).await?;
        }
        Ok(search.end())
    }

    /// Lands a part of the staged rows beside those that are in place.
    async fn attempt(&self, table: &str, stage: &str, part: &Rows) -> Result<()> {
        let client = &self.client;
        let staged = format!("(select * from {stage} where {})", part.condition(ROW));
        let merge: Merge<'_> = self.merge(table, &staged);
        match self.way {
            Way::Merge | Way::RefillByKey => drop(merge.land(client).await?),
            Way::History => {
                let target = Target {
                    deletes: DeleteRule::Ignore,
                    ..self.target.clone()
                };
                history::land(client, &merge, &target).await?;
            }
            _ => drop(client.execute(&self.insert(&merge)).await?),
        }
        self.check_deferred().await
    }
}
