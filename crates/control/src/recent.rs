//! What was looked up last.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Values that never change under their keys: those that were asked for last, a few of them.
#[derive(Debug)]
pub struct Recent<K, V> {
    kept: Mutex<VecDeque<(K, V)>>,
    most: usize,
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// Keeps `most` values.
    pub fn new(most: usize) -> Self {
        Self {
            kept: Mutex::default(),
            most,
        }
    }

    /// What is kept under the key; else what `make` makes, which is kept from then on.
    pub fn get_or(&self, key: K, make: impl FnOnce() -> V) -> V {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| *known == key);
        let entry = place
            .and_then(|place| kept.remove(place))
            .unwrap_or_else(|| (key, make()));
        let value = entry.1.clone();
        kept.push_front(entry);
        kept.truncate(self.most);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_were_asked_for_last_are_kept() {
        let recent = Recent::new(2);
        let made = |key: &'static str| {
            let mut made = false;
            let value = recent.get_or(key, || {
                made = true;
                key.len()
            });
            assert_eq!(value, key.len());
            made
        };
        assert!(made("a") && made("bb"));
        assert!(!made("a"));
        assert!(made("ccc"));
        assert!(!made("a"), "it was asked for after the one that went");
        assert!(made("bb"));
    }
}
