//! The table of a stream's keys and words.

use crate::contract::case::Case::{self, NotAvailable, Shown};
use crate::contract::case::{only, stream};
use crate::contract::schedule;
use crate::undo::commands;

pub(crate) const COUNT: &str = "select count(*) from people";
const NAMES: &str = "select name from people order by id";

/// Keys below a stream.
pub(crate) const STREAMS: &[(&str, Case)] = &[
    (
        "into",
        stream("into: folk", "", "", "select count(*) from folk", &["3"]),
    ),
    (
        "mode",
        stream(
            "mode: incremental, cursor: rev, write: append",
            "write: append",
            "",
            COUNT,
            &["3"],
        ),
    ),
    (
        "mode=full_refresh",
        stream(
            "mode: full_refresh, write: append",
            "mode: incremental, cursor: rev, write: append",
            "",
            COUNT,
            &["6"],
        ),
    ),
    (
        "mode=incremental",
        stream(
            "mode: incremental, cursor: rev, write: append",
            "write: append",
            "",
            COUNT,
            &["3"],
        ),
    ),
    ("mode=cdc", NotAvailable("mode: cdc")),
    ("write", stream("write: append", "", "", COUNT, &["6"])),
    (
        "write=overwrite",
        stream("write: overwrite", "write: append", "", COUNT, &["3"]),
    ),
    (
        "write=append",
        stream("write: append", "write: overwrite", "", COUNT, &["6"]),
    ),
    (
        "write=merge",
        stream(
            "write: merge",
            "",
            "delete from people where id = 1; update people set name = 'Eve' where id = 2",
            NAMES,
            &["Ada", "Eve", "Cy"],
        ),
    ),
    (
        "write=history",
        stream(
            "write: history",
            "write: merge",
            "delete from people where id = 1; update people set name = 'Eve' where id = 2",
            "select name || (_valid_to is null) from people order by id, name",
            &["Ada1", "Bob0", "Eve1", "Cy1"],
        ),
    ),
    (
        "primary_key",
        stream(
            "write: merge, primary_key: [name]",
            "write: merge",
            "update people set id = 9 where id = 2",
            COUNT,
            &["3"],
        ),
    ),
    (
        "cursor",
        stream(
            "mode: incremental, cursor: rev",
            "mode: incremental, cursor: id",
            "update people set rev = 40, age = 37 where id = 1",
            "select age from people where id = 1",
            &["37"],
        ),
    ),
    (
        "start",
        stream(
            "mode: incremental, cursor: rev, start: 20",
            "mode: incremental, cursor: rev",
            "",
            NAMES,
            &["Bob", "Cy"],
        ),
    ),
    (
        "lookback",
        stream(
            "mode: incremental, cursor: rev, lookback: 15",
            "mode: incremental, cursor: rev, lookback: 5",
            "update people set name = 'Eve' where id = 2; insert into people values (4, 'Dan', 5, 1, '')",
            NAMES,
            &["Ada", "Eve", "Cy"],
        ),
    ),
    (
        "query",
        stream(
            "query: \"select id, upper(name) as name from people\"",
            "",
            "",
            NAMES,
            &["ADA", "BOB", "CY"],
        ),
    ),
    ("where", stream("where: \"age > 30\"", "", "", NAMES, &["Ada", "Bob"])),
    (
        "select",
        stream(
            "select: [\"*\", -score, -rev]",
            "",
            "",
            "select name from pragma_table_info('people')",
            &["id", "name", "age"],
        ),
    ),
    (
        "columns",
        stream(
            "columns: { folk: { from: name } }",
            "",
            "",
            "select folk from people order by id",
            &["Ada", "Bob", "Cy"],
        ),
    ),
    (
        "columns.*.from",
        stream(
            "columns: { name: { from: score } }",
            "",
            "",
            NAMES,
            &["1.5", "2.5", "none"],
        ),
    ),
    (
        "columns.*.expr",
        stream(
            "columns: { name: { expr: \"upper(name) || age\" } }",
            "",
            "",
            NAMES,
            &["ADA36", "BOB41", "CY7"],
        ),
    ),
    (
        "columns.*.type",
        stream(
            "columns: { age: { type: string } }",
            "",
            "",
            "select distinct typeof(age) from people",
            &["text"],
        ),
    ),
    (
        "columns.*.native",
        stream(
            "columns: { age: { native: BIGINT } }",
            "",
            "",
            "select type from pragma_table_info('people') where name = 'age'",
            &["BIGINT"],
        ),
    ),
    (
        "columns.*.mask",
        stream(
            "columns: { name: { mask: redact } }",
            "",
            "",
            NAMES,
            &["***", "***", "***"],
        ),
    ),
    (
        "columns.*.mask=hash",
        stream(
            "columns: { name: { mask: hash } }",
            "columns: { name: { mask: redact } }",
            "",
            "select count(distinct name), min(length(name)) from people",
            &["3|64"],
        ),
    ),
    (
        "columns.*.mask=redact",
        stream(
            "columns: { name: { mask: redact } }",
            "columns: { name: { mask: hash } }",
            "",
            NAMES,
            &["***", "***", "***"],
        ),
    ),
    (
        "columns.*.mask=null",
        stream(
            "columns: { name: { mask: \"null\" } }",
            "",
            "",
            NAMES,
            &["NULL", "NULL", "NULL"],
        ),
    ),
    (
        "columns.*.mask.partial",
        stream(
            "columns: { name: { mask: { partial: { keep_first: 1, keep_last: 1 } } } }",
            "",
            "",
            "select name from people where id = 1",
            &["A*a"],
        ),
    ),
    (
        "columns.*.mask.partial.keep_first",
        stream(
            "columns: { name: { mask: { partial: { keep_first: 2 } } } }",
            "columns: { name: { mask: { partial: { } } } }",
            "",
            "select name from people where id = 1",
            &["Ad*"],
        ),
    ),
    (
        "columns.*.mask.partial.keep_last",
        stream(
            "columns: { name: { mask: { partial: { keep_last: 2 } } } }",
            "columns: { name: { mask: { partial: { } } } }",
            "",
            "select name from people where id = 1",
            &["*da"],
        ),
    ),
    (
        "columns.*.mask=encrypt",
        NotAvailable("columns: { name: { mask: encrypt } }"),
    ),
    (
        "columns.*.allow_lossy",
        stream(
            "columns: { age: { type: float64, allow_lossy: true } }",
            "columns: { age: { type: float64 } }",
            "",
            COUNT,
            &["3"],
        ),
    ),
    (
        "naming",
        stream(
            "query: \"select id, name as fullName from people\", naming: snake",
            "query: \"select id, name as fullName from people\"",
            "",
            "select full_name from people order by id",
            &["Ada", "Bob", "Cy"],
        ),
    ),
    ("naming=keep", only("naming: keep", "", NAMES, &["Ada", "Bob", "Cy"])),
    (
        "naming=snake",
        stream(
            "query: \"select id, name as FullName from people\", naming: snake",
            "query: \"select id, name as FullName from people\", naming: keep",
            "",
            "select name from pragma_table_info('people') order by cid",
            &["id", "full_name"],
        ),
    ),
    (
        "deletes",
        stream(
            "write: merge, deletes: hard",
            "write: merge",
            "delete from people where id = 1",
            NAMES,
            &["Bob", "Cy"],
        ),
    ),
    (
        "deletes=ignore",
        stream(
            "write: merge, deletes: ignore",
            "write: merge, deletes: hard",
            "delete from people where id = 1",
            COUNT,
            &["3"],
        ),
    ),
    (
        "deletes=soft",
        stream(
            "write: merge, deletes: soft",
            "write: merge, deletes: hard",
            "delete from people where id = 1",
            "select name from people where _deleted_at is not null",
            &["Ada"],
        ),
    ),
    (
        "deletes=hard",
        stream(
            "write: merge, deletes: hard",
            "write: merge, deletes: ignore",
            "delete from people where id = 1",
            NAMES,
            &["Bob", "Cy"],
        ),
    ),
    (
        "schema_changes",
        stream(
            "write: merge, schema_changes: propagate",
            "write: merge, schema_changes: ignore",
            "alter table people add column city text",
            "select count(*) from people where city is null",
            &["3"],
        ),
    ),
    (
        "schema_changes=propagate",
        only(
            "write: merge, schema_changes: propagate",
            "alter table people add column city text",
            "select count(*) from people where city is null",
            &["3"],
        ),
    ),
    (
        "schema_changes=ignore",
        stream(
            "schema_changes: ignore",
            "schema_changes: propagate",
            "alter table people add column city text",
            "select count(*) from pragma_table_info('people')",
            &["5"],
        ),
    ),
    (
        "schema_changes=pause",
        stream(
            "write: append, schema_changes: pause",
            "write: append, schema_changes: propagate",
            "alter table people add column city text",
            COUNT,
            &["3"],
        ),
    ),
    (
        "on_error",
        only(
            "on_error: fail, columns: { score: { type: float64 } }",
            "",
            COUNT,
            &["no such table: people"],
        ),
    ),
    (
        "on_error=fail",
        only(
            "on_error: fail, columns: { age: { expr: \"1 / (rev - 50)\" } }",
            "update people set rev = 50, name = 'Eve' where id = 3",
            NAMES,
            &["Ada", "Bob", "Cy"],
        ),
    ),
    (
        "on_error=null",
        stream(
            "on_error: \"null\", columns: { score: { type: float64 } }",
            "on_error: reject, columns: { score: { type: float64 } }",
            "",
            "select coalesce(score, 'none') from people order by id",
            &["1.5", "2.5", "none"],
        ),
    ),
    (
        "on_error=reject",
        stream(
            "on_error: reject, columns: { score: { type: float64 } }",
            "on_error: fail, columns: { score: { type: float64 } }",
            "",
            NAMES,
            &["Ada", "Bob"],
        ),
    ),
    (
        "max_rejects",
        stream(
            "on_error: reject, max_rejects: 1, columns: { score: { type: float64 } }",
            "on_error: reject, max_rejects: 0, columns: { score: { type: float64 } }",
            "",
            NAMES,
            &["Ada", "Bob"],
        ),
    ),
    (
        "max_reject_ratio",
        stream(
            "on_error: reject, max_reject_ratio: 0.4, columns: { score: { type: float64 } }",
            "on_error: reject, max_reject_ratio: 0.3, columns: { score: { type: float64 } }",
            "",
            NAMES,
            &["Ada", "Bob"],
        ),
    ),
    (
        "allow_lossy",
        stream(
            "allow_lossy: true, columns: { age: { type: float64 } }",
            "columns: { age: { type: float64 } }",
            "",
            COUNT,
            &["3"],
        ),
    ),
    (
        "metadata",
        stream(
            "metadata: true",
            "metadata: false",
            "",
            "select count(distinct _run_id) || count(_synced_at) from people",
            &["13"],
        ),
    ),
    ("undo", Shown(commands::key)),
    ("undo.keep", Shown(commands::keep)),
    ("pool", Shown(schedule::pool)),
    (
        "before_sql",
        stream(
            "before_sql: \"create table if not exists log(x); insert into log values (1)\"",
            "",
            "",
            "select count(*) from log",
            &["2"],
        ),
    ),
    (
        "after_sql",
        stream(
            "after_sql: \"delete from people where id = 1\"",
            "",
            "",
            NAMES,
            &["Bob", "Cy"],
        ),
    ),
];
