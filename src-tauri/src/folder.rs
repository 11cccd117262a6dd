//! The folder of data: the one place where the desktop keeps anything.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use syncapp_model::{Code, Error, Result};

/// What the program is told.
#[derive(Debug, clap::Parser)]
#[command(name = "syncapp-desktop", version, about = "SyncApp in a window")]
pub(crate) struct Arguments {
    /// The folder of data; the platform's own where it is not given.
    #[arg(long, env = "SYNCAPP_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Arguments {
    /// The folder, which is there from now on, for its user only.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        let usual = || dirs::data_local_dir().map(|data| data.join("syncapp"));
        let folder = self.data.clone().or_else(usual).ok_or_else(|| {
            let error = Error::new(Code::StoreFailed, "this machine names no folder for data");
            error.help("give one by `--data`, or by SYNCAPP_DATA")
        })?;
        make(&folder).and_then(|()| folder.canonicalize()).map_err(|problem| {
            Error::new(Code::StoreFailed, "the folder of data cannot be used")
                .file(folder.display())
                .help("make it writable, or give another one by `--data`")
                .driver(problem)
        })
    }
}

fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// What the one program over a folder is called on the session's bus.
pub(crate) fn bus_name(identifier: &str, folder: &Path) -> String {
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    format!("{identifier}.data{}", hex::encode(&hash[..8]))
}
