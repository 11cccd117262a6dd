//! Bodies that are too long.
//!
//! Whoever still sends does not hear an answer whose connection is closed on them: what is too long is read to its end and thrown
//! away, as long as that is no burden. It is less of one by somebody who is known.

use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use syncapp_model::{Code, Error};

use crate::access::Admitted;
use crate::{MAX_BODY, Problem};

/// The longest body of somebody who is not known, in bytes: of a sign-in, or a webhook.
pub(crate) const MAX_OPEN: usize = 64 << 10;
/// The longest body that is thrown away, in bytes.
const MAX_THROWN_AWAY: u64 = 64 << 20;
/// The same of somebody who is not known.
const MAX_THROWN_AWAY_OPEN: u64 = 1 << 20;

/// Refuses what says that it is too long. What does not say how long it is, is read as far as it may go.
pub(crate) async fn bounded(admitted: Option<Extension<Admitted>>, request: Request, next: Next) -> Response {
    let (longest, thrown_away) = match admitted {
        Some(_) => (MAX_BODY, MAX_THROWN_AWAY),
        None => (MAX_OPEN, MAX_THROWN_AWAY_OPEN),
    };
    let length = request.headers().get(CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let Some(length) = length.filter(|length| *length > longest as u64) else {
        return next.run(request).await;
    };
    if length <= thrown_away {
        let mut rest = request.into_body().into_data_stream();
        while let Some(Ok(_)) = rest.next().await {}
    }
    let longest = match longest >> 20 {
        0 => format!("{} KiB", longest >> 10),
        megabytes => format!("{megabytes} MiB"),
    };
    let error = Error::new(Code::InvalidValue, format!("the body is longer than {longest}"));
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error.help("send less at once")).into_response()
}
