//! A file system of a few megabytes over a folder, in a mount namespace that only one command sees: writing to it fails
//! as it does on any disk that is full. It goes with the command.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::account::{Account, unshare};

/// The mount is done by the namespace's own shell, which then becomes the command.
const MOUNT: &str = r#"mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@""#;

/// A small disk over a folder that is there.
#[derive(Debug, Clone)]
pub struct SmallDisk {
    /// Where it is mounted.
    pub folder: PathBuf,
    /// Its size in MiB.
    pub megabytes: u32,
}

impl SmallDisk {
    /// A disk over that folder.
    pub fn over(folder: &Path, megabytes: u32) -> Self {
        Self {
            folder: folder.to_owned(),
            megabytes,
        }
    }

    /// The command with this disk, which belongs to the account. It replaces itself: the process id is the command's own.
    pub fn command(&self, account: Account, command: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
        let mut line = unshare(&["--mount"]);
        let owner = account
            .ids()
            .map_or_else(String::new, |(user, group)| format!(",uid={user},gid={group}"));
        line.extend(["sh", "-c", MOUNT, "sh"].map(OsString::from));
        line.push(format!("size={}m,mode=0700{owner}", self.megabytes).into());
        line.push(self.folder.clone().into_os_string());
        line.extend(command);
        line
    }
}
