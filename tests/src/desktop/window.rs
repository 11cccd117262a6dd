//! The desktop's window, worked as its user works it.

use std::fs;
use std::time::{Duration, Instant};

use fantoccini::actions::{Actions, InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value as Json, json};

use super::desk::Desk;
use super::what::{What, heading};
use super::{PATIENCE, PERIOD};
use crate::signal;
use crate::syncapp::built;

const FIND: &str = include_str!("find.js");
/// The key that an element's number has in an answer, by the WebDriver standard.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Keeps from the page a press that would land elsewhere, since the page moved after it was aimed.
const AIM: &str = include_str!("aim.js");
/// Whether the press that was aimed last has landed.
const LANDED: &str = "return window.aim?.landed() ?? true";
/// Tells what the shell answers to a command; bytes as text.
const CALL: &str = "const [command, args, done] = arguments;
    const told = (ok) => (ok instanceof ArrayBuffer ? new TextDecoder().decode(ok) : ok);
    window.__TAURI_INTERNALS__.invoke(command, args).then(
      (ok) => done({ ok: told(ok) }),
      (refused) => done({ refused }));";

/// An open window.
#[derive(Debug)]
pub struct Window<'d> {
    desk: &'d Desk,
    client: Client,
    process: u32,
    begun: Instant,
}

impl<'d> Window<'d> {
    pub(super) async fn open(desk: &'d Desk) -> Self {
        let program = built("syncapp-desktop");
        let data = desk.data();
        let capabilities = json!({
            "browserName": "wry",
            "tauri:options": { "application": program, "args": ["--data", data] },
        });
        let Json::Object(capabilities) = capabilities else {
            unreachable!("it is an object")
        };
        let begun = Instant::now();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let driver = desk.driver();
        // The driver waits for ever for a program that has ended.
        let client = tokio::time::timeout(PATIENCE, builder.connect(&driver)).await;
        let client = match client {
            Ok(Ok(client)) => client,
            other => panic!("no window comes up: {other:?}\n{}", desk.log()),
        };
        let process = process(&data.display().to_string());
        let window = Self {
            desk,
            client,
            process: process.unwrap_or_else(|| panic!("the program has ended:\n{}", desk.log())),
            begun,
        };
        window.find(heading("Home")).await;
        window
    }

    /// How long ago the program was started.
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The number of the program's process.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Closes the window by its cross, and waits until the program has ended.
    pub async fn close(self) {
        self.desk.screen().close_windows();
        self.gone().await;
    }

    /// Ends the program by SIGKILL.
    pub async fn kill(self) {
        signal::send(self.process, "KILL");
        self.gone().await;
    }

    async fn gone(self) {
        let begun = Instant::now();
        while is_alive(self.process) {
            assert!(
                begun.elapsed() < PATIENCE,
                "the program does not end:\n{}",
                self.desk.log()
            );
            tokio::time::sleep(PERIOD).await;
        }
        // The driver has one session; that its program is gone is no news.
        let _ = self.client.close().await;
    }

    /// What is looked for, once it is there.
    pub async fn find(&self, what: What) -> Element {
        self.until(&what, || self.look(&what, false)).await
    }

    /// Waits until there is no such thing.
    pub async fn loses(&self, what: What) {
        let is_gone = || async { self.look(&what, false).await.is_none().then_some(()) };
        self.until(&what, is_gone).await;
    }

    /// Whether it is there now.
    pub async fn has(&self, what: What) -> bool {
        self.look(&what, false).await.is_some()
    }

    /// Presses it, once it can be pressed.
    pub async fn click(&self, what: What) {
        let press = || async {
            let element = self.look(&what, true).await?;
            // What is drawn anew, moves on, or lies below something that passes, is tried again.
            self.client.execute(AIM, vec![json!(element)]).await.ok()?;
            element.click().await.ok()?;
            // A page that has been left by the press tells nothing any more.
            let landed = self.client.execute(LANDED, vec![]).await;
            (landed.ok() != Some(json!(false))).then_some(())
        };
        self.until(&what, press).await;
    }

    /// Types into it, in the place of what stands there.
    pub async fn fill(&self, what: What, typed: &str) {
        self.click(what.clone()).await;
        self.press("Control+a").await;
        self.find(what).await.send_keys(typed).await.expect("it takes keys");
    }

    /// Goes to a list, which may be filled only then, and chooses one of it.
    pub async fn choose(&self, what: What, option: &str) {
        let select = || async {
            let list = self.look(&what, true).await?;
            self.client
                .execute("arguments[0].focus()", vec![json!(list)])
                .await
                .ok()?;
            list.select_by_label(option).await.ok()
        };
        self.until(&what, select).await;
    }

    /// The text of something.
    pub async fn text(&self, what: What) -> String {
        let read = || async { self.look(&what, false).await?.text().await.ok() };
        self.until(&what, read).await
    }

    /// Presses keys together, such as `Control+Enter`.
    pub async fn press(&self, chord: &str) {
        let keys: Vec<char> = chord.split('+').map(key).collect();
        let down = keys.iter().map(|&value| KeyAction::Down { value });
        let up = keys.iter().rev().map(|&value| KeyAction::Up { value });
        let mut actions = KeyActions::new("keys".into());
        for action in down.chain(up) {
            actions = actions.then(action);
        }
        let pressed = self.client.perform_actions(Actions::from(actions)).await;
        pressed.expect("the window takes keys");
    }

