//! Runs: by hand and by the clock, watched, stopped, and run again.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, is_over};
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::Syncapp;

use super::{arrived, copying, furnish};

/// An agent with a project whose source takes so many seconds, and one more stream that is not there.
pub(super) async fn slow(seconds: u32, settings: &str) -> (Agent, Database) {
    let database = Postgres::shared().await.database().await;
    database
        .run("create table public.quick as select 1 as id; grant select on public.quick to public")
        .await;
    let mut syncapp = Syncapp::default();
    syncapp.set("READER", &database.reader.url());
    syncapp.set("WRITER", &database.writer.url());
    let agent = Agent::started_with(syncapp, &format!("variables = [\"READER\", \"WRITER\"]\n{settings}")).await;
    let file = format!(
        "version: 1\nconnections:\n  from: {{ connector: postgres, url: \"${{READER}}\" }}\n  to: {{ connector: postgres, url: \
         \"${{WRITER}}\" }}\nsyncs:\n  slow:\n    source: from\n    destination: to\n    streams:\n      public.slow: {{ into: \
         landing.slow, query: \"select i from generate_series(1, {seconds}) i where pg_sleep(1) is not null\" }}\n      \
         public.quick: {{ into: landing.quick }}\n      public.missing: {{ into: landing.missing }}\n"
    );
    agent.push("p", &file, None).await.done();
    (agent, database)
}

