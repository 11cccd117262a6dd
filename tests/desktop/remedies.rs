//! What goes wrong says what to do, and doing it helps.

use serde_json::json;
use syncapp_tests::desktop::what::{button, field, link, place, project, role, row, text};
use syncapp_tests::desktop::{Desk, Keyring};

use super::shop::{SECRET, Shop, lake};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_changed_is_told_with_its_remedy() {
    let shop = Shop::open(20).await;
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    shop.furnish(&window, "into: orders").await;
    let user = &shop.database.reader.user;
    shop.database
        .run(&format!("alter role {user} password 'another one'"))
        .await;

    window.click(button("Run orders")).await;
    window.click(button("View")).await;
    let panel = role("region", "public.orders failed");
    for part in [
        "source.auth_failed",
        "Cause",
        "Nothing of this attempt.",
        "Remedy",
        "check user and password",
    ] {
        window.find(text(part).within(panel.clone())).await;
    }
    assert!(!window.text(panel).await.contains(&shop.database.reader.password));

    // The secret is set anew where secrets are, and the failed stream runs again.
    window.click(project("shop")).await;
    window.click(role("tab", "Secrets")).await;
    window.click(button("Set a secret")).await;
    window.fill(field("Name"), SECRET).await;
    window.fill(field("Value"), "another one").await;
    window.click(button("Set secret")).await;
    window.find(text(&format!("{SECRET} is set"))).await;
    window.click(place("Home")).await;
    window.click(link("Show run")).await;
    window.click(button("Retry failed streams")).await;
    window.find(text("Done in").within(row("public.orders"))).await;
    assert_eq!(lake(&desk, "select cast(count(*) as text) from orders"), "20");
    let runs = window.ask("GET", "/runs", None).await;
    assert_eq!(runs["items"][0]["state"], json!("done"));
}
