//! NDJSON files that are not what they should be.

use std::fmt::Write as _;

use serde_json::json;

use super::csv::outcome;

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_what_they_should_be() {
    let deep = |depth: usize| format!("{{\"a\":{}{}}}\n", "[".repeat(depth), "]".repeat(depth));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        (
            "integers beyond 2^53",
            b"{\"a\":9007199254740993}\n{\"a\":-9223372036854775808}\n".into(),
        ),
        (
            "integers beyond 64 bits",
            b"{\"a\":123456789012345678901234567890}\n{\"a\":1}\n".into(),
        ),
        ("a hundred digits", format!("{{\"a\":{}.5}}\n", "9".repeat(100)).into()),
        ("a number beyond every float", b"{\"a\":1e400}\n".into()),
        ("a negative zero", b"{\"a\":-0.0}\n{\"a\":-0}\n".into()),
        ("zeros at the end", b"{\"a\":1.50}\n{\"a\":2.00}\n".into()),
        ("not a number", b"{\"a\":NaN}\n".into()),
        ("a leading zero", b"{\"a\":1}\n{\"a\":01}\n".into()),
        ("a key that comes twice", b"{\"a\":1}\n{\"a\":1,\"a\":2}\n".into()),
        ("a key that comes twice inside", b"{\"a\":{\"b\":1,\"b\":2}}\n".into()),
        ("one key in two spellings", b"{\"a\":1,\"\\u0061\":2}\n".into()),
        ("half of a pair", b"{\"a\":\"x\"}\n{\"a\":\"\\ud800\"}\n".into()),
        ("the other half", b"{\"a\":\"\\udc00x\"}\n".into()),
        ("half of a pair in a key", b"{\"\\ud800\":1}\n".into()),
        ("half of a pair inside", b"{\"a\":{\"b\":\"\\ud800\"}}\n".into()),
        ("a whole pair", b"{\"a\":\"\\ud83e\\udd80\"}\n".into()),
        ("U+0000", b"{\"a\":\"x\\u0000y\"}\n".into()),
        ("a control that is not escaped", b"{\"a\":\"x\ty\"}\n".into()),
        ("half a character", b"{\"a\":\"\xf0\x9f\xa6\"}\n".into()),
        ("an unknown escape", b"{\"a\":\"\\x41\"}\n".into()),
        ("a byte order mark", b"\xef\xbb\xbf{\"a\":1}\n".into()),
        ("CRLF and empty lines", b"{\"a\":1}\r\n\r\n{\"a\":2}".into()),
        ("an array", b"[{\"a\":1}]\n".into()),
        ("a number alone", b"{\"a\":1}\n5\n".into()),
        ("two objects in a line", b"{\"a\":1}{\"a\":2}\n".into()),
        ("a line that is cut off", b"{\"a\":1}\n{\"a\":".into()),
        ("a comma at the end", b"{\"a\":1,}\n".into()),
        ("a comment", b"{\"a\":1} // one\n".into()),
        ("single quotes", b"{'a':1}\n".into()),
        ("an object over two lines", b"{\"a\":\n1}\n".into()),
        ("an empty key", b"{\"\":1}\n".into()),
        ("an empty object", b"{}\n{\"a\":1}\n".into()),
        ("nothing", b"".into()),
        (
            "values of all kinds",
            b"{\"a\":1}\n{\"a\":\"1\"}\n{\"a\":[1]}\n{\"a\":null}\n".into(),
        ),
        ("a hundred levels", deep(100).into()),
        ("a thousand levels", deep(1000).into()),
        ("a hundred thousand levels", deep(100_000).into()),
        ("bytes at random", (0..=255).rev().cycle().take(2000).collect()),
    ];
    let mut told = String::new();
    for (name, bytes) in &cases {
        let became = outcome("t.ndjson", &json!({}), bytes).await;
        let lines: Vec<String> = became.trim_end().split('\n').map(shortened).collect();
        writeln!(told, "{name}\n    {}", lines.join("\n    ")).unwrap();
    }
    insta::assert_snapshot!(told);
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(150) {
        Some((at, _)) => format!("{}… {} bytes", &line[..at], line.len()),
        None => line.to_owned(),
    }
}