fn stream<'a>(run: &'a Json, name: &str) -> &'a Json {
    let streams = run["streams"].as_array().unwrap();
    streams.iter().find(|stream| stream["stream"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_to_its_end() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    let run = agent.run("shop", "copy").await;
    let path = format!("{}/api/v1/runs/{run}/events", agent.url());
    let watching = Client::new().get(path).bearer_auth(agent.token()).send().await.unwrap();
    let told = watching.text().await.unwrap();
    let events: Vec<Json> = told
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let last = events.last().unwrap();
    assert_eq!(last["state"], "done", "{told}");
    assert!(events[..events.len() - 1].iter().all(|event| !is_over(event)), "{told}");
    let t = stream(last, "t");
    let figures = [
        "rows_read",
        "rows_written",
        "rows_committed",
        "rows_expected",
        "attempts",
    ]
    .map(|key| t[key].as_str().unwrap());
    assert_eq!(figures, ["2", "2", "2", "2", "1"]);
    assert!(
        t["cpu_seconds"].as_str().unwrap().parse::<f64>().unwrap() > 0.0 && t["peak_bytes"] != "0",
        "{t:#}"
    );
    let times = [&last["submitted_at"], &t["started_at"], &t["finished_at"]]
        .map(|at| at.as_str().unwrap().trim_end_matches('Z'));
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(last["started_at"], t["started_at"]);
    assert_eq!(arrived(agent.syncapp()), 2);
    assert_eq!(agent.get(&format!("/runs/{run}")).await.done(), *last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_run() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    let ask = async |key| {
        let path = "/projects/shop/syncs/copy/runs";
        let asked = agent
            .try_ask(Method::POST, path, Some(json!({})), Some(key))
            .await
            .unwrap();
        assert_eq!(asked.status.as_u16(), 202);
        asked.body
    };
    let (first, second, other) = (ask("a").await, ask("a").await, ask("b").await);
    assert_eq!((&first["known"], &second["known"]), (&json!(false), &json!(true)));
    assert_eq!(first["run"], second["run"]);
    assert_ne!(first["run"], other["run"]);
    agent.over(other["run"].as_str().unwrap()).await;
    assert_eq!(agent.all("/runs?project=shop&sync=copy&state=done", 1).await.len(), 2);
    assert_eq!(agent.all("/runs?project=other", 1).await.len(), 0);
    let all = agent.all("/runs", 1).await;
    assert_eq!((&all[0]["id"], &all[1]["id"]), (&other["run"], &first["run"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_stream_blocks_no_other_and_runs_again_alone() {
    let (agent, database) = slow(1, "").await;
    let run = agent.run("p", "slow").await;
    let ended = agent.over(&run).await;
    assert_eq!(ended["state"], "partial", "{ended:#}");
    let states =
        ["public.slow", "public.quick", "public.missing"].map(|name| stream(&ended, name)["state"].as_str().unwrap());
    assert_eq!(states, ["done", "done", "failed"]);
    let error = &stream(&ended, "public.missing")["error"];
    assert_eq!(error["code"], "source.stream_not_found", "{error:#}");
    database
        .run("create table public.missing as select 1 as id; grant select on public.missing to public")
        .await;
    let again = agent
        .ask(Method::POST, &format!("/runs/{run}/retry"), None)
        .await
        .done();
    let ended = agent.over(again["run"].as_str().unwrap()).await;
    assert_eq!(
        (&ended["state"], &ended["trigger"]["run"]),
        (&json!("done"), &json!(run)),
        "{ended:#}"
    );
    assert_eq!(ended["streams"].as_array().map(Vec::len), Some(1));
    assert_eq!(database.text("select count(*) from landing.missing").await, "1");
    let nothing = agent
        .ask(
            Method::POST,
            &format!("/runs/{}/retry", again["run"].as_str().unwrap()),
            None,
        )
        .await;
    assert_eq!((nothing.status.as_u16(), nothing.code()), (409, "config.conflict"));
}

/// Each try lands the other stream of the pattern anew: that is no progress of the one that waits for a lock.
#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_does_not_try_for_ever() {
    let database = Postgres::shared().await.database().await;
    let mut syncapp = Syncapp::default();
    syncapp.set("READER", &database.reader.url());
    syncapp.set("WRITER", &database.writer.url());
    let agent = Agent::started_with(syncapp, "variables = [\"READER\", \"WRITER\"]").await;
    let tables = ["free", "locked"]
        .map(|name| format!("create table public.{name} as select 1 as id; grant select on public.{name} to public;"));
    database.run(&tables.concat()).await;
    let file = "version: 1\nconnections:\n  from: { connector: postgres, url: \"${READER}\" }\n  to: { connector: postgres, url: \
                \"${WRITER}\" }\nsyncs:\n  all:\n    source: from\n    destination: to\n    streams:\n      \"public.*\": { into: \
                \"landing.{stream}\" }\n";
    agent.push("p", file, None).await.done();
    let first = agent.run("p", "all").await;
    assert_eq!(agent.over(&first).await["state"], "done");
    let reader = database.owner.client().await;
    reader
        .batch_execute("begin; lock table landing.locked in access share mode")
        .await
        .unwrap();
    let run = agent.run("p", "all").await;
    let waits = |second: bool| {
        move |run: &Json| {
            let all = stream(run, "public.*");
            all["state"] == "waiting" && (all["attempts"] == "2") == second
        }
    };
    agent.until(&run, waits(false)).await;
    let again = agent.until(&run, waits(true)).await;
    let all = stream(&again, "public.*");
    assert_eq!(all["rows_committed"], "1", "the free one landed anew: {all:#}");
    let wait = format!(
        "select timestamptz '{}' - timestamptz '{}' > interval '25 s'",
        all["next_try_at"].as_str().unwrap(),
        all["started_at"].as_str().unwrap()
    );
    assert_eq!(
        database.text(&wait).await,
        "t",
        "as after a second failure in a row: {all:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_takes_less_than_five_seconds() {
    let (agent, database) = slow(600, "").await;
    let run = agent.run("p", "slow").await;
    let busy = format!(
        "select count(*) from pg_stat_activity where usename = '{}' and query like '%pg_sleep%'",
        database.reader.user
    );
    let begun = Instant::now();
    while database.text(&busy).await == "0" {
        assert!(begun.elapsed() < Duration::from_mins(1), "it never reads");
    }
    let asked = Instant::now();
    agent
        .ask(Method::POST, &format!("/runs/{run}/cancel"), None)
        .await
        .done();
    let ended = agent.over(&run).await;
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "it took {:?}",
        asked.elapsed()
    );
    assert_eq!(
        (&ended["state"], &stream(&ended, "public.slow")["state"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    while database.text(&busy).await != "0" {
        assert!(asked.elapsed() < Duration::from_secs(10), "the server goes on");
    }
    assert_eq!(database.text("select to_regclass('landing.slow') is null").await, "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_told_to_stop_lets_streams_end() {
    let (mut agent, database) = slow(2, "").await;
    let run = agent.run("p", "slow").await;
    agent
        .until(&run, |run| stream(run, "public.slow")["state"] == "running")
        .await;
    let ended = agent.stop().await;
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    assert_eq!(database.text("select count(*) from landing.slow").await, "2");
    agent.start_again().await;
    let slow = agent.over(&run).await;
    assert_eq!(
        (
            &stream(&slow, "public.slow")["state"],
            &stream(&slow, "public.slow")["attempts"]
        ),
        (&json!("done"), &json!("1"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_in_time_is_given_back() {
    let (mut agent, _) = slow(600, "drain = \"0s\"").await;
    let run = agent.run("p", "slow").await;
    agent
        .until(&run, |run| stream(run, "public.slow")["state"] == "running")
        .await;
    let ended = agent.stop().await;
    assert!(
        ended.code == Some(0) && ended.took < Duration::from_mins(1),
        "{ended:?}"
    );
    agent.start_again().await;
    // Nobody waits for a lease to run out: it was given back.
    let so = |run: &Json| stream(run, "public.slow")["attempts"] == "2";
    let begun = Instant::now();
    agent.until(&run, so).await;
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "it took {:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_runs_by_the_clock() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    let file = copying("    schedule: { cron: \"* * * * * *\", overlap: queue }\n");
    agent.push("shop", &file, None).await.done();
    let syncs = agent.get("/projects/shop/syncs").await.done();
    assert_eq!(syncs[0]["runs"], "every second, UTC");
    assert_eq!(syncs[0]["next"].as_array().map(Vec::len), Some(5));
    let begun = Instant::now();
    let runs = loop {
        let runs = agent.all("/runs?state=done", 2).await;
        if runs.len() >= 3 {
            break runs;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", agent.syncapp().said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(runs.iter().all(|run| run["trigger"]["kind"] == "schedule"), "{runs:#?}");
    assert_eq!(arrived(agent.syncapp()), 2);
}
