//! CSV files that are not what they should be, and the CSV spectrum.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value as Json, json};
use syncapp_tests::syncapp::Syncapp;

/// What becomes of a file in NDJSON: its rows, or the code, the place and the reason of the error.
pub(super) async fn outcome(name: &str, options: &Json, bytes: &[u8]) -> String {
    let syncapp = Syncapp::default();
    fs::create_dir(syncapp.folder().join("in")).unwrap();
    fs::write(syncapp.folder().join("in").join(name), bytes).unwrap();
    fs::create_dir(syncapp.folder().join("out")).unwrap();
    let mut from = json!({ "connector": "files", "path": "in" });
    from.as_object_mut()
        .unwrap()
        .extend(options.as_object().unwrap().clone());
    let file = json!({
        "version": 1,
        "connections": { "from": from, "to": { "connector": "files", "path": "out", "format": "ndjson" } },
        "syncs": { "s": { "source": "from", "destination": "to", "streams": { name: { "into": "it" } } } },
    });
    syncapp.file("sync.json", &file.to_string());
    let ended = syncapp.run(&["run", "sync.json", "--json"]).await;
    if ended.code == Some(0) {
        return fs::read_to_string(syncapp.folder().join("out/it.ndjson")).unwrap();
    }
    assert!(
        !syncapp.folder().join("out/it.ndjson").exists(),
        "{name}: a failed run leaves no file"
    );
    let events = ended
        .output
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let errors = events.flat_map(|event| {
        let problems = event["problems"].as_array().cloned().unwrap_or_default();
        problems.into_iter().chain(event.get("error").cloned())
    });
    let errors: Vec<Json> = errors.filter(Json::is_object).collect();
    let error = errors.last().unwrap_or_else(|| panic!("{name}: {}", ended.output));
    let line = error["where"]["line"]
        .as_u64()
        .map_or(String::new(), |line| format!(" in line {line}"));
    format!(
        "{}{line}: {}\n",
        error["code"].as_str().unwrap(),
        error["why"].as_str().unwrap()
    )
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(bytes)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_what_they_should_be() {
    let none = || json!({});
    let latin = || json!({ "encoding": "latin-1" });
    let wide = || json!({ "encoding": "utf-16" });
    let cases: Vec<(&str, Json, Vec<u8>)> = vec![
        ("a byte order mark", none(), b"\xef\xbb\xbfa,b\n1,x\n".into()),
        ("a mark in the middle", none(), "a,b\n1,\u{feff}x\n".into()),
        ("CRLF", none(), b"a,b\r\n1,x\r\n".into()),
        ("CR alone", none(), b"a,b\r1,x\r".into()),
        ("all line ends", none(), b"a,b\n1,x\r\n2,y\r3,z".into()),
        ("line ends in quotes", none(), b"a,b\n1,\"x\ny\r\nz\r\"\n".into()),
        ("quotes in quotes", none(), b"a,b\n1,\"\"\"x\"\"\"\n".into()),
        ("a quote inside", none(), b"a,b\n1,x\"y\n".into()),
        ("text behind a quote", none(), b"a,b\n1,\"x\"y\n".into()),
        ("a quote that is left open", none(), b"a,b\n1,x\n2,\"y\n3,z\n".into()),
        ("a row too long", none(), b"a,b\n1,x\n2,y,z\n".into()),
        ("a row too short", none(), b"a,b\n1,x\n2\n".into()),
        ("empty lines", none(), b"a,b\n\n1,x\n\n\n".into()),
        ("nothing", none(), b"".into()),
        ("a header alone", none(), b"a,b".into()),
        ("names that come twice", none(), b"a,a,,b\n1,2,3,4\n".into()),
        ("nothing and the empty text", none(), b"a,b\n,\"\"\n".into()),
        ("blanks around", none(), b"a,b\n 1 , x \n".into()),
        ("leading zeros", none(), b"a\n007\n010\n".into()),
        (
            "integers beyond 2^53",
            none(),
            b"a\n9007199254740993\n9223372036854775807\n".into(),
        ),
        (
            "integers beyond 64 bits",
            none(),
            b"a\n18446744073709551616\n1\n".into(),
        ),
        ("a number that is a date", none(), b"a\n2024-02-30\n2024-02-29\n".into()),
        (
            "UTF-16, little end first",
            wide(),
            utf16("a,b\n1,\u{e9}\u{1f980}\n", u16::to_le_bytes),
        ),
        (
            "UTF-16, big end first",
            wide(),
            utf16("a,b\n1,\u{e9}\u{1f980}\n", u16::to_be_bytes),
        ),
        (
            "half of a pair in UTF-16",
            wide(),
            vec![0xff, 0xfe, b'a', 0, b'\n', 0, 0x00, 0xd8, b'\n', 0],
        ),
        (
            "an odd byte of UTF-16",
            wide(),
            vec![0xff, 0xfe, b'a', 0, b'\n', 0, b'x'],
        ),
        ("UTF-16 that nobody said", none(), utf16("a,b\n1,x\n", u16::to_le_bytes)),
        ("Latin-1", latin(), b"a,b\n1,caf\xe9\n".into()),
        ("Latin-1 that nobody said", none(), b"a,b\n1,x\n2,caf\xe9\n".into()),
        ("half a character", none(), b"a,b\n1,\xf0\x9f\xa6\n".into()),
        ("a character spelled too long", none(), b"a,b\n1,\xc0\xaf\n".into()),
        ("a surrogate in UTF-8", none(), b"a,b\n1,\xed\xa0\x80\n".into()),
        ("U+0000", none(), b"a,b\n1,x\0y\n".into()),
        ("other controls", none(), b"a,b\n1,\x01\x1a\x1b\x7f\n".into()),
        ("bytes at random", none(), (0..=255).rev().cycle().take(2000).collect()),
        (
            "another delimiter",
            json!({ "delimiter": ";" }),
            b"a;b\n1;\"x;y\"\n".into(),
        ),
    ];
    let mut told = String::new();
    for (name, options, bytes) in &cases {
        let became = outcome("t.csv", options, bytes).await;
        writeln!(told, "{name}\n    {}", became.trim_end().replace('\n', "\n    ")).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test(flavor = "multi_thread")]
async fn big_and_wide_files() {
    let cell = "x".repeat(5 << 20);
    let became = outcome("t.csv", &json!({}), format!("a,b\n1,{cell}\n").as_bytes()).await;
    assert!(became == format!("{{\"a\":1,\"b\":\"{cell}\"}}\n"), "a cell of 5 MiB");
    let names: Vec<String> = (0..5000).map(|at| format!("c{at}")).collect();
    let values: Vec<String> = (0..5000).map(|at| at.to_string()).collect();
    let became = outcome(
        "t.csv",
        &json!({}),
        format!("{}\n{}\n", names.join(","), values.join(",")).as_bytes(),
    )
    .await;
    let row: Json = serde_json::from_str(&became).unwrap();
    assert_eq!(row.as_object().unwrap().len(), 5000);
    assert!((0..5000).all(|at| row[&names[at]] == at), "5000 columns");
}

/// Each file of the spectrum holds what its JSON says. There every value is a text, and nothing is the empty one.
#[tokio::test(flavor = "multi_thread")]
async fn the_spectrum() {
    let folder = super::fetched("csv-spectrum");
    let mut files = 0;
    for file in fs::read_dir(folder.join("csvs")).unwrap() {
        let path = file.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let want = fs::read_to_string(folder.join(format!("json/{stem}.json"))).unwrap();
        // A file of one row is one object.
        let want = serde_json::from_str(&want).or_else(|_| serde_json::from_str(&format!("[{want}]")));
        let mut want: Vec<serde_json::Map<String, Json>> = want.unwrap();
        if stem == "location_coordinates" {
            // Its JSON is of another phone.
            want[0]["Contact Phone Number"] = json!("2095257564");
        }
        let columns: serde_json::Map<String, Json> =
            want[0].keys().map(|name| (name.clone(), json!("string"))).collect();
        let became = outcome("t.csv", &json!({ "columns": columns }), &fs::read(&path).unwrap()).await;
        let rows = became
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Map<String, Json>>(line).unwrap());
        let rows: Vec<_> = rows
            .map(|mut row| {
                row.values_mut()
                    .filter(|value| value.is_null())
                    .for_each(|value| *value = json!(""));
                row
            })
            .collect();
        assert_eq!(rows, want, "{stem}");
        files += 1;
    }
    assert!(files >= 12, "only {files} files of the spectrum");
}
