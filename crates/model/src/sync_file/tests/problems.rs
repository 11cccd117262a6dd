//! What a user reads of each kind of slip.

use super::{CONNECTIONS, problems, with_stream};

/// Each case's text and what is said of it, one below the other.
fn table(cases: &[&str]) -> String {
    let show = |text: &&str| format!("{}\n{}", text.trim_end(), indented(&problems(text)));
    cases.iter().map(show).collect::<Vec<_>>().join("\n────────\n")
}

/// As [`table`], of the keys of one stream.
fn stream_table(cases: &[&str]) -> String {
    let show = |keys: &&str| format!("{keys}\n{}", indented(&problems(&with_stream(keys))));
    cases.iter().map(show).collect::<Vec<_>>().join("\n────────\n")
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn syntax() {
    insta::assert_snapshot!(table(&[
        "",
        "version: 1\nsyncs: [1, 2\n",
        "version: 1\nsyncs:\n\ts: 1\n",
        "version: 1\nversion: 1\nsyncs: {}\nsyncs: {}\n",
        "version: 1\n---\nversion: 1\n",
        "version: &a 1\nproject: *a\n",
        "syncs:\n  s:\n    streams:\n      *.orders: {}\n",
        "syncs:\n  s:\n    streams:\n      !public.tmp_*:\n",
        "version: !!int 1\n",
        "{a: 1}: 2\n",
        ": 2\n",
        "version: 1.00000000000000000001\n",
        "version: 1\nproject: \"\u{1b}[31m\tred\n",
        "[1, 2]\n",
        "just text\n",
    ]));
}

#[test]
fn keys_and_values() {
    insta::assert_snapshot!(table(&[
        "version: 2\n",
        "projct: x\n",
        "version: 1\nproject:\n",
        "version: 1\nproject: 2024\n",
        "version: 1\nconnections:\n",
        "version: 1\nconnections: { shop: postgres }\n",
        "version: 1\nconnections:\n  shop: { host: db }\n",
        "version: 1\nconnections:\n  shop: { connector: postgrs, host: db }\n",
        "version: 1\nconnections:\n  shop:\n    connector: postgres\n    hots: db\n    port: 70000\n    password: 1234\n    \
         tls: { mode: verify-ful, cafile: x }\n    null_values: { a: 1 }\n    fast: yes\n",
        "version: 1\nconnections:\n  lake: { connector: sqlite }\n",
        "version: 1\nconnections:\n  a: { connector: sqlite, path: \"${A\" }\n  b: { connector: sqlite, path: secret:// }\n",
        "version: 1\nsyncs:\n  s: { source: a }\n",
    ]));
}

#[test]
fn names_and_schedules() {
    let cases = [
        "syncs:\n  s: { source: shp, destination: warehouse, streams: { a: } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: {} }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { \"!a\": } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { \"a.\": , '\"a': , \"!a\": { into: b } } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, state_schema: '' }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { cron: \"*/5 * * * *\" } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { cron: hourly, timezone: 'CET ', misfire: never } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { cron: \"0 25 * * *\", timezone: Europe/Berln } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { cron: \"0 0 31 feb *\", timezone: New York } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { every: 15m, timezone: UTC } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { every: soon, at: 2026-12-24 } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { misfire: once } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { after: t } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { after: s, overlap: skip } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { at: tomorrow, blackouts: [{ from: 25:00, until: 6, days: [monday] }] } }\n",
        "syncs:\n  s: { source: shop, destination: lake, streams: { a: }, schedule: { every: 15m, blackouts: [{ from: \"22:00\", until: \"24:30\", timezone: Paris }] } }\n",
        "environments:\n  prod:\n    connections:\n      shp: { host: x }\n      lake: { connector: postgres, pth: x }\n      shop: { port: x }\n",
    ];
    let cases: Vec<String> = cases.iter().map(|case| format!("{CONNECTIONS}{case}")).collect();
    insta::assert_snapshot!(table(&cases.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[test]
fn stream_keys() {
    insta::assert_snapshot!(stream_table(&[
        "{ primry_key: [id] }",
        "{ mode: incremntal }",
        "{ write: 5 }",
        "{ primary_key: id }",
        "{ cursor: }",
        "{ into: ' ' }",
        "{ into: \"{schema}_{strm}\" }",
        "{ start: [1] }",
        "{ primary_key: [] , write: merge }",
        "{ primary_key: [id, id], write: merge }",
        "{ select: [] }",
        "{ select: [-note] }",
        "{ select: [\"*\", note, -note] }",
        "{ select: [\"*\", \"-\"] }",
        "{ allow_lossy: maybe }",
        "{ max_rejects: -1 }",
        "{ on_error: reject, max_reject_ratio: 5 }",
        "{ max_rejects: 5 }",
    ]));
}

#[test]
fn columns() {
    insta::assert_snapshot!(stream_table(&[
        "{ columns: { a: { expr: b, from: c } } }",
        "{ columns: { a: { type: int23 } } }",
        "{ columns: { a: { type: decimal(10,2) } } }",
        "{ columns: { a: { type: \"decimal(2,3)\" } } }",
        "{ columns: { a: { from: '' } } }",
        "{ columns: { a: { mask: encrypt, native: jsonb } } }",
        "{ columns: { a: { mask: hsh } } }",
        "{ columns: { a: { mask: } } }",
        "{ columns: { a: { mask: { parial: { keep_first: 1 } } } } }",
        "{ columns: { a: { mask: { partial: { keep_frst: 1 } } } } }",
        "{ columns: { a: { mask: { partial: { keep_first: 5000000000 } } } } }",
        "{ columns: { a: { mask: 5 } } }",
    ]));
}

#[test]
fn rules_between_keys() {
    insta::assert_snapshot!(stream_table(&[
        "{ mode: incremental, write: overwrite, cursor: c }",
        "{ mode: incremental }",
        "{ start: 2024-01-01 }",
        "{ cursor: c, primary_key: [id] }",
        "{ write: append, cursor: c, primary_key: [id] }",
        "{ write: merge, cursor: c, primary_key: [id] }",
        "{ mode: incremental, cursor: c, write: append, primary_key: [id] }",
        "{ mode: incremental, cursor: c, start: 1, primary_key: [id] }",
        "{ mode: incremental, write: overwrit }",
    ]));
}

#[test]
fn defaults_and_globs() {
    let sync = |rest: &str| format!("{CONNECTIONS}syncs:\n  s:\n    source: shop\n    destination: lake\n{rest}");
    insta::assert_snapshot!(table(
        &[
            sync("    defaults: { mode: incremental, write: overwrite }\n    streams:\n      a:\n      b: { cursor: c }\n"),
            sync("    defaults: { cursor: c, primary_key: [id] }\n    streams:\n      a:\n      b: { write: merge }\n"),
            sync("    defaults: { cursor: c, start: 1 }\n    streams:\n      a:\n"),
            sync("    defaults: { pool: heavy, mod: x }\n    streams:\n      a: { mode: incremental }\n"),
            sync("    streams:\n      public.*: { query: select 1 }\n"),
        ]
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
    ));
}
