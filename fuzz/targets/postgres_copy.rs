//! PostgreSQL's binary COPY, of every type.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| syncapp_connectors::postgres::fuzz::copy(bytes));
