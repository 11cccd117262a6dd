//! Bodies that are too long.
//!
//! Whoever still sends does not hear an answer whose connection is closed on them: what is too long is read to its end and thrown
//! away, as long as that is no burden.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use syncapp_model::{Code, Error};

use crate::{MAX_BODY, Problem};

/// The longest body that is thrown away, in bytes.
const MAX_THROWN_AWAY: u64 = 64 << 20;

/// Refuses what says that it is too long. What does not say how long it is, is read as far as it may go.
pub(crate) async fn bounded(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let Some(length) = length.filter(|length| *length > MAX_BODY as u64) else {
        return next.run(request).await;
    };
    if length <= MAX_THROWN_AWAY {
        let mut rest = request.into_body().into_data_stream();
        while let Some(Ok(_)) = rest.next().await {}
    }
    let error = Error::new(
        Code::InvalidValue,
        format!("the body is longer than {} MiB", MAX_BODY >> 20),
    );
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error.help("send less at once")).into_response()
}
