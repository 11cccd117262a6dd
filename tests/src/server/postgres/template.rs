//! A cluster made once and copied for every server: `initdb` takes a second, a copy some milliseconds.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use tempfile::TempDir;

use super::{Account, Guard};

pub(super) const OWNER: &str = "owner";
pub(super) const PASSWORD: &str = "canary-owner-5b1f0c";

const INITDB: &[&str] = &[
    "--username=owner",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-sync",
];

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

/// Puts a fresh cluster under `data` of a guarded folder, and gives the folder to the account.
pub(super) fn fill(folder: &Path, account: Account) {
    duplicate(&cached(account), &folder.join("data"));
    account.own(folder).expect("the cluster can be given away");
}

/// A new folder that nobody guards yet.
pub(super) fn folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("syncapp-postgres-").tempdir();
    folder.expect("the temporary folder can be written").keep()
}

fn cached(account: Account) -> PathBuf {
    // One of this process's tests makes it, the others wait.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
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
    duplicate(&made.folder().join("data"), &part.path().join("data"));
    let renamed = fs::rename(part.path().join("data"), &template);
    assert!(
        renamed.is_ok() || template.exists(),
        "the template cannot be kept: {renamed:?}"
    );
    template
}

/// Runs `initdb` in a guarded folder, which goes with the guard.
fn make(account: Account) -> Guard {
    let folder = folder();
    let [data, password] = ["data", "password"].map(|name| folder.join(name));
    let mut line = vec![binaries().join("initdb").into_os_string()];
    line.extend([
        "--pgdata".into(),
        data.into_os_string(),
        "--pwfile".into(),
        password.clone().into_os_string(),
    ]);
    line.extend(INITDB.iter().map(OsString::from));
    let mut guard = Guard::new(folder, "KILL", &account.command(line));
    fs::write(password, PASSWORD).expect("the temporary folder can be written");
    account.own(guard.folder()).expect("the folder can be given away");
    guard.start();
    let code = guard.wait();
    assert_eq!(code, 0, "initdb failed:\n{}", guard.log());
    guard
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
