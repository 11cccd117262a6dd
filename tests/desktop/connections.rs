//! Connections are made by their forms and tested, as users who may do no more than they have to.

use serde_json::json;
use syncapp_tests::desktop::what::{What, button, choice, containing, field, heading, link, place, text};
use syncapp_tests::desktop::{Desk, Keyring, Window};
use syncapp_tests::server::postgres::Postgres;

/// The form of a new connection to this system, in the quick start's project.
pub(crate) async fn begin(window: &Window<'_>, system: &str) {
    window.click(place("Connections")).await;
    window.click(button("Add")).await;
    window.click(button(system)).await;
    window.choose(choice("Project"), "quickstart").await;
}

fn verdict() -> What {
    containing("heading", "Connection test")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_and_a_file_are_connected_and_tested() {
    let database = Postgres::shared().await.database().await;
    database
        .run("create table public.orders (id integer primary key)")
        .await;
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;

    begin(&window, "PostgreSQL").await;
    window.fill(field("Paste a URL"), &database.reader.url()).await;
    window.find(text("fields filled")).await;
    window.fill(field("Name"), "shop").await;
    window.click(button("Save connection")).await;
    window.find(heading("shop")).await;
    window.find(text("Usable").within(verdict())).await;
    for step in ["Resolve", "Connect", "Log in", "Rights"] {
        window.find(text(step)).await;
    }
    window.click(button("Look")).await;
    window.find(text("public.orders")).await;

    begin(&window, "SQLite").await;
    window.fill(field("Name"), "lake").await;
    window.fill(field("Path"), "./lake.db").await;
    window.click(button("Save connection")).await;
    window.find(heading("lake")).await;
    window.find(text("Usable as a target").within(verdict())).await;

    // The file names the password; it holds what was typed, and its comments.
    let held = window.ask("GET", "/projects/quickstart", None).await;
    let version = window
        .ask(
            "GET",
            &format!("/projects/quickstart/versions/{}", held["version"]),
            None,
        )
        .await;
    let file = version["file"].as_str().unwrap();
    assert!(
        file.contains("password: secret://shop/password") && file.contains("# computed"),
        "{file}"
    );
    assert!(!file.contains(&database.reader.password), "{file}");
    window.click(link("Connections")).await;
    window.find(link("shop")).await;
    window.find(link("lake")).await;
    assert_eq!(held["project"], json!("quickstart"));
}
