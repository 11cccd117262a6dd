//! Every key and word of the format either has an effect or says that it is not available.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{loaded, with_stream};
use crate::Code;
use crate::sync_file::{StreamConfig, schema};

#[derive(Debug, PartialEq)]
enum Fate {
    Effect,
    Planned,
}
use Fate::{Effect, Planned};

/// A use of each stream key, each word of it included.
const STREAM: &[(&str, &str, Fate)] = &[
    ("into", "into: x", Effect),
    ("mode", "mode: full_refresh", Effect),
    ("mode", "mode: incremental, cursor: c", Effect),
    ("mode", "mode: cdc", Planned),
    ("write", "write: overwrite", Effect),
    ("write", "write: append", Effect),
    ("write", "write: merge", Effect),
    ("write", "write: history", Effect),
    ("primary_key", "write: merge, primary_key: [a]", Effect),
    ("cursor", "mode: incremental, cursor: c", Effect),
    ("start", "mode: incremental, cursor: c, start: 5", Effect),
    ("lookback", "mode: incremental, cursor: c, lookback: 10m", Effect),
    ("query", "query: select 1", Effect),
    ("where", "where: a > 1", Effect),
    ("select", "select: [a]", Effect),
    ("columns", "columns: { a: { from: b } }", Effect),
    ("naming", "naming: keep", Effect),
    ("naming", "naming: snake", Effect),
    ("deletes", "deletes: ignore", Effect),
    ("deletes", "write: merge, deletes: soft", Effect),
    ("deletes", "write: merge, deletes: hard", Effect),
    ("schema_changes", "schema_changes: propagate", Effect),
    ("schema_changes", "schema_changes: ignore", Effect),
    ("schema_changes", "schema_changes: pause", Effect),
    ("on_error", "on_error: fail", Effect),
    ("on_error", "on_error: null", Effect),
    ("on_error", "on_error: reject", Effect),
    ("max_rejects", "on_error: reject, max_rejects: 1", Effect),
    ("max_reject_ratio", "on_error: reject, max_reject_ratio: 0.1", Effect),
    ("allow_lossy", "allow_lossy: true", Effect),
    ("metadata", "metadata: false", Effect),
    ("metadata", "metadata: true", Effect),
    ("undo", "undo: { keep: 7d }", Effect),
    ("pool", "pool: heavy", Effect),
    ("before_sql", "before_sql: select 1", Effect),
    ("after_sql", "after_sql: select 1", Effect),
];

/// The same of a column's keys.
const COLUMN: &[(&str, &str, Fate)] = &[
    ("from", "from: b", Effect),
    ("expr", "expr: b + 1", Effect),
    ("type", "type: int64", Effect),
    ("native", "native: jsonb", Effect),
    ("mask", "mask: hash", Effect),
    ("mask", "mask: redact", Effect),
    ("mask", "mask: null", Effect),
    ("mask", "mask: { partial: { keep_first: 1, keep_last: 2 } }", Effect),
    ("mask", "mask: encrypt", Planned),
    ("allow_lossy", "allow_lossy: true", Effect),
];

fn fate(text: &str) -> Fate {
    let loaded = loaded(text);
    match loaded.problems.as_slice() {
        [] => Effect,
        [only] if only.code() == Code::NotAvailable => Planned,
        others => panic!("{text}\n{others:?}"),
    }
}

#[test]
fn every_key_has_an_effect_or_is_not_available() {
    for (key, keys, expected) in STREAM {
        assert_eq!(fate(&with_stream(&format!("{{ {keys} }}"))), *expected, "{key}: {keys}");
    }
    for (key, keys, expected) in COLUMN {
        let text = with_stream(&format!("{{ columns: {{ a: {{ {keys} }} }} }}"));
        assert_eq!(fate(&text), *expected, "{key}: {keys}");
    }
}

#[test]
fn the_table_misses_no_key_and_no_word() {
    let schema = schema(&[]);
    let known = |kind: &str| -> BTreeSet<String> {
        let keys = schema
            .pointer(&format!("/$defs/{kind}/properties"))
            .and_then(Json::as_object)
            .unwrap();
        keys.keys().cloned().collect()
    };
    let tested =
        |table: &[(&str, &str, Fate)]| table.iter().map(|(key, ..)| (*key).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(known("StreamConfig"), tested(STREAM));
    assert_eq!(known("ColumnConfig"), tested(COLUMN));
    assert_eq!(
        known("StreamConfig"),
        StreamConfig::KEYS.iter().map(|&key| key.to_owned()).collect()
    );
    for (kind, table, key) in [
        ("Mode", STREAM, "mode"),
        ("Write", STREAM, "write"),
        ("Naming", STREAM, "naming"),
        ("DeleteRule", STREAM, "deletes"),
        ("SchemaChanges", STREAM, "schema_changes"),
        ("OnError", STREAM, "on_error"),
        ("Mask", COLUMN, "mask"),
    ] {
        let words = schema
            .pointer(&format!("/$defs/{kind}/oneOf"))
            .and_then(Json::as_array)
            .unwrap();
        for word in words {
            let word = word
                .get("const")
                .or_else(|| word.pointer("/required/0"))
                .and_then(Json::as_str)
                .unwrap();
            let tested = table.iter().any(|(of, keys, _)| *of == key && keys.contains(word));
            assert!(tested, "{key}: {word}");
        }
    }
}

#[test]
fn given_speaks_the_files_words() {
    let file = loaded(&with_stream("{ where: a > 1, into: x }")).file.unwrap();
    let config = file.syncs["s"].streams["public.orders"].as_ref().unwrap();
    assert_eq!(config.given(), ["into", "where"]);
}
