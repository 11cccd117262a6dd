//! How far back writers may still bring rows that a snapshot does not show.
//!
//! A cursor that is set from the server's clock says when its statement began, which is after its transaction did. So no
//! row that comes after the snapshot lies before the start of the oldest transaction that was open when it was taken.
//! Transactions are looked at *before* that: one that ends in between is counted all the same.

use syncapp_model::{Code, DataType, Error, Result, Scalar};

use super::client::{Client, optional};
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
    /// Looks at the transactions. InnoDB tells their beginnings to the second, in the server's own time zone.
    pub(super) async fn look(client: &mut Client) -> Result<Self> {
        let query = "select cast(unix_timestamp(now(6)) * 1000000 as signed), \
                     cast(max(timestampdiff(second, trx_started, convert_tz(now(), '+00:00', 'SYSTEM'))) as signed), \
                      timestampdiff(second, convert_tz(now(), '+00:00', 'SYSTEM'), now()) \
                     from information_schema.innodb_trx where trx_mysql_thread_id <> connection_id()";
        match client.rows(query).await {
            Ok(rows) => {
                let read = |at| {
                    rows.first()
                        .and_then(|row| optional(row, at))
                        .and_then(|text| text.parse().ok())
                };
                let (now, age): (Option<i64>, Option<i64>) = (read(0), read(1));
                Ok(Self {
                    behind: read(2).unwrap_or_default().max(0) * 1_000_000,
                    oldest: now.map(|now| now - (age.unwrap_or(0).max(0) + 1) * 1_000_000),
                    open: age.is_some(),
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

fn late_rows(cursor: &str) -> Error {
    let why = format!("transactions may be open while the increment is read, and commit rows behind `{cursor}`");
    Error::warning(Code::LateRows, why)
        .help("set a `lookback`; or use a cursor set by the server's clock, and grant PROCESS to the reading user")
}
