//! Sums over buckets of rows, as a server tells them in texts.

use syncapp_connector::Bucket;
use syncapp_model::{Error, Result};

/// A bucket of a row: its number, how many rows it has, and both sums. Without sums where a row has no text, so that the
/// server's are not those of all rows.
pub(crate) fn bucket<T: AsRef<str>>(text: impl Fn(usize) -> Option<T>, untold: bool) -> Result<(u32, Bucket)> {
    let number = |at: usize| {
        let told = text(at).and_then(|text| text.as_ref().parse::<u128>().ok());
        told.ok_or_else(|| Error::internal("a sum of rows is no number"))
    };
    let bucket = Bucket {
        rows: number(1)? as u64,
        sums: if untold { None } else { Some([number(2)?, number(3)?]) },
    };
    Ok((number(0)? as u32, bucket))
}
