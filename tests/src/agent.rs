//! A headless agent as its operator starts it, and as its callers ask it.

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::port;
use crate::syncapp::{Ended, Running, Syncapp};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// An agent with a folder of its own.
#[derive(Debug)]
pub struct Agent {
    syncapp: Syncapp,
    /// What stands behind its configuration on the command line.
    words: Vec<&'static str>,
    running: Option<Running>,
    url: String,
    client: Client,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body; null where there is none, or no JSON.
    pub body: Json,
    /// Its headers.
    pub headers: HeaderMap,
}

impl Answer {
    /// The code of the problem that it tells; empty where it tells none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The body of what was done.
    #[track_caller]
    pub fn done(self) -> Json {
        assert!(self.status.is_success(), "{}: {:#}", self.status, self.body);
        self.body
    }
}

impl Agent {
    /// Starts one with these lines in its `agent.toml`. Pushed files may name files of its [`folder`](Syncapp::folder).
    pub async fn start(settings: &str) -> Self {
        Self::started_with(Syncapp::default(), settings).await
    }

    /// Starts one in a place that is furnished already.
    pub async fn started_with(syncapp: Syncapp, settings: &str) -> Self {
        let mut agent = Self::new(syncapp, settings);
        agent.start_again().await;
        agent
    }

    /// One that is not started yet.
    pub fn new(syncapp: Syncapp, settings: &str) -> Self {
        // Which one is used first does not matter: nothing here speaks TLS.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let port = port::free();
        let files = syncapp.folder().display().to_string();
        syncapp.file(
            "agent.toml",
            &format!("listen = \"127.0.0.1:{port}\"\nfiles = [\"{files}\"]\n{settings}\n"),
        );
        Self {
            syncapp,
            words: Vec::new(),
            running: None,
            url: format!("http://127.0.0.1:{port}"),
            client: Client::builder()
                .timeout(PATIENCE)
                .build()
                .expect("a client can be made"),
        }
    }

    /// Its files.
    pub fn syncapp(&self) -> &Syncapp {
        &self.syncapp
    }

