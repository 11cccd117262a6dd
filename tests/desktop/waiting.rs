//! What does not answer keeps nobody waiting: whoever types and looks around goes on.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::json;
use syncapp_tests::desktop::what::{button, choice, containing, field, place, text};
use syncapp_tests::desktop::{Desk, Keyring};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::connections::begin;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that takes whoever comes, and says nothing.
struct Silent {
    listener: TcpListener,
}

impl Silent {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// Somebody who has asked something.
    async fn asked(&self) -> TcpStream {
        let (asked, _) = timeout(PATIENCE, self.listener.accept())
            .await
            .expect("somebody comes")
            .unwrap();
        timeout(PATIENCE, asked.readable())
            .await
            .expect("something is asked")
            .unwrap();
        asked
    }
}

/// Whether whoever asked still waits for an answer.
fn waits(asked: &TcpStream) -> bool {
    let mut said = [0; 4096];
    loop {
        match asked.try_read(&mut said) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_answer_keeps_no_key_waiting() {
    let (silent, desk) = (Silent::open().await, Desk::new(Keyring::Unlocked).await);
    let window = desk.open().await;
    window.click(place("Agents")).await;
    window.click(button("Add an agent")).await;
    window
        .fill(field("Address"), &format!("https://{}", silent.address()))
        .await;
    let asked = silent.asked().await;
    window.fill(field("Name"), "prod").await;
    let typed = window.script("return document.activeElement.value", vec![]).await;
    assert_eq!(typed, json!("prod"));
    assert!(waits(&asked), "it was typed only once nobody waited for the agent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_keeps_no_key_waiting() {
    let (silent, desk) = (Silent::open().await, Desk::new(Keyring::Unlocked).await);
    let window = desk.open().await;
    begin(&window, "PostgreSQL").await;
    let url = format!("postgres://reader:secret@{}/shop", silent.address());
    window.fill(field("Paste a URL"), &url).await;
    window.find(text("fields filled")).await;
    window.fill(field("Name"), "shop").await;
    let asked = silent.asked().await;
    window.press("Control+k").await;
    window.fill(choice("Search or type a command"), "quickst").await;
    window.find(containing("option", "Go to quickstart")).await;
    assert!(waits(&asked), "it was found only once nobody waited for the database");
}
