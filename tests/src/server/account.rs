//! The account that a server runs under: some refuse to run as root.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

/// An unprivileged user, or whoever runs the tests.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    ids: Option<(u32, u32)>,
}

impl Account {
    /// The user of that name when the tests run as root, otherwise their own user.
    pub fn unprivileged(name: &str) -> Self {
        if !is_root() {
            return Self { ids: None };
        }
        let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
        let ids = find(&users, name).unwrap_or_else(|| panic!("there is no user {name}: run scripts/setup"));
        Self { ids: Some(ids) }
    }

    /// Whoever runs the tests.
    pub fn own_user() -> Self {
        Self { ids: None }
    }

    /// User and group, where they are not those of whoever runs the tests.
    pub(super) fn ids(self) -> Option<(u32, u32)> {
        self.ids
    }

    /// The command as this account runs it. It replaces itself: the process id is the command's own.
    pub fn command(self, command: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<OsString> {
        let mut line = Vec::new();
        if let Some((user, group)) = self.ids {
            line.push("setpriv".into());
            line.extend([format!("--reuid={user}"), format!("--regid={group}")].map(OsString::from));
            line.push("--clear-groups".into());
        }
        line.extend(command.into_iter().map(Into::into));
        line
    }

    /// Gives the folder and all in it to this account.
    pub fn own(self, path: &Path) -> std::io::Result<()> {
        let Some((user, group)) = self.ids else { return Ok(()) };
        chown(path, Some(user), Some(group))?;
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                self.own(&entry?.path())?;
            }
        }
        Ok(())
    }
}

/// The beginning of a command in namespaces of its own, such as `--mount`.
pub(crate) fn unshare(namespaces: &[&str]) -> Vec<OsString> {
    let mut line: Vec<OsString> = ["unshare"].iter().chain(namespaces).map(Into::into).collect();
    if !is_root() {
        // In a user namespace of its own an ordinary user may have them, and stays who they are.
        line.extend(["--user", "--map-current-user", "--keep-caps"].map(OsString::from));
    }
    line
}

/// Whether the tests run as root.
pub(super) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn find(users: &str, name: &str) -> Option<(u32, u32)> {
    let fields: Vec<_> = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields[0] == name)?;
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_the_user_s_own_line() {
        let users = "root:x:0:0:root:/root:/bin/bash\npostgresql:x:5:6::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(find(users, "postgres"), Some((101, 104)));
        assert_eq!(find(users, "nobody"), None);
    }

    #[test]
    fn a_command_under_one_s_own_account_stays_as_it_is() {
        assert_eq!(Account { ids: None }.command(["a", "b"]), ["a", "b"]);
        assert_eq!(
            Account { ids: Some((7, 8)) }.command(["a"]),
            ["setpriv", "--reuid=7", "--regid=8", "--clear-groups", "a"]
        );
    }
}
