//! A plan before anything is written, a run as it goes on, and what is remembered of it.

use syncapp_tests::desktop::what::{button, containing, heading, link, role, row, text};
use syncapp_tests::desktop::{Desk, Keyring};

use super::shop::{SLOW, Shop, lake};

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_planned_run_watched_and_remembered() {
    let shop = Shop::open(200).await;
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    shop.furnish(&window, SLOW).await;

    window.click(link("orders")).await;
    window.click(button("Plan")).await;
    window.find(text("CREATE TABLE")).await;
    window.find(text("No column loses data")).await;
    assert!(!desk.data().join("lake.db").exists(), "a plan wrote something");

    window.click(button("Run this plan")).await;
    window.find(containing("img", "Rows per second. Now")).await;
    window.find(text("Running").within(row("public.orders"))).await;
    window
        .find(role("progressbar", "Rows of public.orders that are committed"))
        .await;
    window.find(text("Done in").within(row("public.orders"))).await;
    window.find(text("200").within(row("public.orders"))).await;
    window.find(text("it landed: 200 rows read, 200 committed")).await;
    assert_eq!(lake(&desk, "select cast(count(*) as text) from orders"), "200");

    window.click(link("orders")).await;
    window.find(heading("orders")).await;
    window.find(text("Done").within(row("by hand"))).await;
}
