//! Secrets by chance, and the search for them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use uuid::Uuid;

use crate::vault::dumps::hits;

/// What nobody may read anywhere, by what it is.
#[derive(Default)]
pub(super) struct Canaries(RefCell<BTreeMap<String, String>>);

impl Canaries {
    /// A new one.
    pub(super) fn make(&self, what: &str) -> String {
        self.know(
            what,
            &format!("canary{}{}", what.replace(' ', ""), Uuid::new_v4().simple()),
        )
    }

    /// One that somebody else has made.
    pub(super) fn know(&self, what: &str, secret: &str) -> String {
        assert!(secret.len() > 8, "{what} is too short to be looked for");
        let known = self.0.borrow_mut().insert(what.to_owned(), secret.to_owned());
        assert!(known.is_none_or(|known| known == secret), "{what} is two");
        secret.to_owned()
    }

    /// Fails where one of them stands in these bytes, or where what has to be there is not: the search would be of something else.
    pub(super) fn absent(&self, place: &str, bytes: &[u8], mark: &str) {
        let canaries = self.0.borrow();
        let secrets: Vec<String> = canaries.values().cloned().collect();
        let found = hits(bytes, &secrets);
        let named = canaries
            .iter()
            .filter(|(_, secret)| found.contains(secret))
            .map(|(what, _)| what);
        assert_eq!(named.collect::<Vec<_>>(), Vec::<&String>::new(), "in {place}");
        let is_there = bytes.windows(mark.len()).any(|part| part == mark.as_bytes());
        assert!(
            is_there,
            "{place} has no `{mark}`: what was searched, in {} bytes?",
            bytes.len()
        );
    }
}
