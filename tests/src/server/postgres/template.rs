//! A cluster made once and copied for every server: `initdb` takes a second, a copy some milliseconds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use tempfile::TempDir;

use super::Account;

pub(super) const OWNER: &str = "owner";
pub(super) const PASSWORD: &str = "canary-owner-5b1f0c";

/// Changes with whatever changes a template, so that an old one is not taken.
const VERSION: u32 = 1;

/// The folder of `postgres` and `initdb`: the newest that Debian has installed, else the one in `PATH`.
pub(super) fn binaries() -> PathBuf {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, bin)| bin.join("postgres").exists())
        .max();
    let paths = env::var_os("PATH").unwrap_or_default();
    newest
        .map(|(_, bin)| bin)
        .or_else(|| env::split_paths(&paths).find(|folder| folder.join("initdb").exists()))
        .expect("PostgreSQL's server is not installed: run scripts/setup")
}

/// A new folder with a fresh cluster under `data`, owned by the account.
pub(super) fn copy(account: Account) -> PathBuf {
    let template = cached(account);
    let folder = temporary();
    duplicate(&template, &folder.path().join("data"));
    account.own(folder.path()).expect("the cluster can be given away");
    folder.keep()
}

fn cached(account: Account) -> PathBuf {
    let major = binaries()
        .parent()
        .and_then(Path::file_name)
        .map(|name| name.display().to_string());
    let cache = target_folder().join("test-servers");
    let template = cache.join(format!("postgres-{}-v{VERSION}", major.unwrap_or_default()));
    if template.exists() {
        return template;
    }
    fs::create_dir_all(&cache).expect("the target folder can be written");
    let made = make(account);
    // Copied beside its place and then renamed: other processes see no template or a whole one, and the first wins.
    let part = TempDir::new_in(&cache).expect("the target folder can be written");
    duplicate(&made.path().join("data"), &part.path().join("data"));
    let renamed = fs::rename(part.path().join("data"), &template);
    assert!(
        renamed.is_ok() || template.exists(),
        "the template cannot be kept: {renamed:?}"
    );
    template
}

fn make(account: Account) -> TempDir {
    let folder = temporary();
    let password = folder.path().join("password");
    fs::write(&password, PASSWORD).expect("the temporary folder can be written");
    account.own(folder.path()).expect("the folder can be given away");
    let line = account.command([
        binaries().join("initdb").as_os_str(),
        "--pgdata".as_ref(),
        folder.path().join("data").as_os_str(),
        "--pwfile".as_ref(),
        password.as_os_str(),
        format!("--username={OWNER}").as_ref(),
        "--auth=scram-sha-256".as_ref(),
        "--encoding=UTF8".as_ref(),
        "--locale=C.UTF-8".as_ref(),
        "--no-sync".as_ref(),
    ]);
    let output = Command::new(&line[0])
        .args(&line[1..])
        .current_dir("/")
        .output()
        .expect("initdb starts");
    assert!(
        output.status.success(),
        "initdb failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    folder
}

fn temporary() -> TempDir {
    tempfile::Builder::new()
        .prefix("syncapp-postgres-")
        .tempdir()
        .expect("the temporary folder can be written")
}

fn duplicate(from: &Path, to: &Path) {
    let status = Command::new("cp")
        .args(["-R", "--preserve=mode", "--reflink=auto"])
        .args([from, to])
        .status()
        .expect("cp starts");
    assert!(status.success(), "{} cannot be copied", from.display());
}

/// Cargo's target folder, found from the running test: the folder that cargo has marked as a cache.
fn target_folder() -> PathBuf {
    let program = env::current_exe().expect("a test knows its own path");
    program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .map_or_else(env::temp_dir, Path::to_owned)
}