    /// Gives the page so much room, in pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let resized = self.client.set_window_size(width, height).await;
        resized.expect("the window has a size");
        let is_so = json!([width, height]);
        let sizes = "return [innerWidth, innerHeight]";
        let begun = Instant::now();
        while self.script(sizes, vec![]).await != is_so {
            assert!(begun.elapsed() < PATIENCE, "the window keeps its size");
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Shows it in a theme, `light` or `dark`, as if another tab had chosen it.
    pub async fn choose_theme(&self, theme: &str) {
        let choose = "localStorage.setItem('syncapp.theme', arguments[0]);
            dispatchEvent(new StorageEvent('storage'));";
        self.script(choose, vec![json!(theme)]).await;
    }

    /// What it shows, as PNG, once what moves has come to rest.
    pub async fn picture(&self) -> Vec<u8> {
        let rest = "const ends = (moves) => moves.effect.getComputedTiming().endTime < Infinity;
            return Promise.all(document.getAnimations().filter(ends).map((moves) => moves.finished.catch(() => {})))
              .then(() => new Promise(requestAnimationFrame)).then(() => null)";
        self.script(rest, vec![]).await;
        self.client.screenshot().await.expect("the window can be pictured")
    }

    /// What a script in the page returns.
    pub async fn script(&self, script: &str, arguments: Vec<Json>) -> Json {
        let answer = self.client.execute(script, arguments).await;
        answer.unwrap_or_else(|e| panic!("{script}: {e}"))
    }

    /// What the shell answers to a command from a script in the page, or how it refuses.
    pub async fn call(&self, command: &str, arguments: Json) -> Result<Json, Json> {
        let answer = self.client.execute_async(CALL, vec![json!(command), arguments]).await;
        let mut answer = answer.unwrap_or_else(|e| panic!("{command}: {e}"));
        match answer.get_mut("refused") {
            Some(refused) => Err(refused.take()),
            None => Ok(answer["ok"].take()),
        }
    }

    /// What this computer's own interface answers to a request from the page; it must succeed.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Json>) -> Json {
        let headers = json!([["content-type", "application/json"]]);
        let body = body.map(|body| body.to_string());
        let path = format!("/api/v1{path}");
        let asked = json!({ "agent": null, "method": method, "path": path, "headers": headers, "body": body });
        let begun = self.call("ask", asked).await;
        let begun = begun.unwrap_or_else(|refused| panic!("{method} {path}: {refused:#}"));
        let mut text = String::new();
        if let Some(body) = begun["body"].as_u64() {
            loop {
                let piece = self.call("pull", json!({ "body": body })).await;
                match piece.as_ref().map(Json::as_str) {
                    Ok(Some("")) => break,
                    Ok(Some(piece)) => text.push_str(piece),
                    other => panic!("{method} {path}: {other:?}"),
                }
            }
        }
        let status = begun["status"].as_u64().unwrap_or_default();
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Puts a project onto this computer.
    pub async fn push(&self, project: &str, file: &str) {
        let push = json!({ "file": file, "name": format!("{project}.yaml") });
        self.ask("PUT", &format!("/projects/{project}"), Some(push)).await;
        // The page learns of it.
        self.client.refresh().await.expect("the page is loaded");
    }

    async fn look(&self, what: &What, enabled: bool) -> Option<Element> {
        match self.client.execute(FIND, vec![what.steps(), json!(enabled)]).await {
            Ok(found) => {
                let number = found[ELEMENT].as_str()?.to_owned();
                Some(Element::from_element_id(self.client.clone(), ElementRef::from(number)))
            }
            // A page that is being loaded has no elements yet.
            Err(CmdError::Standard(_)) => None,
            Err(failure) => panic!("the window does not answer: {failure}\n{}", self.desk.log()),
        }
    }

    async fn until<T, F: Future<Output = Option<T>>>(&self, what: &What, mut so: impl FnMut() -> F) -> T {
        let begun = Instant::now();
        loop {
            if let Some(so) = so().await {
                return so;
            }
            if begun.elapsed() > PATIENCE {
                let shown = self
                    .script("return location.href + '\\n' + document.body.innerText", vec![])
                    .await;
                panic!(
                    "still not so: {what:?}\n{}\n{}",
                    shown.as_str().unwrap_or_default(),
                    self.desk.log()
                );
            }
            tokio::time::sleep(PERIOD).await;
        }
    }
}

/// A key's sign, by the WebDriver standard where it has none.
fn key(name: &str) -> char {
    match name {
        "Control" => '\u{e009}',
        "Shift" => '\u{e008}',
        "Enter" => '\u{e006}',
        "Escape" => '\u{e00c}',
        "Delete" => '\u{e017}',
        _ => name.chars().next().expect("a key has a name"),
    }
}

/// The process that was told this folder.
fn process(data: &str) -> Option<u32> {
    let processes = fs::read_dir("/proc").expect("/proc can be read");
    processes.flatten().find_map(|entry| {
        let told = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let is_it = told
            .split(|byte| *byte == 0)
            .any(|argument| argument == data.as_bytes());
        is_it.then_some(entry.file_name().to_str()?.parse().ok()?)
    })
}

fn is_alive(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
