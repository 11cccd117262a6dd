//! Keys that do nothing without another one: whoever gives one alone has forgotten the other, or left this one behind.

use super::reader::Reader;

/// The variables that name a collector, as OpenTelemetry has them; one of them is enough.
pub(crate) const COLLECTORS: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];

/// Keys, and those of which each wants one.
const BESIDE: [(&str, &[&str]); 5] = [
    ("queue_ca", &["queue"]),
    ("cache_ca", &["cache"]),
    ("cache_prefix", &["cache"]),
    // Where a part of the provider is there, what is missing of it is told.
    (
        "public_url",
        &["oidc_issuer", "oidc_client", "oidc_secret", "oidc_roles", "oidc_groups"],
    ),
    ("telemetry.otlp.headers", &["telemetry.otlp.endpoint"]),
];

/// Refuses those that stand alone.
pub(super) fn check(reader: &mut Reader<'_>) {
    for (key, others) in BESIDE {
        let is_beside = others.iter().any(|other| reader.is_given(other));
        let is_named = key.starts_with("telemetry.") && COLLECTORS.iter().any(|name| reader.is_set(name));
        if !is_beside && !is_named {
            reader.refuse_alone(key, others[0]);
        }
    }
}
