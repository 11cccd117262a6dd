//! The window is closed, or the program is killed, while rows flow: nothing is lost, and nothing comes twice.

use syncapp_tests::desktop::what::{button, containing, place, row, text};
use syncapp_tests::desktop::{Desk, Keyring, Window};

use super::shop::{SLOW, Shop, lake};

const ORDERS: u32 = 200;

/// The run goes on, and rows have come.
async fn in_the_middle(window: &Window<'_>, shop: &Shop) {
    shop.furnish(window, SLOW).await;
    window.click(button("Run orders")).await;
    window.click(button("View")).await;
    window.find(text("Running").within(row("public.orders"))).await;
    window.find(containing("img", "Rows per second. Now")).await;
}

/// The run goes on by itself, and brings the rest.
async fn arrives(desk: &Desk, window: &Window<'_>) {
    window.click(place("Runs")).await;
    window.find(text("Done").within(row("orders"))).await;
    let runs = window.ask("GET", "/runs?project=shop", None).await;
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(1), "{runs:#}");
    let counted = "select count(*) || ' ' || count(distinct id) || ' ' || sum(id) from orders";
    let sum = ORDERS * (ORDERS + 1) / 2;
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
