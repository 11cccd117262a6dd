//! Connections as their connectors get them: environments, variables, secrets.

use std::collections::HashMap;

use serde_json::json;

use super::{Fixed, loaded, rendered};
use crate::{Code, Error};

const FILE: &str = r#"version: 1
connections:
  shop:
    connector: postgres
    host: ${HOST:-localhost}
    port: ${PORT}
    fast: ${FAST:-true}
    ratio: 0.5
    user: "a $${literal}"
    password: secret://db/password
    tls: { mode: "${TLS:-verify-full}", ca_file: ca.pem }
    null_values: ["", "${NULL_WORD:-NA}"]
  bare:
    connector: postgres
  lake: { connector: sqlite, path: "./${NAME}-${OTHER}.db" }
environments:
  prod:
    connections:
      shop: { host: prod.example.net, tls: { mode: disable }, port: 6000 }
      bare: { host: other }
"#;

fn connection(name: &str, environment: Option<&str>, variables: &[(&'static str, &'static str)]) -> String {
    let loaded = loaded(FILE);
    assert_eq!(loaded.problems, []);
    let variables = Fixed(variables.iter().copied().collect::<HashMap<_, _>>());
    match loaded.connection(name, environment, &variables) {
        Ok(keys) => format!("{keys:#}"),
        Err(problems) => rendered(&problems, loaded.source()),
    }
}

#[test]
fn variables_and_secrets_take_the_types_that_the_connector_wants() {
    let keys: serde_json::Value = connection("shop", None, &[("PORT", "5433")]).parse().unwrap();
    assert_eq!(
        keys,
        json!({
            "host": "localhost", "port": 5433, "fast": true, "ratio": 0.5, "user": "a ${literal}",
            "password": "from-the-vault", "tls": { "mode": "verify-full", "ca_file": "ca.pem" },
            "null_values": ["", "NA"],
        })
    );
}

#[test]
fn secrets_are_known_by_name_before_they_are_needed() {
    let more = "      lake: { path: \"${HERE:-secret://lake/path}\" }\n";
    let loaded = loaded(&format!("{FILE}{more}"));
    assert_eq!(
        loaded.secrets().into_iter().collect::<Vec<_>>(),
        ["db/password", "lake/path"]
    );
    let text = FILE.replace(
        "host: other",
        "host: secret://host, null_values: [a, secret://in-list, \"x secret://none\"]",
    );
    let names = super::loaded(&text).secrets();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["db/password", "host", "in-list"]
    );
}

#[test]
fn an_environment_lies_over_the_keys() {
    let keys: serde_json::Value = connection("shop", Some("prod"), &[("HOST", "h")]).parse().unwrap();
    assert_eq!(keys["host"], "prod.example.net");
    assert_eq!(keys["port"], 6000, "the environment's port needs no variable");
    assert_eq!(keys["tls"], json!({ "mode": "disable", "ca_file": "ca.pem" }));
    let keys: serde_json::Value = connection("bare", Some("prod"), &[]).parse().unwrap();
    assert_eq!(keys, json!({ "host": "other" }));
}

#[test]
fn max_streams_is_every_connection_s_and_no_connector_s() {
    let file = FILE
        .replace(
            "    connector: postgres\n    host",
            "    connector: postgres\n    max_streams: 4\n    host",
        )
        .replace("prod.example.net,", "prod.example.net, max_streams: 2,")
        .replace("bare: { host: other }", "bare: { max_streams: 7, host: other }");
    let loaded = loaded(&file);
    assert_eq!(loaded.problems, []);
    assert!(loaded.source().contains("max_streams: 4"), "it is no secret");
    let known = loaded.file.as_ref().unwrap();
    for (connection, environment, expected) in [
        ("shop", None, Some(4)),
        ("shop", Some("prod"), Some(2)),
        ("bare", None, None),
        ("bare", Some("prod"), Some(7)),
        ("lake", Some("prod"), None),
        ("shop", Some("elsewhere"), Some(4)),
        ("nothing", None, None),
    ] {
        assert_eq!(
            known.max_streams(connection, environment),
            expected,
            "{connection}, {environment:?}"
        );
    }
    let keys = loaded.connection("bare", Some("prod"), &Fixed::default()).unwrap();
    assert_eq!(keys, json!({ "host": "other" }));
}

