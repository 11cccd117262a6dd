//! What monitoring asks this process: its figures, whether it lives, and whether what it needs is there.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use syncapp_control::{Control, Signal};
use syncapp_model::{Code, Error, Result};
use syncapp_telemetry::{Ready, Telemetry};
use tokio::net::TcpListener;

/// Opens the address, if there is one.
pub(super) async fn listen(at: Option<SocketAddr>) -> Result<Option<TcpListener>> {
    let Some(at) = at else { return Ok(None) };
    let listener = TcpListener::bind(at).await.map_err(|problem| {
        let why = format!("the agent cannot answer monitoring at {at}");
        Error::new(Code::InvalidValue, why)
            .help("give another address by `listen` in `[telemetry]`")
            .driver(problem)
    })?;
    Ok(Some(listener))
}

/// Tells whoever asks, until that fails.
pub(super) async fn tell(
    telemetry: &Telemetry,
    listener: Option<TcpListener>,
    control: &Control,
    begun: &Signal,
) -> Error {
    syncapp_control::describe_metrics();
    syncapp_api::describe_metrics();
    let Some(listener) = listener else {
        telemetry.keep().await;
        return Error::internal("the agent measures no more");
    };
    let needs = Arc::new(Needs {
        control: control.clone(),
        begun: begun.clone(),
    });
    let answered = tokio::select! {
        answered = telemetry.answer(listener, needs) => answered,
        () = telemetry.keep() => Ok(()),
    };
    let error = Error::internal("the agent answers monitoring no more");
    match answered {
        Ok(()) => error,
        Err(problem) => error.driver(problem),
    }
}

/// The store, which is there once it was migrated, and the queue.
struct Needs {
    control: Control,
    begun: Signal,
}

#[async_trait]
impl Ready for Needs {
    async fn ready(&self) -> Vec<(&'static str, bool)> {
        let Control { store, queue, .. } = &self.control;
        let (store, queue) = tokio::join!(store.now(), queue.reachable());
        vec![
            ("store", self.begun.is_raised() && store.is_ok()),
            ("queue", queue.is_ok()),
        ]
    }
}
