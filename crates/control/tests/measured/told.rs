//! Whoever collects figures, as a test reads it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// What was told, by names such as `syncapp_attempts_total outcome=done`. Gauges are not kept.
#[derive(Default)]
pub(crate) struct Told {
    counts: Mutex<BTreeMap<String, Arc<Count>>>,
    times: Mutex<BTreeMap<String, Arc<Times>>>,
}

#[derive(Default)]
struct Count(Mutex<u64>);

#[derive(Default)]
struct Times(Mutex<Vec<f64>>);

impl Told {
    /// All counters of this name.
    pub(crate) fn counts(&self, name: &str) -> BTreeMap<String, u64> {
        let counts = self.counts.lock().unwrap();
        let of_it = counts
            .iter()
            .filter_map(|(key, count)| Some((labels(key, name)?, *count.0.lock().unwrap())));
        of_it.collect()
    }

    /// All that was recorded under this name.
    pub(crate) fn times(&self, name: &str) -> BTreeMap<String, Vec<f64>> {
        let times = self.times.lock().unwrap();
        let of_it = times
            .iter()
            .filter_map(|(key, times)| Some((labels(key, name)?, times.0.lock().unwrap().clone())));
        of_it.collect()
    }
}

/// The labels of a key that has this name.
fn labels(key: &str, name: &str) -> Option<String> {
    let (known, labels) = key.split_once(' ')?;
    (known == name).then(|| labels.to_owned())
}

fn text(key: &Key) -> String {
    let labels = key.labels().map(|label| format!("{}={}", label.key(), label.value()));
    format!("{} {}", key.name(), labels.collect::<Vec<_>>().join(" "))
}

impl Recorder for Told {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.counts.lock().unwrap().entry(text(key)).or_default().clone())
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.times.lock().unwrap().entry(text(key)).or_default().clone())
    }
}

impl CounterFn for Count {
    fn increment(&self, value: u64) {
        *self.0.lock().unwrap() += value;
    }

    fn absolute(&self, value: u64) {
        *self.0.lock().unwrap() = value;
    }
}

impl HistogramFn for Times {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}
