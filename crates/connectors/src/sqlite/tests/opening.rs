//! Files that are not there, locked, or none of SQLite's.

use std::sync::Arc;

use syncapp_connector::testkit::Table;
use syncapp_connector::{Connector, Context};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Side};

use super::{Config, File, Sqlite, Valid};

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let file = File::new();
    let valid = file.valid();
    let missing = Sqlite.check(&valid, Side::Source).await.unwrap_err();
    assert_eq!(
        (missing.code(), missing.is_transient()),
        (Code::Unreachable(Side::Source), false)
    );
    Sqlite.check(&valid, Side::Destination).await.unwrap();
    assert!(!valid.path.exists(), "a check makes no file");
    let destination = Sqlite.destination(valid.clone()).unwrap();
    let target = Table::texts("t").target(&file, Write::Append);
    destination.diff(&target).await.unwrap();
    assert!(!valid.path.exists(), "a look makes no file");
    std::fs::write(&valid.path, "this is no database, however long one makes it".repeat(40)).unwrap();
    for side in [Side::Source, Side::Destination] {
        assert_eq!(
            Sqlite.check(&valid, side).await.unwrap_err().code(),
            Code::InvalidData(side)
        );
    }
    let lost = Arc::new(Valid {
        path: file.folder.path().join("no/such/folder.db"),
    });
    let error = Sqlite.check(&lost, Side::Destination).await.unwrap_err();
    assert_eq!(error.code(), Code::NamespaceNotFound(Side::Destination));
    let error = Sqlite.destination(lost).unwrap().claim(&target).await.unwrap_err();
    assert_eq!(error.code(), Code::NamespaceNotFound(Side::Destination));
}

#[tokio::test]
async fn a_lock_is_waited_for_and_then_reported() {
    let (flow, connection) = File::flow("");
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = flow
        .claim(&flow.target(&Table::texts("t"), Write::Append))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.is_transient()),
        (Code::LockTimeout(Side::Destination), true)
    );
}

#[test]
fn addresses_and_paths() {
    for (address, want) in [
        ("data.db", Some("data.db")),
        ("./a b/X.SQLite3", Some("./a b/X.SQLite3")),
        ("sqlite:///var/lib/a%20b", Some("/var/lib/a b")),
        ("sqlite://here.file", Some("here.file")),
        ("https://host/a.db", None),
        ("data.csv", None),
    ] {
        let found = Sqlite
            .address(address)
            .map(|keys| keys["path"].as_str().unwrap().to_owned());
        assert_eq!(found.as_deref(), want, "{address}");
    }
    let errors = Sqlite
        .validate(Config { path: String::new() }, &Context::at("."))
        .unwrap_err();
    assert_eq!(errors[0].code(), Code::InvalidValue);
    assert!(serde_json::from_str::<Config>(r#"{"path": "a", "pth": 1}"#).is_err());
}
