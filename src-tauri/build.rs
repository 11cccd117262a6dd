//! Puts the built front end and the window's rights into the program. Where nobody has built the front end the window is empty: Rust
//! alone is enough to build.

use std::fs;
use std::path::Path;

use tauri_build::{AppManifest, Attributes, try_build};

const FRONT: &str = "../frontend/dist";

/// What pages may ask for at all: `capabilities/main.json` gives it to the window.
const COMMANDS: &[&str] = &[
    "ask",
    "pull",
    "leave",
    "agents",
    "certificate",
    "add_agent",
    "remove_agent",
    "secrets_place",
    "unlock",
    "open_text",
    "save_text",
    "notify",
    "preferences",
    "set_preferences",
    "about",
];

fn main() {
    println!("cargo::rerun-if-changed={FRONT}");
    // As in the agent's.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let front = Path::new(FRONT);
    // Cargo takes a folder that is not there for one that always changes, and Tauri takes it for a mistake.
    let _ = fs::create_dir_all(front);
    let attributes = Attributes::new().app_manifest(AppManifest::new().commands(COMMANDS));
    if let Err(problem) = try_build(attributes) {
        println!("cargo::error={problem:#}");
    }
}