#[test]
fn max_streams_is_a_number_of_streams() {
    for (value, fine) in [
        ("1", true),
        ("1000", true),
        ("0", false),
        ("-1", false),
        ("1.5", false),
        ("x", false),
        ("", false),
    ] {
        for (from, to) in [
            (
                "    connector: postgres\n    host",
                "    connector: postgres\n    max_streams: VALUE\n    host",
            ),
            ("bare: { host: other }", "bare: { max_streams: VALUE, host: other }"),
        ] {
            let file = FILE.replace(from, &to.replace("VALUE", value));
            assert_eq!(loaded(&file).problems.is_empty(), fine, "{value}: {file}");
        }
    }
}

#[test]
fn what_cannot_be_resolved_says_where_and_never_shows_a_value() {
    let secret = "hunter2";
    let said = [
        connection("lake", None, &[]),
        connection("shop", None, &[("PORT", secret), ("TLS", secret), ("FAST", secret)]),
        connection("shop", None, &[("PORT", "70000")]),
        connection("shop", None, &[("PORT", "")]),
        connection("bare", None, &[]),
        connection("shop", Some("prd"), &[]),
        connection("shp", None, &[]),
    ]
    .join("\n────────\n");
    assert!(!said.contains(secret) && !said.contains("70000"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn an_unknown_secret_is_said() {
    let text = "version: 1\nconnections:\n  a: { connector: postgres, host: b, password: secret://nope }\n";
    let problems = loaded(text).connection("a", None, &Fixed::default()).unwrap_err();
    insta::assert_snapshot!(rendered(&problems, text));
}

#[test]
fn errors_found_later_are_located() {
    let text = "\
version: 1
connections:
  shop: { connector: postgres, host: db }
syncs:
  s:
    source: shop
    destination: shop
    defaults: { mode: incremental, cursor: changed }
    streams:
      public.orders:
        select: [a, b]
        columns:
          total: { expr: \"a +\" }
      other:
";
    let loaded = loaded(text);
    assert_eq!(loaded.problems, []);
    let said: Vec<Error> = [
        &["syncs", "s", "streams", "public.orders", "columns", "total", "expr"][..],
        &["syncs", "s", "streams", "public.orders", "columns", "gone", "expr"],
        &["syncs", "s", "streams", "public.orders", "select", "1"],
        &["syncs", "s", "streams", "public.orders", "cursor"],
        &["syncs", "s", "streams", "other", "primary_key"],
        &["connections", "shop", "tls", "mode"],
        &["elsewhere"],
    ]
    .iter()
    .map(|path| loaded.locate(path, Error::new(Code::InvalidValue, path.join("."))))
    .collect();
    insta::assert_snapshot!(rendered(&said, text));
}

#[test]
fn errors_quote_no_secret() {
    let secret = "hunter2";
    let cases = [
        "{ connector: postgres, hots: x, password: hunter2 }",
        "{ connector: postgres, host: b, url: \"postgres://me:hunter2@h/d\", port: x }",
        "{ connector: postgres, host: b, pasword: hunter2 }",
        "{ connector: postgres, host: b, password:hunter2 }",
        "{ connector: postgres, host: b, port: x, password: \"${NONE:-hunter2}\" }",
        "{ connector: postgrs, password: hunter2 }",
        "{ password: hunter2 }",
        "postgres://me:hunter2@h/d",
        "{ connector: postgres, host: b, password: { value: hunter2 } }",
        "{ connector: postgres, host: b, password: [hunter2, x:hunter2] }",
        "{ connector: postgres, host: b, tls: { key: hunter2 }, port: 0 }",
        "{ connector: postgres, host: [b, password: hunter2 }",
        "{\"connector\": \"postgres\", \"host\": \"\\ud83d\\ude00\", \"password\": \"hunter2\", \"port\": 0}",
        "\n    connector: postgres\n    port: 0\n    password: |\n      hunter2\n      hunter2\n",
    ];
    let prefix = "version: 1\nconnections:\n  a: ";
    for case in cases {
        for text in [
            format!("{prefix}{case}\n"),
            format!("\u{feff}{}{case}", prefix.replace('\n', "\r\n")),
        ] {
            let said = super::problems(&text);
            assert!(said.contains("error["), "{said}");
            assert!(!said.contains(secret), "{said}");
        }
        let overlay = format!(
            "version: 1\nconnections: {{ a: {{ connector: postgres }} }}\nenvironments:\n  e:\n    connections:\n      a: {case}\n"
        );
        let said = super::problems(&overlay);
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn what_is_no_secret_stays_readable() {
    let text = "version: 1\nconnections:\n  a: { connector: postgres, host: b, password: hunter2, url: \"${URL}\", tls: { mode: disable } }\n";
    assert_eq!(loaded(text).source(), text.replace("hunter2", "*******"));
}
