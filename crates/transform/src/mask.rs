//! Masks: what stays of a value that must not be seen.
//!
//! A mask is applied last, to the canonical text of the value the column would otherwise hold. NULL stays NULL.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, new_null_array};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use syncapp_model::sync_file::{Mask as Config, Partial};
use syncapp_model::{Code, DataType, Error};

use crate::cast::{CastError, texts};
use syncapp_values::{Texts, write_hex};

/// A mask with what it needs.
#[derive(Clone)]
pub(crate) enum Mask {
    /// The keyed hash in hex. The state has taken the key in.
    Hash(Box<Hmac<Sha256>>),
    Redact,
    Null,
    Partial(Partial),
}

impl Mask {
    /// The mask that a column asks for.
    pub(crate) fn new(config: &Config, key: Option<&[u8]>) -> Result<Self, Error> {
        Ok(match config {
            Config::Hash => {
                let key = key.ok_or_else(|| {
                    Error::new(
                        Code::UnknownSecret,
                        "`mask: hash` needs the project's secret `mask_key`, which is not set",
                    )
                    .help("set the variable `SYNCAPP_SECRET_MASK_KEY` to a long random text and keep it, or use `mask: redact`")
                })?;
                let state = Hmac::new_from_slice(key).map_err(|error| Error::internal(error.to_string()))?;
                Self::Hash(Box::new(state))
            }
            Config::Redact => Self::Redact,
            Config::Null => Self::Null,
            Config::Partial(partial) => Self::Partial(*partial),
            Config::Encrypt => {
                return Err(Error::new(Code::NotAvailable, "`mask: encrypt` is not built yet")
                    .help("use `mask: hash`, which keeps equal values equal"));
            }
        })
    }

    /// The type of a masked column.
    pub(crate) fn result(&self, ty: &DataType) -> DataType {
        match self {
            Self::Null => ty.clone(),
            _ => DataType::String,
        }
    }

    /// Masks a column of a type.
    pub(crate) fn apply(&self, array: &dyn Array, ty: &DataType) -> Result<ArrayRef, CastError> {
        if matches!(self, Self::Null) {
            return Ok(new_null_array(&ty.arrow(), array.len()));
        }
        let texts = Texts::of(array, ty);
        let mut value = Vec::new();
        let masked = texts::build(array, |row, out| {
            value.clear();
            match self {
                Self::Hash(state) => {
                    texts.write(row, &mut value);
                    let mut state = state.clone();
                    state.update(&value);
                    write_hex(&state.finalize().into_bytes(), out);
                }
                Self::Partial(partial) => {
                    texts.write(row, &mut value);
                    hide(&String::from_utf8_lossy(&value), *partial, out);
                }
                _ => out.extend_from_slice(b"***"),
            }
            Ok(())
        })?;
        Ok(Arc::new(masked))
    }
}

/// Writes a text with all characters but the kept ones as `*`; all of them where nothing would be hidden.
fn hide(text: &str, keep: Partial, out: &mut Vec<u8>) {
    let length = text.chars().count();
    let (first, last) = (keep.keep_first as usize, keep.keep_last as usize);
    let hidden = length
        .checked_sub(first.saturating_add(last))
        .filter(|hidden| *hidden > 0);
    let (first, last) = hidden.map_or((0, length), |hidden| (first, first + hidden));
    let mut utf8 = [0; 4];
    for (at, c) in text.chars().enumerate() {
        let c = if (first..last).contains(&at) { '*' } else { c };
        out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::{Int64Array, StringArray};

    use super::*;

    fn masked(mask: &Config, array: &dyn Array, ty: &DataType) -> Vec<Option<String>> {
        let mask = Mask::new(mask, Some(b"Jefe")).unwrap();
        let result = mask.apply(array, ty).unwrap();
        result
            .as_string::<i32>()
            .iter()
            .map(|text| text.map(str::to_owned))
            .collect()
    }

    #[test]
    fn hash_is_the_known_hmac() {
        // RFC 4231, test case 2.
        let array = StringArray::from(vec![Some("what do ya want for nothing?"), None]);
        assert_eq!(
            masked(&Config::Hash, &array, &DataType::String),
            [
                Some("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843".to_owned()),
                None
            ]
        );
    }

    #[test]
    fn equal_values_of_different_types_hash_alike() {
        let number = masked(&Config::Hash, &Int64Array::from(vec![42]), &DataType::Int64);
        assert_eq!(
            number,
            masked(&Config::Hash, &StringArray::from(vec!["42"]), &DataType::String)
        );
    }

    #[test]
    fn partial_keeps_the_ends_and_never_everything() {
        let check = |keep_first, keep_last, text: &str, want: &str| {
            let mask = Config::Partial(Partial { keep_first, keep_last });
            let got = masked(&mask, &StringArray::from(vec![text]), &DataType::String);
            assert_eq!(got, [Some(want.to_owned())], "{text}");
        };
        check(1, 2, "secret", "s***et");
        check(1, 2, "sec", "***");
        check(1, 2, "se", "**");
        check(0, 0, "sec", "***");
        check(2, 0, "äöüß", "äö**");
        check(u32::MAX, u32::MAX, "ab", "**");
        check(1, 1, "", "");
    }

    #[test]
    fn redact_and_null() {
        let array = Int64Array::from(vec![Some(1), None]);
        assert_eq!(
            masked(&Config::Redact, &array, &DataType::Int64),
            [Some("***".to_owned()), None]
        );
        let nulls = Mask::Null.apply(&array, &DataType::Int64).unwrap();
        assert_eq!((nulls.null_count(), nulls.data_type()), (2, &DataType::Int64.arrow()));
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(
            Mask::new(&Config::Hash, None).err().unwrap().code(),
            Code::UnknownSecret
        );
        assert_eq!(
            Mask::new(&Config::Encrypt, Some(b"k")).err().unwrap().code(),
            Code::NotAvailable
        );
    }
}
