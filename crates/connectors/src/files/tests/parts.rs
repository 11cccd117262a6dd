//! Which files belong to a target: after loads without rows, in several parts, under another name, and cut off.

use serde_json::{Value, json};
use syncapp_connector::StateScope;
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Side, StreamName};

use super::Folder;
use super::writing::{DONE, batch, fill, put, target};

/// The same folder by other keys.
fn by(folder: Folder, keys: Value) -> Folder {
    let mut folder = Folder { keys, ..folder };
    folder.keys["path"] = ".".into();
    folder
}

fn parts() -> Value {
    json!({"format": "csv", "file_size": 1})
}

fn whole() -> Value {
    json!({"format": "csv"})
}

#[tokio::test]
async fn a_load_without_rows_makes_a_file_only_where_there_is_none() {
    let row = [batch(&[(1, None)])];
    for write in [Write::Overwrite, Write::Append] {
        let folder = Folder::new(whole());
        put(&folder, write, &[]).await;
        let name = if write == Write::Append {
            "t-000000-00.csv"
        } else {
            "t.csv"
        };
        assert_eq!(folder.names(), [name]);
        assert_eq!(folder.text(name), "id,v\n");
        put(&folder, Write::Append, &[]).await;
        assert_eq!(folder.names(), [name], "after {write:?}");
    }
    let folder = Folder::new(parts());
    put(&folder, Write::Overwrite, &row).await;
    put(&folder, Write::Append, &[]).await;
    assert_eq!(folder.names(), ["t-00000.csv"]);
}

#[tokio::test]
async fn an_overwrite_removes_all_parts_of_appends() {
    let folder = Folder::new(parts());
    let rows = [batch(&[(1, None)]), batch(&[(2, None)]), batch(&[(3, None)])];
    for _ in 0..2 {
        put(&folder, Write::Append, &rows).await;
    }
    assert_eq!(folder.names().len(), 6);
    put(&folder, Write::Overwrite, &rows[..1]).await;
    assert_eq!(folder.names(), ["t-00000.csv"]);
    assert_eq!(folder.rows("t.csv").await.unwrap(), ["1|∅"]);
}

#[tokio::test]
async fn a_stream_that_gets_another_target_begins_there() {
    let folder = Folder::new(whole());
    put(&folder, Write::Overwrite, &[batch(&[(1, None)])]).await;
    let mut other = target(Write::Append);
    other.name = StreamName::bare("u");
    let (load, _) = fill(&folder, &other, &[]).await;
    load.commit(&DONE).await.unwrap();
    assert_eq!(folder.names(), ["t.csv", "u-000000-00.csv"]);
    assert_eq!(folder.rows("t.csv").await.unwrap(), ["1|∅"], "what was there stays");
}

#[tokio::test]
async fn a_file_named_like_the_next_part_is_no_part() {
    let folder = Folder::new(parts());
    put(&folder, Write::Overwrite, &[batch(&[(1, None)]), batch(&[(2, None)])]).await;
    std::fs::write(folder.folder.path().join("t-00002.csv"), "id,v\n9,someone else's\n").unwrap();
    assert_eq!(folder.rows("t.csv").await.unwrap(), ["1|∅", "2|∅"]);
}

/// A commit that stops between its files has said before which ones they are: the next one removes them.
#[tokio::test]
async fn what_a_commit_leaves_that_fails_is_known() {
    let rows = [batch(&[(1, None)]), batch(&[(2, None)]), batch(&[(3, None)])];
    let folder = Folder::new(parts());
    put(&folder, Write::Overwrite, &rows[..1]).await;
    let obstacle = folder.folder.path().join("t-00002.csv");
    std::fs::create_dir(&obstacle).unwrap();
    let (load, _) = fill(&folder, &target(Write::Overwrite), &rows).await;
    let error = load.commit(&DONE).await.unwrap_err();
    assert_eq!(error.code(), Code::Failed(Side::Destination), "{error:?}");
    assert_eq!(folder.names(), ["t-00000.csv", "t-00001.csv", "t-00002.csv"]);
    std::fs::remove_dir(&obstacle).unwrap();
    put(&folder, Write::Overwrite, &rows[..1]).await;
    assert_eq!(folder.names(), ["t-00000.csv"], "parts");

    let obstacle = folder.folder.path().join("t-00000.csv");
    std::fs::remove_file(&obstacle).unwrap();
    std::fs::create_dir(&obstacle).unwrap();
    let folder = by(folder, whole());
    let (load, _) = fill(&folder, &target(Write::Overwrite), &rows[..1]).await;
    load.commit(&DONE).await.unwrap_err();
    std::fs::remove_dir(&obstacle).unwrap();
    assert_eq!(folder.names(), ["t.csv"]);
    let folder = by(folder, parts());
    put(&folder, Write::Overwrite, &rows[..1]).await;
    assert_eq!(folder.names(), ["t-00000.csv"], "a whole file");
}

#[tokio::test]
async fn states_that_cannot_be_read_are_not_none() {
    let folder = Folder::new(whole());
    std::fs::create_dir(folder.folder.path().join("_syncapp_checkpoint.json")).unwrap();
    let destination = folder.destination();
    let scope = StateScope { namespaces: Vec::new() };
    let errors = [
        destination.states(&scope).await.unwrap_err(),
        destination.claim(&target(Write::Append)).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.code(), Code::Failed(Side::Destination), "{error:?}");
    }
}
