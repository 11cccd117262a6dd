//! Which trace a step belongs to: a W3C `traceparent`. It is kept with the run and travels with its hints, so that what a worker
//! does joins what somebody asked for, in whatever process.

use std::fmt;

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState as OtherVendors,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The trace, and the step in it that caused what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceParent {
    trace: [u8; 16],
    span: [u8; 8],
    flags: u8,
}

impl TraceParent {
    /// Reads `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; `None` where it is none.
    ///
    /// ```
    /// # use syncapp_control::TraceParent;
    /// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// assert_eq!(TraceParent::parse(text).unwrap().to_string(), text);
    /// assert_eq!(TraceParent::parse(&text.replace('4', "G")), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_lower = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let lengths = [version, trace, span, flags].map(str::len) == [2, 32, 16, 2];
        if !lengths || ![version, trace, span, flags].into_iter().all(is_lower) || version == "ff" {
            return None;
        }
        // A later version may say more; version 0 may not.
        if version == "00" && parts.next().is_some() {
            return None;
        }
        let parent = Self {
            trace: u128::from_str_radix(trace, 16).ok()?.to_be_bytes(),
            span: u64::from_str_radix(span, 16).ok()?.to_be_bytes(),
            flags: u8::from_str_radix(flags, 16).ok()?,
        };
        (parent.trace != [0; 16] && parent.span != [0; 8]).then_some(parent)
    }

    /// The span that is at work here; `None` where nobody traces.
    pub fn current() -> Option<Self> {
        Self::of(&Span::current())
    }

    /// A span, as the parent of others.
    pub fn of(span: &Span) -> Option<Self> {
        let context = span.context();
        let span = context.span();
        let context = span.span_context();
        context.is_valid().then(|| Self {
            trace: context.trace_id().to_bytes(),
            span: context.span_id().to_bytes(),
            flags: context.trace_flags().to_u8(),
        })
    }

    /// Puts a span that has not begun below it.
    pub fn adopt(self, span: &Span) {
        let parent = SpanContext::new(
            TraceId::from_bytes(self.trace),
            SpanId::from_bytes(self.span),
            TraceFlags::new(self.flags),
            true,
            OtherVendors::default(),
        );
        // Where nobody traces there is nothing to be put anywhere.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (u128::from_be_bytes(self.trace), u64::from_be_bytes(self.span));
        write!(f, "00-{trace:032x}-{span:016x}-{:02x}", self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_parent() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (text, is_one) in [
            (format!("00-{trace}-00f067aa0ba902b7-01"), true),
            (format!("cc-{trace}-00f067aa0ba902b7-01-what-comes-later"), true),
            (format!("00-{trace}-00f067aa0ba902b7-01-more"), false),
            (format!("ff-{trace}-00f067aa0ba902b7-01"), false),
            (format!("00-{trace}-0000000000000000-01"), false),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
            (format!("00-{trace}-00f067aa0ba902b-01"), false),
            (format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()), false),
            (format!("00-{trace}-00f067aa0ba902b7"), false),
            (String::new(), false),
        ] {
            assert_eq!(TraceParent::parse(&text).is_some(), is_one, "{text}");
        }
    }
}
