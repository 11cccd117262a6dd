//! How far back writers may still bring rows that a snapshot does not show.
//!
//! A cursor that is set from the server's clock says when its statement began, which is after its transaction did. So no
//! row that comes after the snapshot lies before the start of the oldest transaction that was open when it was taken.
//! Transactions are looked at *before* that: one that ends in between is counted all the same.

use syncapp_model::{Code, DataType, Error, Result, Scalar};

use super::client::{Client, optional, text};
use crate::horizon::{FARTHEST_CLOCK, Horizon};

/// Who had a transaction open, just before a snapshot was taken.
pub(super) struct Writers {
    /// When the oldest began, or the look itself, in microseconds since 1970; `None` where the user may not see.
    oldest: Option<i64>,
    /// How far the server's own clock is behind UTC, in microseconds: columns without a zone may have been set by it.
    behind: i64,
    /// Whether any was open, as far as the user may see.
    open: bool,
}

impl Writers {
    /// Looks at the transactions. InnoDB tells their ages in whole seconds.
    pub(super) async fn look(client: &mut Client) -> Result<Self> {
        let clock = "select cast(unix_timestamp(now(6)) * 1000000 as signed), \
                     timestampdiff(second, convert_tz(now(), '+00:00', 'SYSTEM'), now())";
        let clock = client.rows(clock).await?;
        let read = |at| {
            let text = clock.first().and_then(|row| optional(row, at));
            text.and_then(|text| text.parse::<i64>().ok())
        };
        // `information_schema.innodb_trx` shows what it did before as long as anybody reads it ten times a second.
        match client.rows("show engine innodb status").await {
            Ok(rows) => {
                let ages = rows.first().and_then(|row| ages(&text(row, 2)));
                let oldest = ages.as_ref().map(|ages| ages.iter().max().copied().unwrap_or(0));
                Ok(Self {
                    behind: read(1).unwrap_or_default().max(0) * 1_000_000,
                    oldest: read(0).zip(oldest).map(|(now, age)| now - (age + 1) * 1_000_000),
                    open: ages.is_none_or(|ages| !ages.is_empty()),
                })
            }
            Err(error) if error.code() == Code::PermissionDenied(client.side) => Ok(Self {
                oldest: None,
                behind: 0,
                open: true,
            }),
            Err(error) => Err(error),
        }
    }

    /// The horizon of a snapshot that was taken since, for a cursor; and what the user should know of it.
    ///
    /// A column without a time zone holds what the clock of its writer's session showed, which may be far behind.
    pub(super) fn horizon(&self, cursor: &str, ty: &DataType) -> (Horizon, Vec<Error>) {
        let at = |micros: i64| match ty {
            DataType::Timestamp => Some(Scalar::Timestamp(micros)),
            DataType::Date => Some(Scalar::Date(micros.div_euclid(86_400_000_000) as i32)),
            _ => None,
        };
        let horizon = match (ty, self.oldest) {
            (_, None) => Horizon::default(),
            (DataType::TimestampTz, Some(oldest)) => Horizon {
                at: Some(Scalar::TimestampTz(oldest)),
                near: None,
            },
            (_, Some(oldest)) => Horizon {
                at: at(oldest - FARTHEST_CLOCK),
                near: at(oldest - self.behind),
            },
        };
        let blind = horizon.at.is_none() && self.open;
        (horizon, if blind { vec![late_rows(cursor)] } else { Vec::new() })
    }
}

/// For how many seconds each transaction has been open; `None` where there are so many that the server does not list all.
fn ages(status: &str) -> Option<Vec<i64>> {
    let list = status.split_once("LIST OF TRANSACTIONS FOR EACH SESSION:")?.1;
    let mut ages = Vec::new();
    for line in list.lines() {
        if line.starts_with("... truncated...") {
            return None;
        }
        let Some((_, state)) = line
            .strip_prefix("---TRANSACTION ")
            .and_then(|line| line.split_once(", ACTIVE "))
        else {
            continue;
        };
        // `12 sec`, or `(PREPARED) 12 sec`; what is done follows.
        let age = state.split_once(" sec")?.0.rsplit(' ').next()?;
        ages.push(age.parse().ok()?);
    }
    Some(ages)
}

