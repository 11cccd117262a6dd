//! Bounds the series of each metric, whatever names users give to their projects.
//!
//! A label is a word of the program, or one of [`OPEN`]. The first [`SERIES`] combinations of a metric's labels are told as they
//! are; in later ones the open labels become `other`, so that sums stay right.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit};

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
}

impl<R> Capped<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            seen: Mutex::default(),
        }
    }

    /// The key as it is told.
    fn told(&self, key: &Key) -> Key {
        if !key.labels().any(|label| OPEN.contains(&label.key())) {
            return key.clone();
        }
        let too_long = key.labels().any(|label| label.value().len() > LONGEST);
        if !too_long && self.is_among_the_first(key) {
            return key.clone();
        }
        let labels = key.labels().map(|label| {
            if OPEN.contains(&label.key()) {
                return Label::new(label.key().to_owned(), OTHER);
            }
            label.clone()
        });
        Key::from_parts(key.name().to_owned(), labels.collect::<Vec<_>>())
    }

    fn is_among_the_first(&self, key: &Key) -> bool {
        let mut hasher = DefaultHasher::new();
        for label in key.labels() {
            (label.key(), label.value()).hash(&mut hasher);
        }
        let hash = hasher.finish();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = match seen.get_mut(key.name()) {
            Some(seen) => seen,
            None => seen.entry(key.name().to_owned()).or_default(),
        };
        seen.contains(&hash) || seen.len() < SERIES && seen.insert(hash)
    }
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
        self.inner.register_counter(&self.told(key), metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.inner.register_gauge(&self.told(key), metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.inner.register_histogram(&self.told(key), metadata)
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
}
