//! The target commits, and its reply never comes: rows are neither lost nor doubled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::Syncapp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The message of a simple query that is `commit`.
const COMMIT: &[u8] = b"Q\0\0\0\x0bcommit\0";

/// What a load sends before its rows: others commit as well, even who only looks.
const LOAD: &[u8] = b" from stdin";

/// A way to the server on which the reply to the first commits of loads is lost with the connection.
struct Proxy {
    port: u16,
    lost: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(server: u16, losses: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(AtomicUsize::new(0));
        let counted = lost.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                tokio::spawn(pass(client, server, counted.clone(), losses));
            }
        });
        Self { port, lost }
    }
}

/// Passes bytes both ways until one side ends, or a reply is to be lost.
async fn pass(mut client: TcpStream, mut server: TcpStream, lost: Arc<AtomicUsize>, losses: usize) {
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut loads = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(1..) = read else { return };
                let sent = &asked[..read.unwrap_or(0)];
                if server.write_all(sent).await.is_err() {
                    return;
                }
                loads |= sent.windows(LOAD.len()).any(|part| part == LOAD);
                if loads && sent.ends_with(COMMIT) && lost.fetch_add(1, Ordering::Relaxed) < losses {
                    // The server has answered: it has committed. Both connections end here.
                    let _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(1..) = read else { return };
                if client.write_all(&answered[..read.unwrap_or(0)]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn case(stream: &str, losses: usize) -> (Syncapp, Database, Proxy) {
    let server = Postgres::shared().await;
    let database = server.database().await;
    let make = "create table public.events (id int primary key, at int not null, text text); \
                insert into public.events select i, i / 3, 'row ' || i from generate_series(1, 5000) i; \
                grant select on public.events to public";
    database.run(make).await;
    let proxy = Proxy::start(server.port(), losses).await;
    let target = database
        .writer
        .url()
        .replace(&format!(":{}/", server.port()), &format!(":{}/", proxy.port));
    let syncapp = Syncapp::default();
    syncapp.file(
        "sync.yaml",
        &format!(
            "version: 1\nconnections:\n  from: {{ connector: postgres, url: \"{}\" }}\n  to: {{ connector: postgres, url: \
             \"{target}?sslmode=disable\" }}\nsyncs:\n  s:\n    source: from\n    destination: to\n    streams:\n      \
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
        assert!(
            proxy.lost.load(Ordering::Relaxed) >= 1,
            "{stream}: no commit went through the proxy"
        );
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
