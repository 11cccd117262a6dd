//! What is said in the fleet, brought to those who listen in this process.
//!
//! One connection hears all topics: who listens to which is known here alone, and nothing has to be said again to a server that
//! has come back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use syncapp_control::Topics;
use syncapp_model::Result;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::link::Target;
use crate::pause::Pause;

/// How long whoever begins to listen waits for the connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// The connection's state, for those who listen. When the last one of these is gone it ends.
pub(super) struct Hearing(watch::Receiver<bool>);

impl Hearing {
    /// Hears topics that begin with `prefix`.
    pub(super) fn start(target: Arc<Target>, prefix: String, topics: Topics) -> Self {
        let (state, is_heard) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                () = state.closed() => {}
                () = hear(&target, &prefix, &topics, &state) => {}
            }
        });
        Self(is_heard)
    }

    /// Waits for the connection, but not for long: what is said meanwhile is not heard.
    pub(super) async fn ready(&self) {
        let mut is_heard = self.0.clone();
        if timeout(PATIENCE, is_heard.wait_for(|is_heard| *is_heard))
            .await
            .is_err()
        {
            tracing::debug!("what others say is not heard until the cache can be reached");
        }
    }
}

async fn hear(target: &Target, prefix: &str, topics: &Topics, state: &watch::Sender<bool>) {
    let mut pause = Pause::default();
    loop {
        match listen(target, prefix, topics, state).await {
            Ok(()) => pause.over(),
            Err(error) => {
                tracing::debug!(%error, "what others say is not heard");
                pause.failed(&error);
            }
        }
        state.send_replace(false);
        sleep(pause.left()).await;
    }
}

/// Until the connection ends.
async fn listen(target: &Target, prefix: &str, topics: &Topics, state: &watch::Sender<bool>) -> Result<()> {
    let mut hearing = target.hear(&format!("{prefix}*")).await?;
    state.send_replace(true);
    let mut messages = hearing.on_message();
    while let Some(message) = messages.next().await {
        if let Some(topic) = message.get_channel_name().strip_prefix(prefix) {
            topics.publish(topic, message.get_payload_bytes());
        }
    }
    Ok(())
}
