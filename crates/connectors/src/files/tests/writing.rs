//! Writing files: what they look like, and what a kill leaves.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::Schema;
use serde_json::json;
use syncapp_connector::{Batch, Load, Page, Target, TargetColumn};
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, DataType, Epoch, Pattern, StreamKey, StreamName};

use super::Folder;

pub(super) const DONE: Checkpoint = Checkpoint {
    position: None,
    rows: 0,
};

pub(super) fn target(write: Write) -> Target {
    let key = StreamKey {
        project: "p".into(),
        sync: "s".into(),
        stream: "t".into(),
    };
    let columns = [("id", DataType::Int64), ("v", DataType::String)].map(|(name, ty)| TargetColumn::new(name, ty));
    Target::new(key, StreamName::bare("t"), columns.into(), write)
}

pub(super) fn batch(rows: &[(i64, Option<&str>)]) -> RecordBatch {
    let fields = [DataType::Int64.field("id", true), DataType::String.field("v", true)];
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)));
    let texts: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>());
    RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), vec![ids, texts]).unwrap()
}

pub(super) async fn fill(folder: &Folder, target: &Target, batches: &[RecordBatch]) -> (Box<dyn Load>, Epoch) {
    let destination = folder.destination();
    let epoch = destination.claim(target).await.unwrap().epoch;
    let shape = destination.diff(target).await.unwrap();
    let mut load = destination.begin(target, epoch, &shape).await.unwrap();
    let mut writer = load.writer().await.unwrap().unwrap();
    for batch in batches {
        writer.write(Batch::Columns(batch.clone())).await.unwrap();
    }
    writer.finish().await.unwrap();
    (load, epoch)
}

pub(super) async fn put(folder: &Folder, write: Write, batches: &[RecordBatch]) {
    let (load, _) = fill(folder, &target(write), batches).await;
    load.commit(&DONE).await.unwrap();
}

#[tokio::test]
async fn texts_are_quoted_where_they_need_it() {
    let rows = batch(&[(1, None), (2, Some("")), (3, Some("a,\"b\"\n")), (4, Some(" x "))]);
    let folder = Folder::new(json!({"format": "csv"}));
    put(&folder, Write::Overwrite, std::slice::from_ref(&rows)).await;
    assert_eq!(folder.text("t.csv"), "id,v\n1,\n2,\"\"\n3,\"a,\"\"b\"\"\n\"\n4, x \n");

    let folder = Folder::new(json!({"format": "csv", "null_values": ["NA"], "delimiter": ";", "header": false}));
    put(&folder, Write::Overwrite, std::slice::from_ref(&rows)).await;
    assert_eq!(folder.text("t.csv"), "1;NA\n2;\"\"\n3;\"a,\"\"b\"\"\n\"\n4; x \n");

    let folder = Folder::new(json!({"format": "ndjson"}));
    put(&folder, Write::Overwrite, &[rows]).await;
    assert!(
        folder
            .text("t.ndjson")
            .starts_with("{\"id\":1,\"v\":null}\n{\"id\":2,\"v\":\"\"}\n")
    );
}

#[tokio::test]
async fn compressions_come_back() {
    let rows = batch(&[(1, Some("x")), (2, None)]);
    for (format, compression, name) in [
        ("csv", "gzip", "t.csv.gz"),
        ("csv", "zstd", "t.csv.zst"),
        ("ndjson", "gzip", "t.ndjson.gz"),
        ("parquet", "zstd", "t.parquet"),
        ("parquet", "snappy", "t.parquet"),
        ("parquet", "none", "t.parquet"),
    ] {
        let folder = Folder::new(json!({"format": format, "compression": compression}));
        put(&folder, Write::Overwrite, std::slice::from_ref(&rows)).await;
        assert_eq!(folder.names(), [name]);
        assert_eq!(
            folder.rows(name).await.unwrap(),
            ["1|x", "2|∅"],
            "{format} {compression}"
        );
    }
}

