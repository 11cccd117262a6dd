//! A secret is in the keyring, and nowhere else that the session writes to.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use syncapp_tests::desktop::what::{button, choice, containing, field, heading, link, place, text};
use syncapp_tests::desktop::{Desk, Keyring};
use syncapp_tests::server::postgres::Postgres;

/// The files below a folder that have this text in them, as it is, in base64, in hexadecimal, or as web views write it.
pub(crate) fn files_with(folder: &Path, needle: &str) -> Vec<PathBuf> {
    let wide: Vec<u8> = needle.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hexadecimal = hex::encode(needle);
    // Of base64 the last letters depend on what comes after.
    let letters = STANDARD.encode(&needle[..needle.len() / 3 * 3]);
    let forms = [
        needle.as_bytes().to_vec(),
        wide,
        hexadecimal.into_bytes(),
        letters.into_bytes(),
    ];
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                // What is gone meanwhile has nothing in it.
                let bytes = fs::read(&path).unwrap_or_default();
                if forms
                    .iter()
                    .any(|form| bytes.windows(form.len()).any(|window| window == form))
                {
                    found.push(path);
                }
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_in_the_keyring_and_nowhere_else() {
    let database = Postgres::shared().await.database().await;
    let (canary, user) = (&database.reader.password, &database.reader.user);
    let desk = Desk::new(Keyring::Unlocked).await;
    let window = desk.open().await;
    window.click(place("Connections")).await;
    window.click(button("Add")).await;
    window.click(button("PostgreSQL")).await;
    window.choose(choice("Project"), "quickstart").await;
    window.fill(field("Paste a URL"), &database.reader.url()).await;
    window.fill(field("Name"), "shop").await;
    window.click(button("Save connection")).await;
    window.find(heading("shop")).await;
    window
        .find(text("Usable").within(containing("heading", "Connection test")))
        .await;
    // A failure with the secret at hand says no more.
    database.run(&format!("alter role {user} password 'another one'")).await;
    window.click(button("Test again")).await;
    window.find(text("Not usable")).await;
    window.click(link("Connections")).await;

    let is_nowhere = || {
        assert_eq!(files_with(desk.place(), canary), Vec::<PathBuf>::new());
        assert!(!desk.log().contains(canary.as_str()), "the log has it");
        assert!(
            !files_with(desk.place(), user).is_empty(),
            "what is no secret would be found"
        );
    };
    assert!(
        desk.secrets().iter().any(|secret| secret.contains(canary.as_str())),
        "the keyring has it not"
    );
    is_nowhere();
    window.close().await;
    is_nowhere();

    // It is still known at the next start.
    database.run(&format!("alter role {user} password '{canary}'")).await;
    let window = desk.open().await;
    window.click(place("Connections")).await;
    window.click(link("shop")).await;
    window
        .find(text("Usable").within(containing("heading", "Connection test")))
        .await;
}
