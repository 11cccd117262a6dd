//! One user's session, in which the desktop is opened again and again.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::screen::Screen;
use super::window::Window;
use crate::server::account::unshare;
use crate::server::guard::Guard;
use crate::server::port;

/// The session's first process: a bus, and a keyring that is unlocked as at log-in, or a bus that can start none. It becomes
/// the driver.
const SESSION: &str = r#"
bus=--session
if [ "$1" = no-keyring ]; then
  bus="--config-file=$XDG_RUNTIME_DIR/bus.conf"
  echo '<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
    <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>' >"$XDG_RUNTIME_DIR/bus.conf"
fi
dbus-daemon "$bus" --address="$DBUS_SESSION_BUS_ADDRESS" --fork || exit 90
[ "$1" = no-keyring ] || printf 'test\n' | gnome-keyring-daemon --unlock --components=secrets || exit 91
shift
exec "$@"
"#;

/// Whether the session has a place for secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// gnome-keyring, unlocked.
    Unlocked,
    /// No Secret Service is there, nor can one be started.
    Absent,
}

/// A user's session. Dropping it ends whatever was started in it.
#[derive(Debug)]
pub struct Desk {
    // Ends before its screen, and before its home is removed.
    session: Guard,
    screen: Screen,
    place: TempDir,
    port: u16,
}

impl Desk {
    /// Logs somebody in.
    pub async fn new(keyring: Keyring) -> Self {
        let screen = Screen::start().await;
        for _ in 0..5 {
            let place = tempfile::tempdir().expect("a temporary folder can be made");
            for folder in ["home/.local/share/keyrings", "run", "temporary"] {
                fs::create_dir_all(place.path().join(folder)).expect("the folder can be written");
            }
            let private = fs::Permissions::from_mode(0o700);
            fs::set_permissions(place.path().join("run"), private).expect("the folder is ours");
            let (port, native) = (port::free(), port::free());
            let folder = tempfile::Builder::new().prefix("syncapp-desk-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            let line = session(place.path(), screen.display(), keyring, port, native);
            let mut session = Guard::new(folder, "KILL", &line);
            session.start();
            let driver = session.takes_connections(native).await && session.takes_connections(port).await;
            if driver {
                return Self {
                    session,
                    screen,
                    place,
                    port,
                };
            }
            let log = session.log();
            assert!(
                log.contains("can not listen"),
                "the session does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("the driver found no free port");
    }

    /// The user's home.
    pub fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }

    /// Where the desktop is told to keep its data.
    pub fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// All that the session may have written: the home with the data, what lasts as long as the session, temporary files.
    pub fn place(&self) -> &Path {
        self.place.path()
    }

    /// What the programs of the session have said.
    pub fn log(&self) -> String {
        self.session.log()
    }

    /// Opens the desktop, and waits until its first screen can be used.
    pub async fn open(&self) -> Window<'_> {
        Window::open(self).await
    }

    /// The secrets that the keyring holds.
    pub fn secrets(&self) -> Vec<String> {
        let found = Command::new("secret-tool")
            .args(["search", "--all", "--unlock", "service", "syncapp"])
            .env("DBUS_SESSION_BUS_ADDRESS", bus(self.place.path()))
            .output()
            .expect("secret-tool starts: run scripts/setup");
        String::from_utf8_lossy(&found.stdout)
            .lines()
            .filter_map(|line| line.strip_prefix("secret = "))
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn screen(&self) -> &Screen {
        &self.screen
    }

    pub(super) fn driver(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Where the session's bus listens.
fn bus(place: &Path) -> String {
    format!("unix:path={}", place.join("run/bus").display())
}

/// The session as a command: in a PID namespace of its own, all of whose processes the kernel ends with the first one.
fn session(place: &Path, display: &str, keyring: Keyring, port: u16, native: u16) -> Vec<OsString> {
    let folder = |name: &str| place.join(name).display().to_string();
    let environment = [
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("HOME", folder("home")),
        ("XDG_RUNTIME_DIR", folder("run")),
        ("TMPDIR", folder("temporary")),
        ("DBUS_SESSION_BUS_ADDRESS", bus(place)),
        ("DISPLAY", display.to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        // Nobody reads the screen to somebody.
        ("NO_AT_BRIDGE", "1".to_owned()),
    ];
    let mut line: Vec<OsString> = ["env", "-i"].map(Into::into).into();
    line.extend(environment.map(|(name, value)| format!("{name}={value}").into()));
    line.extend(unshare(&["--pid", "--fork", "--kill-child", "--mount-proc"]));
    line.extend(["sh", "-c", SESSION, "sh"].map(OsString::from));
    line.push(
        if keyring == Keyring::Absent {
            "no-keyring"
        } else {
            "keyring"
        }
        .into(),
    );
    line.push(tool("tauri-driver").into_os_string());
    for (option, port) in [("--port", port), ("--native-port", native)] {
        line.extend([option.into(), port.to_string().into()]);
    }
    line
}

/// A program that `scripts/setup` has built, which lies below the target folder.
fn tool(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its path");
    let found = own
        .ancestors()
        .map(|folder| folder.join("tools/bin").join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: run scripts/setup"))
}
