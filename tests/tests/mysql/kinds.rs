//! A column of every kind, from one database into another and into other systems.

use super::lab::Lab;

/// Columns that keep their declaration, and values at their edges.
pub(crate) const KINDS: &[(&str, &[&str])] = &[
    ("tinyint", &["-128", "127"]),
    ("tinyint(1)", &["0", "1", "7"]),
    ("tinyint unsigned", &["0", "255"]),
    ("smallint unsigned", &["65535"]),
    ("mediumint", &["-8388608", "8388607"]),
    ("mediumint unsigned", &["16777215"]),
    ("int unsigned zerofill", &["42", "4294967295"]),
    ("bigint", &["-9223372036854775808", "9223372036854775807"]),
    ("bigint unsigned", &["18446744073709551615"]),
    (
        "decimal(65,30)",
        &["-12345678901234567890123456789012345.123456789012345678901234567890"],
    ),
    ("float", &["3.4028235e38", "1.17549435e-38", "-0e0", "0.1"]),
    ("double", &["1.7976931348623157e308", "5e-324", "0.1", "-0e0"]),
    ("bit(1)", &["b'0'", "b'1'"]),
    ("bit(64)", &["b'0'", "18446744073709551615"]),
    ("year", &["1901", "2155", "0"]),
    (
        "date",
        &["'0000-00-00'", "'2020-00-10'", "'0001-01-01'", "'9999-12-31'"],
    ),
    ("datetime", &["'0000-00-00'", "'2024-02-29 23:59:59'"]),
    (
        "datetime(6)",
        &["'1000-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"],
    ),
    (
        "timestamp(6)",
        &[
            "'1970-01-01 00:00:01.000001'",
            "'2038-01-19 03:14:07.999999'",
            "'0000-00-00'",
        ],
    ),
    ("time", &["'-838:59:59'", "'838:59:59'", "'00:00:00'"]),
    ("time(6)", &["'-00:00:00.000001'", "'838:59:58.999999'"]),
    ("char(5)", &["''", "'ab'", "'äöü€🦀'"]),
    (
        "varchar(20) character set latin1 collate latin1_german1_ci",
        &["'straße'", "'a '"],
    ),
    (
        "varchar(20) character set utf8mb4 collate utf8mb4_unicode_ci",
        &["'\\\\\\'\"\\t\\n\\0'", "'N'", "'NULL'"],
    ),
    ("tinytext", &["''"]),
    ("mediumtext", &["repeat('x', 70000)"]),
    ("longtext", &["'\\\\N'"]),
    ("binary(4)", &["x'00'", "x'ff5c0a09'"]),
    ("varbinary(10)", &["x''", "x'c328'"]),
    ("blob", &["x'00ff'", "repeat(x'5c', 300)"]),
    ("longblob", &["x'5c4e'"]),
    ("enum('a','b ''c','')", &["'b ''c'", "''"]),
    ("set('x','y','z')", &["'x,z'", "''"]),
    (
        "json",
        &["'{\"b\": 1, \"a\": [1.0, 12345678901234567890.5]}'", "'null'"],
    ),
    ("uuid", &["'123e4567-e89b-12d3-a456-426655440000'"]),
    ("inet6", &["'2001:db8::1'"]),
    ("point", &["point(1.5, -2)"]),
    ("geometry", &["st_geomfromtext('POLYGON((0 0,1 0,1 1,0 0))', 4326)"]),
];

/// The server's settings let every value of [`KINDS`] in.
const LAX: &str = "set session sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'";

/// What makes the table `kinds`: a row for each value, and one of NULLs.
pub(crate) fn table() -> Vec<String> {
    let columns: Vec<String> = KINDS
        .iter()
        .enumerate()
        .map(|(at, (kind, _))| format!("k{at} {kind} null"))
        .collect();
    let mut statements = vec![format!(
        "create table kinds (id int primary key, {})",
        columns.join(", ")
    )];
    let most = KINDS.iter().map(|(_, values)| values.len()).max().unwrap();
    for row in 0..=most {
        let values: Vec<&str> = KINDS
            .iter()
            .map(|(_, values)| values.get(row).copied().unwrap_or("null"))
            .collect();
        statements.push(format!(
            "{LAX}; insert into kinds values ({row}, {})",
            values.join(", ")
        ));
    }
    statements
}

#[test]
fn between_two_databases_nothing_changes() {
    let lab = Lab::new();
    let statements = table();
    lab.source(&statements.iter().map(String::as_str).collect::<Vec<_>>());
    for keys in [
        "write: overwrite",
        "write: overwrite",
        "write: merge, into: merged",
        "write: append, into: added",
    ] {
        lab.run("kinds", keys).exits(0);
        let table = keys.split("into: ").nth(1).unwrap_or("kinds");
        for (at, (kind, _)) in KINDS.iter().enumerate() {
            // As bytes: a collation, a padding or a rounding would hide differences.
            let look = match *kind {
                "float" => format!("cast(k{at} + 0e0 as char)"),
                "json" | "point" | "geometry" => format!("hex(k{at})"),
                _ => format!("concat(hex(k{at}), ' ', cast(k{at} as char))"),
            };
            let query = |table: &str| format!("select {look} from {table} order by id");
            let (wanted, got) = (lab.of_source(&query("kinds")), lab.of_target(&query(table)));
            assert_eq!(got, wanted, "{kind}: {keys}");
        }
    }
    // A table that SyncApp makes declares what the source does.
    let declared = "select concat(column_name, ' ', column_type, ' ', coalesce(collation_name, '')) \
                    from information_schema.columns where table_schema = database() and table_name = 'kinds' \
                    order by ordinal_position";
    assert_eq!(lab.of_target(declared), lab.of_source(declared));
}
