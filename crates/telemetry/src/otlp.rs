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

/// The instrument of this key, which is made on first use: by its name, its description and its attributes.
fn known<T>(
    all: &mut HashMap<Key, Arc<T>>,
    descriptions: &HashMap<String, String>,
    key: &Key,
    make: impl FnOnce(String, String, Vec<KeyValue>) -> T,
) -> Arc<T> {
    if let Some(known) = all.get(key) {
        return known.clone();
    }
    let description = descriptions.get(key.name()).cloned().unwrap_or_default();
    let made = Arc::new(make(key.name().to_owned(), description, attributes(key)));
    all.insert(key.clone(), made.clone());
    made
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
        let of = &mut *self.known();
        Counter::from_arc(known(
            &mut of.counters,
            &of.descriptions,
            key,
            |name, description, attributes| {
                let counter = self.meter.u64_counter(name).with_description(description).build();
                let told = Mutex::default();
                Counted {
                    counter,
                    attributes,
                    told,
                }
            },
        ))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let of = &mut *self.known();
        Gauge::from_arc(known(
            &mut of.gauges,
            &of.descriptions,
            key,
            |name, description, attributes| {
                let gauge = self.meter.f64_gauge(name).with_description(description).build();
                let value = Mutex::default();
                Gauged {
                    gauge,
                    attributes,
                    value,
                }
            },
        ))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let of = &mut *self.known();
        Histogram::from_arc(known(
            &mut of.histograms,
            &of.descriptions,
            key,
            |name, description, attributes| {
                let histogram = self.meter.f64_histogram(name).with_description(description);
                let histogram = histogram.with_boundaries(SECONDS.to_vec()).build();
                Recorded { histogram, attributes }
            },
        ))
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
