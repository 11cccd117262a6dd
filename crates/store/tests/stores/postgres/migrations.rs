//! Migrations: by many at once, beside programs of the version before, and never by one that is too old.

use futures_util::future::join_all;
use syncapp_control::Schedules as _;
use syncapp_model::Code;
use syncapp_store::PostgresStore;

use super::fresh;

/// How many migrations there are.
fn known() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
    std::fs::read_dir(folder).unwrap().count().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_migrate_at_once_one_does() {
    let schema = fresh().await;
    let url = schema.0.writer.url();
    let opened = join_all((0..8).map(|_| PostgresStore::open(&url))).await;
    for store in opened {
        store.unwrap().now().await.unwrap();
    }
    assert_eq!(schema.0.text("select count(*) from landing.migration").await, known());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_adds_leaves_older_programs_at_work() {
    let schema = fresh().await;
    let before = schema.open().await;
    let add = "alter table landing.run add column colour text; \
         insert into landing.migration (number, oldest) values (99, 1)";
    schema.0.run(add).await;
    before.now().await.unwrap();
    assert_eq!(before.due(10).await.unwrap(), []);
    schema.open().await.now().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_too_old_is_refused() {
    let schema = fresh().await;
    schema.open().await;
    schema
        .0
        .run("insert into landing.migration (number, oldest) values (99, 98)")
        .await;
    let error = PostgresStore::open(&schema.0.writer.url()).await.unwrap_err();
    assert_eq!(error.code(), Code::StoreFailed);
    assert_eq!(
        error.report().why,
        format!(
            "the metadata database has version 99, for programs that know version 98 or later, and this program knows up to {}",
            known()
        )
    );
    assert_eq!(error.report().help.as_deref(), Some("update SyncApp"));
}

/// Whoever only works with the tables needs no right to make any.
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_up_to_date_opens_without_the_right_to_change_it() {
    let schema = fresh().await;
    schema.open().await;
    let (reader, database) = (&schema.0.reader.user, &schema.0.name);
    let grant = format!(
        "grant usage on schema landing to {reader};
         grant select, insert, update, delete on all tables in schema landing to {reader};
         alter role {reader} in database {database} set search_path = landing"
    );
    schema.0.run(&grant).await;
    let store = PostgresStore::open(&schema.0.reader.url()).await.unwrap();
    assert_eq!(store.due(10).await.unwrap(), []);
}
