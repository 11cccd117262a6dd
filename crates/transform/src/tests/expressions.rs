//! Expressions: what they give, and how they fail.

use syncapp_model::{Code, Error};

use super::{File, batch, evaluate, stream, texts, typed};

const COLUMNS: [&str; 16] = [
    "id int64",
    "small int16",
    "price decimal(10,2)",
    "big decimal",
    "ratio float64",
    "first_name string",
    "CamelCase string",
    "day date",
    "at timestamp",
    "seen timestamptz",
    "clock time",
    "flag bool",
    "uid uuid",
    "doc json",
    "tags list<string>",
    "@odd name string",
];

const ROW: [Option<&str>; 16] = [
    Some("7"),
    Some("-3"),
    Some("12.50"),
    Some("1.5"),
    Some("0.25"),
    Some("Ada"),
    Some("Hump"),
    Some("2024-02-29"),
    Some("2024-02-29T13:45:10.5"),
    Some("2024-02-29T13:45:10Z"),
    Some("13:45:00"),
    Some("true"),
    Some("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
    Some(r#"{"a": {"b": [10, 20.5, "x\u00e9", true, null, 12345678901234567890]}, "a b": 1, "n": null, "a b": 2}"#),
    Some("x|y|z"),
    Some("odd"),
];

fn check(expr: &str, want: &str) {
    match evaluate(&COLUMNS, &ROW, expr) {
        Ok(got) => assert_eq!(got, want, "{expr}"),
        Err(error) => panic!("{expr}: {error} {:?}", error.report()),
    }
}

fn fails(expr: &str, code: Code, words: &str) -> Error {
    let error = evaluate(&COLUMNS, &ROW, expr).expect_err(expr);
    assert_eq!(error.code(), code, "{expr}: {error}");
    assert!(error.report().why.contains(words), "{expr}: {error}");
    error
}

#[test]
fn values() {
    for (expr, want) in [
        ("id + 1", "int64: 8"),
        ("7 / 2", "int64: 3"),
        ("-id", "int64: -7"),
        ("price * 1.1", "decimal(13,3): 13.750"),
        ("1.10", "decimal(3,2): 1.10"),
        ("0.1 + 0.2", "decimal(2,1): 0.3"),
        ("round(price, 1)", "decimal(11,2): 12.50"),
        ("big * 2", "decimal(38,10): 3.0000000000"),
        ("ratio * 2", "float64: 0.5"),
        ("1.0::double / 0", "float64: Infinity"),
        ("18446744073709551615", "decimal(20,0): 18446744073709551615"),
        ("first_name || ' ' || CamelCase", "string: Ada Hump"),
        ("upper(camelcase)", "string: HUMP"),
        ("\"CamelCase\"", "string: Hump"),
        ("FIRST_NAME", "string: Ada"),
        ("\"@odd name\" || '!'", "string: odd!"),
        ("substring(first_name from 2 for 1)", "string: d"),
        ("position('d' in first_name)", "int32: 2"),
        ("regexp_replace(first_name, '[aA]', 'e', 'g')", "string: ede"),
        ("md5(first_name)", "string: 1a382809b7c03f686e12dd15677c5497"),
        (
            "encode(sha256('a'), 'hex')",
            "string: ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        ),
        ("coalesce(NULL, first_name)", "string: Ada"),
        ("nvl(NULL, id)", "int64: 7"),
        ("nullif(id, 7)", "int64: NULL"),
        ("case when id > 5 then 'many' else 'few' end", "string: many"),
        ("case id when 7 then 1 / 1 else 1 / 0 end", "int64: 1"),
        ("id between 1 and 7 and flag", "bool: true"),
        ("id in (1, 7)", "bool: true"),
        ("first_name like 'A%'", "bool: true"),
        ("flag and not flag", "bool: false"),
        ("day + interval '1 day'", "date: 2024-03-01"),
        ("at - timestamp '2024-02-29T13:00:00'", "interval: PT45M10.500000S"),
        ("date_trunc('hour', at)", "timestamp: 2024-02-29T13:00:00"),
        ("extract(year from day)", "int32: 2024"),
        ("to_char(day, '%d.%m.%Y')", "string: 29.02.2024"),
        ("to_timestamp('2024-02-29T01:02:03')", "timestamp: 2024-02-29T01:02:03"),
        ("seen at time zone 'Europe/Berlin'", "timestamptz: 2024-02-29T13:45:10Z"),
        ("seen > '2024-01-01'", "bool: true"),
        ("now()", "timestamptz: 2024-02-29T12:00:00.123456Z"),
        ("current_date", "date: 2024-02-29"),
        ("cast('12' as int)", "int32: 12"),
        ("cast(1.5 as decimal(4,2))", "decimal(4,2): 1.50"),
        ("uid", "uuid: 6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ("upper(uid)", "string: 6F9619FF-8B86-D011-B42D-00C04FC964FF"),
        ("tags[2]", "string: y"),
        ("array_length(tags)", "decimal(20,0): 3"),
        ("array_to_string(tags, '+')", "string: x+y+z"),
        ("make_array(1, 2)", "list<int64>: [1,2]"),
        ("character_length('äö')", "int32: 2"),
        ("random() < 1", "bool: true"),
    ] {
        check(expr, want);
    }
}

#[test]
fn json() {
    for (expr, want) in [
        ("json_get_int(doc, 'a', 'b', 0)", "int64: 10"),
        ("json_get_float(doc, 'a', 'b', 1)", "float64: 20.5"),
        ("json_get_str(doc, 'a', 'b', 2)", "string: xé"),
        ("json_get_bool(doc, 'a', 'b', 3)", "bool: true"),
        ("json_get_int(doc, 'a', 'b', 4)", "int64: NULL"),
        ("json_as_text(doc, 'a', 'b', 5)", "string: 12345678901234567890"),
        ("json_get_int(doc, 'a b')", "int64: 2"),
        ("json_get_int(doc, 'a', 'b', 99)", "int64: NULL"),
        ("json_get_int(doc, 'a', 'b', 'c')", "int64: NULL"),
        ("json_get_json(doc, 'a', 'b', 1)", "json: 20.5"),
        ("json_length(doc, 'a', 'b')", "int64: 6"),
        ("json_length(doc)", "int64: 4"),
        ("json_contains(doc, 'n')", "bool: true"),
        ("json_contains(doc, 'm')", "bool: false"),
        ("json_type(doc, 'n')", "string: null"),
        ("json_type(doc, 'm')", "string: NULL"),
        ("doc -> 'a' -> 'b' ->> 2", "string: xé"),
        ("(doc ->> 'a b') = '2'", "bool: true"),
        ("json_get_str(doc, first_name)", "string: NULL"),
        ("json_get_int('[1, 2]', json_length(doc) - 3)", "int64: 2"),
    ] {
        check(expr, want);
    }
    fails(
        "json_get_int(doc, 'a', 'b', 1)",
        Code::ExpressionFailed,
        "20.5 is not a 64-bit integer",
    );
    fails(
        "json_get_int(doc, 'a', 'b', 5)",
        Code::ExpressionFailed,
        "is not a 64-bit integer",
    );
    fails(
        "json_get_str(doc, 'a')",
        Code::ExpressionFailed,
        "of type object, not string",
    );
    fails("json_get_int(first_name, 'a')", Code::ExpressionFailed, "not JSON");
    fails("doc ->> 'a b' = '2'", Code::InvalidExpression, "in brackets");
    fails("json_get_int(doc, 1.5)", Code::InvalidExpression, "keys and places");
    fails(
        "json_get_int(doc -> 'a', 'b', -1)",
        Code::ExpressionFailed,
        "counts from 0",
    );
}

#[test]
fn what_cannot_be_planned() {
    for (expr, code, words) in [
        ("", Code::InvalidExpression, "does not parse"),
        ("id +", Code::InvalidExpression, "Expected: an expression"),
        (
            "id 1",
            Code::InvalidExpression,
            "Expected: end of expression, found: 1 at Line: 1, Column: 4",
        ),
        ("'open", Code::InvalidExpression, "Unterminated string literal"),
        ("fist_name", Code::UnknownColumn, "no column `fist_name`"),
        ("\"first_Name\"", Code::UnknownColumn, "no column `first_Name`"),
        ("s.id", Code::InvalidExpression, "has a dot"),
        ("(select 1)", Code::InvalidExpression, "a query cannot stand"),
        ("id in (select 1)", Code::InvalidExpression, "a query cannot stand"),
        ("sum(id)", Code::InvalidExpression, "Invalid function 'sum'"),
        ("uper(first_name)", Code::InvalidExpression, "Did you mean 'upper'"),
        ("upper(id, id)", Code::InvalidExpression, "upper"),
        ("first_name + flag", Code::InvalidExpression, "Utf8"),
        ("struct(id)", Code::InvalidExpression, "no column can hold"),
        ("NULL", Code::InvalidExpression, "only NULL has no type"),
        ("$1", Code::InvalidExpression, ""),
        ("@@version", Code::UnknownColumn, ""),
        ("row_number() over ()", Code::InvalidExpression, ""),
    ] {
        let error = fails(expr, code, words);
        assert_eq!(error.report().at.column.as_deref(), Some("x"), "{expr}");
    }
    assert_eq!(
        fails("fist_name", Code::UnknownColumn, "").report().help.as_deref(),
        Some("did you mean `first_name`?")
    );
}

#[test]
fn what_fails_on_a_row() {
    for (expr, words) in [
        ("id / (id - 7)", "Divide by zero"),
        ("9223372036854775807 + id", "Overflow"),
        ("id * 9223372036854775807", "Overflow"),
        ("-(-9223372036854775807 - id + 6)", "verflow"),
        ("price / (price - 12.5)", "Divide by zero"),
        ("cast(first_name as int)", "Cannot cast string 'Ada'"),
        ("cast(99999999999 as int)", "99999999999"),
        (
            "to_timestamp_nanos(seen) + interval '1 nanosecond'",
            "finer than microseconds",
        ),
        (
            "big * 1000000000000000000000000000.0",
            "has more digits than its type holds",
        ),
        ("cast(99999999999999999999999999999999999999 as decimal(38,0)) * 2", ""),
    ] {
        let error = fails(expr, Code::ExpressionFailed, words);
        let at = &error.report().at;
        assert_eq!(
            (at.column.as_deref(), at.row.as_deref()),
            (Some("x"), Some("1")),
            "{expr}"
        );
        assert!(error.report().why.starts_with(&format!("`{expr}`: ")), "{error}");
    }
    assert_eq!(
        fails("id / (id - 7)", Code::ExpressionFailed, "").report().why,
        "`id / (id - 7)`: Divide by zero error where id = `7`"
    );
    let error = evaluate(&["n decimal"], &[Some("0.12345678901")], "n + 1").unwrap_err();
    assert_eq!(error.code(), Code::CastFailed);
    assert!(
        error
            .report()
            .why
            .contains("`0.12345678901` has more digits behind the point"),
        "{error}"
    );
}

#[test]
fn expressions_are_bounded() {
    let deep = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    check(&deep("(", "id", ")", 60), "int64: 7");
    check(&format!("id{}", " + 1".repeat(250)), "int64: 257");
    check(
        &format!(
            "case id {} end",
            (0..2000)
                .map(|n| format!("when {n} then {n}"))
                .collect::<Vec<_>>()
                .join(" ")
        ),
        "int64: 7",
    );
    check(
        &format!(
            "id in ({})",
            (0..5000).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
        ),
        "bool: true",
    );
    check(&deep("abs(", "id", ")", 60), "int64: 7");
    check(&deep("case when flag then ", "id", " end", 60), "int64: 7");
    for expr in [
        deep("(", "id", ")", 10_000),
        deep("abs(", "id", ")", 10_000),
        deep("case when flag then ", "id", " end", 2000),
        "(".repeat(60_000),
        "[".repeat(60_000),
        format!("id{}", " + 1".repeat(10_000)),
        format!("id{}", "::int".repeat(10_000)),
        format!("tags{}", "[1]".repeat(10_000)),
        format!("{}id", "- ".repeat(300)),
        format!("{}flag", "not ".repeat(10_000)),
        format!("flag{}", " is null".repeat(5000)),
        format!("flag{}", " and flag".repeat(5000)),
        format!("first_name{}", " || first_name".repeat(4000)),
        format!("{}'1 day'", "interval ".repeat(5000)),
        "1,".repeat(70_000),
    ] {
        fails(&expr, Code::InvalidExpression, "");
    }
}

/// `AND` may skip its right side, but only for batches in which no row needs it.
#[test]
fn a_row_fails_only_on_its_own() {
    let stream = stream(&["n int64"]);
    let mapping = File::default()
        .expr("x", "n <> 0 and 10 / n > 1")
        .compile(&stream)
        .unwrap();
    let program = typed(&mapping);
    let rows: Vec<Vec<Option<&str>>> = ["1", "0", "20", "0", "2"].iter().map(|n| vec![Some(*n)]).collect();
    let rows: Vec<_> = rows.iter().map(Vec::as_slice).collect();
    let result = program.apply(&batch(&stream, &program, &rows), 1).unwrap();
    let truths = texts(result.column_by_name("x").unwrap(), &syncapp_model::DataType::Bool);
    let truths: Vec<_> = truths.iter().flatten().map(String::as_str).collect();
    assert_eq!(truths, ["true", "false", "false", "false", "true"]);
}
