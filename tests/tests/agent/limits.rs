//! How many streams use a connection at once.

use std::time::{Duration, Instant};

use serde_json::Value as Json;
use syncapp_tests::agent::{Agent, is_over};
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;

/// Streams that take a second each.
const STREAMS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn no_more_streams_than_a_connection_may_have() {
    let database = Postgres::shared().await.database().await;
    let mut syncapp = Syncapp::default();
    syncapp.set("READER", &database.reader.url());
    let agent = Agent::started_with(syncapp, "variables = [\"READER\"]\nslots = 6").await;
    let streams: Vec<String> = (0..STREAMS)
        .map(|number| {
            format!(
                "      public.s{number}: {{ into: s{number}, query: \"select 1 as one where pg_sleep(1) is not null\" }}\n"
            )
        })
        .collect();
    // Two syncs, so that runs share the connection.
    let sync = |name: &str, streams: &[String]| {
        format!(
            "  {name}:\n    source: from\n    destination: {name}\n    streams:\n{}",
            streams.concat()
        )
    };
    let file = format!(
        "version: 1\nconnections:\n  from: {{ connector: postgres, url: \"${{READER}}\", max_streams: 2 }}\n  a: {{ connector: files, path: \
         a, format: csv }}\n  b: {{ connector: files, path: b, format: csv }}\nsyncs:\n{}{}",
        sync("a", &streams[..STREAMS / 2]),
        sync("b", &streams[STREAMS / 2..])
    );
    agent.push("p", &file, None).await.done();
    let begun = Instant::now();
    let runs = [agent.run("p", "a").await, agent.run("p", "b").await];
    let busy = format!(
        "select count(*) from pg_stat_activity where usename = '{}' and state = 'active' and query like '%pg_sleep%'",
        database.reader.user
    );
    let mut most = 0;
    let ended: Vec<Json> = loop {
        let now: usize = database.text(&busy).await.parse().unwrap();
        assert!(now <= 2, "{now} streams read at once");
        most = most.max(now);
        let mut ended = Vec::new();
        for run in &runs {
            ended.push(agent.get(&format!("/runs/{run}")).await.done());
        }
        if ended.iter().all(is_over) {
            break ended;
        }
        // A place that nobody is told of would wait for a minute.
        assert!(
            begun.elapsed() < Duration::from_secs(50),
            "{ended:#?}\n{}",
            agent.syncapp().said()
        );
    };
    assert!(ended.iter().all(|run| run["state"] == "done"), "{ended:#?}");
    assert_eq!(most, 2, "places were left free");
}
