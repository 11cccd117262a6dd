//! Blocks cut anywhere, and what is written read again.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::Schema;
use proptest::prelude::*;
use syncapp_model::DataType;

use super::{Encoder, Reader};
use crate::files::blocks::Blocks;
use crate::files::compress::Output;
use crate::files::encode::Encoder as _;
use crate::files::format::Compression;
use crate::files::read::{FileColumn, Limits, Reader as _};
use crate::files::tests::valid;

fn columns(names: &[&str]) -> Vec<FileColumn> {
    let column = |name: &&str| FileColumn {
        name: (*name).to_owned(),
        ty: DataType::String,
        guessed: true,
        nullable: true,
    };
    names.iter().map(column).collect()
}

/// All cells in the order of rows, or the error's text.
fn read(text: &[u8], names: &[&str], step: usize) -> Result<Vec<Option<String>>, String> {
    let blocks = Blocks::with_step(Box::new(Cursor::new(text.to_vec())), "t.csv", step);
    let wanted: Vec<usize> = (0..names.len()).collect();
    let files = valid(serde_json::json!({"path": "."}));
    let limits = Limits::new(3, 1 << 20);
    let mut reader = Reader::open(&files, blocks, &columns(names), &wanted, (limits, false))
        .map_err(|error| format!("{error:?}"))?;
    let mut cells = Vec::new();
    while let Some(batch) = reader.next().map_err(|error| format!("{error:?}"))? {
        let batch = batch.columns;
        for row in 0..batch.num_rows() {
            for column in batch.columns() {
                let column = column.as_any().downcast_ref::<StringArray>().unwrap();
                cells.push(column.is_valid(row).then(|| column.value(row).to_owned()));
            }
        }
    }
    Ok(cells)
}

#[test]
fn blocks_may_be_cut_anywhere() {
    for text in [
        "a,b\n1,2\r\n\"x\"\"y\",\"\r\n\"\n,\"\"\né表,🦀\n\n\nlast,one",
        "\u{feff}a,b\r1,\"\"\"\"\r\"\"\"\",2\r",
        "a,b\r\n1,2\r\n1,2,3\r\n",
        "a,b\n1,\"open\n",
        "a,b\n1,\"x\"y\n",
    ] {
        let whole = read(text.as_bytes(), &["a", "b"], 1 << 20);
        for step in 1..64 {
            assert_eq!(
                read(text.as_bytes(), &["a", "b"], step),
                whole,
                "{text:?} in blocks of {step}"
            );
        }
    }
    let broken = b"a,b\n1,2\n\xc3\xa9,\xc3";
    let whole = read(broken, &["a", "b"], 1 << 20);
    assert!(whole.is_err());
    for step in 1..16 {
        assert!(read(broken, &["a", "b"], step).is_err());
    }
}

fn written(names: [&str; 2], rows: &[[Option<String>; 2]]) -> Vec<u8> {
    written_by(serde_json::json!({"path": "."}), names, rows)
}

fn written_by(keys: serde_json::Value, names: [&str; 2], rows: &[[Option<String>; 2]]) -> Vec<u8> {
    let files = valid(keys);
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = Output::new(file.reopen().unwrap(), Compression::None).unwrap();
    let mut encoder = Box::new(Encoder::new(&files, "t.csv", output, &names.map(str::to_owned)));
    let column = |at: usize| Arc::new(rows.iter().map(|row| row[at].clone()).collect::<StringArray>()) as ArrayRef;
    let fields = names.map(|name| DataType::String.field(name, true)).to_vec();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![column(0), column(1)]).unwrap();
    assert!(encoder.write(batch).is_ok());
    assert!(encoder.finish().is_ok());
    std::fs::read(file.path()).unwrap()
}

#[test]
fn what_looks_like_a_byte_order_mark_is_kept() {
    let rows = [["\u{feff}x", "\u{feff}"].map(|text| Some(text.to_owned()))];
    let names = ["\u{feff}", "b"];
    let text = written(names, &rows);
    assert_eq!(read(&text, &names, 7), Ok(rows.concat()));
    let text = written_by(serde_json::json!({"path": ".", "header": false}), names, &rows);
    assert_eq!(String::from_utf8(text).unwrap(), "\"\u{feff}x\",\"\u{feff}\"\n");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        rows in proptest::collection::vec(
            [proptest::option::of("[a,\"\r\n é🦀\\\\]{0,6}|\\PC{0,8}"), proptest::option::of("[,\"\r\n]{0,4}")], 0..12),
        step in 1_usize..80,
    ) {
        let want: Vec<_> = rows.iter().flatten().cloned().collect();
        prop_assert_eq!(read(&written(["a", "b"], &rows), &["a", "b"], step), Ok(want));
    }
}
