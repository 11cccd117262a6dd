use std::fs;

use super::*;

/// What a name comes to: its value, nothing, or an error's code.
fn check(mounted: &Mounted, name: &str, expected: Result<Option<&str>, Code>) {
    let found = mounted.get(name).map_err(|error| {
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        error.code()
    });
    let found = found.as_ref().map(|found| found.as_ref().map(Secret::reveal));
    assert_eq!(found, expected.as_ref().map(|found| *found), "{name}");
}

#[test]
fn a_file_is_a_secret() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("secrets");
    fs::create_dir_all(folder.join("db")).unwrap();
    for (name, text) in [
        ("plain", "a b"),
        ("newline", "x\n"),
        ("windows", "x\r\n"),
        ("two", "x\n\n"),
        ("db/password", " ü "),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(place.path().join("outside"), "canary").unwrap();
    fs::write(folder.join("empty"), "\n").unwrap();
    fs::write(folder.join("bytes"), [0xff, b'c', b'a', b'n', b'a', b'r', b'y']).unwrap();
    fs::write(folder.join("long"), "x".repeat(MAX_SECRET + 1)).unwrap();
    fs::write(folder.join("longest"), "x".repeat(MAX_SECRET) + "\r\n").unwrap();
    let mounted = Mounted::new(&folder);
    check(&mounted, "plain", Ok(Some("a b")));
    check(&mounted, "newline", Ok(Some("x")));
    check(&mounted, "windows", Ok(Some("x")));
    check(&mounted, "two", Ok(Some("x\n")));
    check(&mounted, "db/password", Ok(Some(" ü ")));
    check(&mounted, "longest", Ok(Some(&"x".repeat(MAX_SECRET))));
    for absent in ["none", "db", "plain/x", "db/none"] {
        check(&mounted, absent, Ok(None));
    }
    for wrong in ["empty", "bytes", "long"] {
        check(&mounted, wrong, Err(Code::InvalidValue));
    }
    for trick in [
        "../outside",
        "db/../../outside",
        "/etc/passwd",
        ".",
        "..",
        "",
        "db//password",
        "a\0b",
        "a\\b",
    ] {
        check(&mounted, trick, Err(Code::InvalidValue));
    }
    check(&Mounted::new(place.path().join("not there")), "plain", Ok(None));
}

/// Kubernetes mounts `name → ..data/name` and `..data → ..2026_…`, and swaps `..data`.
#[cfg(unix)]
#[test]
fn links_lead_no_further_than_the_folder() {
    use std::os::unix::fs::symlink;
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("secrets");
    fs::create_dir_all(folder.join("..2026_1")).unwrap();
    fs::create_dir_all(folder.join("..2026_2")).unwrap();
    fs::write(folder.join("..2026_1/password"), "one\n").unwrap();
    fs::write(folder.join("..2026_2/password"), "two\n").unwrap();
    symlink("..2026_1", folder.join("..data")).unwrap();
    symlink("..data/password", folder.join("password")).unwrap();
    fs::write(place.path().join("outside"), "canary").unwrap();
    symlink(place.path().join("outside"), folder.join("away")).unwrap();
    symlink("../outside", folder.join("up")).unwrap();
    symlink("..", folder.join("parent")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    symlink("round", folder.join("round")).unwrap();
    // The folder itself may be a link.
    symlink(&folder, place.path().join("linked")).unwrap();
    for mounted in [Mounted::new(&folder), Mounted::new(place.path().join("linked"))] {
        check(&mounted, "password", Ok(Some("one")));
        check(&mounted, "..data/password", Ok(Some("one")));
        for away in ["away", "up", "parent/outside", "round"] {
            check(&mounted, away, Err(Code::UnreadableFile));
        }
        check(&mounted, "dangling", Ok(None));
    }
    symlink("..2026_2", folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    check(&Mounted::new(&folder), "password", Ok(Some("two")));
}
