//! Streams of events end when whoever listens may not any more.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use futures_util::future::{Either, select};
use futures_util::stream::unfold;
use futures_util::{StreamExt as _, pin_mut};

use super::Admission;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(2);

/// The response; where it is a stream of events, one that ends.
pub(super) fn ending(response: Response, admission: Admission) -> Response {
    let form = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|form| form.as_bytes().to_owned());
    if !form.is_some_and(|form| form.starts_with(b"text/event-stream")) {
        return response;
    }
    let clock = admission.api.control.clock.clone();
    let look_at = clock.monotonic() + EVERY;
    response.map(|body| {
        let state = (body.into_data_stream(), admission, look_at);
        Body::from_stream(unfold(state, move |(mut frames, admission, mut look_at)| {
            let clock = clock.clone();
            async move {
                loop {
                    let time = clock.sleep(look_at.saturating_sub(clock.monotonic()));
                    pin_mut!(time);
                    match select(frames.next(), time).await {
                        Either::Left((frame, _)) => return Some((frame?, (frames, admission, look_at))),
                        Either::Right(_) if admission.holds().await => look_at = clock.monotonic() + EVERY,
                        Either::Right(_) => return None,
                    }
                }
            }
        }))
    })
}
