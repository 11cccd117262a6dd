//! The start: one program over a folder, its agent, its window; and the loop until both are at rest.

use syncapp_model::render;
use syncapp_telemetry::{Config, LogFilter, Otlp, Telemetry};
use tauri::{App, AppHandle, Manager as _, RunEvent};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogKind};
use tauri_plugin_window_state::StateFlags;

use crate::folder::{self, Arguments};
use crate::preferences::{Preferences, Preferred};
use crate::quit::{self, Quit};
use crate::shell::Shell;
use crate::{commands, updates, window};

/// Why there is no window.
type Problem = Box<dyn std::error::Error>;

/// Runs until the window is closed and all is at rest.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Problem> {
    let log_filter = syncapp::log_filter().map_err(|error| render(&error, None))?;
    let folder = arguments.folder()?;
    let runtime = syncapp::runtime()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let preferences = Preferences::open(&folder)?;
    let telemetry = {
        let _within = runtime.enter();
        Telemetry::start(&told(&preferences.now(), log_filter))?
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the macro ends the program where its own thread cannot be made"
    )]
    let context = tauri::generate_context!();
    let bus_name = folder::bus_name(&context.config().identifier, &folder);
    let single = tauri_plugin_single_instance::Builder::new()
        .dbus_id(bus_name)
        .callback(|app, _, _| {
            if !app.state::<Quit>().comes_again() {
                window::show(app);
            }
        });
    // A window that was hidden or had no frame is none that somebody wants to come back to.
    let state = tauri_plugin_window_state::Builder::new()
        .with_filename(folder.join("window.json").display().to_string())
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED);
    let app = tauri::Builder::default()
        .manage(Quit::default())
        .plugin(single.build())
        .plugin(state.build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_updater::Builder::new().build())
        .invoke_handler(tauri::generate_handler![
            commands::interface::ask,
            commands::interface::pull,
            commands::interface::leave,
            commands::agents::agents,
            commands::agents::certificate,
            commands::agents::add_agent,
            commands::agents::remove_agent,
            commands::secrets::secrets_place,
            commands::secrets::unlock,
            commands::native::open_text,
            commands::native::save_text,
            commands::native::notify,
            commands::preferences::preferences,
            commands::preferences::set_preferences,
            commands::preferences::about,
        ])
        .setup(move |app| {
            let opened = runtime.block_on(Box::pin(Shell::open(&folder, preferences)));
            match opened {
                Ok(shell) => begin(app, shell, telemetry)?,
                Err(error) => refuse(app.handle(), &render(&error, None)),
            }
            // It lives as long as the process.
            app.manage(runtime);
            Ok(())
        })
        .build(context)?;
    app.run(|app, event| {
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
            app.state::<Quit>().begin(app);
        }
    });
    Ok(())
}

/// Sets all going.
fn begin(app: &App, shell: Shell, telemetry: Telemetry) -> Result<(), Problem> {
    let (desk, folder) = (shell.desk.clone(), shell.folder.clone());
    let quit = app.state::<Quit>();
    let (stop, rested) = (quit.stop.clone(), quit.rested.clone());
    tauri::async_runtime::spawn(async move {
        let telemetry_kept = async {
            tokio::select! {
                () = telemetry.keep() => {}
                () = stop.raised() => {}
            }
        };
        let (worked, ()) = tokio::join!(Box::pin(desk.work(&telemetry, &stop)), telemetry_kept);
        if let Err(error) = worked {
            tracing::error!(%error, "nothing is run any more");
        }
        telemetry.stop().await;
        rested.raise();
    });
    tauri::async_runtime::spawn(quit::on_signals(app.handle().clone()));
    app.manage(shell);
    window::open(app.handle(), &folder)?;
    tauri::async_runtime::spawn(updates::offer(app.handle().clone()));
    Ok(())
}

/// Says why there is no window, and ends.
fn refuse(app: &AppHandle, why: &str) {
    tracing::error!("{why}");
    let ending = app.clone();
    app.state::<Quit>().rested.raise();
    app.dialog()
        .message(why)
        .title("SyncApp cannot start")
        .kind(MessageDialogKind::Error)
        .show(move |_| ending.exit(1));
}

/// What the program tells about itself: its log, and the rest only where somebody prefers it and the standard variables say to whom.
fn told(preferred: &Preferred, log_filter: LogFilter) -> Config {
    let is_named = ["", "_TRACES", "_METRICS", "_LOGS"].iter().any(|signal| {
        let name = format!("OTEL_EXPORTER_OTLP{signal}_ENDPOINT");
        std::env::var(name).is_ok_and(|value| !value.is_empty())
    });
    Config {
        log_filter,
        otlp: (preferred.telemetry && is_named).then(Otlp::default),
        instance: "desktop".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..Config::default()
    }
}
