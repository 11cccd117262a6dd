//! Certificates for servers that show who they are.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder with two authorities, `ca.pem` and `other.pem`, and with `server.pem` and `server.key`, which the first one has
/// signed for a name such as `IP:127.0.0.1`.
pub fn certificates(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
    for authority in ["ca", "other"] {
        openssl(
            folder.path(),
            &format!("{new} -keyout {authority}.key -out {authority}.pem -subj /CN={authority}"),
        );
    }
    openssl(
        folder.path(),
        &format!(
            "{new} -keyout server.key -out server.pem -subj /CN=server -CA ca.pem -CAkey ca.key \
             -addext subjectAltName={name} -addext basicConstraints=critical,CA:FALSE"
        ),
    );
    folder
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments.split(' '))
        .output()
        .expect("openssl starts: run scripts/setup");
    assert!(
        output.status.success(),
        "openssl {arguments}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
