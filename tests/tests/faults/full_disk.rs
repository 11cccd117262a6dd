//! The target's disk is full while rows land, for real: a small file system of its own.

use std::fs;
use std::path::Path;

use syncapp_tests::compare::{digest, sqlite_rows};
use syncapp_tests::faults::{Dice, Target, Workload};
use syncapp_tests::server::postgres::{Options, Postgres};
use syncapp_tests::syncapp::{Ended, Syncapp};

use super::case::RUN;

/// Rows that do not fit, by far.
const GROW: &str = "insert into orders select r.*
    from (select to_jsonb(o) as row from orders o limit 1) o cross join generate_series(1, 20000) i
    cross join lateral (select string_agg(md5((i * 40 + j)::text), '') as note from generate_series(1, 40) j) n
    cross join lateral jsonb_populate_record(null::orders,
        o.row || jsonb_build_object('id', 10000000 + i, 'updated_at', now(), 'note', n.note)) r";

fn is_full(ended: &Ended) {
    assert_eq!(ended.code, Some(1), "{}", ended.output);
    for said in ["error[destination.disk_full]", "help: "] {
        assert!(ended.output.contains(said), "no {said}:\n{}", ended.output);
    }
}

#[tokio::test]
async fn of_postgres() {
    let server = Options::default().small_disk(12).start().await;
    for (number, workload) in [Workload::Refresh, Workload::Merge, Workload::Append]
        .into_iter()
        .enumerate()
    {
        let (source, database) = (Postgres::shared().await.database().await, server.database().await);
        if number == 0 {
            let place = server.small_disk();
            database
                .run(&format!("create tablespace small location '{place}'"))
                .await;
        }
        let user = &database.writer.user;
        let small =
            format!("grant create on tablespace small to {user}; alter role {user} set default_tablespace = small");
        database.run(&small).await;
        let target = Target::Postgres(database.into());
        let syncapp = Syncapp::default();
        workload.fill(&source, 2000).await;
        syncapp.file("sync.yaml", &workload.sync_file(&source, &target));
        syncapp.succeed(&RUN).await;
        let (old, mark) = (target.held().await, target.mark().await);

        workload.change(&source, &mut Dice::new(1)).await;
        source.run(GROW).await;
        is_full(&syncapp.run(&RUN).await);
        assert_eq!(target.held().await, old, "{workload}");
        assert_eq!(target.mark().await.committed, mark.committed, "{workload}");
        assert!(target.leftovers(&source, &syncapp).await.is_empty(), "{workload}");

        source.run("delete from orders where id > 10000000").await;
        syncapp.succeed(&RUN).await;
        assert_eq!(target.held().await, target.wanted(&source).await, "{workload}");
    }
}

#[tokio::test]
async fn of_sqlite_and_files() {
    for (to, format) in [
        ("{ connector: sqlite, path: out/lake.db }", ""),
        ("{ connector: files, path: out, format: csv }", "csv"),
        ("{ connector: files, path: out, format: ndjson }", "ndjson"),
        ("{ connector: files, path: out, format: parquet }", "parquet"),
    ] {
        for write in [
            "mode: full_refresh",
            "mode: incremental, cursor: updated_at, write: append",
        ] {
            let source = Postgres::shared().await.database().await;
            Workload::Merge.fill(&source, 2000).await;
            let syncapp = Syncapp::default();
            syncapp.file(
                "sync.yaml",
                &format!(
                    "version: 1\nconnections:\n  from: {{ connector: postgres, url: \"{}\" }}\n  to: {to}\nsyncs:\n  s:\n    \
                     source: from\n    destination: to\n    streams:\n      public.orders: {{ into: orders, {write} }}\n",
                    source.reader
                ),
            );
            let out = syncapp.folder().join("out");
            fs::create_dir(&out).expect("the folder can be written");
            syncapp.succeed(&RUN).await;
            let old = held(&out, format);
            source.run(GROW).await;
            is_full(&syncapp.run_on_small_disk(6));
            assert_eq!(held(&out, format), old, "{to} {write}");
            syncapp.succeed(&RUN).await;
            assert_ne!(held(&out, format), old, "{to} {write}");
        }
    }
}

/// All that a reader of the target can see.
fn held(out: &Path, format: &str) -> String {
    if format.is_empty() {
        let state = "select position, rows from _syncapp_checkpoint";
        let left = "select name from sqlite_schema where name like '%stage%'";
        let database = out.join("lake.db");
        return [left, state, "select * from orders"]
            .map(|sql| digest(sqlite_rows(&database, sql)))
            .join("\n");
    }
    let entries = fs::read_dir(out).expect("the folder can be read");
    let mut files: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.file_name().is_some_and(|name| name != "_syncapp_checkpoint.json"))
        .map(|path| {
            let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            format!(
                "{} {}",
                path.display(),
                digest([String::from_utf8_lossy(&bytes).into_owned()])
            )
        })
        .collect();
    files.sort();
    files.join("\n")
}
