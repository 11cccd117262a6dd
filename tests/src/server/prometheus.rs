//! A private Prometheus: Debian's server, an unprivileged user, a free port and a temporary folder. It asks what it is told to.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::account::Account;
use super::guard::Guard;
use super::port;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running Prometheus. Dropping it ends it at once and removes all it has written.
#[derive(Debug)]
pub struct Prometheus {
    guard: Guard,
    port: u16,
}

impl Prometheus {
    /// Starts one that asks these addresses for their figures, five times a second.
    pub async fn start(targets: &[String]) -> Self {
        let account = Account::unprivileged("prometheus");
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-prometheus-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            let configuration = format!(
                "global: {{ scrape_interval: 200ms, scrape_timeout: 200ms }}\nscrape_configs:\n  - job_name: syncapp\n    \
                 static_configs: [{{ targets: [\"{}\"] }}]\n",
                targets.join("\", \"")
            );
            fs::write(folder.join("prometheus.yml"), configuration).expect("the server's folder can be written");
            account.own(&folder).expect("a folder can be given away");
            let place = folder.display();
            let line = [
                "prometheus".to_owned(),
                format!("--config.file={place}/prometheus.yml"),
                format!("--storage.tsdb.path={place}/data"),
                format!("--web.listen-address=127.0.0.1:{port}"),
            ];
            let mut server = Self {
                guard: Guard::new(folder.clone(), "KILL", &account.command(line)),
                port,
            };
            server.guard.start();
            if server.guard.takes_connections(port).await {
                return server;
            }
            let log = server.guard.log();
            assert!(
                log.contains("address already in use"),
                "Prometheus does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("Prometheus found no free port");
    }

    /// The samples that a query finds now: their labels and values.
    pub async fn query(&self, query: &str) -> Vec<(Json, f64)> {
        let url = format!("http://127.0.0.1:{}/api/v1/query", self.port);
        let answer = reqwest::Client::new().get(url).query(&[("query", query)]).send().await;
        let answer: Json = match answer {
            Ok(answer) => answer.json().await.expect("Prometheus answers in JSON"),
            // It answers when it has read its disk.
            Err(_) => return Vec::new(),
        };
        let found = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let sample = |sample: Json| {
            let value = sample["value"][1].as_str().and_then(|value| value.parse().ok());
            (sample["metric"].clone(), value.unwrap_or(f64::NAN))
        };
        found.into_iter().map(sample).collect()
    }

    /// The samples when something is so.
    pub async fn until(&self, query: &str, so: impl Fn(&[(Json, f64)]) -> bool) -> Vec<(Json, f64)> {
        let begun = Instant::now();
        loop {
            let found = self.query(query).await;
            if so(&found) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{query}: {found:#?}\n{}", self.guard.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
