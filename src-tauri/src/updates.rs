//! Updates: only where the program was built with the key that they are signed by, and an address to ask. Without them it asks nobody.

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons};
use tauri_plugin_updater::UpdaterExt as _;

use crate::quit::Quit;

/// Whether there can be any.
pub(crate) fn are_on(app: &AppHandle) -> bool {
    let config = app.config().plugins.0.get("updater");
    let is_said = |key: &str| {
        config
            .and_then(|config| config.get(key))
            .is_some_and(|value| match value {
                serde_json::Value::String(text) => !text.is_empty(),
                serde_json::Value::Array(items) => !items.is_empty(),
                _ => false,
            })
    };
    is_said("pubkey") && is_said("endpoints")
}

/// Looks for one, and installs it where somebody wants it.
pub(crate) async fn offer(app: AppHandle) {
    if are_on(&app)
        && let Err(problem) = look(&app).await
    {
        tracing::warn!(%problem, "no update was found or installed");
    }
}

async fn look(app: &AppHandle) -> tauri_plugin_updater::Result<()> {
    let Some(update) = app.updater()?.check().await? else {
        return Ok(());
    };
    let (tell, told) = tokio::sync::oneshot::channel();
    let buttons = MessageDialogButtons::OkCancelCustom("Install".into(), "Later".into());
    let text = format!(
        "SyncApp {} is here. It is installed now, and SyncApp starts again.",
        update.version
    );
    app.dialog()
        .message(text)
        .title("SyncApp")
        .buttons(buttons)
        .show(move |wanted| {
            let _ = tell.send(wanted);
        });
    if told.await.unwrap_or(false) {
        update.download_and_install(|_, _| {}, || {}).await?;
        let quit = app.state::<Quit>();
        quit.begin(app);
        quit.comes_again();
    }
    Ok(())
}
