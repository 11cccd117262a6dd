//! Reading text files: what is a row, what is NULL, what is an error.

use serde_json::json;
use syncapp_model::{Code, Side};

use super::Folder;

async fn check(keys: serde_json::Value, name: &str, bytes: &[u8], want: &[&str]) {
    let folder = Folder::with(keys, &[(name, bytes)]);
    let got = folder
        .rows(name)
        .await
        .unwrap_or_else(|error| panic!("{bytes:?}: {error:?}"));
    assert_eq!(got, want, "{:?}", String::from_utf8_lossy(bytes));
}

#[tokio::test]
async fn csv_rows() {
    for (text, want) in [
        ("a,b\n1,x\n2,y\n", vec!["1|x", "2|y"]),
        ("a,b\r\n1,x\r\n2,y", vec!["1|x", "2|y"]),
        ("a,b\r1,x\r2,y\r", vec!["1|x", "2|y"]),
        ("\u{feff}a,b\n1,x\n", vec!["1|x"]),
        ("\u{feff}\"a\",b\n1,x\n", vec!["1|x"]),
        ("a,b\n,\"\"\n", vec!["∅|"]),
        ("a,b\n\"x\"\"y\",\"l1\nl2\r\nl3\"\n", vec!["x\"y|l1\nl2\r\nl3"]),
        ("a,b\nx\"y,z\n", vec!["x\"y|z"]),
        ("a,b\n\n1,2\n\n", vec!["1|2"]),
        ("a\nx\n\ny\n", vec!["x", "∅", "y"]),
        ("a,b\n", vec![]),
        ("a,b", vec![]),
        ("a,a,\n1,2,3\n", vec!["1|2|3"]),
        ("a\n\"\"\"\"\n", vec!["\""]),
    ] {
        check(json!({}), "t.csv", text.as_bytes(), &want).await;
    }
}

#[tokio::test]
async fn csv_options() {
    check(
        json!({"delimiter": ";", "quote": "'"}),
        "t.csv",
        b"a;b\n'x;''y';\"\n",
        &["x;'y|\""],
    )
    .await;
    check(json!({}), "t.tsv", b"a\tb\n1\tx,y\n", &["1|x,y"]).await;
    check(json!({"header": false}), "t.csv", b"1,x\n2,y\n", &["1|x", "2|y"]).await;
    check(
        json!({"null_values": ["NA"]}),
        "t.csv",
        b"a,b\nNA,\"NA\"\n,\"\"\n",
        &["∅|∅", "∅|"],
    )
    .await;
    check(
        json!({"null_values": [""]}),
        "t.csv",
        b"a,b\n1,\"\"\n,x\n",
        &["1|∅", "∅|x"],
    )
    .await;
    check(json!({"null_values": []}), "t.csv", b"a,b\n1,\n", &["1|"]).await;
    check(json!({"encoding": "latin-1"}), "t.csv", b"a\n\xe9\xff\n", &["éÿ"]).await;
    let utf16 = |text: &str, little: bool| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units
            .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect()
    };
    for little in [true, false] {
        let bytes = utf16("a,b\n1,é🦀\n", little);
        check(json!({"encoding": "utf-16"}), "t.csv", &bytes, &["1|é🦀"]).await;
    }
    check(
        json!({"columns": {"a": "string", "b": "list<int32>"}}),
        "t.csv",
        b"a,b\n007,\"[1,null]\"\n",
        &["007|[1, ∅]"],
    )
    .await;
}

#[tokio::test]
async fn names_of_columns() {
    let folder = Folder::with(json!({}), &[("t.csv", b"a,,a,a_2\n1,2,3,4\n")]);
    let spec = folder.describe("t.csv").await.unwrap();
    let names: Vec<_> = spec.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "column_2", "a_3", "a_2"]);
}

