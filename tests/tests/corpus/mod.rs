//! Bad inputs: naughty strings as values and as names, and files that are not what they should be. Each lands as it is, or
//! is an error with a code that says where.
//!
//! The public corpora are fetched by `scripts/setup`; our own tables stand in [`strings`].

mod csv;
mod names;
mod ndjson;
mod strings;
mod values;

use std::path::{Path, PathBuf};

/// A folder of the fetched corpora, beside what was built.
fn fetched(path: &str) -> PathBuf {
    let program = std::env::current_exe().expect("this program is a file");
    let built = program
        .ancestors()
        .nth(3)
        .expect("tests lie in a folder of what is built");
    let found = built.join("corpus/node_modules").join(path);
    assert!(
        Path::new(&found).exists(),
        "{} is not there: run scripts/setup, with the CARGO_TARGET_DIR that the tests are built in",
        found.display()
    );
    found
}

/// The Big List of Naughty Strings.
fn naughty() -> Vec<String> {
    let list = std::fs::read_to_string(fetched("blns/resources/blns.json")).expect("the list can be read");
    let mut strings: Vec<String> = serde_json::from_str(&list).expect("the list is one of strings");
    let mut seen = std::collections::HashSet::new();
    strings.retain(|string| seen.insert(string.clone()));
    assert!(strings.len() > 400, "{} naughty strings", strings.len());
    strings
}
