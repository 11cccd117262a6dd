//! A sync's streams, side by side.

use std::sync::Arc;
use std::time::Instant;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use crate::stream::StreamRun;
use crate::{Counts, Ends, Event, Outcome, Plan, RunOptions, StreamSummary, Summary};

/// Runs a plan to its end. Every stream ends in the summary; none stops another.
///
/// Cancelling stops within seconds: what has not been committed leaves no trace. Dropping the call stops at once, and what
/// was being committed lands or not.
pub async fn run(
    ends: Ends,
    plan: Plan,
    sync: &str,
    options: &RunOptions,
    events: UnboundedSender<Event>,
    cancel: CancellationToken,
) -> Summary {
    let started = Instant::now();
    let send = |event| drop(events.send(event));
    let names = plan.streams.iter().map(|stream| stream.key.stream.clone());
    send(Event::RunStarted {
        sync: sync.into(),
        streams: names.chain(plan.failed.iter().map(|(key, _)| key.clone())).collect(),
    });
    let mut streams = Vec::new();
    for (key, error) in plan.failed {
        let summary = StreamSummary {
            stream: key,
            target: String::new(),
            outcome: Outcome::Failed,
            counts: Counts::default(),
            seconds: 0.0,
            position: None,
            error: Some(error),
        };
        send(Event::StreamFinished(summary.clone()));
        streams.push(summary);
    }
    let options = Arc::new(options.clone());
    let width = options.parallel_streams.min(ends.destination.parallel_loads()).max(1);
    let running = plan.streams.into_iter().map(|plan| {
        let run = StreamRun::new(ends.clone(), plan, options.clone(), events.clone(), cancel.clone());
        // A task each, so that reading, mapping and writing of several streams use several cores.
        let span = tracing::info_span!("stream", stream = run.plan.key.stream);
        async move { AbortOnDropHandle::new(tokio::spawn(run.finish().instrument(span))).await }
    });
    let mut finished = stream::iter(running).buffer_unordered(width);
    while let Some(ended) = finished.next().await {
        match ended {
            Ok(summary) => {
                send(Event::StreamFinished(summary.clone()));
                streams.push(summary);
            }
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
    let landed = streams
        .iter()
        .filter(|stream| stream.outcome == Outcome::Landed)
        .count();
    let outcome = match landed {
        _ if cancel.is_cancelled() && landed < streams.len() => Outcome::Cancelled,
        landed if landed == streams.len() => Outcome::Landed,
        0 => Outcome::Failed,
        _ => Outcome::Partial,
    };
    let summary = Summary {
        sync: sync.into(),
        outcome,
        seconds: started.elapsed().as_secs_f64(),
        streams,
    };
    send(Event::RunFinished(summary.clone()));
    summary
}
