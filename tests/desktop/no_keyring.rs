//! Where the session has no keyring it is said, and a file under a passphrase is offered in its place.

use std::path::PathBuf;

use serde_json::json;
use syncapp_tests::desktop::what::{button, containing, field, project, role, row, text};
use syncapp_tests::desktop::{Desk, Keyring, Window};

use super::keyring::files_with;
use super::shop::{SECRET, Shop};

const PASSPHRASE: &str = "correct horse battery staple";

async fn give(window: &Window<'_>, passphrase: &str) {
    window.click(button("Give a passphrase")).await;
    window.fill(field("Passphrase"), passphrase).await;
    window
        .click(button("Open").within(role("dialog", "Encrypted file of secrets")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_sealed_under_a_passphrase_where_there_is_no_keyring() {
    let shop = Shop::open(5).await;
    let canary = &shop.database.reader.password;
    let desk = Desk::new(Keyring::Absent).await;
    let window = desk.open().await;
    window.find(text("Secrets have no place yet")).await;

    // Until then none is taken: it would have to be in a plain file.
    window.click(project("quickstart")).await;
    window.click(role("tab", "Secrets")).await;
    window.click(button("Set a secret")).await;
    window.fill(field("Name"), "password").await;
    window.fill(field("Value"), canary).await;
    window.click(button("Set secret")).await;
    window.find(text("The secret was not set")).await;
    window
        .find(text("passphrase").within(containing("region", "The secret was not set")))
        .await;
    window.click(button("Cancel")).await;

    give(&window, PASSPHRASE).await;
    window.find(text("Secrets are kept in the encrypted file")).await;
    window.loses(text("Secrets have no place yet")).await;
    shop.furnish(&window, "into: orders").await;
    window.close().await;
    for secret in [canary.as_str(), PASSPHRASE] {
        assert_eq!(files_with(desk.place(), secret), Vec::<PathBuf>::new());
        assert!(!desk.log().contains(secret), "the log has it");
    }

    // The next start asks again, and takes no other.
    let window = desk.open().await;
    window.find(text("Secrets have no place yet")).await;
    give(&window, "correct horse battery stable").await;
    window.find(text("The file was not opened")).await;
    window.fill(field("Passphrase"), PASSPHRASE).await;
    window
        .click(button("Open").within(role("dialog", "Encrypted file of secrets")))
        .await;
    window.find(text("Secrets are kept in the encrypted file")).await;
    window.click(button("Run orders")).await;
    window.click(button("View")).await;
    window.find(text("Done in").within(row("public.orders"))).await;
    let secrets = window.ask("GET", "/projects/shop/secrets", None).await;
    assert_eq!(secrets["items"][0]["name"], json!(SECRET));
}