fn late_rows(cursor: &str) -> Error {
    let why = format!("transactions may be open while the increment is read, and commit rows behind `{cursor}`");
    Error::warning(Code::LateRows, why)
        .help("set a `lookback`; or use a cursor set by the server's clock, and grant PROCESS to the reading user")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "TRANSACTIONS\n------------\nTrx id counter 42\nLIST OF TRANSACTIONS FOR EACH SESSION:\n\
        ---TRANSACTION 421, not started\nMariaDB thread id 9, OS thread handle 1\n\
        ---TRANSACTION 41, ACTIVE 12 sec\n1 lock struct(s), undo log entries 1\n\
        ---TRANSACTION (0x7f), ACTIVE (PREPARED) 7 sec recovered trx\n\
        ---TRANSACTION 40, ACTIVE 3 sec inserting\nmysql tables in use 1, locked 1\n--------\nFILE I/O\n";

    #[test]
    fn each_transaction_that_is_open_has_an_age() {
        assert_eq!(ages(LIST), Some(vec![12, 7, 3]));
        assert_eq!(ages("LIST OF TRANSACTIONS FOR EACH SESSION:\n--------\n"), Some(vec![]));
    }

    /// A day and a half after 1970.
    const NOON: i64 = 36 * 3_600_000_000;

    #[test]
    fn the_horizon_is_where_the_oldest_transaction_began() {
        let hours = |hours: i64| hours * 3_600_000_000;
        let check = |behind: i64, ty: DataType, at: Option<Scalar>, near: Option<Scalar>| {
            let writers = Writers {
                oldest: Some(NOON),
                behind,
                open: true,
            };
            let (horizon, warnings) = writers.horizon("at", &ty);
            assert_eq!(warnings.is_empty(), at.is_some(), "{ty}");
            assert_eq!((horizon.at, horizon.near), (at, near), "{behind} {ty}");
        };
        check(hours(3), DataType::TimestampTz, Some(Scalar::TimestampTz(NOON)), None);
        // Without a zone it may have been written fourteen hours behind, most likely by the server's own clock.
        let timestamp = |micros| Some(Scalar::Timestamp(micros));
        check(0, DataType::Timestamp, timestamp(hours(22)), timestamp(NOON));
        check(
            hours(3),
            DataType::Timestamp,
            timestamp(hours(22)),
            timestamp(hours(33)),
        );
        let date = |days| Some(Scalar::Date(days));
        check(0, DataType::Date, date(0), date(1));
        check(hours(13), DataType::Date, date(0), date(0));
        check(0, DataType::Int64, None, None);
    }

    #[test]
    fn what_cannot_be_seen_is_warned_of() {
        for (oldest, open, ty, warned) in [
            (None, true, DataType::TimestampTz, true),
            (None, false, DataType::TimestampTz, false),
            (Some(NOON), true, DataType::Int64, true),
            (Some(NOON), false, DataType::Int64, false),
            (Some(NOON), true, DataType::TimestampTz, false),
        ] {
            let writers = Writers {
                oldest,
                behind: 0,
                open,
            };
            let (_, warnings) = writers.horizon("at", &ty);
            let codes: Vec<Code> = warnings.iter().map(Error::code).collect();
            let wanted = if warned { &[Code::LateRows][..] } else { &[] };
            assert_eq!(codes, wanted, "{oldest:?} {open} {ty}");
        }
    }

    #[test]
    fn a_list_that_is_cut_tells_nothing() {
        let cut = LIST.replace("mysql tables", "... truncated...\nmysql tables");
        for status in [
            cut.as_str(),
            "",
            "LIST OF TRANSACTIONS FOR EACH SESSION:\n---TRANSACTION 1, ACTIVE ? sec",
        ] {
            assert_eq!(ages(status), None, "{status}");
        }
    }
}
