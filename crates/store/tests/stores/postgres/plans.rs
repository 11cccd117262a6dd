//! A store with many rows: a page costs what its own rows cost, and nothing reads a table from end to end.

use std::time::Duration;

use super::{Schema, fresh};
use crate::pages;

/// Writes the runs of [`pages`], a task and a tick each, 10,000 hints, 10,000 schedules and as many that owe a tick.
async fn fill(schema: &Schema, runs: u64) {
    let sql = format!(
        "insert into landing.run (id, project, version, sync, trigger, state, submitted_at, finished_at, followed)
         select gen_random_uuid(), 'p' || (n % 10), 1, 's' || (n % 40), 'manual',
           case when n > {runs} * 0.999 then case when n > {runs} - 40 then 'queued' else 'held' end
                when n % 1000 = 7 then 'failed' else 'done' end,
           now() - ({runs} - n) * interval '1 second',
           case when n > {runs} * 0.999 then null else now() - ({runs} - n) * interval '1 second' end, true
         from generate_series(1, {runs}) as n;
         insert into landing.task (run, number, stream, pool, state, hinted_at, finished_at)
         select id, 0, 'public.orders', 'default', state, submitted_at, finished_at from landing.run;
         insert into landing.tick select project, sync, submitted_at, id, null from landing.run;
         insert into landing.outbox (run, number, pool, free_at)
         select run, 0, 'default', now() + interval '1 hour' from landing.task limit 10000;
         insert into landing.schedule select 'p' || (n % 10), 'z' || n, 1, 'daily', 'skip', now() + n * interval '1 minute'
         from generate_series(1, 10000) as n;
         insert into landing.owed select 'p' || (n % 10), 'z' || n, 1, 'daily', 'skip', now() - n * interval '1 minute', now()
         from generate_series(1, 10000) as n;
         insert into landing.pause select 'p' || n, 'z' || n, now() from generate_series(1, 10000) as n;
         insert into landing.vault select 'p' || n, 'z' || n, 1, 'old', '', '', now() from generate_series(1, 10000) as n;
         insert into landing.access_user
         select md5('user' || n)::uuid, 'user' || n, '[]', false, now(), 'hash' from generate_series(1, 10000) as n;
         insert into landing.access_token
         select md5('token' || n)::uuid, decode(md5('digest' || n), 'hex'), 'ci', 'viewer', null, md5('user' || n)::uuid, now()
         from generate_series(1, 10000) as n;
         insert into landing.access_session
         select decode(md5('session' || n), 'hex'), md5('user' || n)::uuid, now(), now() + interval '1 hour'
         from generate_series(1, 10000) as n;
         insert into landing.audit_entry
         select n, now(), 'agent', '192.0.2.1', 'project.push', 'projects/shop', null, null, decode(repeat('00', 32), 'hex')
         from generate_series(1, 10000) as n;
         analyze landing.access_user, landing.access_token, landing.access_session, landing.audit_entry;
         analyze landing.run, landing.task, landing.tick, landing.outbox, landing.schedule, landing.owed, landing.pause,
           landing.vault"
    );
    schema.0.run(&sql).await;
}

/// How often a table was read from end to end by sessions that are over.
async fn scans(schema: &Schema) -> String {
    let busy = format!(
        "select count(*) from pg_stat_activity \
         where datname = '{}' and backend_type = 'client backend' and pid <> pg_backend_pid()",
        schema.0.name
    );
    while schema.0.text(&busy).await != "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let sql = "select string_agg(relname || ' ' || seq_scan, ', ' order by relname) from pg_stat_user_tables \
         where relname in ('run', 'task', 'tick', 'outbox', 'schedule', 'owed', 'pause', 'vault', 'access_user', \
         'access_token', 'access_session', 'audit_entry')";
    schema.0.text(sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_from_end_to_end() {
    let runs = pages::runs();
    let schema = fresh().await;
    drop(schema.open().await);
    fill(&schema, runs).await;
    let before = scans(&schema).await;
    let store = schema.open().await;
    pages::are_quick(&store, runs).await;
    pages::ask_all_else(&store, runs).await;
    pages::ask_accounts(&store).await;
    drop(store);
    assert_eq!(scans(&schema).await, before);
}
