//! The system's keyring: a Secret Service on a bus of the test's own.

use std::fs;

use crate::contract::place::{Place, program};

/// A place whose commands run in a session with a keyring that is unlocked.
fn session(place: Place) -> Place {
    for folder in ["user", "run", "data/keyrings"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    let variable = |name: &str, folder: &str| (name.to_owned(), place.path(folder).display().to_string());
    let variables = [
        variable("HOME", "user"),
        variable("XDG_RUNTIME_DIR", "run"),
        variable("XDG_DATA_HOME", "data"),
    ];
    variables
        .iter()
        .fold(place, |place, (name, value)| place.variable(name, value))
}

/// A master key is made in the keyring on first use, once, whoever comes first; it opens from then on, and can be rotated.
#[test]
fn a_master_key_is_made_in_the_keyring() {
    let place = session(Place::new());
    let script = format!(
        r#"
        printf 'test\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 90
        syncapp() {{ "{}" "$@"; }}
        pids=
        for number in 1 2 3 4 5 6; do
            printf canary | syncapp secrets set "s$number" & pids="$pids $!"
        done
        for pid in $pids; do wait "$pid" || exit 91; done
        syncapp secrets rotate --json || exit 92
        SYNCAPP_MASTER_KEY=keyring:next,keyring:master-key syncapp secrets rotate --json || exit 93
        syncapp secrets rotate && exit 94
        SYNCAPP_MASTER_KEY=keyring:next syncapp secrets rotate --json || exit 95
        "#,
        program()
    );
    let ran = place.run(&["dbus-run-session", "--", "sh", "-c", &script]).exits(0);
    let lines: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let moved: Vec<_> = lines.iter().map(|line| (&line["moved"], &line["left"])).collect();
    let (none, nobody) = (serde_json::json!(0), serde_json::json!([]));
    assert_eq!(
        moved,
        [(&none, &nobody), (&serde_json::json!(6), &nobody), (&none, &nobody)]
    );
    assert!(
        lines[0]["key"] != lines[1]["key"] && lines[1]["key"] == lines[2]["key"],
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("vault.master_key_unknown"), "{}", ran.stderr);
}
