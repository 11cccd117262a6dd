//! A project goes from this computer to a team's agent, and is watched there.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use reqwest::Method;
use serde_json::json;
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::desktop::what::{button, containing, field, link, place, project, role, row, text};
use syncapp_tests::desktop::{Desk, Keyring, Window};
use syncapp_tests::server::certificates::certificates;
use syncapp_tests::server::nginx::Nginx;
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;
use uuid::Uuid;

use super::keyring::files_with;
use super::shop::{SECRET, SLOW, Shop};

/// The password of somebody on the agent.
const PASSWORD: &str = "a password that is kept nowhere";

/// An agent in server mode, with an admin who is called ada.
async fn server() -> Agent {
    let store = Postgres::shared().await.database().await;
    let mut syncapp = Syncapp::default();
    for (name, value) in [
        ("SYNCAPP_DATABASE", store.writer.url()),
        (
            "SYNCAPP_TOKEN",
            format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
        ),
        ("SYNCAPP_MASTER_KEY", master_key()),
        // The shop's database is on loopback.
        ("SYNCAPP_NETWORK_PRIVATE", "allow".to_owned()),
    ] {
        syncapp.set(name, &value);
    }
    let agent = Agent::started_with(syncapp, "").await;
    let ada = json!({ "name": "ada", "password": PASSWORD, "roles": [{ "role": "admin" }] });
    agent.ask(Method::POST, "/users", Some(ada)).await.done();
    agent
}

/// Adds it by its address and ada's password, once its certificate is seen to be the right one.
async fn add(window: &Window<'_>, url: &str, fingerprint: &str) {
    window.click(button("Shows This computer")).await;
    window.click(role("menuitem", "Manage agents")).await;
    window.click(button("Add an agent")).await;
    window.fill(field("Address"), url).await;
    let card = role("region", "Certificate");
    window
        .find(text("Nobody whom this computer trusts").within(card.clone()))
        .await;
    let shown = window.text(card).await.replace([':', ' ', '\n'], "").to_lowercase();
    assert!(shown.contains(fingerprint), "{shown} has not {fingerprint}");
    window.fill(field("Name"), "prod").await;
    window.click(role("radio", "Name and password")).await;
    window.fill(field("User name"), "ada").await;
    window.fill(field("Password"), PASSWORD).await;
    window
        .click(role("checkbox", "The agent's operator told me the same fingerprint"))
        .await;
    window.click(button("Add agent")).await;
    window.find(text("Answers; you are admin").within(row("prod"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_pushed_to_an_agent_and_watched_there() {
    let (shop, agent, certificates) = (Shop::open(100_000).await, server().await, certificates("IP:127.0.0.1"));
    let door = Nginx::with_tls(agent.url().trim_start_matches("http://"), certificates.path()).await;
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    shop.furnish_with(&window, "schedule: { every: 1s }", SLOW).await;
    // On this computer it is for looking only.
    window.ask("POST", "/projects/shop/syncs/orders/pause", None).await;
    add(
        &window,
        &door.url(),
        &fingerprint(&certificates.path().join("server.pem")),
    )
    .await;

    window.click(project("shop")).await;
    window.click(button("Push to an agent")).await;
    window.find(text("is not set there")).await;
    window.fill(field(SECRET), &shop.database.reader.password).await;
    window.click(button("Set on prod")).await;
    window.find(text("1 secret is set on prod")).await;
    window.click(button("Push version 1 to prod")).await;
    window.click(button("Show prod")).await;

    // It runs there by its schedule.
    window.find(button("Shows prod")).await;
    window.click(place("Runs")).await;
    window.find(text("Running").within(row("by schedule"))).await;
    window.click(containing("link", "").within(row("by schedule"))).await;
    window.find(containing("img", "Rows per second. Now")).await;
    window.click(button("Cancel")).await;
    window.find(text("Cancelled")).await;
    let newest = agent.get("/runs?state=cancelled").await.done();
    assert_eq!(newest["items"][0]["sync"], json!("orders"), "{newest:#}");

    // It pushes once more only what differs from what is there.
    agent
        .ask(Method::POST, "/projects/shop/syncs/orders/pause", None)
        .await
        .done();
    window.click(button("Shows prod")).await;
    window.click(role("menuitem", "This computer")).await;
    window.click(project("shop")).await;
    window.click(button("Push to an agent")).await;
    window.find(text("Nothing changes: this is what holds already.")).await;

    // How one gets in is in the keyring; the password was needed once.
    assert!(!desk.secrets().is_empty());
    for secret in desk
        .secrets()
        .iter()
        .map(String::as_str)
        .chain([PASSWORD, &shop.database.reader.password])
    {
        assert_eq!(files_with(desk.place(), secret), Vec::<PathBuf>::new());
    }
    window.click(link("Home")).await;
}

/// A certificate's SHA-256, in small letters.
fn fingerprint(certificate: &std::path::Path) -> String {
    assert!(fs::exists(certificate).unwrap());
    let told = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(certificate)
        .output()
        .expect("openssl starts: run scripts/setup");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let (_, digits) = told.split_once('=').expect("it tells a fingerprint");
    digits.trim().replace(':', "").to_lowercase()
}
