//! What a newcomer sees first, and does first.

use std::fs;

use syncapp_tests::desktop::what::{button, place, row, text};
use syncapp_tests::desktop::{Desk, Keyring};

const FLIGHTS: &str = include_str!("../../examples/quickstart/data/evening.csv");

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_is_there_and_runs_in_one_click() {
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    let database = desk.data().join("quickstart/flights.db");
    window.find(text("Never ran").within(row("flights"))).await;
    assert!(!database.exists(), "it ran by itself");

    window.click(button("Run flights")).await;
    window.click(button("View")).await;
    window.find(text("Done in").within(row("flights.csv"))).await;
    let landed: i64 = rusqlite::Connection::open(&database)
        .and_then(|file| file.query_row("select count(*) from flights", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(landed, FLIGHTS.lines().count() as i64 - 1);

    // Another start finds the history, and makes no second quick start.
    window.close().await;
    fs::remove_file(database).unwrap();
    let window = desk.open().await;
    window.click(place("Runs")).await;
    window.find(text("Done").within(row("by hand"))).await;
    assert!(!desk.data().join("quickstart/flights.db").exists());
}
