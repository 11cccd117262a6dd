//! Rows through whole programs.

use std::sync::Arc;

use arrow_array::RecordBatch;
use syncapp_model::sync_file::{Mask, Partial};
use syncapp_model::{Code, DataType, StreamSpec};

use super::{File, batch, stream, texts, typed};

type Row<'a> = &'a [Option<&'a str>];

fn people() -> StreamSpec {
    stream(&["id int64", "name string", "email string", "born string", "uid uuid"])
}

const ROWS: [Row<'static>; 4] = [
    &[
        Some("1"),
        Some("Ada"),
        Some("ada@x.org"),
        Some("1815-12-10"),
        Some("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
    ],
    &[Some("2"), None, None, Some("1912-06-23"), None],
    &[None, Some("Eve"), Some("eve@x.org"), Some("soon"), None],
    &[Some("4"), Some("Bob"), Some("b@y.org"), Some("1999-02-30"), None],
];

/// Applies a file to rows; the result is one line a row.
fn apply(file: &File, stream: &StreamSpec, rows: &[Row<'_>], first: u64) -> Result<Vec<String>, syncapp_model::Error> {
    let mapping = file.compile(stream).unwrap();
    let program = typed(&mapping);
    let result = program.apply(&batch(stream, &program, rows), first)?;
    assert_eq!(&result.schema(), program.output());
    Ok(lines(
        &result,
        &mapping
            .columns()
            .iter()
            .map(|column| column.ty.clone())
            .collect::<Vec<_>>(),
    ))
}

fn lines(batch: &RecordBatch, types: &[DataType]) -> Vec<String> {
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .zip(types)
        .map(|(array, ty)| texts(array, ty))
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let cells = columns
                .iter()
                .map(|column| column[row].clone().unwrap_or("-".to_owned()));
            cells.collect::<Vec<_>>().join(",")
        })
        .collect()
}

#[test]
fn a_filter_keeps_what_is_true() {
    let file = File::default().select(&["id"]).filter("name like '%a' or id = 4");
    assert_eq!(apply(&file, &people(), &ROWS, 1).unwrap(), ["1", "4"]);
    let file = File::default().select(&["id"]).filter("name = name");
    assert_eq!(apply(&file, &people(), &ROWS, 1).unwrap(), ["1", "-", "4"]);
    let file = File::default().select(&["id"]).filter("NULL");
    assert!(apply(&file, &people(), &ROWS, 1).unwrap().is_empty());
    let file = File::default().select(&["id"]).filter("true");
    assert_eq!(apply(&file, &people(), &ROWS, 1).unwrap().len(), 4);
}

#[test]
fn masks_and_expressions_go_together() {
    let file = File::default()
        .select(&["id"])
        .expr("mail", "upper(email)")
        .mask(
            "mail",
            Mask::Partial(Partial {
                keep_first: 1,
                keep_last: 4,
            }),
        )
        .expr("who", "coalesce(name, 'nobody')")
        .mask("uid", Mask::Redact)
        .mask("name", Mask::Null);
    assert_eq!(
        apply(&file, &people(), &ROWS[..2], 1).unwrap(),
        ["1,A****.ORG,Ada,***,-", "2,-,nobody,-,-"]
    );
}

#[test]
fn constants_and_empty_batches() {
    let file = File::default().select(&[]).expr("n", "1 + 1").column("none", |column| {
        column.expr = Some("NULL".to_owned());
        column.ty = Some("list<uuid>".to_owned());
    });
    assert_eq!(apply(&file, &people(), &ROWS[..2], 1).unwrap(), ["2,-", "2,-"]);
    let file = File::default().expr("n", "id / 0").filter("id > 1");
    assert!(apply(&file, &people(), &[], 1).unwrap().is_empty());
}

#[test]
fn the_first_failing_row_is_named() {
    let check = |file: File, rows: &[Row<'_>], code: Code, column: Option<&str>, row: &str, why: &str| {
        let error = apply(&file, &people(), rows, 101).unwrap_err();
        let report = error.report();
        assert_eq!((error.code(), report.at.column.as_deref()), (code, column), "{error}");
        assert_eq!(report.at.row.as_deref(), Some(row), "{error}");
        assert_eq!(report.why, why);
    };
    check(
        File::default().ty("born", "date"),
        &ROWS,
        Code::CastFailed,
        Some("born"),
        "103",
        "`soon` is not a day written as YYYY-MM-DD, so it cannot become date",
    );
    // Rows that the filter drops are neither cast nor counted out.
    check(
        File::default().ty("born", "date").filter("born <> 'soon'"),
        &ROWS,
        Code::CastFailed,
        Some("born"),
        "104",
        "`1999-02-30` is not a day written as YYYY-MM-DD, so it cannot become date",
    );
    check(
        File::default().expr("n", "10 / (id - 4)"),
        &ROWS,
        Code::ExpressionFailed,
        Some("n"),
        "104",
        "`10 / (id - 4)`: Divide by zero error where id = `4`",
    );
    check(
        File::default()
            .expr("n", "cast(born as date)")
            .ty("n", "string")
            .filter("id > 1"),
        &ROWS,
        Code::ExpressionFailed,
        Some("n"),
        "104",
        "`cast(born as date)`: Cast error: Cannot cast string '1999-02-30' to value of Date32 type where born = `1999-02-30`",
    );
    check(
        File::default().filter("cast(born as date) < now()"),
        &ROWS,
        Code::ExpressionFailed,
        None,
        "103",
        "`where cast(born as date) < now()`: Cast error: Cannot cast string 'soon' to value of Date32 type where born = `soon`",
    );
}

#[test]
fn errors_hide_what_masks_hide() {
    let secret = |file: File| {
        let error = apply(&file, &people(), &ROWS, 1).unwrap_err();
        let shown = format!("{error} {:?}", error.report());
        assert!(!shown.contains("soon"), "{shown}");
        assert_eq!(error.report().at.row.as_deref(), Some("3"));
    };
    let hidden = || File::default().mask("born", Mask::Redact);
    secret(hidden().ty("born", "date"));
    secret(hidden().expr("day", "cast(born as date)"));
    secret(hidden().from("day", "born").ty("day", "date"));
    secret(hidden().filter("cast(born as date) < now()"));
    secret(
        File::default()
            .expr("born", "cast(born as date)")
            .mask("born", Mask::Hash),
    );
}

#[test]
fn what_passes_is_not_copied() {
    let stream = people();
    let mapping = File::default()
        .from("mail", "email")
        .expr("n", "id + 1")
        .compile(&stream)
        .unwrap();
    let program = typed(&mapping);
    let rows = [ROWS[0], ROWS[1]];
    let input = batch(&stream, &program, &rows);
    let output = program.apply(&input, 1).unwrap();
    for (read, name) in [("id", "id"), ("email", "mail"), ("uid", "uid")] {
        let (from, to) = (
            input.column_by_name(read).unwrap(),
            output.column_by_name(name).unwrap(),
        );
        assert!(Arc::ptr_eq(from, to), "{name}");
    }
}

#[test]
fn the_kept_rows_are_told() {
    let stream = people();
    let mapping = File::default()
        .select(&["name"])
        .filter("id > 1")
        .compile(&stream)
        .unwrap();
    let program = mapping.program(&[false], &["id"]).unwrap();
    let input = batch(&stream, &program, &ROWS);
    let (output, kept) = program.apply_kept(&input, 1, &[]).unwrap();
    let kept: Vec<_> = kept.unwrap().iter().flatten().collect();
    assert_eq!((output.num_rows(), kept), (2, vec![false, true, false, true]));
    let wrong = input.project(&[0]).unwrap();
    assert_eq!(program.apply(&wrong, 1).unwrap_err().code(), Code::Internal);
}
