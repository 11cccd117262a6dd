//! Every command and flag by its help; wrong usage, and what is not built.

use crate::contract::case::sync;
use crate::contract::commands::place;
use crate::contract::place::Place;

const BUILT: [&str; 15] = [
    "run",
    "copy",
    "check",
    "discover",
    "preview",
    "verify",
    "schema",
    "state",
    "undo",
    "runs",
    "push",
    "agent",
    "secrets",
    "audit",
    "completions",
];
const LATER: [&str; 2] = ["login", "doctor"];

#[test]
fn help_names_every_command_that_is_built_and_every_flag_says_what_it_does() {
    let place = Place::new();
    let help = place.syncapp(&["--help"]).exits(0).stdout;
    for command in BUILT {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        let help = place.syncapp(&[command, "--help"]).exits(0).stdout;
        assert!(help.contains("Usage: syncapp"), "{help}");
    }
    for command in LATER {
        assert!(
            !help.contains(&format!("\n  {command} ")),
            "{command} is not built: {help}"
        );
    }
    assert!(
        help.contains("Exit codes: 0 done") && help.contains("130 cancelled"),
        "{help}"
    );
    for action in ["show", "set", "reset"] {
        place.syncapp(&["state", action, "--help"]).exits(0);
    }
    for action in ["list", "show", "replay"] {
        place.syncapp(&["rejects", action, "--help"]).exits(0);
    }
    for action in ["set", "list", "delete", "rotate"] {
        place.syncapp(&["secrets", action, "--help"]).exits(0);
    }
    place.syncapp(&["audit", "verify", "--help"]).exits(0);
    assert!(place.syncapp(&["--version"]).exits(0).stdout.starts_with("syncapp "));
}

#[test]
fn wrong_usage_is_2() {
    let place = place("");
    for line in [
        &["run"][..],
        &["nonsense"],
        &[],
        &["run", "sync.yaml", "--nonsense"],
        &["run", "sync.yaml", "--range", "5"],
        &["run", "sync.yaml", "--range", ".."],
        &["run", "sync.yaml", "--full-refresh", "--range", "1..2"],
        &["run", "sync.yaml", "--limit", "many"],
        &["run", "sync.yaml", "--sync", "t"],
        &["run", "sync.yaml", "--stream", "peple"],
        &["run", "nowhere.yaml"],
        &["run", "sync.yaml", "--env", "prod"],
        &["preview", "sync.yaml", "--sync", "s"],
        &["preview", "sync.yaml", "--sync", "s", "--stream", "peple"],
        &["discover", "sync.yaml"],
        &["discover", "sync.yaml", "--connection", "form"],
        &["check", "sync.yaml", "--connection", "form"],
        &["verify", "sync.yaml", "--stream", "peple"],
        &["verify"],
        &["state", "show"],
        &["rejects", "replay"],
        &["rejects", "replay", "sync.yaml", "--fix", "name"],
        &["rejects", "replay", "sync.yaml", "--stream", "peple"],
        &["rejects", "replay", "sync.yaml", "--id", "1"],
        &["state", "set", "sync.yaml", "--stream", "people", "5"],
        &["state", "reset", "sync.yaml", "--stream", "people"],
        &["undo"],
        &["undo", "nonsense"],
        &["undo", "0190a000-0000-7000-8000-000000000000"],
        &["secrets"],
        &["secrets", "set"],
        &["secrets", "set", "../x", "--from-file", "sync.yaml"],
        &["secrets", "set", "x", "the value"],
        &["secrets", "set", "x", "--agent", "http://127.0.0.1:1"],
        &["secrets", "set", "x", "--config", "agent.toml"],
        &["secrets", "set", "x", "--from-file", "nowhere"],
        &["secrets", "delete", "x", "--project", ""],
        &[
            "secrets",
            "list",
            "--project",
            "p",
            "--agent",
            "http://127.0.0.1:1",
            "--config",
            "agent.toml",
        ],
        &["push", "sync.yaml", "--with-secrets", "--dry-run"],
        &["completions", "cobol"],
        &["copy", "./", "x.csv"],
        &["copy", "ftp://x", "x.csv", "to.db"],
    ] {
        let ran = place.syncapp(line).exits(2);
        assert!(!ran.stderr.is_empty() && ran.stdout.is_empty(), "{line:?}");
    }
    assert!(!place.path("to.db").exists());
}

#[test]
fn commands_that_are_not_built_say_so() {
    let place = place("");
    for command in LATER {
        for more in [&[][..], &["sync.yaml", "--rows", "--json"]] {
            let ran = place.syncapp(&[&[command], more].concat()).exits(2);
            assert!(ran.stderr.contains("config.not_available"), "{command}: {}", ran.stderr);
        }
    }
}

/// What `docs/limits.md` lists beside the keys of the table.
#[test]
fn connections_that_are_not_built_say_so() {
    let mut unbuilt: Vec<String> = ["redshift", "bigquery", "salesforce", "hubspot", "http"]
        .map(|connector| format!("connector: {connector}"))
        .into();
    unbuilt.extend(
        ["s3", "gs", "az", "sftp", "ftps", "https"]
            .map(|scheme| format!("connector: files, path: \"{scheme}://place/x\"")),
    );
    unbuilt.push("connector: files, path: \"-\"".into());
    unbuilt.push("connector: files, path: ., encoding: ebcdic".into());
    unbuilt.push("connector: files, path: ., format: parquet, compression: gzip".into());
    for connection in unbuilt {
        let place = place("");
        for file in [
            sync(
                &format!("{{ {connection} }}"),
                "{ connector: sqlite, path: to.db }",
                "people",
                "",
            ),
            sync(
                "{ connector: sqlite, path: from.db }",
                &format!("{{ {connection} }}"),
                "people",
                "",
            ),
        ] {
            place.put("sync.yaml", file);
            for command in ["check", "run"] {
                let ran = place.syncapp(&[command, "sync.yaml"]).exits(2);
                assert!(
                    ran.stderr.contains("config.not_available"),
                    "{connection}: {}",
                    ran.stderr
                );
            }
        }
        assert!(!place.path("to.db").exists());
    }
}

#[test]
fn completions_are_scripts() {
    let place = Place::new();
    for (shell, sign) in [
        ("bash", "complete -F _syncapp"),
        ("zsh", "#compdef syncapp"),
        ("fish", "complete -c syncapp"),
    ] {
        let script = place.syncapp(&["completions", shell]).exits(0).stdout;
        assert!(
            script.contains(sign) && script.contains("discover"),
            "{shell}: {script}"
        );
    }
    let script = place.syncapp(&["completions", "bash"]).stdout;
    place.put("script", script);
    place.run(&["bash", "-n", "script"]).exits(0);
}
