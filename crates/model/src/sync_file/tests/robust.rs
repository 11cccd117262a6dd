//! No text makes the reader panic, hang or grow without bounds.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{CONNECTIONS, Fixed, loaded, problems, with_stream};
use crate::render;
use crate::sync_file::parse::{MAX_BYTES, MAX_DEPTH, MAX_NODES};

const SEED: &str = r#"version: 1
connections:
  shop: { connector: postgres, host: "${HOST:-x}", port: ${PORT}, tls: {mode: disable} }
  lake:
    connector: sqlite
    path: 'a''b'
environments:
  prod: { connections: { shop: { host: x } } }
syncs:
  s:
    source: shop
    destination: lake
    schedule: { cron: "* * * * *" }
    streams:
      "public.*": { mode: incremental, cursor: c, columns: { a: { mask: { partial: { keep_first: 1 } } } } }
      x:
        where: >-
          a > 1
        select: ["*", -b]
"#;

/// Reads, renders and resolves: a right file has no problems, and each problem lies in the file.
fn exercise(text: &str) {
    let loaded = loaded(text);
    for problem in &loaded.problems {
        assert!(!render(problem, Some(loaded.source())).is_empty());
        assert_eq!(problem.report().at.file.as_deref(), Some("shop.yaml"));
    }
    assert!(loaded.file.is_some() || loaded.has_errors(), "no file and no reason");
    for name in ["shop", "lake"] {
        let _ = loaded.connection(name, Some("prod"), &Fixed::default());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn yaml_like_text(pieces in prop::collection::vec(
        prop::sample::select(vec![
            "version", ": ", "1", "\n", "  ", "- ", "{", "}", "[", "]", "\"", "'", "&a ", "*a", "!t ", "|", ">", "#",
            "? ", ",", "---\n", "...\n", "connections", "connector", "postgres", "syncs", "streams", "null", "${A}",
            "\t", "\\ud83d\\ude00", "é", "😀", "%YAML 1.2\n", "\u{feff}", "\r\n", "<<",
        ]), 0..60,
    )) {
        exercise(&pieces.concat());
    }

    #[test]
    fn mutated_files(edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, ".{0,4}"), 1..6)) {
        let mut chars: Vec<char> = SEED.chars().collect();
        for (at, removed, added) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + removed).min(chars.len());
            chars.splice(at..end, added.chars());
        }
        exercise(&chars.into_iter().collect::<String>());
    }
}

#[test]
fn bounds_hold() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let cases = [
        (deep(MAX_DEPTH + 1), "64 deep"),
        (deep(100_000), "64 deep"),
        ("{a: ".repeat(100_000), "64 deep"),
        ("- ".repeat(100_000), "64 deep"),
        (" ".repeat(MAX_BYTES + 1), "larger than 4 MiB"),
        (format!("[{}]", "1,".repeat(MAX_NODES)), "more than 200000 values"),
        (
            "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n".into(),
            "aliases are not supported",
        ),
    ];
    for (text, expected) in cases {
        let loaded = loaded(&text);
        let last = loaded.problems.last().map(ToString::to_string).unwrap_or_default();
        assert!(last.contains(expected), "{last}");
    }
    assert!(!problems(&deep(MAX_DEPTH)).contains("deep"));
}

#[test]
fn many_streams_are_read_in_time_that_grows_with_them() {
    let mut text = format!("{CONNECTIONS}syncs:\n  s:\n    source: shop\n    destination: lake\n    streams:\n");
    for stream in 0..20_000 {
        let _ = writeln!(text, "      t{stream}: {{ cursor: c }}");
    }
    let started = std::time::Instant::now();
    assert_eq!(loaded(&text).problems.len(), 20_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn one_long_line_is_shown_in_part() {
    let text = with_stream(&format!("{{ into: {}, primry_key: [id] }}", "x".repeat(100_000)));
    assert!(problems(&text).len() < 1000);
}
