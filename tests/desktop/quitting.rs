//! The window is closed, or the program is killed, while rows flow: nothing is lost, and nothing comes twice.

use std::time::Duration;

use syncapp_tests::desktop::what::{button, containing, link, place, row, text};
use syncapp_tests::desktop::{Desk, Keyring, Window};

use super::shop::{Shop, lake, slow};

const ORDERS: u32 = 4_000;

/// The run goes on, and rows have come.
async fn in_the_middle(window: &Window<'_>, shop: &Shop) {
    shop.furnish(window, &slow(1)).await;
    window.click(button("Run orders")).await;
    window.click(button("View")).await;
    window.find(text("Running").within(row("public.orders"))).await;
    window.find(containing("img", "Rows per second. Now")).await;
}

/// Everything arrives, by what runs on by itself or by another run.
async fn arrives(desk: &Desk, window: &Window<'_>) {
    window.click(place("Runs")).await;
    window.click(link("orders").within(row("orders"))).await;
    // Whatever became of the run that was cut off, it is not left as if it went on.
    let rest = async {
        loop {
            let runs = window.ask("GET", "/runs?project=shop", None).await;
            let states: Vec<&str> = runs["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|run| run["state"].as_str())
                .collect();
            if states
                .iter()
                .all(|state| ["done", "failed", "cancelled", "partial"].contains(state))
            {
                return states.contains(&"done");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let is_done = tokio::time::timeout(Duration::from_mins(1), rest)
        .await
        .expect("the run ends");
    if !is_done {
        window.click(button("Run")).await;
        window.find(text("Done").within(row("by hand"))).await;
    }
    let counted = "select count(*) || ' ' || count(distinct id) || ' ' || sum(id) from orders";
    let sum = u64::from(ORDERS) * u64::from(ORDERS + 1) / 2;
    assert_eq!(lake(desk, counted), format!("{ORDERS} {ORDERS} {sum}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_closed_in_mid_run_loses_nothing() {
    let shop = Shop::open(ORDERS).await;
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    in_the_middle(&window, &shop).await;
    window.close().await;
    let window = desk.open().await;
    arrives(&desk, &window).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_in_mid_run_loses_nothing() {
    let shop = Shop::open(ORDERS).await;
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    in_the_middle(&window, &shop).await;
    window.kill().await;
    let window = desk.open().await;
    arrives(&desk, &window).await;
}
