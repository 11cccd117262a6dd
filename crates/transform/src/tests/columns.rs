//! Which columns come out, how they are named, and what is said of a mapping that makes no sense.

use syncapp_model::sync_file::{Mask, Naming};
use syncapp_model::{Code, StreamSpec};

use super::{File, stream, typed};
use crate::Change;

fn orders() -> StreamSpec {
    stream(&[
        "id int64",
        "customer_id int32",
        "Email string",
        "note string",
        "doc json",
    ])
}

fn names(file: &File) -> String {
    let mapping = file.compile(&orders()).unwrap();
    let shown = mapping.columns().iter().map(|column| match &column.source {
        Some(source) if *source != column.name => format!("{}={source}", column.name),
        Some(_) => column.name.clone(),
        None => format!("{}()", column.name),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn order_and_names() {
    for (file, want) in [
        (File::default(), "id customer_id Email note doc"),
        (File::default().select(&["*", "-note"]), "id customer_id Email doc"),
        (
            File::default().select(&["note", "*", "-doc"]),
            "note id customer_id Email",
        ),
        (File::default().select(&["Email", "id"]), "Email id"),
        (File::default().select(&["email"]), "Email"),
        (
            File::default().from("client", "customer_id"),
            "id client=customer_id Email note doc",
        ),
        (
            File::default()
                .select(&["id", "customer_id"])
                .from("client", "customer_id"),
            "id customer_id client=customer_id",
        ),
        (
            File::default().select(&["id"]).from("client", "customer_id"),
            "id client=customer_id",
        ),
        (
            File::default().from("a", "id").from("b", "id"),
            "a=id customer_id Email note doc b=id",
        ),
        (File::default().from("note", "id"), "customer_id Email note=id doc"),
        (
            File::default().expr("note", "upper(note)"),
            "id customer_id Email note() doc",
        ),
        (
            File::default().expr("new", "upper(note)"),
            "id customer_id Email note doc new()",
        ),
        (File::default().select(&["id"]).expr("new", "upper(note)"), "id new()"),
        (File::default().select(&["id"]).mask("note", Mask::Redact), "id note"),
        (
            File::default().mask("email", Mask::Redact),
            "id customer_id email=Email note doc",
        ),
        (
            File::default().expr("email", "lower(email)"),
            "id customer_id email() note doc",
        ),
        (File::default().expr("note", "id"), "id customer_id Email note=id doc"),
    ] {
        assert_eq!(names(&file), want);
    }
    let snake = File {
        naming: Some(Naming::Snake),
        ..File::default()
    };
    assert_eq!(names(&snake), "id customer_id email=Email note doc");
}

#[test]
fn a_masked_column_is_found_under_its_new_name() {
    let stream = stream(&["CustomerName string", "id int64"]);
    let file = File {
        naming: Some(Naming::Snake),
        ..File::default()
    };
    let mapping = file.mask("customer_name", Mask::Redact).compile(&stream).unwrap();
    let shown: Vec<_> = mapping
        .columns()
        .iter()
        .map(|column| (column.name.as_str(), column.change))
        .collect();
    assert_eq!(shown, [("customer_name", Change::Masked), ("id", Change::None)]);
}

#[test]
fn every_problem_is_said_at_once() {
    let file = File {
        keyless: true,
        ..File::default()
    }
    .select(&["*", "-nothing"])
    .from("a", "idd")
    .expr("b", "uper(note)")
    .ty("c", "int64")
    .ty("note", "strin")
    .mask("email", Mask::Hash)
    .mask("doc", Mask::Encrypt)
    .ty("customer_id", "float32")
    .ty("id", "uuid")
    .expr("d", "xyz")
    .from("d", "id")
    .filter("id = ");
    let codes: Vec<_> = file
        .compile(&orders())
        .unwrap_err()
        .iter()
        .map(|error| (error.code(), error.report().at.column.clone().unwrap_or_default()))
        .collect();
    let want = [
        (Code::UnknownColumn, ""),
        (Code::UnknownColumn, "a"),
        (Code::UnknownColumn, "c"),
        (Code::Conflict, "d"),
        (Code::InvalidValue, "id"),
        (Code::LossyType, "customer_id"),
        (Code::UnknownSecret, "email"),
        (Code::InvalidValue, "note"),
        (Code::NotAvailable, "doc"),
        (Code::InvalidExpression, "b"),
        (Code::InvalidExpression, ""),
    ];
    assert_eq!(codes, want.map(|(code, column)| (code, column.to_owned())));
}

#[test]
fn problems_say_what_to_do() {
    for (file, want) in [
        (
            File::default().from("a", "custmer_id"),
            "config.unknown_column: the stream has no column `custmer_id`, column a (did you mean `customer_id`?)",
        ),
        (
            File::default().select(&["-note"]),
            "config.invalid_value: `-note` leaves a column out of nothing (put \"*\" before it in `select`)",
        ),
        (
            File::default().select(&["*", "-note"]).mask("note", Mask::Redact),
            "config.conflict: `columns` describes `note`, and `select` leaves it out, column note (remove one of the two)",
        ),
        (
            File::default()
                .from("note", "id")
                .select(&["*", "note", "id"])
                .from("doc", "note"),
            "",
        ),
        (
            File::default().select(&["id", "id"]),
            "config.invalid_value: `select` has `id` twice (keep one of them)",
        ),
        (
            File::default().select(&[]),
            "config.invalid_value: no column is left for the target (widen `select`)",
        ),
        (
            File::default().ty("id", "float64"),
            "config.lossy_type: int64 values may change when they become float64, column id (consent with `allow_lossy: true` on the column, or choose a `type` that holds them)",
        ),
        (
            File::default().filter("id"),
            "config.invalid_expression: `where`: it gives int64, not true or false (compare it with something, such as `x > 0`)",
        ),
    ] {
        assert_eq!(file.problems(&orders()).join("\n"), want);
    }
    let twins = stream(&["A int64", "a int64", "FirstName string", "first_name string"]);
    assert!(File::default().expr("x", "a + 1").compile(&twins).is_ok());
    let snake = File {
        naming: Some(Naming::Snake),
        ..File::default()
    };
    assert_eq!(snake.compile(&twins).unwrap_err().len(), 2);
    let vague = stream(&["AB int64", "Ab int64"]);
    assert!(File::default().expr("x", "ab + 1").problems(&vague)[0].contains("may be any of `AB`, `Ab`"));
}

#[test]
fn consent_to_loss() {
    let all = File {
        allow_lossy: true,
        ..File::default()
    };
    let all = all.ty("id", "float64");
    assert!(all.compile(&orders()).is_ok());
    let refused = all.column("id", |column| column.allow_lossy = Some(false));
    assert_eq!(refused.compile(&orders()).unwrap_err()[0].code(), Code::LossyType);
    let own = File::default()
        .ty("id", "float64")
        .column("id", |column| column.allow_lossy = Some(true));
    assert!(own.compile(&orders()).unwrap().columns()[0].lossy);
}

#[test]
fn native_bytes_only_where_nothing_changes() {
    let file = File::default()
        .from("client", "customer_id")
        .mask("Email", Mask::Redact)
        .ty("note", "string")
        .expr("twice", "id * 2")
        .expr("copy", "id");
    let mapping = file.compile(&orders()).unwrap();
    let native: Vec<_> = mapping
        .columns()
        .iter()
        .map(|column| (column.name.as_str(), column.change, column.native.is_some()))
        .collect();
    let want = [
        ("id", Change::None, true),
        ("client", Change::None, true),
        ("Email", Change::Masked, false),
        ("note", Change::None, false),
        // A user-defined type.
        ("doc", Change::None, false),
        ("twice", Change::Computed, false),
        ("copy", Change::None, true),
    ];
    assert_eq!(native, want);
    let program = mapping
        .program(&[true, true, false, false, false, false, false], &["id", "note"])
        .unwrap();
    let reads: Vec<_> = program
        .reads()
        .iter()
        .map(|read| (read.name.as_str(), read.native))
        .collect();
    let want = [
        ("id", true),
        ("customer_id", true),
        ("Email", false),
        ("note", false),
        ("doc", false),
        ("id", false),
    ];
    assert_eq!(reads, want);
    assert_eq!(program.extra(), [5, 3]);
    assert_eq!(program.output().field(1).name(), "client");
    assert_eq!(program.output().field(1).data_type(), &arrow_schema::DataType::Binary);
    let refused = mapping.program(&[false, false, true, false, false, false, false], &[]);
    assert_eq!(refused.err().map(|error| error.code()), Some(Code::Internal));
}

#[test]
fn identity() {
    let check = |file: File, native: bool, identity: bool, keeps_rows: bool| {
        let mapping = file.compile(&orders()).unwrap();
        let native: Vec<_> = mapping
            .columns()
            .iter()
            .map(|column| native && column.native.is_some())
            .collect();
        let program = mapping.program(&native, &[]).unwrap();
        assert_eq!((program.is_identity(), program.keeps_rows()), (identity, keeps_rows));
    };
    check(File::default(), false, true, true);
    check(File::default(), true, true, true);
    check(File::default().select(&["note", "id"]), true, true, true);
    check(File::default().from("client", "customer_id"), true, false, true);
    check(File::default().filter("id > 1"), true, false, false);
    check(File::default().filter("id > 1"), false, false, false);
    check(File::default().ty("id", "int32"), false, false, false);
    check(File::default().expr("copy", "id"), false, false, false);
    let mapping = File::default().select(&["id"]).compile(&orders()).unwrap();
    let program = mapping.program(&[false], &["note"]).unwrap();
    assert!(!program.is_identity() && program.keeps_rows());
    assert!(typed(&File::default().compile(&orders()).unwrap()).extra().is_empty());
}
