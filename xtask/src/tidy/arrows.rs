//! Which package may use which: the arrows of `docs/architecture.md`.

use serde_json::Value;

use super::Finding;

/// Packages of ours, by folder, and the folders they may use. A new arrow needs an ADR.
const OURS: &[(&str, &[&str])] = &[
    ("crates/model", &[]),
    ("crates/values", &["crates/model"]),
    ("crates/connector", &["crates/model"]),
    (
        "crates/connectors",
        &["crates/connector", "crates/values", "crates/model"],
    ),
    ("crates/transform", &["crates/values", "crates/model"]),
    (
        "crates/engine",
        &["crates/model", "crates/values", "crates/connector", "crates/transform"],
    ),
    ("crates/control", &["crates/model", "crates/engine"]),
    ("crates/store", &["crates/control", "crates/model"]),
    ("crates/broker", &["crates/control", "crates/model"]),
    ("crates/api", &["crates/control", "crates/model"]),
    ("crates/vault", &["crates/control", "crates/model"]),
    ("crates/telemetry", &[]),
    ("agent", &["crates/*"]),
    ("src-tauri", &["crates/*", "agent"]),
    ("tests", &["crates/*"]),
    ("xtask", &[]),
];

/// Foreign packages, and the only folders that may use them.
const FOREIGN: &[(&str, &[&str])] = &[
    ("tauri*", &["src-tauri"]),
    ("sqlx*", &["crates/store", "crates/connectors"]),
    ("lapin", &["crates/broker"]),
    ("redis", &["crates/broker"]),
    (
        "axum*",
        &["crates/api", "crates/telemetry", "agent", "src-tauri", "tests"],
    ),
    ("opentelemetry*", &["crates/telemetry", "crates/control", "tests"]),
    ("metrics-exporter-prometheus", &["crates/telemetry"]),
    ("datafusion*", &["crates/transform"]),
    ("rusqlite", &["crates/store", "crates/connectors", "tests"]),
    ("tokio-postgres*", &["crates/connectors", "tests"]),
    (
        "tokio",
        &[
            "crates/connector",
            "crates/connectors",
            "crates/engine",
            "crates/control",
            "crates/store",
            "crates/broker",
            "crates/api",
            "crates/vault",
            "crates/telemetry",
            "agent",
            "src-tauri",
            "tests",
            "xtask",
        ],
    ),
];

/// Looks through `cargo metadata`. Dependencies of tests only are free, but for tauri.
pub(super) fn check(metadata: &Value) -> Vec<Finding> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let folder = |path: &str| path.strip_prefix(root).unwrap_or(path).trim_matches('/').to_owned();
    let mut findings = Vec::new();
    for package in list(&metadata["packages"]) {
        let manifest = folder(package["manifest_path"].as_str().unwrap_or_default());
        let from = manifest.trim_end_matches("Cargo.toml").trim_end_matches('/');
        let Some((_, may)) = OURS.iter().find(|(ours, _)| *ours == from) else {
            findings.push(Finding::error(
                &manifest,
                None,
                "this folder has no place in the architecture",
            ));
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let name = dependency["name"].as_str().unwrap_or_default();
            let only_tests = dependency["kind"] == "dev" && !name.starts_with("tauri");
            let fault = match dependency["path"].as_str().map(folder) {
                _ if only_tests => None,
                Some(to) if any(may, &to) => None,
                Some(to) => Some(format!("{from} must not use {to}")),
                None => FOREIGN
                    .iter()
                    .find(|(pattern, users)| matches(pattern, name) && !any(users, from))
                    .map(|_| format!("{from} must not use {name}")),
            };
            findings.extend(fault.map(|text| Finding::error(&manifest, None, text)));
        }
    }
    findings
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn any(patterns: &[&str], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn findings(from: &str, dependency: &Value) -> Vec<String> {
        let metadata = json!({
            "workspace_root": "/r",
            "packages": [{ "manifest_path": format!("/r/{from}/Cargo.toml"), "dependencies": [dependency] }],
        });
        check(&metadata)
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn arrows_between_our_packages() {
        let cases = [
            ("crates/engine", "crates/connector", true),
            ("crates/engine", "crates/connectors", false),
            ("crates/control", "crates/connectors", false),
            ("crates/api", "crates/connectors", false),
            ("crates/transform", "crates/connectors", false),
            ("crates/model", "crates/connector", false),
            ("crates/connector", "crates/engine", false),
            ("crates/connectors", "crates/store", false),
            ("agent", "crates/connectors", true),
            ("agent", "src-tauri", false),
            ("src-tauri", "agent", true),
        ];
        for (from, to, fine) in cases {
            let found = findings(from, &json!({ "name": "x", "path": format!("/r/{to}") }));
            assert_eq!(found.is_empty(), fine, "{from} -> {to}: {found:?}");
        }
    }

    #[test]
    fn foreign_packages() {
        let cases = [
            ("crates/model", "tokio", json!(null), false),
            ("crates/model", "tokio", json!("dev"), true),
            ("crates/model", "tokio", json!("build"), false),
            ("crates/model", "sqlx", json!(null), false),
            ("crates/model", "axum", json!(null), false),
            ("crates/engine", "tokio", json!(null), true),
            ("crates/engine", "sqlx-core", json!(null), false),
            ("crates/store", "sqlx", json!(null), true),
            ("crates/vault", "tauri-plugin-store", json!("dev"), false),
            ("src-tauri", "tauri", json!(null), true),
        ];
        for (from, name, kind, fine) in cases {
            let found = findings(from, &json!({ "name": name, "kind": kind }));
            assert_eq!(found.is_empty(), fine, "{from} -> {name} ({kind}): {found:?}");
        }
    }

    #[test]
    fn a_folder_without_a_place() {
        assert_eq!(
            findings("crates/utils", &json!({})),
            ["error: crates/utils/Cargo.toml: this folder has no place in the architecture"]
        );
    }
}
