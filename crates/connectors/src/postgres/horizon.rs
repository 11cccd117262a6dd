//! How far back writers may still bring rows that a snapshot does not show.
//!
//! A cursor that is set from the database's clock says when its transaction began (`now()`), or a later moment. So no
//! row that comes after the snapshot lies before the start of the oldest transaction that was open when it was taken, or
//! before the snapshot itself. Sessions are looked at *before* that: one that ends in between is counted all the same.

use syncapp_model::{Code, DataType, Error, Result, Scalar};

use super::client::{Client, READER};
use crate::horizon::{FARTHEST_CLOCK, Horizon};

/// A transaction shows that it has begun a moment after it did, and a column of whole seconds holds an earlier one: in
/// microseconds.
const SLACK: i64 = 1_000_000;

/// Who had a transaction open, just before a snapshot was taken.
pub(super) struct Sessions {
    /// When the oldest of those that show it began, in microseconds since 1970.
    oldest: Option<i64>,
    /// How many do not show when they began.
    hidden: i64,
    /// How many have written something.
    writing: i64,
    /// When they were looked at.
    looked: i64,
}

impl Sessions {
    /// Looks at the sessions. The caller has no transaction yet.
    ///
    /// That a session is in a transaction, and whether it writes, everyone may see in the locks; since when only its own
    /// user and members of `pg_read_all_stats`. On a standby the writers are elsewhere, unseen.
    pub(super) async fn look(client: &Client) -> Result<Self> {
        let query = format!(
            "with sessions as materialized (
               select a.xact_start,
                      exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'virtualxid') as open,
                      exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'transactionid'
                              and l.mode = 'ExclusiveLock' and l.granted) as writing
               from pg_stat_activity a
               where a.datname = current_database() and a.usesysid is not null and a.pid <> pg_backend_pid()
                 and a.application_name <> '{READER}')
             select (extract(epoch from min(xact_start)) * 1000000)::int8,
                    count(*) filter (where open and xact_start is null) + pg_is_in_recovery()::int
                      + (select count(*) from pg_prepared_xacts where database = current_database()),
                    count(*) filter (where writing),
                    (extract(epoch from now()) * 1000000)::int8
             from sessions"
        );
        let look = async {
            client
                .inner
                .query_typed_one(&query, &[])
                .await
                .map_err(|error| client.error(&error))
        };
        let row = client.granted(look).await?;
        Ok(Self {
            oldest: row.get(0),
            hidden: row.get(1),
            writing: row.get(2),
            looked: row.get(3),
        })
    }

    /// The horizon of a snapshot that was taken since, for a cursor; and what the user should know of it.
    ///
    /// A column without a time zone holds what the clock of its writer's session showed, which may be far behind.
    pub(super) fn horizon(&self, cursor: &str, ty: &DataType) -> (Horizon, Vec<Error>) {
        let micros = self.oldest.unwrap_or(i64::MAX).min(self.looked) - SLACK;
        let horizon = match ty {
            DataType::TimestampTz => Horizon {
                at: Some(Scalar::TimestampTz(micros)),
                near: None,
            },
            DataType::Timestamp => Horizon {
                at: Some(Scalar::Timestamp(micros - FARTHEST_CLOCK)),
                near: Some(Scalar::Timestamp(micros)),
            },
            DataType::Date => Horizon {
                at: Some(day(micros - FARTHEST_CLOCK)),
                near: Some(day(micros)),
            },
            _ => Horizon::default(),
        };
        let unseen = if horizon.at.is_some() {
            self.hidden
        } else {
            self.writing + self.hidden
        };
        let warnings = if unseen > 0 {
            vec![late_rows(cursor)]
        } else {
            Vec::new()
        };
        (horizon, warnings)
    }
}

fn day(micros: i64) -> Scalar {
    Scalar::Date(micros.div_euclid(86_400_000_000) as i32)
}

fn late_rows(cursor: &str) -> Error {
    let why = format!("transactions were open while the increment was read, and may commit rows behind `{cursor}`");
    Error::warning(Code::LateRows, why).help(
        "set a `lookback`; or use a cursor set by the database's clock, and grant pg_read_all_stats to the reading user",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day and a half after 1970, when nothing was open and all could be seen.
    const LOOKED: i64 = 36 * 3_600_000_000;

    const ALONE: Sessions = Sessions {
        oldest: None,
        hidden: 0,
        writing: 0,
        looked: LOOKED,
    };

    #[test]
    fn the_horizon_is_where_the_oldest_transaction_began() {
        let check = |oldest: Option<i64>, ty: DataType, at: Scalar, near: Option<Scalar>| {
            let (horizon, warnings) = Sessions { oldest, ..ALONE }.horizon("at", &ty);
            assert_eq!((horizon.at, horizon.near), (Some(at), near), "{oldest:?} {ty}");
            assert_eq!(warnings, [], "{oldest:?} {ty}");
        };
        // It has begun a second before it shows.
        check(
            None,
            DataType::TimestampTz,
            Scalar::TimestampTz(LOOKED - 1_000_000),
            None,
        );
        check(
            Some(7_000_000),
            DataType::TimestampTz,
            Scalar::TimestampTz(6_000_000),
            None,
        );
        let late = Some(LOOKED + 7);
        check(
            late,
            DataType::TimestampTz,
            Scalar::TimestampTz(LOOKED - 1_000_000),
            None,
        );
        // Without a zone it may have been written fourteen hours behind, which is the day before at noon.
        check(
            None,
            DataType::Timestamp,
            Scalar::Timestamp(22 * 3_600_000_000 - 1_000_000),
            Some(Scalar::Timestamp(LOOKED - 1_000_000)),
        );
        check(None, DataType::Date, Scalar::Date(0), Some(Scalar::Date(1)));
        check(Some(0), DataType::Date, Scalar::Date(-1), Some(Scalar::Date(-1)));
    }

    #[test]
    fn who_does_not_show_when_it_began_is_warned_of() {
        for (hidden, writing, ty, warned) in [
            (0, 1, DataType::TimestampTz, false),
            (1, 0, DataType::TimestampTz, true),
            (1, 0, DataType::Timestamp, true),
            (1, 0, DataType::Date, true),
            // Of what is no time, whoever writes may bring smaller values.
            (0, 0, DataType::Int64, false),
            (0, 1, DataType::Int64, true),
            (1, 0, DataType::Int64, true),
        ] {
            let sessions = Sessions {
                hidden,
                writing,
                ..ALONE
            };
            let (horizon, warnings) = sessions.horizon("at", &ty);
            let codes: Vec<Code> = warnings.iter().map(Error::code).collect();
            let wanted = if warned { &[Code::LateRows][..] } else { &[] };
            assert_eq!(codes, wanted, "{hidden} {writing} {ty}");
            assert_eq!(horizon.at.is_none(), ty == DataType::Int64, "{ty}");
        }
    }
}