#[tokio::test]
async fn files_of_a_glob_are_united_by_name() {
    let files: [(&str, &[u8]); 3] = [
        ("d/f1.csv", b"a,b\n1,x\n"),
        ("d/f2.csv", b"b,c\ny,2.5\n"),
        ("other.csv", b"z\n1\n"),
    ];
    let folder = Folder::with(json!({}), &files);
    assert_eq!(folder.rows("d/f*.csv").await.unwrap(), ["1|x|∅", "∅|y|2.5"]);
    assert_eq!(folder.rows("**/f1.csv").await.unwrap(), ["1|x"]);
}

#[tokio::test]
async fn compressed_files() {
    use std::io::Write as _;
    let text = b"a\n1\n2\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text).unwrap();
    let gzip = gzip.finish().unwrap();
    let twice = [&gzip[..], &gzip[..]].concat();
    let zstd = zstd::encode_all(&text[..], 1).unwrap();
    check(json!({}), "t.csv.gz", &gzip, &["1", "2"]).await;
    check(json!({}), "t.csv.gz", &twice, &["1", "2", "a", "1", "2"]).await;
    check(json!({}), "t.csv.zst", &zstd, &["1", "2"]).await;
    check(json!({"compression": "gzip"}), "t.csv", &gzip, &["1", "2"]).await;
    let folder = Folder::with(json!({}), &[("t.csv.gz", &gzip[..gzip.len() - 6]), ("u.csv.gz", text)]);
    for name in ["t.csv.gz", "u.csv.gz"] {
        assert_eq!(
            folder.rows(name).await.unwrap_err().code(),
            Code::InvalidData(Side::Source),
            "{name}"
        );
    }
}

#[tokio::test]
async fn ndjson_rows() {
    let lines = concat!(
        "\u{feff}{\"id\": 9007199254740993, \"n\": 1.10, \"big\": 123456789012345678901234, \"s\": \"a\\u00e9\"}\n",
        "\r\n",
        "{\"s\": null, \"o\": {\"x\": [1, 2.50]}, \"id\": 2}\n",
    );
    check(
        json!({}),
        "t.ndjson",
        lines.as_bytes(),
        &[
            "9007199254740993|1.10|123456789012345678901234|aé|∅",
            "2|∅|∅|∅|{\"x\": [1, 2.50]}",
        ],
    )
    .await;
    check(
        json!({"columns": {"a": "timestamp", "b": "list<string>"}}),
        "t.jsonl",
        b"{\"a\": \"2024-01-01T00:00:00\", \"b\": [\"x\", null]}\n",
        &["2024-01-01T00:00:00|[x, ∅]"],
    )
    .await;
}

