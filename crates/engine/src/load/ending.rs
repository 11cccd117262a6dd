//! The end of a load: its commit, without the rows that the target refuses.

use std::collections::HashSet;
use std::time::SystemTime;

use syncapp_connector::{Committed, Load, REJECTS_AT_ONCE, RefusedRow, Reject};
use syncapp_model::sync_file::{OnError, Write};
use syncapp_model::{Checkpoint, Code, Error, ErrorKind, Position, Result, Scalar, Side};
use tracing::Instrument as _;

use super::{Filled, Loading, Open};
use crate::stream::StreamRun;
use crate::{Event, gone};

impl Loading<'_> {
    pub(super) async fn commit(&mut self) -> Result<Option<Scalar>> {
        let Open {
            mut load,
            writer,
            mut filled,
        } = self.open.take().ok_or_else(|| Error::internal("no load is open"))?;
        if let Err(error) = writer.finish().await.and_then(|taken| all_taken(taken, filled.rows)) {
            StreamRun::abort(load).await;
            return Err(error);
        }
        let (receipt, checkpoint) = loop {
            let checkpoint = match self.ready(load.as_mut(), &filled).await {
                Ok(checkpoint) => checkpoint,
                Err(error) => {
                    StreamRun::abort(load).await;
                    return Err(error);
                }
            };
            let span = tracing::info_span!("commit", rows = filled.rows);
            match load
                .commit(&checkpoint)
                .instrument(span)
                .await
                .map_err(|error| self.unknown(error))?
            {
                Committed::Done(receipt) => break (receipt, checkpoint),
                Committed::Refused(refused) => {
                    load = refused.load;
                    if let Err(error) = self.refuse(&refused.rows, &mut filled) {
                        StreamRun::abort(load).await;
                        return Err(error);
                    }
                }
            }
        };
        self.run.commits(None);
        self.run.progress.committed(receipt);
        if let Some(warning) = gone::spared(&self.run.plan, filled.rejects.count()) {
            self.run.warn(warning);
        }
        let position = checkpoint.position.as_ref().map(|position| position.cursor.clone());
        self.run.send(Event::Committed {
            stream: self.run.plan.key.stream.clone(),
            rows: filled.rows,
            lag_seconds: checkpoint.position.as_ref().and_then(|position| lag(&position.through)),
            position: position.clone(),
        });
        self.claimed.checkpoint = checkpoint;
        Ok(position)
    }

    /// Hands over what is committed with the rows.
    async fn ready(&mut self, load: &mut dyn Load, filled: &Filled) -> Result<Checkpoint> {
        let checkpoint = self.checkpoint(filled.rows)?;
        if self.run.plan.on_error == OnError::Reject || !filled.settled.is_empty() {
            let settled = filled.settled.iter().map(|(_, id)| id.clone()).collect();
            load.reject(filled.rejects.again()?, settled).await?;
        }
        self.run.commits(
            Some(&checkpoint)
                .filter(|next| **next != self.claimed.checkpoint)
                .cloned(),
        );
        Ok(checkpoint)
    }

    /// Sets rows aside that the target refuses, unless they are too many.
    fn refuse(&mut self, refused: &[RefusedRow], filled: &mut Filled) -> Result<()> {
        self.run.commits(None);
        let (Some(policy), Some(spool)) = (&self.claimed.policy, &mut filled.spool) else {
            // It began to refuse rows when the load had begun.
            return Err(first(refused));
        };
        let plan = &self.run.plan;
        let (mut errors, mut rejected) = (refused.iter(), Vec::<Reject>::new());
        let (mut keys, reasons, rejects) = (HashSet::new(), &mut self.reasons, &mut filled.rejects);
        spool.each(refused.iter().map(|row| row.number), |row| {
            let error = errors.next().map_or_else(|| first(refused), |row| row.error.clone());
            rejected.push(policy.reject(plan, row, &error)?);
            if rejected.len() == REJECTS_AT_ONCE {
                reasons.add(&mut rejected);
                rejects.add(&rejected)?;
                keys.extend(rejected.drain(..).filter_map(|reject| reject.row_key));
            }
            Ok(())
        })?;
        reasons.add(&mut rejected);
        rejects.add(&rejected)?;
        keys.extend(rejected.into_iter().filter_map(|reject| reject.row_key));
        // What did not land settles nothing.
        filled.settled.retain(|(key, _)| !keys.contains(key));
        filled.rows -= refused.len() as u64;
        self.run.progress.refused(refused.len() as u64);
        self.within_bounds(true)?;
        match self.claimed.target.refusals {
            Some(most) if refused.len() as u64 > most => {
                let why = format!(
                    "the target refuses more than {most} rows; {}",
                    self.reasons.most_frequent()
                );
                Err(Error::new(Code::TooManyRejects, why).help(
                    "nothing was changed; mend the rows, the mapping or the target, or set `max_rejects` to more",
                ))
            }
            _ => Ok(()),
        }
    }

    fn checkpoint(&self, rows: u64) -> Result<Checkpoint> {
        if self.claimed.keeps_state {
            return Ok(self.claimed.checkpoint.clone());
        }
        let position = match &self.claimed.boundary {
            Some(boundary) => boundary.position()?,
            None => None,
        };
        let table = Some(self.claimed.shape.name.clone());
        let position = position.map(|position| Position { table, ..position });
        Ok(Checkpoint {
            position,
            rows: self.claimed.checkpoint.rows + rows,
        })
    }

    /// A commit whose reply was lost: the checkpoint tells whether it landed. Where the checkpoint stays as it was and
    /// rows are added, nothing tells, and trying again could double them.
    fn unknown(&self, error: Error) -> Error {
        let told = !self.claimed.keeps_state || self.claimed.target.write != Write::Append;
        if told || !error.is_transient() {
            return error;
        }
        error
            .kind(ErrorKind::System)
            .help("the rows may have landed or not: look at the target before you run it again")
    }
}

/// Fails unless the target has counted as many rows as were sent.
fn all_taken(taken: u64, rows: u64) -> Result<()> {
    if taken == rows {
        return Ok(());
    }
    let why = format!("the target took {taken} of {rows} rows");
    Err(Error::new(Code::Failed(Side::Destination), why).help("nothing was changed; please report this"))
}

/// Why the first of some rows is refused.
fn first(refused: &[RefusedRow]) -> Error {
    let first = refused.first().map(|row| row.error.clone());
    first.unwrap_or_else(|| Error::internal("a target refuses no row that it names"))
}

/// How far a cursor of time is behind the clock.
fn lag(through: &Scalar) -> Option<f64> {
    let Scalar::TimestampTz(micros) = through else {
        return None;
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(now.as_secs_f64() - *micros as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_counts_other_rows_than_were_sent_fails_the_load() {
        assert!(all_taken(3, 3).is_ok());
        for (taken, rows) in [(2, 3), (4, 3), (0, 1)] {
            let error = all_taken(taken, rows).unwrap_err();
            assert_eq!(error.code(), Code::Failed(Side::Destination), "{error:?}");
        }
    }

    #[test]
    fn a_lag_is_how_far_a_cursor_is_behind_the_clock() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let micros = i64::try_from(now.as_micros()).unwrap();
        let hour = lag(&Scalar::TimestampTz(micros - 3_600_000_000)).unwrap();
        assert!((3600.0..3660.0).contains(&hour), "{hour}");
        assert_eq!(lag(&Scalar::Int(micros)), None);
    }
}
