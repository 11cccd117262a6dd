//! A screen that nobody looks at: an X server of the test's own.

use std::ffi::OsString;
use std::fs;
use std::time::Instant;

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, MapState, Window as Handle,
};
use x11rb::rust_connection::RustConnection;

use super::PATIENCE;
use crate::server::guard::Guard;

/// A running Xvfb. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Screen {
    _guard: Guard,
    display: String,
}

impl Screen {
    /// Starts one under the first number that is free.
    pub(super) async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("syncapp-screen-").tempdir();
        let folder = folder.expect("a temporary folder can be made").keep();
        let number = folder.join("number");
        let script = r#"exec Xvfb -displayfd 3 -screen 0 1920x1200x24 -nolisten tcp 3>"$1""#;
        let line = ["sh", "-c", script, "sh"].map(OsString::from).into_iter();
        let line: Vec<OsString> = line.chain([number.clone().into()]).collect();
        // Its own signal, so that it takes its socket and its lock away.
        let mut guard = Guard::new(folder, "TERM", &line);
        guard.start();
        let begun = Instant::now();
        loop {
            // It writes its number, and a line's end, when it is ready.
            let told = fs::read_to_string(&number).unwrap_or_default();
            if let Some(told) = told.strip_suffix('\n') {
                let display = format!(":{told}");
                return Self { _guard: guard, display };
            }
            assert!(
                guard.is_running() && begun.elapsed() < PATIENCE,
                "Xvfb does not start (run scripts/setup):\n{}",
                guard.log()
            );
            tokio::time::sleep(super::PERIOD).await;
        }
    }

    /// What `DISPLAY` is there.
    pub(super) fn display(&self) -> &str {
        &self.display
    }

    /// Closes the windows that are shown, as their frames' crosses do.
    pub(super) fn close_windows(&self) {
        self.ask_to_close().expect("the screen answers");
    }

    fn ask_to_close(&self) -> Result<(), Box<dyn std::error::Error>> {
        let (server, screen) = RustConnection::connect(Some(&self.display))?;
        let atom = |name: &str| -> Result<u32, Box<dyn std::error::Error>> {
            Ok(server.intern_atom(false, name.as_bytes())?.reply()?.atom)
        };
        let (protocols, close) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
        let takes_it = |window: Handle| -> Result<bool, Box<dyn std::error::Error>> {
            let shown = server.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
            let known = server
                .get_property(false, window, protocols, AtomEnum::ATOM, 0, 16)?
                .reply()?;
            Ok(shown && known.value32().is_some_and(|mut atoms| atoms.any(|atom| atom == close)))
        };
        // There is no window manager: the windows are the root's own children.
        for window in server.query_tree(server.setup().roots[screen].root)?.reply()?.children {
            if takes_it(window)? {
                let message = ClientMessageEvent::new(32, window, protocols, [close, 0, 0, 0, 0]);
                server.send_event(false, window, EventMask::NO_EVENT, message)?;
            }
        }
        server.flush()?;
        Ok(())
    }
}
