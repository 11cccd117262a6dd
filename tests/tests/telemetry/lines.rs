//! Logs as JSON: a line an object, with what it belongs to.

use serde_json::Value as Json;
use syncapp_tests::agent::Agent;
use syncapp_tests::server::collector::Collector;
use syncapp_tests::syncapp::Syncapp;

use super::CANARY;
use crate::agent::{copying, furnish};

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_an_object() {
    let collector = Collector::start().await;
    let mut syncapp = Syncapp::default();
    furnish(&syncapp);
    syncapp.set("SYNCAPP_LOG", "info,syncapp_control=debug");
    syncapp.set("SYNCAPP_LOG_FORMAT", "json");
    syncapp.set("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    syncapp.set("OTEL_BLRP_SCHEDULE_DELAY", "200");
    syncapp.set("SYNCAPP_TOKEN", &format!("{CANARY}-{CANARY}"));
    let mut agent = Agent::started_with(syncapp, "").await;
    agent.push("shop", &copying(""), None).await.done();
    let broken = copying("").replace("path: from.db", "path: \"a\\u0007b\\nc.db\"");
    agent.push("broken", &broken, None).await.done();
    let run = agent.run("broken", "copy").await;
    agent.over(&run).await;
    let run = agent.run("shop", "copy").await;
    agent.over(&run).await;
    agent.stop().await;
    let said = agent.syncapp().said();
    let printed = ["listening on", "there is no user yet"];
    let is_logged = |line: &&str| !printed.iter().any(|printed| line.starts_with(printed));
    let lines: Vec<&str> = said.lines().filter(is_logged).collect();
    assert!(!lines.is_empty(), "nothing was logged");
    let lines: Vec<Json> = lines
        .into_iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|problem| panic!("{problem}: {line}")))
        .collect();
    for line in &lines {
        assert!(
            line["time"].is_string() && line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
    let of_run: Vec<&Json> = lines.iter().filter(|line| line["run"] == run.as_str()).collect();
    assert!(!of_run.is_empty(), "no line of the run: {said}");
    let of_stream = of_run.iter().find(|line| line["stream"] == "t");
    let line = of_stream.unwrap_or_else(|| panic!("no line of the stream: {said}"));
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32, "{line}");
    let of_request = lines.iter().find(|line| line["request"].is_string());
    assert!(of_request.is_some(), "no line of a request: {said}");
    assert!(!said.contains("canary"), "{said}");
    let kept = collector.until(|kept| !kept.logs.is_empty()).await;
    assert!(kept.logs.iter().any(|(_, trace)| trace.len() == 32), "{:?}", kept.logs);
    assert!(!String::from_utf8_lossy(&kept.bytes).contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_cannot_be_understood_ends_the_start() {
    for filter in ["loud", "info,syncapp_control=loud"] {
        let mut syncapp = Syncapp::default();
        syncapp.set("SYNCAPP_LOG", filter);
        let ended = syncapp.run(&["agent"]).await;
        for told in [
            "config.invalid_value",
            "`SYNCAPP_LOG` cannot be understood",
            "info,syncapp_control=debug",
        ] {
            assert!(ended.output.contains(told), "{filter}: {}", ended.output);
        }
        assert_eq!(ended.code, Some(2), "{filter}: {}", ended.output);
    }
}
