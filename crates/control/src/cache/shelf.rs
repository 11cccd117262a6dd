//! Things that are kept for a while, in bounded memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a thing costs besides its key and itself.
const EACH: usize = 128;

/// Things by their keys, each until an instant. When there is no room, those go first that would go first anyway.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    things: BTreeMap<String, Kept<T>>,
    /// The same, by their end.
    ends: BTreeSet<(Duration, String)>,
    size: usize,
    room: usize,
}

#[derive(Debug)]
struct Kept<T> {
    thing: T,
    until: Duration,
    size: usize,
}

impl<T> Shelf<T> {
    /// One for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self {
            things: BTreeMap::new(),
            ends: BTreeSet::new(),
            size: 0,
            room,
        }
    }

    /// A thing whose end has not come, and its end.
    pub(super) fn get(&mut self, key: &str, now: Duration) -> Option<(&mut T, Duration)> {
        let kept = self.things.get_mut(key)?;
        (now < kept.until).then_some((&mut kept.thing, kept.until))
    }

    /// Takes it off.
    pub(super) fn take(&mut self, key: &str, now: Duration) -> Option<T> {
        let kept = self.things.remove(key)?;
        self.ends.remove(&(kept.until, key.to_owned()));
        self.size -= kept.size;
        (now < kept.until).then_some(kept.thing)
    }

    /// Puts a thing of so many bytes in the place of another one.
    pub(super) fn put(&mut self, key: &str, thing: T, bytes: usize, now: Duration, until: Duration) {
        self.take(key, now);
        let size = EACH + 2 * key.len() + bytes;
        if size > self.room || until <= now {
            return;
        }
        self.clear(now, size);
        self.size += size;
        self.ends.insert((until, key.to_owned()));
        self.things.insert(key.to_owned(), Kept { thing, until, size });
    }

    /// Takes off what is over, and then what it takes to have room.
    fn clear(&mut self, now: Duration, size: usize) {
        while let Some((until, key)) = self.ends.first() {
            if now < *until && self.size + size <= self.room {
                return;
            }
            let key = key.clone();
            self.take(&key, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn room_is_made_by_what_ends_first() {
        let each = EACH + 2 + 100;
        let mut shelf = Shelf::new(3 * each);
        let put = |shelf: &mut Shelf<u32>, key: &str, thing, until| {
            shelf.put(key, thing, 100, Duration::ZERO, until * SECOND);
        };
        let held = |shelf: &mut Shelf<u32>| -> Vec<u32> {
            ["a", "b", "c", "d"]
                .into_iter()
                .filter_map(|key| shelf.get(key, Duration::ZERO).map(|(thing, _)| *thing))
                .collect()
        };
        for (key, thing, until) in [("a", 1, 30), ("b", 2, 10), ("c", 3, 20)] {
            put(&mut shelf, key, thing, until);
        }
        assert_eq!(held(&mut shelf), [1, 2, 3]);
        put(&mut shelf, "d", 4, 5);
        assert_eq!(held(&mut shelf), [1, 3, 4]);
        put(&mut shelf, "d", 5, 50);
        assert_eq!(held(&mut shelf), [1, 3, 5]);
        assert_eq!(shelf.size, 3 * each);
        shelf.put("b", 6, 4 * each, Duration::ZERO, SECOND);
        assert_eq!(held(&mut shelf), [1, 3, 5], "it is greater than the shelf");
        assert_eq!(shelf.take("a", Duration::ZERO), Some(1));
        assert_eq!((shelf.things.len(), shelf.ends.len(), shelf.size), (2, 2, 2 * each));
    }

    #[test]
    fn what_is_over_takes_no_room() {
        let mut shelf = Shelf::new(1 << 20);
        for number in 0..10_000 {
            let now = number * SECOND;
            shelf.put(&number.to_string(), (), 0, now, now + 3 * SECOND);
        }
        assert!(shelf.things.len() <= 3, "{}", shelf.things.len());
    }
}
