//! NDJSON files: reading ends, and what was read is written and read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| syncapp_connectors::files::fuzz::ndjson(bytes));
