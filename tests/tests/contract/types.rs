//! `docs/types.md` is the type lattice as the program computes it: this test writes it, and fails where it is not so.
//!
//! `SYNCAPP_UPDATE_DOCS=1 cargo test -p syncapp-tests contract::types` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use indexmap::IndexMap;
use syncapp_connector::TypeTable;
use syncapp_connector::testkit::TYPES;
use syncapp_connectors::connectors;
use syncapp_model::sync_file::{ColumnConfig, Naming};
use syncapp_model::{Code, Column, DataType, NativeType, StreamKind, StreamName, StreamSpec};
use syncapp_transform::{Mapping, MappingSpec};

const HEAD: &str = "# Types

<!-- Written by the test `contract::types`: do not edit. -->

Each column of a source is carried as one of SyncApp's types, and lands in the target as a type of its own. That is known
before anything runs: `syncapp check` and `syncapp plan` say it for every column.

- **lossless**: the type lands as itself. Between two ends of one system a column keeps its declaration, and its values
  travel as the system's own bytes.
- **widened** (`↑` below): it lands as another type that holds every value: text, most often.
- **lossy**: ordinary values change. No run begins until the file consents: `allow_lossy: true` on the column or the
  stream, or the target's type asked for by its own name in `native`.
- `–`: it cannot land. Cast it by `type`.

A single value that a column cannot hold (a date of the year 12000, U+0000 in a text, NaN) makes its row an error, which
`on_error` decides about. Nothing is rounded, cut or shifted in silence.
";

#[test]
fn the_lattice_is_documented_as_it_is() {
    let tables: Vec<TypeTable> = connectors().iter().flat_map(|connector| connector.types()).collect();
    let mut text = HEAD.to_owned();
    landings(&tables, &mut text);
    for table in &tables {
        reads(table, &tables, &mut text);
    }
    losses(&tables, &mut text);
    casts(&mut text);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/types.md");
    if std::env::var_os("SYNCAPP_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(
        kept == text,
        "docs/types.md is not what the program does: write it anew with SYNCAPP_UPDATE_DOCS=1"
    );
}

/// Every type in a table that SyncApp makes.
fn landings(tables: &[TypeTable], out: &mut String) {
    out.push_str("\n## Where each type lands\n\n");
    row(out, "type", tables.iter().map(|table| table.name.to_owned()));
    row(out, "---", tables.iter().map(|_| "---".to_owned()));
    for word in TYPES {
        let ty: DataType = word.parse().unwrap();
        row(out, word, tables.iter().map(|table| landing(table, &ty)));
    }
}

/// The types of one system, on their way into each.
fn reads(from: &TypeTable, tables: &[TypeTable], out: &mut String) {
    write!(out, "\n## From {}\n\n", from.name).unwrap();
    let others = || tables.iter().filter(|table| table.name != from.name);
    let heads = others().map(|table| table.name.to_owned());
    row(out, "its type", ["carried as".to_owned()].into_iter().chain(heads));
    row(out, "---", tables.iter().map(|_| "---".to_owned()));
    for (native, ty) in &from.reads {
        let cells = others().map(|table| landing(table, ty));
        row(out, native, [ty.to_string()].into_iter().chain(cells));
    }
}

fn landing(table: &TypeTable, ty: &DataType) -> String {
    match (table.lands)(ty) {
        None => "–".to_owned(),
        Some(lands) if lands.ty == *ty => lands.native,
        Some(lands) => format!("{} ↑", lands.native),
    }
}

fn losses(tables: &[TypeTable], out: &mut String) {
    out.push_str(
        "\n## What is lossy\n\nNo table that SyncApp makes changes a value. Columns of your own tables may:\n\n\
         | system | type | your column | what becomes of values |\n|---|---|---|---|\n",
    );
    for table in tables {
        for loss in &table.losses {
            writeln!(out, "| {} | {} | {} | {} |", table.name, loss.ty, loss.native, loss.why).unwrap();
        }
    }
    out.push_str(
        "\nA key of text in a MySQL table of your own is lossy where the column's collation takes texts for equal that \
         differ\nin case or accents. Any other column that does not hold its type is refused, and a cast by `type` is \
         the remedy.\n",
    );
}

/// What `type` does to each type.
fn casts(out: &mut String) {
    const WORDS: [&str; 18] = [
        "bool",
        "int16",
        "int32",
        "int64",
        "float32",
        "float64",
        "decimal(15,2)",
        "decimal",
        "string",
        "binary",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "interval",
        "uuid",
        "json",
        "list<int64>",
    ];
    out.push_str(
        "\n## What `type` can do\n\n`=` the same type; `✓` each value comes through exactly or is an error of its row; \
         `~` lossy, which needs\n`allow_lossy`; blank: there is no such cast. From the left to the top:\n\n",
    );
    row(out, "", WORDS.iter().map(|word| (*word).to_owned()));
    row(out, "---", WORDS.iter().map(|_| "---".to_owned()));
    for from in WORDS {
        row(out, from, WORDS.iter().map(|to| cast(from, to).to_owned()));
    }
}

fn cast(from: &str, to: &str) -> &'static str {
    let column = Column {
        name: "v".into(),
        ty: from.parse().unwrap(),
        native: NativeType {
            system: "any".into(),
            name: from.into(),
        },
        portable: false,
        nullable: true,
    };
    let stream = StreamSpec {
        name: StreamName::bare("t"),
        kind: StreamKind::Table,
        columns: vec![column],
        primary_key: Vec::new(),
        estimated_rows: None,
    };
    let config: ColumnConfig = serde_json::from_value(serde_json::json!({ "type": to })).unwrap();
    let spec = MappingSpec {
        select: None,
        columns: &IndexMap::from([("v".to_owned(), config)]),
        naming: Naming::Keep,
        filter: None,
        mask_key: None,
        allow_lossy: false,
        now: std::time::SystemTime::UNIX_EPOCH,
    };
    match Mapping::compile(&stream, &spec) {
        _ if from == to => "=",
        Ok(_) => "✓",
        Err(problems) if problems[0].code() == Code::LossyType => "~",
        Err(_) => "",
    }
}

fn row(out: &mut String, head: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    writeln!(out, "| {head} | {} |", cells.join(" | ")).unwrap();
}