#[tokio::test]
async fn errors_say_where_and_what_to_do() {
    let small = || json!({"sample_rows": 1});
    for (keys, name, bytes, code, row, said) in [
        (
            json!({}),
            "t.csv",
            &b"a,b\n1,2\n1,2,3\n"[..],
            Code::InvalidData(Side::Source),
            3,
            "3 fields",
        ),
        (
            json!({}),
            "t.csv",
            b"a,b\n1\n",
            Code::InvalidData(Side::Source),
            2,
            "1 fields",
        ),
        (
            json!({}),
            "t.csv",
            b"a\n\"l1\nl2\"\n\"x\n",
            Code::InvalidData(Side::Source),
            4,
            "ends inside",
        ),
        (
            json!({}),
            "t.csv",
            b"a\n\"x\"y\n",
            Code::InvalidData(Side::Source),
            2,
            "closing quote",
        ),
        (
            json!({}),
            "t.csv",
            b"a\nx\n\xff\n",
            Code::InvalidData(Side::Source),
            3,
            "UTF-8",
        ),
        (
            small(),
            "t.csv",
            b"a,b\n1,1\n2,007\n",
            Code::InvalidData(Side::Source),
            3,
            "`007` is no int64",
        ),
        (
            small(),
            "t.csv",
            b"a,b\n1,1\n2,\"\"\n",
            Code::InvalidData(Side::Source),
            3,
            "null_values",
        ),
        (
            small(),
            "t.csv",
            b"a\n1.5\n1.55\n",
            Code::InvalidData(Side::Source),
            3,
            "columns: { a:",
        ),
        (
            json!({}),
            "t.ndjson",
            b"{\"a\":1}\n{\"a\":1,\"a\":2}\n",
            Code::InvalidData(Side::Source),
            2,
            "twice",
        ),
        (
            json!({}),
            "t.ndjson",
            b"{\"a\":1}\n[1]\n",
            Code::InvalidData(Side::Source),
            2,
            "one JSON object",
        ),
        (
            json!({}),
            "t.ndjson",
            b"{\"a\":1} {\"a\":2}\n",
            Code::InvalidData(Side::Source),
            1,
            "one JSON object",
        ),
        (
            small(),
            "t.ndjson",
            b"{\"a\":1}\n{\"a\":\"x\"}\n",
            Code::InvalidData(Side::Source),
            2,
            "no int64",
        ),
        (
            small(),
            "t.ndjson",
            b"{\"a\":1}\n{\"b\":2}\n",
            Code::InvalidData(Side::Source),
            2,
            "sample_rows",
        ),
    ] {
        let folder = Folder::with(keys, &[(name, bytes)]);
        let error = folder.rows(name).await.unwrap_err();
        let report = error.report();
        let text = format!("{} {}", report.why, report.help.as_deref().unwrap_or_default());
        assert_eq!((error.code(), report.at.line), (code, Some(row)), "{name}: {error:?}");
        assert!(text.contains(said), "{said}: {text}");
        assert_eq!(report.at.file.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn a_cell_beyond_the_bound_is_an_error() {
    let mut text = b"a\n".to_vec();
    text.resize((64 << 20) + 3, b'x');
    let folder = Folder::with(json!({}), &[("t.csv", &text)]);
    assert_eq!(
        folder.rows("t.csv").await.unwrap_err().code(),
        Code::TooLarge(Side::Source)
    );
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.csv"), "a\n1\n").unwrap();
    let folder = Folder::with(json!({}), &[("orders.csv", b"a\n1\n")]);
    std::os::unix::fs::symlink(outside.path(), folder.folder.path().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.csv"), folder.folder.path().join("x.csv")).unwrap();
    let absolute = outside.path().join("secret.csv").to_str().unwrap().to_owned();
    for (name, code) in [
        ("../secret.csv", Code::InvalidValue),
        (absolute.as_str(), Code::InvalidValue),
        ("", Code::InvalidValue),
        ("link/secret.csv", Code::PermissionDenied(Side::Source)),
        ("x.csv", Code::PermissionDenied(Side::Source)),
        ("order.csv", Code::StreamNotFound),
    ] {
        let error = folder.describe(name).await.unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error:?}");
    }
    assert_eq!(
        folder.rows("*.csv").await.unwrap(),
        ["1"],
        "a glob passes links by that lead out"
    );
}

#[tokio::test]
async fn what_is_not_built_says_so() {
    for (keys, code) in [
        (json!({"path": "s3://bucket/x"}), Code::NotAvailable),
        (json!({"path": "."  , "format": "json"}), Code::NotAvailable),
        (json!({"path": ".", "encoding": "shift-jis"}), Code::NotAvailable),
        (
            json!({"path": ".", "format": "parquet", "delimiter": ";"}),
            Code::Conflict,
        ),
        (json!({"path": ".", "columns": {"a": "integer"}}), Code::InvalidValue),
        (json!({"path": ".", "file_size": "x"}), Code::InvalidValue),
        (json!({"path": ".", "delimiter": "ab"}), Code::InvalidValue),
        (json!({"path": ".", "delimiter": "\""}), Code::Conflict),
    ] {
        let faults = super::checked(keys.clone(), std::path::Path::new(".")).unwrap_err();
        assert_eq!(
            faults.iter().map(syncapp_model::Error::code).collect::<Vec<_>>(),
            [code],
            "{keys}"
        );
    }
}
