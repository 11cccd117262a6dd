//! The target commits, and its reply never comes: rows are neither lost nor doubled.

use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::Syncapp;

use super::proxy::{Lost, Proxy};

async fn case(stream: &str, losses: usize) -> (Syncapp, Database, Proxy) {
    let server = Postgres::shared().await;
    let database = server.database().await;
    let make = "create table public.events (id int primary key, at int not null, text text); \
                insert into public.events select i, i / 3, 'row ' || i from generate_series(1, 5000) i; \
                grant select on public.events to public";
    database.run(make).await;
    let proxy = Proxy::start(server.port(), Lost::Reply, losses).await;
    let target = proxy.url(&database.writer);
    let syncapp = Syncapp::default();
    syncapp.file(
        "sync.yaml",
        &format!(
            "version: 1\nconnections:\n  from: {{ connector: postgres, url: \"{}\" }}\n  to: {{ connector: postgres, url: \
             \"{target}\" }}\nsyncs:\n  s:\n    source: from\n    destination: to\n    streams:\n      \
             public.events: {{ into: landing.events, {stream} }}\n",
            database.reader.url()
        ),
    );
    (syncapp, database, proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_neither_loses_nor_doubles() {
    for stream in [
        "write: append",
        "write: overwrite",
        "write: merge",
        "mode: incremental, cursor: at, write: append",
        "mode: incremental, cursor: at, write: merge",
    ] {
        let (syncapp, database, proxy) = case(stream, 1).await;
        let ended = syncapp.succeed(&["run", "sync.yaml"]).await;
        assert!(proxy.lost() >= 1, "{stream}: no commit went through the proxy");
        assert!(ended.output.contains("connection_lost"), "{stream}: {}", ended.output);
        let count = "select count(*) || ' ' || count(distinct id) from landing.events";
        assert_eq!(database.text(count).await, "5000 5000", "{stream}");
        // The next run finds the checkpoint as if nothing had happened.
        syncapp.succeed(&["run", "sync.yaml"]).await;
        let wanted = if stream == "write: append" {
            "10000 5000"
        } else {
            "5000 5000"
        };
        assert_eq!(database.text(count).await, wanted, "{stream}");
    }
}

/// With `--limit` the checkpoint stays as it was: rows that are added twice would not show.
#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_tells_whether_rows_were_added_none_is_added_again() {
    let count = "select count(*) || ' ' || count(distinct id) from landing.events";
    let limited = ["run", "sync.yaml", "--limit", "10"];
    let (syncapp, database, _proxy) = case("write: append", 1).await;
    let ended = syncapp.run(&limited).await;
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    assert!(ended.output.contains("may have landed or not"), "{}", ended.output);
    assert_eq!(database.text(count).await, "10 10");
    // What replaces the rows can be done again.
    let (syncapp, database, _proxy) = case("write: overwrite", 1).await;
    let ended = syncapp.succeed(&limited).await;
    assert!(ended.output.contains("connection_lost"), "{}", ended.output);
    assert_eq!(database.text(count).await, "10 10");
}
