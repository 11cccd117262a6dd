//! Pictures of what only the desktop shows, taken of its real window: `make screenshots` starts it with the folder that they go to.

use std::fs;
use std::io;
use std::path::PathBuf;

use reqwest::Method;
use serde_json::json;
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::desktop::what::{button, containing, field, heading, project, role, row, text};
use syncapp_tests::desktop::{Desk, Keyring, Window};
use syncapp_tests::server::certificates::certificates;
use syncapp_tests::server::nginx::Nginx;

const SIZES: [(u32, u32); 2] = [(1280, 800), (1920, 1080)];
const PASSWORD: &str = "a password that is kept nowhere";

#[tokio::main]
async fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder of the pictures is told");
    let album = Album(folder.into());
    fs::create_dir_all(&album.0)?;

    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    window.find(text("Never ran").within(row("flights"))).await;
    album.keep(&window, "first-start").await?;
    window.click(button("Run flights")).await;
    window.click(button("View")).await;
    window.find(text("Done in").within(row("flights.csv"))).await;
    album.keep(&window, "first-run").await?;
    window.click(containing("link", "Settings")).await;
    window.find(heading("Settings")).await;
    album.keep(&window, "desktop-settings").await?;

    let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    let ada = json!({ "name": "ada", "password": PASSWORD, "roles": [{ "role": "admin" }] });
    agent.ask(Method::POST, "/users", Some(ada)).await.done();
    let certificates = certificates("IP:127.0.0.1");
    let door = Nginx::with_tls(agent.url().trim_start_matches("http://"), certificates.path()).await;
    window.click(button("Shows This computer")).await;
    window.click(role("menuitem", "Manage agents")).await;
    window.find(button("Add an agent")).await;
    album.keep(&window, "agents-none").await?;
    window.click(button("Add an agent")).await;
    window.fill(field("Address"), &door.url()).await;
    window.find(role("region", "Certificate")).await;
    window.fill(field("Name"), "prod").await;
    window.click(role("radio", "Name and password")).await;
    window.fill(field("User name"), "ada").await;
    window.fill(field("Password"), PASSWORD).await;
    album.keep(&window, "agents-add").await?;
    let same = role("checkbox", "The agent's operator told me the same fingerprint");
    window.click(same).await;
    window.click(button("Add agent")).await;
    window.find(text("Answers; you are admin").within(row("prod"))).await;
    window.loses(text("prod is added")).await;
    album.keep(&window, "agents").await?;
    window.click(project("quickstart")).await;
    window.click(button("Push to an agent")).await;
    window.find(button("Push version 1 to prod")).await;
    window.loses(text("Looks at what would change.")).await;
    album.keep(&window, "push-to-agent").await?;
    window.close().await;

    let desk = Desk::new(Keyring::Absent).await;
    let window = desk.open().await;
    window.find(heading("Home")).await;
    album.keep(&window, "no-keyring").await?;
    window.close().await;
    Ok(())
}

/// The folder that pictures go to.
struct Album(PathBuf);

impl Album {
    /// What the window shows now, in both themes and in each size.
    async fn keep(&self, window: &Window<'_>, screen: &str) -> io::Result<()> {
        for theme in ["light", "dark"] {
            window.choose_theme(theme).await;
            for (width, height) in SIZES {
                window.resize(width, height).await;
                let path = self.0.join(format!("{screen}-{theme}-{width}.png"));
                fs::write(path, window.picture().await)?;
            }
        }
        Ok(())
    }
}
