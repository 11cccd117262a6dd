//! What a session of the pool may not keep: the next transaction on it may be anybody's.

use syncapp_tests::server::pgbouncer::PgBouncer;
use syncapp_tests::server::postgres::{Login, Postgres};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, postgres};

const POOL: u32 = 2;

/// What a session has that outlives its transaction. The pooler itself sets five settings to those of its clients.
const STATE: &str = "select 'prepared statement ' || statement from pg_prepared_statements
    union all select 'setting ' || name from pg_settings where source = 'session' and name not in
      ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
    union all select 'advisory lock' from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()
    union all select 'channel ' || c from pg_listening_channels() c
    union all select 'table ' || relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r'
    union all select 'cursor ' || name from pg_cursors";

/// What all sessions of a user's pool keep.
async fn kept(login: &Login) -> Vec<String> {
    let mut held: Vec<Client> = Vec::new();
    let mut found = Vec::new();
    for _ in 0..POOL {
        // A transaction keeps its session, so that the next client gets another one.
        let client = login.client().await;
        client.batch_execute("begin").await.unwrap();
        for message in client.simple_query(STATE).await.unwrap() {
            if let SimpleQueryMessage::Row(row) = message {
                found.push(row.get(0).unwrap().to_owned());
            }
        }
        held.push(client);
    }
    found
}

#[test]
fn runs_of_every_mode_leave_sessions_as_they_were() {
    let (bouncer, database) = wait(async {
        let database = Postgres::shared().await.database().await;
        database
            .run(
                "create table public.people (id int primary key, name text, rev int not null, score text);
                 insert into public.people select i, 'name ' || i, i / 2, case when i % 10 = 0 then 'none' else '1' end
                 from generate_series(1, 2000) i",
            )
            .await;
        (PgBouncer::start(&database, POOL).await, database)
    });
    let pooled = bouncer.database();
    let place = Place::new();
    let run = |keys: &str, command: &[&str], code: i32| {
        let file = sync(
            &postgres(&pooled.reader),
            &postgres(&pooled.writer),
            "public.people",
            keys,
        );
        place.put("sync.yaml", file);
        let ran = place.syncapp(command).exits(code);
        for login in [&pooled.reader, &pooled.writer] {
            assert_eq!(
                wait(kept(login)),
                Vec::<String>::new(),
                "{command:?} with {keys}: {}",
                bouncer.log()
            );
        }
        ran
    };
    let count = |table: &str| wait(database.text(&format!("select count(*) from landing.{table}")));
    for (table, keys, runs) in [
        ("o", "write: overwrite", ["2000", "2001"]),
        ("a", "write: append", ["2000", "4001"]),
        ("m", "write: merge", ["2000", "2001"]),
        ("d", "write: merge, deletes: hard", ["2000", "2001"]),
        ("h", "write: history", ["2000", "2002"]),
        ("im", "mode: incremental, cursor: rev, write: merge", ["2000", "2001"]),
        ("ia", "mode: incremental, cursor: rev, write: append", ["2000", "2002"]),
        (
            "r",
            "write: overwrite, on_error: reject, columns: { score: { type: int32 } }",
            ["1800", "1801"],
        ),
        (
            "s",
            "write: append, before_sql: \"create table if not exists landing.s (id int, name text, rev int, score text)\", \
             after_sql: \"analyze landing.s\"",
            ["2000", "4001"],
        ),
        (
            "q",
            "query: \"select * from public.people where id > 5\"",
            ["1995", "1996"],
        ),
    ] {
        let keys = format!("into: landing.{table}, {keys}");
        run(&keys, &["check", "sync.yaml"], 0);
        run(&keys, &["plan", "sync.yaml"], 0);
        run(&keys, &["run", "sync.yaml"], 0);
        assert_eq!(count(table), runs[0], "{keys}");
        let change = "insert into public.people values (2001, 'new', 9999, '1'); update public.people set name = 'Ada', \
                      rev = 9999 where id = 7";
        wait(database.run(change));
        run(&keys, &["run", "sync.yaml"], 0);
        assert_eq!(count(table), runs[1], "{keys}");
        wait(database.run(
            "delete from public.people where id = 2001; update public.people set name = 'name 7', rev = 3 where id = 7",
        ));
    }
    run(
        "into: landing.o",
        &["preview", "sync.yaml", "--sync", "s", "--stream", "public.people"],
        0,
    );
    run(
        "into: landing.r, on_error: reject, columns: { score: { type: int32 } }",
        &["verify", "sync.yaml"],
        1,
    );
    let rejected = run("into: landing.r", &["rejects", "list", "sync.yaml"], 0);
    assert!(rejected.stdout.contains("score"), "{}", rejected.stdout);
    let state = run("into: landing.im", &["state", "show", "sync.yaml"], 0);
    assert!(state.stdout.contains("public.people"), "{}", state.stdout);
    let found = run("", &["discover", "sync.yaml", "--connection", "from"], 0);
    assert!(found.stdout.contains("public.people"), "{}", found.stdout);
    let reset = [
        "state",
        "reset",
        "sync.yaml",
        "--sync",
        "s",
        "--stream",
        "public.people",
    ];
    run("into: landing.im", &reset, 0);
}

#[tokio::test]
async fn what_is_kept_is_seen() {
    let bouncer = PgBouncer::start(&Postgres::shared().await.database().await, POOL).await;
    let writer = &bouncer.database().writer;
    let client = writer.client().await;
    let leaks = [
        ("prepare p as select 1", "prepared statement prepare p as select 1"),
        ("set work_mem = '1MB'", "setting work_mem"),
        ("select pg_advisory_lock(1)", "advisory lock"),
        ("listen news", "channel news"),
        ("create temp table t (i int)", "table t"),
    ];
    for (leak, _) in leaks {
        client.simple_query(leak).await.unwrap();
    }
    let found = kept(writer).await;
    for (leak, want) in leaks {
        assert!(
            found.iter().any(|found| found == want),
            "{leak} is not seen in {found:?}"
        );
    }
}
