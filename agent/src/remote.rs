//! An agent elsewhere, asked over HTTP.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use syncapp_api::MAX_BODY;
use syncapp_control::Change;
use syncapp_model::sync_file::secret_name;
use syncapp_model::{Code, Error, Secret};

use crate::agent::token;
use crate::commands::secrets::Listed;
use crate::failure::{Elsewhere, Failure};
use crate::history;
use crate::output;
use crate::project::Project;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// An agent.
pub(crate) struct Remote {
    url: Url,
    token: Secret,
    client: Client,
}

/// What a push did, or would do.
#[derive(Debug, Deserialize)]
pub(crate) struct Pushed {
    pub(crate) project: String,
    /// The version that holds.
    pub(crate) version: Option<u32>,
    pub(crate) changes: Vec<Change>,
}

/// What setting a secret came to.
#[derive(Debug, Deserialize)]
struct SecretSet {
    version: u32,
}

/// A page of secrets.
#[derive(Debug, Deserialize)]
struct SecretsPage {
    items: Vec<Listed>,
    next: Option<String>,
}

impl Remote {
    /// The agent at a URL, with the token of `SYNCAPP_TOKEN`; on this machine the one that its agent made will do.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        let wrong = || {
            let error = Error::new(Code::InvalidValue, "this is not the address of an agent");
            error.help("give a URL without a user and a password, such as https://syncapp.example.net")
        };
        let parsed = Url::parse(url).map_err(|_| wrong())?;
        let host = parsed.host_str().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.username().is_empty() || parsed.password().is_some()
        {
            return Err(wrong());
        }
        let is_here = host == "localhost" || host.parse().is_ok_and(|host: std::net::IpAddr| host.is_loopback());
        if parsed.scheme() == "http" && !is_here {
            return Err(Error::new(Code::InvalidValue, "the token would be sent in the clear")
                .help("give an https:// address; http:// is for this machine only"));
        }
        let given = std::env::var("SYNCAPP_TOKEN")
            .ok()
            .filter(|token| !token.is_empty())
            .map(Secret::new);
        let made = || is_here.then(|| token::kept(&history::home().ok()?))?;
        let token = given.or_else(made).ok_or_else(|| {
            Error::new(Code::Unauthenticated, "no token is known for the agent")
                .help("set SYNCAPP_TOKEN to the agent's token")
        })?;
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|problem| Error::internal("no HTTP client can be made").driver(problem))?;
        Ok(Self {
            url: parsed,
            token,
            client,
        })
    }

    /// Pushes a project, or says what a push would change.
    pub(crate) async fn push(
        &self,
        project: &Project,
        expected: Option<u32>,
        dry_run: bool,
    ) -> Result<Pushed, Failure> {
        let url = self.place(&["projects", &project.name]);
        let body = json!({ "file": project.text, "name": project.shown(), "expected_version": expected });
        if body.to_string().len() > MAX_BODY {
            let error = Error::new(Code::InvalidValue, "the sync file is longer than an agent takes: 8 MB");
            return Err(error.file(project.shown()).help("make two projects of it").into());
        }
        self.ask(self.client.put(url).query(&[("dry_run", dry_run)]).json(&body))
            .await
    }

    /// Sets a secret of a project; the version that it has then.
    pub(crate) async fn set_secret(&self, project: &str, name: &str, value: &Secret) -> Result<u32, Failure> {
        let url = self.place(&["projects", project, "secrets", secret_name(name)?]);
        let body = json!({ "value": value.reveal() });
        let set: SecretSet = self.ask(self.client.put(url).json(&body)).await?;
        Ok(set.version)
    }

    /// Forgets a secret of a project.
    pub(crate) async fn delete_secret(&self, project: &str, name: &str) -> Result<(), Failure> {
        let url = self.place(&["projects", project, "secrets", secret_name(name)?]);
        let _: Value = self.ask(self.client.delete(url)).await?;
        Ok(())
    }

    /// A page of the secrets of a project, and what the next one begins after.
    pub(crate) async fn secrets(
        &self,
        project: &str,
        after: Option<&str>,
    ) -> Result<(Vec<Listed>, Option<String>), Failure> {
        let url = self.place(&["projects", project, "secrets"]);
        let page: SecretsPage = self.ask(self.client.get(url).query(&[("after", after)])).await?;
        Ok((page.items, page.next))
    }

    /// A place of its interface.
    fn place(&self, path: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        url
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let answer = request.bearer_auth(self.token.reveal()).send().await;
        let answer = answer.map_err(|problem| self.unreachable(&problem))?;
        read(answer).await
    }

    fn unreachable(&self, problem: &reqwest::Error) -> Error {
        let host = self.url.host_str().unwrap_or_default();
        let place = format!("{host}:{}", self.url.port_or_known_default().unwrap_or_default());
        Error::new(Code::AgentUnreachable, format!("the agent at {place} does not answer"))
            .help("check its address, and that `syncapp agent` runs there")
            .driver(causes(problem))
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Failure> {
    let status = answer.status();
    let odd = |problem: &dyn fmt::Display| {
        let error = Error::new(
            Code::AgentUnreachable,
            format!("what answers is no agent of this version (status {status})"),
        );
        error.help("check the address").driver(problem)
    };
    let body = answer.bytes().await.map_err(|problem| odd(&causes(&problem)))?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|problem| odd(&problem).into());
    }
    if status == StatusCode::UNAUTHORIZED {
        let error = Error::new(Code::Unauthenticated, "the agent wants another token");
        return Err(error.help("set SYNCAPP_TOKEN to the agent's token").into());
    }
    let problems: Option<Value> = serde_json::from_slice(&body).ok();
    match problems.as_ref().and_then(|body| body.get("errors")?.as_array()) {
        Some(errors) if !errors.is_empty() => Err(Failure {
            elsewhere: errors.iter().map(elsewhere).collect(),
            ..Failure::default()
        }),
        _ => Err(odd(&"the answer is no problem document").into()),
    }
}

/// A problem in the form of those of this machine.
fn elsewhere(error: &Value) -> Elsewhere {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let code = text(&error["code"]).unwrap_or_default();
    let mut lines = vec![format!("error[{code}]: {}", text(&error["why"]).unwrap_or_default())];
    let at = &error["where"];
    if let Some(file) = text(&at["file"]) {
        let place = [file, at["line"].to_string(), at["character"].to_string()];
        let place: Vec<String> = place.into_iter().filter(|part| part != "null").collect();
        lines.push(format!(" --> {}", place.join(":")));
    }
    let words = [&at["connection"], &at["stream"], &at["column"]].map(text);
    let names: Vec<String> = words.into_iter().flatten().collect();
    let place = (!names.is_empty()).then(|| names.join(", "));
    let notes = [
        ("where", place),
        ("help", text(&error["help"])),
        ("driver", text(&error["driver"])),
    ];
    let notes = notes
        .into_iter()
        .filter_map(|(word, text)| Some(format!("  = {word}: {}", text?)));
    lines.extend(notes);
    Elsewhere {
        code,
        rendered: output::printable(&lines.join("\n")),
    }
}

fn causes(problem: &reqwest::Error) -> String {
    // The address may be a proxy's, with a password in it.
    let mut text = "the request failed".to_owned();
    let mut cause = std::error::Error::source(problem);
    while let Some(next) = cause {
        text = next.to_string();
        cause = next.source();
    }
    text
}
