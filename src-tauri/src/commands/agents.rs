//! Agents elsewhere: stored, looked at, forgotten.

use syncapp_model::{Code, Error, Secret};
use tauri::State;

use super::Answer;
use crate::agents::{Agents, Certificate, Fingerprint, NewAgent, Told};
use crate::shell::Shell;

#[tauri::command(async)]
pub(crate) fn agents(shell: State<'_, Shell>) -> Answer<Vec<Told>> {
    Ok(shell.agents.told()?)
}

#[tauri::command]
pub(crate) async fn certificate(shell: State<'_, Shell>, url: String) -> Answer<Option<Certificate>> {
    Ok(Agents::certificate(&url, &shell.preferences.way()).await?)
}

#[tauri::command]
pub(crate) async fn add_agent(
    shell: State<'_, Shell>,
    name: String,
    url: String,
    token: Option<Secret>,
    user: Option<String>,
    password: Option<Secret>,
    certificate: Option<String>,
) -> Answer<Told> {
    let pinned = certificate.map(Fingerprint::try_from).transpose();
    let certificate = pinned.map_err(|why| Error::new(Code::InvalidValue, why))?;
    let new = NewAgent {
        name,
        url,
        token,
        user,
        password,
        certificate,
    };
    shell.agents.add(new, &shell.preferences.way()).await
}

#[tauri::command]
pub(crate) async fn remove_agent(shell: State<'_, Shell>, name: String) -> Answer<()> {
    Ok(shell.agents.remove(&name).await?)
}
