//! `secret://NAME` on the command line, and `syncapp secrets`.

use syncapp_tests::agent::master_key;

use crate::contract::case::sync;
use crate::contract::commands::{place, run};
use crate::contract::place::program;

#[test]
fn secrets_come_from_the_environment() {
    let file = sync(
        "{ connector: sqlite, path: \"secret://where-it-is\" }",
        "{ connector: sqlite, path: to.db }",
        "people",
        "",
    );
    let place = place("").file("sync.yaml", file);
    let ran = run(&place, &[]).exits(2);
    assert!(
        ran.stderr.contains("config.unknown_secret") && ran.stderr.contains("SYNCAPP_SECRET_WHERE_IT_IS"),
        "{}",
        ran.stderr
    );
    run(&place.variable("SYNCAPP_SECRET_WHERE_IT_IS", "from.db"), &[]).exits(0);
}

/// Whoever has a connection's host would have the key of the masks.
#[test]
fn no_connection_has_the_key_of_masks() {
    let file = sync(
        "{ connector: sqlite, path: \"secret://mask_key\" }",
        "{ connector: sqlite, path: to.db }",
        "people",
        "",
    );
    let place = place("")
        .file("sync.yaml", file)
        .variable("SYNCAPP_SECRET_MASK_KEY", "canary-mask-key");
    let ran = run(&place, &[]).exits(2);
    assert!(
        ran.stderr.contains("config.invalid_value") && ran.stderr.contains("what masks are made with"),
        "{}",
        ran.stderr
    );
}

/// The vault goes before mounted files, and these before the environment; in the vault the project's own secret goes first.
#[test]
fn secrets_have_an_order() {
    let file = sync(
        "{ connector: sqlite, path: \"secret://where/it-is\" }",
        "{ connector: sqlite, path: to.db }",
        "people",
        "",
    );
    let place = place("")
        .file("sync.yaml", file)
        .variable("SYNCAPP_SECRET_WHERE_IT_IS", "by-environment.db")
        .variable("SYNCAPP_SECRETS_DIR", "mounted")
        .variable("SYNCAPP_MASTER_KEY", &master_key());
    let opens = |file: &str| {
        place.put("expected", "");
        std::fs::copy(place.path("from.db"), place.path(file)).unwrap();
        run(&place, &[]).exits(0);
        std::fs::remove_file(place.path(file)).unwrap();
        run(&place, &[]).exits(1);
    };
    opens("by-environment.db");
    place.put("mounted/where/it-is", "by-file.db\n");
    opens("by-file.db");
    place.put("value", "by-vault.db\n");
    place
        .syncapp(&["secrets", "set", "where/it-is", "--from-file", "value"])
        .exits(0);
    opens("by-vault.db");
    place.put("value", "of-project.db");
    let set = [
        "secrets",
        "set",
        "where/it-is",
        "--project",
        "sync",
        "--from-file",
        "value",
    ];
    place.syncapp(&set).exits(0);
    opens("of-project.db");
    let other = [
        "secrets",
        "set",
        "where/it-is",
        "--project",
        "other",
        "--from-file",
        "value",
    ];
    place.syncapp(&other).exits(0);
    let delete = ["secrets", "delete", "where/it-is", "--project", "sync"];
    place.syncapp(&delete).exits(0);
    assert!(place.syncapp(&delete).exits(2).stderr.contains("there is no secret"));
    opens("by-vault.db");
}

#[test]
fn secrets_come_from_standard_input_and_are_listed_by_name() {
    let place = place("").variable("SYNCAPP_MASTER_KEY", &master_key());
    let set = |name: &str, value: &str| {
        let line = format!(
            "printf '%b' '{value}' | {} secrets set {name} --project shop",
            program()
        );
        place.run(&["sh", "-c", &line])
    };
    assert!(set("b", "canary-1\\n").exits(0).stdout.contains("b: version 1"));
    assert!(set("b", "canary-2").exits(0).stdout.contains("b: version 2"));
    set("a/x", "canary-3").exits(0);
    for wrong in ["", "\\n", "\\0377\\0376"] {
        let ran = set("c", wrong).exits(2);
        assert!(ran.stderr.contains("config.invalid_value"), "{wrong}: {}", ran.stderr);
    }
    let list = |more: &[&str]| {
        place
            .syncapp(&[&["secrets", "list", "--json"], more].concat())
            .exits(0)
            .json()
    };
    let listed = list(&["--project", "shop"]);
    let named = |at: usize| {
        (
            listed[at]["name"].as_str().unwrap(),
            listed[at]["version"].as_u64().unwrap(),
        )
    };
    assert_eq!((listed.len(), named(0), named(1)), (2, ("a/x", 1), ("b", 2)));
    assert!(list(&[]).is_empty() && list(&["--project", "other"]).is_empty());
    let table = place.syncapp(&["secrets", "list", "--project", "shop"]).exits(0).stdout;
    assert!(table.contains("a/x") && !table.contains("canary"), "{table}");
}

/// Without a key, and without a keyring to make one in, nothing is kept, and the user hears what to do.
#[test]
fn a_vault_wants_a_master_key() {
    let place = place("");
    place.put("value", "canary-value");
    let set = ["secrets", "set", "x", "--from-file", "value"];
    let ran = place.syncapp(&set).exits(1);
    for words in ["vault.keyring_failed", "SYNCAPP_MASTER_KEY", "openssl rand -base64 32"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert!(place.syncapp(&["secrets", "list", "--json"]).exits(0).stdout.is_empty());
    let place = place.variable("SYNCAPP_MASTER_KEY", "cGFzc3dvcmQ=");
    let ran = place.syncapp(&set).exits(2);
    assert!(
        ran.stderr.contains("config.weak_key") && !ran.stderr.contains("cGFzc3dvcmQ"),
        "{}",
        ran.stderr
    );
    let first = master_key();
    let place = place.variable("SYNCAPP_MASTER_KEY", &first);
    place.syncapp(&set).exits(0);
    let file = sync(
        "{ connector: sqlite, path: \"secret://x\" }",
        "{ connector: sqlite, path: to.db }",
        "people",
        "",
    );
    let place = place.file("sync.yaml", file).variable("SYNCAPP_SECRET_X", "from.db");
    let place = place.variable("SYNCAPP_MASTER_KEY", &master_key());
    // The environment is not taken for a secret that does not open.
    let ran = run(&place, &[]).exits(1);
    for words in ["vault.master_key_unknown", "sync.yaml:3", "`master_key` takes several"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains(&first), "{}", ran.stderr);
}
