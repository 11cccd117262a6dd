//! Rows that the table itself refuses, by a constraint or a trigger of the user's: found, and taken out of the load.
//!
//! The transaction that met them is taken back. Another one tries the staged rows in parts and is taken back too; then the
//! rows that were refused leave the staging table.

use syncapp_connector::{Committed, Refused, RefusedRow, Target};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Error, Result};

use super::client::{Client, number};
use super::load::MysqlLoad;
use super::merge::{Merge, ROW};
use super::target::Way;
use super::{guard, history, sql, user_sql};
use crate::refusals::{Rows, Search, is_refusal};

/// Where a part of the rows begins.
const PART: &str = "_syncapp_part";

impl MysqlLoad {
    /// The load without the rows that made its commit fail, if rows did. Its transaction has been taken back.
    pub(super) async fn without_refused<T>(mut self: Box<Self>, error: Error) -> Result<Committed<T>> {
        let most = self.target.refusals.filter(|_| self.found.sets_aside(&self.target));
        let found = match most.filter(|_| is_refusal(&error)) {
            Some(most) => self.take_out(most).await,
            None => Ok(Vec::new()),
        };
        match found {
            Ok(rows) if !rows.is_empty() => Ok(Committed::Refused(Refused { load: self, rows })),
            found => {
                self.let_go(false).await;
                Err(found.err().unwrap_or(error))
            }
        }
    }

    /// Takes the refused rows out of the staging table.
    async fn take_out(&mut self, most: u64) -> Result<Vec<RefusedRow>> {
        let shared = self.client.clone();
        let mut client = shared.lock().await;
        client.run("start transaction").await?;
        let found = self.search(&mut client, most).await;
        client.run("rollback").await?;
        let refused = found?;
        if refused.is_empty() {
            return Ok(Vec::new());
        }
        let condition = Rows::These(refused.iter().map(|(row, _)| *row).collect()).condition(ROW);
        // The server's own numbers may have gaps.
        let ranks = format!(
            "select n from (select {ROW}, row_number() over (order by {ROW}) as n from {}) as numbered \
             where {condition} order by {ROW}",
            self.into
        );
        let ranks = client.rows(&ranks).await?;
        let numbers: Vec<u64> = ranks
            .iter()
            .map(|row| self.among_all(number(row, 0).unsigned_abs()))
            .collect();
        let out = format!("delete from {} where {condition}", self.into);
        client.run(&out).await?;
        self.removed.extend(&numbers);
        self.removed.sort_unstable();
        let rows = numbers.into_iter().zip(refused).map(|(number, (_, error))| RefusedRow {
            number: number - 1,
            error,
        });
        Ok(rows.collect())
    }

    /// The number from 1 that a row has among all rows, by the one that it has among those that are left.
    fn among_all(&self, rank: u64) -> u64 {
        self.removed
            .iter()
            .fold(rank, |number, gone| if *gone <= number { number + 1 } else { number })
    }

    /// The rows that are refused, by the staging table's numbers.
    async fn search(&self, client: &mut Client, most: u64) -> Result<Vec<(i64, Error)>> {
        let target = &self.target;
        let table = sql::table(&self.found.name);
        let merge = self.merge(&table);
        user_sql::run(client, "before_sql", target.before_sql.as_deref()).await?;
        if target.replay && matches!(self.way, Way::Merge | Way::History) {
            guard::settle(client, &merge, self.way == Way::History).await?;
        }
        self.remove_gone(client, &table).await?;
        match self.way {
            Way::Merge | Way::History | Way::RefillByKey => drop(merge.settle_duplicates(client).await?),
            Way::Refill => drop(client.execute(&format!("delete from {table}")).await?),
            _ => {}
        }
        let bounds = client
            .rows(&format!("select count(*), min({ROW}), max({ROW}) from {}", self.into))
            .await?;
        let Some(bounds) = bounds.first().filter(|row| number(row, 0) > 0) else {
            return Ok(Vec::new());
        };
        // What lands only behind a row that came later may still fail in the one statement that lands all of them.
        let mut search = Search::new(number(bounds, 1), number(bounds, 2), most, self.removed.is_empty());
        while let Some(part) = search.next() {
            client.run(&format!("savepoint {PART}")).await?;
            match self.attempt(client, &table, &part).await {
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
    async fn attempt(&self, client: &mut Client, table: &str, part: &Rows) -> Result<()> {
        let staged = format!("(select * from {} where {})", self.into, part.condition(ROW));
        let merge = Merge {
            stage: &staged,
            ..self.merge(table)
        };
        match self.way {
            Way::Merge | Way::RefillByKey => drop(merge.land(client).await?),
            Way::History => {
                let target = Target {
                    deletes: DeleteRule::Ignore,
                    ..self.target.clone()
                };
                history::land(client, &merge, &target).await?;
            }
            _ => drop(client.execute(&merge.fill()).await?),
        }
        Ok(())
    }
}
