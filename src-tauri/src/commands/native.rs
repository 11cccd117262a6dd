//! What only a desktop has: dialogs and notifications.
//!
//! Invariant: a page names no file. It is given the text of one that somebody has chosen, or its text goes where somebody says.

use std::path::{Path, PathBuf};

use serde::Serialize;
use syncapp_model::{Code, Error};
use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};
use tauri_plugin_notification::NotificationExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::sync::oneshot;

use super::Answer;
use crate::shell::Shell;

/// The longest file that is opened: what an agent takes.
const LONGEST: u64 = 8 << 20;

/// A text and what its file is called.
#[derive(Serialize)]
pub(crate) struct TextFile {
    name: String,
    text: String,
}

#[tauri::command]
pub(crate) async fn open_text(window: WebviewWindow, endings: Vec<String>) -> Answer<Option<TextFile>> {
    let endings: Vec<&str> = endings.iter().map(|ending| ending.trim_start_matches('.')).collect();
    let dialog = dialog(&window);
    let dialog = if endings.is_empty() {
        dialog
    } else {
        dialog.add_filter("SyncApp", &endings)
    };
    let (tell, told) = oneshot::channel();
    dialog.pick_file(move |path| {
        let _ = tell.send(path);
    });
    let Some(path) = chosen(told.await.ok().flatten())? else {
        return Ok(None);
    };
    let text = read(&path)
        .await
        .map_err(|problem| failed(&path, "cannot be read", &problem))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Some(TextFile { name, text }))
}

#[tauri::command]
pub(crate) async fn save_text(window: WebviewWindow, name: String, text: String) -> Answer<bool> {
    // What a page proposes is a name, not a place.
    let name = Path::new(&name)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let (tell, told) = oneshot::channel();
    dialog(&window).set_file_name(name).save_file(move |path| {
        let _ = tell.send(path);
    });
    let Some(path) = chosen(told.await.ok().flatten())? else {
        return Ok(false);
    };
    let written = tokio::fs::write(&path, text).await;
    written.map_err(|problem| failed(&path, "cannot be written", &problem))?;
    Ok(true)
}

#[tauri::command]
pub(crate) fn notify(app: AppHandle, shell: State<'_, Shell>, title: String, body: String) -> Answer<()> {
    if !shell.preferences.now().notifications {
        return Ok(());
    }
    let shown = app.notification().builder().title(title).body(body).show();
    shown.map_err(|problem| {
        let error = Error::new(Code::NotAvailable, "this desktop shows no notification");
        error.help("turn notifications off in Settings").driver(problem).into()
    })
}

fn dialog(window: &WebviewWindow) -> FileDialogBuilder<tauri::Wry> {
    window.dialog().file().set_parent(window)
}

fn chosen(path: Option<FilePath>) -> Result<Option<PathBuf>, Error> {
    let chosen = path.map(FilePath::into_path).transpose();
    chosen.map_err(|problem| Error::new(Code::UnreadableFile, "what was chosen is no file").driver(problem))
}

async fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let file = tokio::fs::File::open(path).await?;
    let length = file.take(LONGEST + 1).read_to_string(&mut text).await?;
    if length as u64 > LONGEST {
        return Err(std::io::Error::other("it is longer than 8 MB"));
    }
    Ok(text)
}

fn failed(path: &Path, what: &str, problem: &std::io::Error) -> Error {
    Error::new(Code::UnreadableFile, format!("the file {what}"))
        .file(path.display())
        .help("look at it and at your rights, or choose another one")
        .driver(problem)
}
