//! Where secrets are kept.

use syncapp_model::Secret;
use tauri::State;

use super::Answer;
use crate::secrets::Told;
use crate::shell::Shell;

#[tauri::command]
pub(crate) async fn secrets_place(shell: State<'_, Shell>) -> Answer<Told> {
    Ok(shell.secrets.told().await)
}

#[tauri::command]
pub(crate) async fn unlock(shell: State<'_, Shell>, passphrase: Secret) -> Answer<()> {
    Ok(shell.secrets.unlock(passphrase).await?)
}