#[tokio::test]
async fn a_target_is_partitioned_by_size() {
    let folder = Folder::new(json!({"format": "csv", "file_size": 1}));
    let batches = [batch(&[(1, None)]), batch(&[(2, None)]), batch(&[(3, None)])];
    put(&folder, Write::Overwrite, &batches).await;
    assert_eq!(folder.names(), ["t-00000.csv", "t-00001.csv", "t-00002.csv"]);
    put(&folder, Write::Overwrite, &batches[..1]).await;
    assert_eq!(folder.names(), ["t-00000.csv"]);
    assert_eq!(folder.rows("t.csv").await.unwrap(), ["1|∅"]);
    let folder = Folder {
        keys: json!({"path": ".", "format": "csv"}),
        ..folder
    };
    put(&folder, Write::Overwrite, &batches[1..2]).await;
    assert_eq!(folder.names(), ["t.csv"], "one file takes the place of the parts");
}

#[tokio::test]
async fn a_killed_append_is_replaced_by_its_re_run() {
    let folder = Folder::new(json!({"format": "csv"}));
    put(&folder, Write::Append, &[batch(&[(1, None)])]).await;
    std::fs::write(folder.folder.path().join("t-000001-00.csv"), "id,v\n9,someone else's\n").unwrap();

    // Killed between the rename and the checkpoint: the state has the intent, the file is in place.
    let path = folder.folder.path().join("_syncapp_checkpoint.json");
    let before = std::fs::read_to_string(&path).unwrap();
    let intent = before.replace("\"pending\": []", "\"pending\": [\"t-000002-00.csv\"]");
    assert_ne!(before, intent);
    std::fs::write(&path, intent).unwrap();
    std::fs::write(folder.folder.path().join("t-000002-00.csv"), "id,v\n2,killed\n").unwrap();
    assert_eq!(
        folder.rows("t.csv").await.unwrap(),
        ["1|∅"],
        "readers do not see what was not committed"
    );
    let found = folder.source().discover(&Pattern::all(), Page::ALL).await.unwrap();
    let names: Vec<_> = found.iter().map(|spec| spec.name.name.as_str()).collect();
    assert_eq!(
        names,
        ["t-000001-00.csv", "t.csv"],
        "nor take it for a stream of its own"
    );

    put(&folder, Write::Append, &[batch(&[(2, Some("run again"))])]).await;
    assert_eq!(
        folder.names(),
        ["t-000000-00.csv", "t-000001-00.csv", "t-000002-00.csv"]
    );
    assert_eq!(folder.text("t-000002-00.csv"), "id,v\n2,run again\n");
    assert_eq!(folder.text("t-000001-00.csv"), "id,v\n9,someone else's\n");

    put(&folder, Write::Overwrite, &[batch(&[(3, None)])]).await;
    assert_eq!(folder.rows("t.csv").await.unwrap(), ["3|∅"]);
}

#[tokio::test]
async fn leftovers_of_killed_loads_go_with_the_next_claim() {
    let folder = Folder::new(json!({"format": "csv"}));
    let target = target(Write::Overwrite);
    put(&folder, Write::Overwrite, &[batch(&[(1, None)])]).await;
    let (load, epoch) = fill(&folder, &target, &[batch(&[(2, None)])]).await;
    let hidden: Vec<_> = folder
        .names()
        .into_iter()
        .filter(|name| name.starts_with(".syncapp-"))
        .collect();
    assert_eq!(hidden.len(), 1, "{hidden:?}");
    drop(load);
    assert_eq!(folder.names(), ["t.csv"], "a dropped load leaves nothing");

    let of_another = hidden[0].replace(".syncapp-", ".syncapp-0");
    for name in [&hidden[0], &of_another] {
        std::fs::write(folder.folder.path().join(name), "half").unwrap();
    }
    let claim = folder.destination().claim(&target).await.unwrap();
    assert!(claim.epoch > epoch);
    assert_eq!(
        folder.names(),
        [of_another.as_str(), "t.csv"],
        "only its own leftovers go"
    );
    assert_eq!(folder.text("t.csv"), "id,v\n1,\n");
}
