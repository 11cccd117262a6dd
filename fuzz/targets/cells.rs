//! Texts of every type, as SQLite and MySQL keep them. The first byte says of which.
#![no_main]

use syncapp_model::DataType;

const TYPES: [&str; 17] = [
    "bool",
    "int16",
    "int64",
    "float32",
    "float64",
    "decimal(15,2)",
    "decimal(76,38)",
    "decimal",
    "string",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "json",
    "list<list<decimal>>",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((which, text)) = bytes.split_first() else {
        return;
    };
    let ty: DataType = TYPES[usize::from(*which) % TYPES.len()].parse().unwrap();
    syncapp_connectors::sqlite::fuzz::cell(&ty, text);
});
