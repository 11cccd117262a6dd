//! What no committed file may say, and how long a source file may get.

use super::Finding;

/// Lines of a source file from which on it wants a reason.
const LONG: usize = 400;
const SOURCES: &[&str] = &[".rs", ".ts", ".tsx", ".py"];

/// Lock files name registries because their tools write them so.
const LOCKS: &[&str] = &["Cargo.lock", "package-lock.json"];

/// Spelled in parts, so that this file does not find itself.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("crates", ".io"), "names a package registry's host"),
    (concat!("pypi", ".org"), "names a package registry's host"),
    (concat!("python", "hosted.org"), "names a package registry's host"),
    (concat!("registry.npm", "js.org"), "names a package registry's host"),
    (concat!("deb.debian", ".org"), "names a package registry's host"),
    (concat!("proxy.golang", ".org"), "names a package registry's host"),
    (concat!("/wo", "rk/"), "names a folder of one machine"),
    (concat!("/ro", "ot/"), "names a folder of one machine"),
    (concat!("TO", "DO"), "leaves something to do: do it, or open an issue"),
    (concat!("FIX", "ME"), "leaves something to do: do it, or open an issue"),
];

/// Looks through one file.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > LONG && SOURCES.iter().any(|ending| path.ends_with(ending)) {
        findings.push(Finding::warning(
            path,
            format!("{lines} lines: more than {LONG} want a reason"),
        ));
    }
    if LOCKS.iter().any(|lock| path.ends_with(lock)) {
        return findings;
    }
    for (number, line) in text.lines().enumerate() {
        for (forbidden, why) in FORBIDDEN {
            if has(line, forbidden) {
                findings.push(Finding::error(path, number + 1, *why));
            }
        }
        if outside_platform(path) && line.contains("@tauri-apps/") {
            let why = "uses @tauri-apps outside frontend/src/platform/";
            findings.push(Finding::error(path, number + 1, why));
        }
    }
    findings
}

fn outside_platform(path: &str) -> bool {
    path.starts_with("frontend/src/") && !path.starts_with("frontend/src/platform/")
}

/// Whether the text stands in the line and is not the middle of a longer word or path.
fn has(line: &str, text: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || "_-~}".contains(c);
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + text.len()..].chars().next();
        !before.is_some_and(part) && (text.ends_with('/') || !after.is_some_and(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_and_what_is_not() {
        let cases = [
            ("a.md", format!("see https://{}/x", FORBIDDEN[0].0), true),
            ("a.md", format!("see https://files.{}/x", FORBIDDEN[2].0), true),
            ("Cargo.lock", format!("registry+https://{}", FORBIDDEN[0].0), false),
            ("a.sh", format!("cd {}x", FORBIDDEN[6].0), true),
            ("a.sh", format!("cd frontend{}x", FORBIDDEN[6].0), false),
            ("a.rs", format!("// {}: later", FORBIDDEN[8].0), true),
            ("a.rs", format!("// {}S", FORBIDDEN[8].0), false),
            ("frontend/src/app/a.ts", "import '@tauri-apps/api'".into(), true),
            ("frontend/src/platform/a.ts", "import '@tauri-apps/api'".into(), false),
            ("docs/a.md", "nothing to see".into(), false),
        ];
        for (path, text, found) in cases {
            assert_eq!(!check(path, &text).is_empty(), found, "{path}: {text}");
        }
    }

    #[test]
    fn long_files_are_a_warning() {
        assert_eq!(check("a.rs", &"\n".repeat(LONG)), []);
        assert_eq!(check("a.csv", &"\n".repeat(LONG + 1)), []);
        let findings = check("a.rs", &"\n".repeat(LONG + 1));
        assert_eq!(
            findings[0].to_string(),
            "warning: a.rs: 401 lines: more than 400 want a reason"
        );
        assert!(!findings[0].fatal);
    }
}
