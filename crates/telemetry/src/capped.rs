//! Bounds the series of each metric, whatever names users give to their projects.
//!
//! A label is a word of the program, or one of [`OPEN`]. The first [`SERIES`] combinations of a metric's labels are told as they
//! are; in later ones the open labels become `other`, so that sums stay right. A gauge of that name is [`Folded`] out of all that it
//! stands for.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit};

use crate::folded::{Folded, Part};

/// Labels whose values come from outside.
const OPEN: &[&str] = &["project", "sync", "stream", "pool"];
/// How many combinations of a metric are told.
const SERIES: usize = 1000;
/// What the others are told as.
const OTHER: &str = "other";
/// The longest value of a label.
const LONGEST: usize = 200;

/// A recorder whose series are bounded.
pub(crate) struct Capped<R> {
    inner: R,
    /// Hashes of the labels that were seen, by metric.
    seen: Mutex<HashMap<String, HashSet<u64>>>,
    /// Gauges that stand for several, by how they are told.
    folded: Mutex<HashMap<Key, Arc<Folded>>>,
}

impl<R> Capped<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            seen: Mutex::default(),
            folded: Mutex::default(),
        }
    }

    /// The key as it is told, and its own name where that is one for several.
    fn told(&self, key: &Key) -> (Key, Option<u64>) {
        if !key.labels().any(|label| OPEN.contains(&label.key())) {
            return (key.clone(), None);
        }
        let own = hash(key);
        let too_long = key.labels().any(|label| label.value().len() > LONGEST);
        if !too_long && self.is_among_the_first(key, own) {
            return (key.clone(), None);
        }
        let labels = key.labels().map(|label| {
            if OPEN.contains(&label.key()) {
                return Label::new(label.key().to_owned(), OTHER);
            }
            label.clone()
        });
        let told = Key::from_parts(key.name().to_owned(), labels.collect::<Vec<_>>());
        (told, Some(own))
    }

    fn is_among_the_first(&self, key: &Key, hash: u64) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = match seen.get_mut(key.name()) {
            Some(seen) => seen,
            None => seen.entry(key.name().to_owned()).or_default(),
        };
        seen.contains(&hash) || seen.len() < SERIES && seen.insert(hash)
    }
}

/// The labels' hash.
fn hash(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    for label in key.labels() {
        (label.key(), label.value()).hash(&mut hasher);
    }
    hasher.finish()
}

impl<R: Recorder> Recorder for Capped<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.inner.register_counter(&self.told(key).0, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let (key, own) = self.told(key);
        let told = self.inner.register_gauge(&key, metadata);
        let Some(name) = own else { return told };
        let mut folded = self.folded.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(Folded::new(key.name()));
        let of = folded.entry(key.clone()).or_insert_with(make).clone();
        Gauge::from_arc(Arc::new(Part { of, name, told }))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.inner.register_histogram(&self.told(key).0, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;

    #[test]
    fn series_are_bounded_and_sums_stay_right() {
        let prometheus = PrometheusBuilder::new().build_recorder();
        let handle = prometheus.handle();
        let capped = Capped::new(prometheus);
        metrics::with_local_recorder(&capped, || {
            for number in 0..SERIES + 500 {
                let sync = format!("s{number}");
                metrics::counter!("rows", "sync" => sync, "state" => "done").increment(2);
            }
            metrics::counter!("rows", "sync" => "s1", "state" => "done").increment(1);
            metrics::counter!("rows", "sync" => "x".repeat(LONGEST + 1), "state" => "done").increment(1);
            metrics::counter!("codes", "code" => "internal").increment(1);
        });
        let text = handle.render();
        let rows = text.lines().filter(|line| line.starts_with("rows{")).count();
        assert_eq!(rows, SERIES + 1);
        let sum: u64 = text
            .lines()
            .filter(|line| line.starts_with("rows{"))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum();
        assert_eq!(sum, 2 * (SERIES as u64 + 500) + 2);
        assert!(text.contains(r#"rows{sync="s1",state="done"} 3"#), "{text}");
        assert!(text.contains(r#"rows{sync="other",state="done"} 1001"#), "{text}");
        assert!(text.contains(r#"codes{code="internal"} 1"#));
    }

    #[test]
    fn of_many_lags_the_longest_is_told_and_depths_are_added() {
        let prometheus = PrometheusBuilder::new().build_recorder();
        let handle = prometheus.handle();
        let capped = Capped::new(prometheus);
        let lag = |stream: String, seconds: f64| metrics::gauge!("lag_seconds", "stream" => stream).set(seconds);
        let depth = |pool: String, queued: f64| {
            metrics::gauge!("depth", "pool" => pool.clone(), "state" => "queued").set(queued);
            metrics::gauge!("depth", "pool" => pool, "state" => "running").set(1.0);
        };
        let is_told = |line: &str| {
            let text = handle.render();
            let others: Vec<&str> = text.lines().filter(|line| line.contains("\"other\"")).collect();
            assert!(others.contains(&line), "{line}: {others:?}");
        };
        metrics::with_local_recorder(&capped, || {
            for number in 0..SERIES {
                lag(format!("s{number}"), 5000.0);
            }
            for number in 0..SERIES / 2 {
                depth(format!("p{number}"), 50.0);
            }
            // The longest comes first, as it does in each look.
            for (stream, seconds) in [("x", 900.0), ("y", 30.0), ("z", 7.0)] {
                lag(stream.to_owned(), seconds);
                depth(stream.to_owned(), 2.0);
            }
        });
        is_told(r#"lag_seconds{stream="other"} 900"#);
        is_told(r#"depth{pool="other",state="queued"} 6"#);
        is_told(r#"depth{pool="other",state="running"} 3"#);
        // The first has landed, and nothing is left in any pool.
        metrics::with_local_recorder(&capped, || {
            for (stream, seconds) in [("y", 35.0), ("z", 12.0), ("x", 1.0)] {
                lag(stream.to_owned(), seconds);
                depth(stream.to_owned(), 0.0);
            }
        });
        is_told(r#"lag_seconds{stream="other"} 35"#);
        is_told(r#"depth{pool="other",state="queued"} 0"#);
    }
}
