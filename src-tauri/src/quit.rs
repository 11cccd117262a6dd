//! The end: whoever closes the window ends the program, when what runs has landed or was given back.
//!
//! Invariant: the window is gone at once, and the process soon after it; whoever starts the program in between gets it anew.

use std::sync::atomic::{AtomicBool, Ordering};

use syncapp_control::Signal;
use tauri::{AppHandle, Manager as _};

/// How the program ends.
#[derive(Default)]
pub(crate) struct Quit {
    /// Told to whatever runs.
    pub(crate) stop: Signal,
    /// Told by whatever runs, when it is at rest.
    pub(crate) rested: Signal,
    again: AtomicBool,
}

impl Quit {
    /// Begins to end the program, once.
    pub(crate) fn begin(&self, app: &AppHandle) {
        if self.stop.is_raised() {
            return;
        }
        self.stop.raise();
        let (app, rested) = (app.clone(), self.rested.clone());
        tauri::async_runtime::spawn(async move {
            rested.raised().await;
            if app.state::<Self>().again.load(Ordering::SeqCst) {
                app.request_restart();
            } else {
                app.exit(0);
            }
        });
    }

    /// Somebody starts the program once more. Whether it is about to end, and is started anew after that.
    pub(crate) fn comes_again(&self) -> bool {
        let ends = self.stop.is_raised();
        self.again.fetch_or(ends, Ordering::SeqCst);
        ends
    }
}

/// Ends the program when the system asks for it.
pub(crate) async fn on_signals(app: AppHandle) {
    if asked().await {
        app.state::<Quit>().begin(&app);
    }
}

/// Waits until the system asks the program to end; `false` where it cannot be heard.
#[cfg(unix)]
async fn asked() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return false;
    };
    tokio::select! {
        heard = terminate.recv() => heard.is_some(),
        heard = interrupt.recv() => heard.is_some(),
    }
}

#[cfg(not(unix))]
async fn asked() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}
