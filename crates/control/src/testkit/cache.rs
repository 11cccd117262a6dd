//! What is kept, counted and said for a while, by one process and another, where nothing fails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{join, join_all};

use super::{CachePlace, CacheRig};
use crate::{Allowance, Cache, Listener, MAX_CACHED};

const LONG: Duration = Duration::from_hours(1);
const SHORT: Duration = Duration::from_millis(100);

async fn doors(place: &dyn CachePlace) -> [Arc<dyn Cache>; 2] {
    [place.cache().await, place.cache().await]
}

async fn get(cache: &Arc<dyn Cache>, key: &str) -> Option<Vec<u8>> {
    cache.get(key).await.unwrap()
}

/// A value comes back as it is, through any door, and is replaced by the next one.
pub async fn a_value_comes_back(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let [one, other] = doors(&*place).await;
    assert_eq!(get(&one, "a").await, None);
    let long = vec![7; MAX_CACHED];
    let values: [&[u8]; 4] = [b"first", b"\0\xff\r\n", b"", &long];
    for value in values {
        one.put("a", value, LONG).await.unwrap();
        assert_eq!(get(&other, "a").await.as_deref(), Some(value));
    }
    other.put("ü b:*", b"x", LONG).await.unwrap();
    assert_eq!(get(&one, "ü b:*").await.as_deref(), Some(&b"x"[..]));
    assert_eq!(get(&one, "ü b:").await, None);
}

/// A value is kept for its time, counted from when it was put last.
pub async fn a_value_ends(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let [one, other] = doors(&*place).await;
    one.put("a", b"short", SHORT).await.unwrap();
    one.put("b", b"short", SHORT).await.unwrap();
    one.put("b", b"long", LONG).await.unwrap();
    one.put("c", b"long", LONG).await.unwrap();
    one.put("c", b"none", Duration::ZERO).await.unwrap();
    assert_eq!(get(&other, "c").await, None);
    place.pass(SHORT).await;
    assert_eq!(get(&other, "a").await, None);
    assert_eq!(other.take("a").await.unwrap(), None);
    assert_eq!(get(&other, "b").await.as_deref(), Some(&b"long"[..]));
}

/// What is too long is not kept, and not said: neither is what was there before.
pub async fn what_is_too_long_is_not_kept(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let [one, other] = doors(&*place).await;
    let long = vec![7; MAX_CACHED + 1];
    let mut listener = one.listen("t").await.unwrap();
    one.put("a", b"before", LONG).await.unwrap();
    one.put("a", &long, LONG).await.unwrap();
    assert_eq!(get(&other, "a").await, None);
    other.publish("t", &long).await.unwrap();
    other.publish("t", b"after").await.unwrap();
    assert_eq!(listener.next().await, b"after");
}

/// Of many who take one gets it.
pub async fn a_value_is_taken_once(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let doors = doors(&*place).await;
    for round in 0..10 {
        let key = format!("state {round}");
        doors[0].put(&key, b"once", LONG).await.unwrap();
        let taken = join_all((0..8).map(|number| doors[number % 2].take(&key))).await;
        let taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(taken, [b"once"]);
        assert_eq!(get(&doors[1], &key).await, None);
    }
}

/// Each counts, and says what is left; keys are apart, from each other and from values.
pub async fn calls_are_counted(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let doors = doors(&*place).await;
    let expected = [(true, 2), (true, 1), (true, 0), (false, 0), (false, 0)];
    for (number, expected) in expected.into_iter().enumerate() {
        let Allowance {
            allowed,
            remaining,
            resets_in,
        } = doors[number % 2].count("login", 3, LONG).await.unwrap();
        assert_eq!((allowed, remaining), expected, "call {number}");
        assert!(resets_in <= LONG && resets_in > LONG / 2, "{resets_in:?}");
    }
    assert_eq!(doors[0].count("other", 3, LONG).await.unwrap().remaining, 2);
    assert!(!doors[0].count("never", 0, LONG).await.unwrap().allowed);
    assert_eq!(get(&doors[0], "login").await, None);
    doors[0].put("login", b"x", LONG).await.unwrap();
    assert!(!doors[1].count("login", 3, LONG).await.unwrap().allowed);
}

/// A window ends, however often somebody knocks meanwhile.
pub async fn a_window_ends(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let [one, other] = doors(&*place).await;
    for allowed in [true, false, false] {
        let allowance = one.count("login", 1, 3 * SHORT).await.unwrap();
        assert_eq!(allowance.allowed, allowed);
        assert!(allowance.resets_in <= 3 * SHORT);
    }
    place.pass(3 * SHORT).await;
    assert!(other.count("login", 1, LONG).await.unwrap().allowed);
    assert!(!one.count("login", 1, LONG).await.unwrap().allowed);
}

/// Of many at once as many are allowed as may be.
pub async fn of_many_so_many_are_allowed(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let doors = doors(&*place).await;
    let counted = join_all((0..60).map(|number| doors[number % 2].count("burst", 10, LONG))).await;
    let counted: Vec<_> = counted.into_iter().map(Result::unwrap).collect();
    let allowed = counted.iter().filter(|allowance| allowance.allowed);
    let remaining: BTreeSet<u64> = allowed.clone().map(|allowance| allowance.remaining).collect();
    assert_eq!((allowed.count(), remaining), (10, (0..10).collect()));
}

/// What is said is heard by all who listen to its topic, in order, and by no others.
pub async fn what_is_said_is_heard(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let [one, other] = doors(&*place).await;
    let mut near = one.listen("run 1").await.unwrap();
    let mut far = other.listen("run 1").await.unwrap();
    let mut elsewhere = other.listen("run 2").await.unwrap();
    one.publish("nobody", b"x").await.unwrap();
    let values: [&[u8]; 3] = [b"1", b"\0\xff", b""];
    for value in values {
        one.publish("run 1", value).await.unwrap();
    }
    for listener in [&mut near, &mut far] {
        for value in values {
            assert_eq!(listener.next().await, value);
        }
    }
    assert_eq!(elsewhere.next().now_or_never(), None);
    other.publish("run 2", b"2").await.unwrap();
    assert_eq!(elsewhere.next().await, b"2");
}

/// Whoever waits hears what is said later; a call that is dropped takes nothing with it, and nobody waits for who is slow or gone.
pub async fn listeners_come_and_go(rig: &dyn CacheRig) {
    let place = rig.fresh().await;
    let [one, other] = doors(&*place).await;
    let mut listener = one.listen("t").await.unwrap();
    drop(other.listen("t").await.unwrap());
    for _ in 0..3 {
        assert_eq!(listener.next().now_or_never(), None);
    }
    let (heard, said) = join(listener.next(), other.publish("t", b"later")).await;
    said.unwrap();
    assert_eq!(heard, b"later");
    for number in 0..500 {
        other.publish("t", format!("{number}").as_bytes()).await.unwrap();
    }
    let mut last: Box<dyn Listener> = one.listen("last").await.unwrap();
    other.publish("last", b"end").await.unwrap();
    assert_eq!(last.next().await, b"end");
    let mut heard = 0;
    while listener.next().await != b"499" {
        heard += 1;
    }
    assert!(heard < 500);
}
