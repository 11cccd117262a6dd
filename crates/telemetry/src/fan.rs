//! What is counted goes to Prometheus, to OTLP, or to both.

use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use metrics_exporter_prometheus::PrometheusRecorder;

use crate::otlp::Meters;

/// Those who hear of figures.
pub(crate) struct Fan {
    pub(crate) prometheus: Option<PrometheusRecorder>,
    pub(crate) meters: Option<Meters>,
}

impl Fan {
    pub(crate) fn is_empty(&self) -> bool {
        self.prometheus.is_none() && self.meters.is_none()
    }

    fn each(&self) -> impl Iterator<Item = &dyn Recorder> {
        let prometheus = self.prometheus.as_ref().map(|recorder| recorder as &dyn Recorder);
        let meters = self.meters.as_ref().map(|recorder| recorder as &dyn Recorder);
        [prometheus, meters].into_iter().flatten()
    }
}

/// The handles of one metric.
struct Each<T>(Vec<T>);

impl Recorder for Fan {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.each()
            .for_each(|recorder| recorder.describe_counter(key.clone(), unit, description.clone()));
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.each()
            .for_each(|recorder| recorder.describe_gauge(key.clone(), unit, description.clone()));
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.each()
            .for_each(|recorder| recorder.describe_histogram(key.clone(), unit, description.clone()));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let each = self.each().map(|recorder| recorder.register_counter(key, metadata));
        Counter::from_arc(Arc::new(Each(each.collect())))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let each = self.each().map(|recorder| recorder.register_gauge(key, metadata));
        Gauge::from_arc(Arc::new(Each(each.collect())))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let each = self.each().map(|recorder| recorder.register_histogram(key, metadata));
        Histogram::from_arc(Arc::new(Each(each.collect())))
    }
}

impl CounterFn for Each<Counter> {
    fn increment(&self, value: u64) {
        self.0.iter().for_each(|one| one.increment(value));
    }

    fn absolute(&self, value: u64) {
        self.0.iter().for_each(|one| one.absolute(value));
    }
}

impl GaugeFn for Each<Gauge> {
    fn increment(&self, value: f64) {
        self.0.iter().for_each(|one| one.increment(value));
    }

    fn decrement(&self, value: f64) {
        self.0.iter().for_each(|one| one.decrement(value));
    }

    fn set(&self, value: f64) {
        self.0.iter().for_each(|one| one.set(value));
    }
}

impl HistogramFn for Each<Histogram> {
    fn record(&self, value: f64) {
        self.0.iter().for_each(|one| one.record(value));
    }
}
