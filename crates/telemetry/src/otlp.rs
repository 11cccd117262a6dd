//! Figures as instruments of OpenTelemetry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::SECONDS;

/// Where telemetry is sent. Each of it may also be said by the standard variables, which go first.
#[derive(Clone, Default)]
pub struct Otlp {
    /// The collector's address, such as `http://collector:4318`: paths such as `/v1/traces` are put behind it.
    pub endpoint: Option<String>,
    /// What each request shows, such as `authorization=Bearer …`, with commas between several.
    pub headers: Option<String>,
}

impl std::fmt::Debug for Otlp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Otlp")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Makes an instrument of each metric.
pub(crate) struct Meters {
    meter: Meter,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    descriptions: HashMap<String, String>,
    counters: HashMap<Key, Arc<Counted>>,
    gauges: HashMap<Key, Arc<Gauged>>,
    histograms: HashMap<Key, Arc<Recorded>>,
}

impl Meters {
    pub(crate) fn new(meter: Meter) -> Self {
        Self {
            meter,
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, key: &KeyName, description: &SharedString) {
        self.known()
            .descriptions
            .insert(key.as_str().to_owned(), description.to_string());
    }
}

impl Known {
    fn description(&self, key: &Key) -> String {
        self.descriptions.get(key.name()).cloned().unwrap_or_default()
    }
}

fn attributes(key: &Key) -> Vec<KeyValue> {
    key.labels()
        .map(|label| KeyValue::new(label.key().to_owned(), label.value().to_owned()))
        .collect()
}

impl Recorder for Meters {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.describe(&key, &description);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.describe(&key, &description);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, description: SharedString) {
        self.describe(&key, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut known = self.known();
        if !known.counters.contains_key(key) {
            let counter = self.meter.u64_counter(key.name().to_owned());
            let counter = counter.with_description(known.description(key)).build();
            let counted = Counted {
                counter,
                attributes: attributes(key),
                told: Mutex::default(),
            };
            known.counters.insert(key.clone(), Arc::new(counted));
        }
        Counter::from_arc(known.counters[key].clone())
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let mut known = self.known();
        if !known.gauges.contains_key(key) {
            let gauge = self.meter.f64_gauge(key.name().to_owned());
            let gauge = gauge.with_description(known.description(key)).build();
            let gauged = Gauged {
                gauge,
                attributes: attributes(key),
                value: Mutex::default(),
            };
            known.gauges.insert(key.clone(), Arc::new(gauged));
        }
        Gauge::from_arc(known.gauges[key].clone())
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let mut known = self.known();
        if !known.histograms.contains_key(key) {
            let histogram = self.meter.f64_histogram(key.name().to_owned());
            let histogram = histogram
                .with_description(known.description(key))
                .with_boundaries(SECONDS.to_vec())
                .build();
            let recorded = Recorded {
                histogram,
                attributes: attributes(key),
            };
            known.histograms.insert(key.clone(), Arc::new(recorded));
        }
        Histogram::from_arc(known.histograms[key].clone())
    }
}

struct Counted {
    counter: opentelemetry::metrics::Counter<u64>,
    attributes: Vec<KeyValue>,
    told: Mutex<u64>,
}

impl CounterFn for Counted {
    fn increment(&self, value: u64) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) += value;
        self.counter.add(value, &self.attributes);
    }

    fn absolute(&self, value: u64) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        self.counter.add(value.saturating_sub(*told), &self.attributes);
        *told = value.max(*told);
    }
}

struct Gauged {
    gauge: opentelemetry::metrics::Gauge<f64>,
    attributes: Vec<KeyValue>,
    value: Mutex<f64>,
}

impl Gauged {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        *value = change(*value);
        self.gauge.record(*value, &self.attributes);
    }
}

impl GaugeFn for Gauged {
    fn increment(&self, value: f64) {
        self.change(|before| before + value);
    }

    fn decrement(&self, value: f64) {
        self.change(|before| before - value);
    }

    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

struct Recorded {
    histogram: opentelemetry::metrics::Histogram<f64>,
    attributes: Vec<KeyValue>,
}

impl HistogramFn for Recorded {
    fn record(&self, value: f64) {
        self.histogram.record(value, &self.attributes);
    }
}
