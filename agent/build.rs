//! Puts the built front end (`frontend/dist`) into the program, each file beside its gzip where that is shorter by a tenth. Where nobody
//! has built it the program comes without: Rust alone is enough to build.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

const FRONT: &str = "../frontend/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={FRONT}");
    // Addresses that the loader must correct are megabytes in a list and kilobytes in a bitmap; glibc reads those since 2.36.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let front = Path::new(FRONT);
    // Cargo takes a folder that is not there for one that always changes. Where it cannot be made that only costs time.
    let _ = fs::create_dir_all(front);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?);
    let mut list = String::from(
        "/// Name, content, and that by gzip.\ntype Built = (&'static str, &'static [u8], Option<&'static [u8]>);\n",
    );
    list += "const FILES: &[Built] = &[\n";
    for (number, path) in files(front)?.iter().enumerate() {
        let name = path.strip_prefix(front).map_err(io::Error::other)?;
        let name = name
            .to_str()
            .ok_or_else(|| io::Error::other("a file's name is no text"))?;
        let bytes = fs::read(path)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        let zipped = gzip.finish()?;
        let plain = keep(&out, &format!("front-{number}"), &bytes)?;
        let zipped = if zipped.len() < bytes.len() / 10 * 9 {
            let kept = keep(&out, &format!("front-{number}.gz"), &zipped)?;
            format!("Some({kept})")
        } else {
            "None".to_owned()
        };
        let name = name.replace('\\', "/");
        writeln!(list, "    ({name:?}, {plain}, {zipped}),").map_err(io::Error::other)?;
    }
    list += "];\n";
    fs::write(out.join("front.rs"), list)
}

/// All files below a folder, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(problem) => return Err(problem),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a file beside the list, and says how the list names it.
fn keep(out: &Path, name: &str, bytes: &[u8]) -> io::Result<String> {
    fs::write(out.join(name), bytes)?;
    Ok(format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))"))
}
