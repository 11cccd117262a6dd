//! PostgreSQL's binary numerics.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| syncapp_connectors::postgres::fuzz::numeric(bytes));
