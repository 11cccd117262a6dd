//! Comma-separated values: RFC 4180 with any one-byte delimiter and quote, and lines that end in LF, CR LF or CR.
//!
//! A field without quotes that is empty is NULL, a quoted empty one is the empty string, unless `null_values` says
//! otherwise. An empty line is passed by, but for files of one column, where it is a row.

mod infer;
mod read;
mod split;
#[cfg(test)]
mod tests;
mod write;

use infer::header;
pub(super) use infer::sample;
pub(super) use read::Reader;
pub(super) use write::Encoder;

use super::config::ValidFiles;

/// Which fields are NULL.
#[derive(Debug, Clone)]
pub(super) struct Nulls {
    texts: Vec<Vec<u8>>,
    /// Whether an empty field without quotes is NULL.
    bare: bool,
}

impl Nulls {
    pub(super) fn new(files: &ValidFiles) -> Self {
        let listed = files.null_values.as_deref();
        Self {
            texts: listed
                .unwrap_or_default()
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect(),
            bare: listed.is_none_or(|texts| !texts.is_empty()),
        }
    }

    /// Whether a field is NULL.
    #[inline]
    pub(super) fn has(&self, text: &[u8], quoted: bool) -> bool {
        (text.is_empty() && !quoted && self.bare) || self.listed(text)
    }

    /// Whether a text is NULL however it is quoted.
    #[inline]
    pub(super) fn listed(&self, text: &[u8]) -> bool {
        !self.texts.is_empty() && self.texts.iter().any(|null| null == text)
    }

    /// How NULL is written, if it can be.
    pub(super) fn spelling(&self) -> Option<&[u8]> {
        match self.texts.first() {
            Some(text) => Some(text),
            None => self.bare.then_some(&[]),
        }
    }
}