    /// Sets a variable of its environment, from its next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.syncapp.set(name, value);
    }

    /// Gives it more words on its command line, from its next start on.
    pub fn tell(&mut self, words: &[&'static str]) {
        self.words.extend(words);
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.running.as_ref().map_or(0, Running::id)
    }

    /// Starts it after it has ended.
    pub async fn start_again(&mut self) {
        self.begin();
        let begun = Instant::now();
        while !self.syncapp.said().contains("listening on") {
            let ended = self.running.as_mut().and_then(Running::ended);
            assert!(ended.is_none(), "the agent has ended: {ended:?}");
            assert!(
                begun.elapsed() < PATIENCE,
                "the agent does not listen:\n{}",
                self.syncapp.said()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until it answers this as it should: it may not listen yet, or not have found its database again.
    pub async fn until_answering(&self, path: &str) {
        let begun = Instant::now();
        loop {
            let answer = self.try_ask(Method::GET, path, None, None).await;
            if answer.as_ref().is_some_and(|answer| answer.status.is_success()) {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{path} is still not answered: {answer:?}\n{}",
                self.syncapp.said()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts it, and waits for nothing.
    pub fn begin(&mut self) {
        let words = [&["agent", "--config", "agent.toml"], self.words.as_slice()].concat();
        self.running = Some(self.syncapp.start(&words));
    }

    /// Ends it by SIGKILL.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Tells it to stop, and waits for its end.
    pub async fn stop(&mut self) -> Ended {
        let running = self.running.take().expect("it was started");
        running.signal("TERM");
        running.end().await
    }

    /// Waits until it ends by itself.
    pub async fn end(&mut self) -> Ended {
        self.running.take().expect("it was started").end().await
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        if let Some(running) = &self.running {
            running.signal(signal);
        }
    }

    /// The token that it was given, or has made.
    pub fn token(&self) -> String {
        if let Some(token) = self.syncapp.variable("SYNCAPP_TOKEN") {
            return token.to_owned();
        }
        fs::read_to_string(self.syncapp.home().join("agent.token")).expect("it has a token")
    }

    /// Asks it for something.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Json>) -> Answer {
        self.answered(self.try_as(method, path, body, None).await)
    }

    /// The same of an agent that may be dead, under a key; `None` where it does not answer.
    pub async fn try_ask(&self, method: Method, path: &str, body: Option<Json>, key: Option<&str>) -> Option<Answer> {
        self.try_as(method, path, body, key).await.ok()
    }

    /// Asks it for something with these headers and no others of ours.
    pub async fn with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Json>) -> Answer {
        self.answered(self.try_with(method, path, headers, body).await)
    }

    fn answered(&self, answer: reqwest::Result<Answer>) -> Answer {
        answer.unwrap_or_else(|problem| panic!("the agent does not answer: {problem:?}\n{}", self.syncapp.said()))
    }

    async fn try_as(
        &self,
        method: Method,
        path: &str,
        body: Option<Json>,
        key: Option<&str>,
    ) -> reqwest::Result<Answer> {
        let token = format!("Bearer {}", self.token());
        let mut headers = vec![("authorization", token.as_str())];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        self.try_with(method, path, &headers, body).await
    }

    async fn try_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Json>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.client.request(method, format!("{}/api/v1{path}", self.url));
        if let Some(body) = &body {
            request = request.json(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await?;
        Ok(Answer {
            status,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            headers,
        })
    }

    /// Sends it these bytes, and gives the status that it answers.
    pub async fn raw(&self, request: &str) -> u16 {
        raw(&self.url, request).await
    }

    /// Makes an API token, in all projects or in one; its text.
    pub async fn make_token(&self, role: &str, project: Option<&str>) -> String {
        let body = json!({ "name": role, "role": role, "project": project });
        let made = self.ask(Method::POST, "/tokens", Some(body)).await.done();
        made["token"].as_str().expect("a token has a text").to_owned()
    }

    /// Looks at something.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    /// Pushes a file in the place of a version.
    pub async fn push(&self, project: &str, file: &str, expected: Option<u32>) -> Answer {
        let body = json!({ "file": file, "expected_version": expected });
        self.ask(Method::PUT, &format!("/projects/{project}"), Some(body)).await
    }

    /// Starts a run by hand; its id.
    pub async fn run(&self, project: &str, sync: &str) -> String {
        let path = format!("/projects/{project}/syncs/{sync}/runs");
        let started = self.ask(Method::POST, &path, Some(json!({}))).await.done();
        started["run"].as_str().expect("a run has a name").to_owned()
    }

    /// The run when it is over.
    pub async fn over(&self, run: &str) -> Json {
        self.until(run, is_over).await
    }

    /// Waits until no run goes on any more; the error is one that still does when none has ended for a long time.
    pub async fn rest(&self) -> Result<(), String> {
        let (mut fewest, mut since) = (usize::MAX, Instant::now());
        loop {
            let mut going = Vec::new();
            for state in ["held", "queued", "running", "stalled", "cancelling", "waiting"] {
                going.extend(self.all(&format!("/runs?state={state}"), 200).await);
            }
            match going.first() {
                None => return Ok(()),
                Some(_) if going.len() < fewest => (fewest, since) = (going.len(), Instant::now()),
                Some(run) if since.elapsed() >= PATIENCE => {
                    return Err(format!("nothing ends any more: {run:#}\n{}", self.syncapp.said()));
                }
                Some(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The run when something is so.
    pub async fn until(&self, run: &str, so: impl Fn(&Json) -> bool) -> Json {
        let begun = Instant::now();
        loop {
            let now = self.get(&format!("/runs/{run}")).await.done();
            if so(&now) {
                return now;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it is still not so: {now:#}\n{}",
                self.syncapp.said()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// All pages of a list.
    pub async fn all(&self, list: &str, page: usize) -> Vec<Json> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let sign = if list.contains('?') { '&' } else { '?' };
            let mut answer = self.get(&format!("{list}{sign}limit={page}{after}")).await.done();
            match answer["items"].take() {
                Json::Array(more) => items.extend(more),
                other => panic!("no list: {other}"),
            }
            match answer["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }
}

/// A master key by chance, as an operator makes one.
pub fn master_key() -> String {
    let chance = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat();
    STANDARD.encode(chance)
}

/// Sends these bytes to an address, and gives the status that is answered.
pub async fn raw(url: &str, request: &str) -> u16 {
    let address = url.trim_start_matches("http://");
    let mut server = TcpStream::connect(address).await.expect("somebody listens");
    server.write_all(request.as_bytes()).await.expect("it is read");
    let mut answer = Vec::new();
    // It may end the connection before all was read.
    let _ = server.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no answer to {request}: {answer}"))
}

/// Whether nothing can become of the run any more.
pub fn is_over(run: &Json) -> bool {
    ["done", "partial", "failed", "cancelled"]
        .iter()
        .any(|state| run["state"] == *state)
}
