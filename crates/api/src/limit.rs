//! How often one address may ask, over all processes of a fleet.
//!
//! The [`Cache`](syncapp_control::Cache) counts. When it is gone nobody is refused: a limit protects the agent, and is no lock.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use syncapp_control::Allowance;
use syncapp_control::access::site;
use syncapp_model::{Code, Error};

use crate::access::Origin;
use crate::{Api, Problem};

/// The window in which requests are counted.
const WINDOW: Duration = Duration::from_mins(1);

pub(crate) const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
pub(crate) const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
pub(crate) const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Counts a request that came over a network, and refuses it where there were too many.
pub(crate) async fn limited(State(api): State<Api>, request: Request, next: Next) -> Response {
    let Some((limit, caller)) = api.requests_per_minute.zip(caller(&request)) else {
        return next.run(request).await;
    };
    let key = format!("requests/{caller}");
    let Ok(allowance) = api.cache.count(&key, limit.into(), WINDOW).await else {
        return next.run(request).await;
    };
    let mut answer = if allowance.allowed {
        next.run(request).await
    } else {
        let error = Error::new(Code::TooManyRequests, "too many requests come from this address");
        let help = format!(
            "ask again in {} s; `requests_per_minute` of agent.toml is the limit",
            seconds(allowance)
        );
        let mut answer = Problem::new(StatusCode::TOO_MANY_REQUESTS, error.help(help)).into_response();
        answer.headers_mut().insert(RETRY_AFTER, seconds(allowance).into());
        answer
    };
    tell(answer.headers_mut(), limit, allowance);
    answer
}

fn tell(headers: &mut HeaderMap, limit: u32, allowance: Allowance) {
    headers.insert(LIMIT, limit.into());
    headers.insert(REMAINING, allowance.remaining.into());
    headers.insert(RESET, seconds(allowance).into());
}

/// Until the window is over, in whole seconds that are not too few.
fn seconds(allowance: Allowance) -> u64 {
    allowance.resets_in.as_millis().div_ceil(1000) as u64
}

/// Who is counted. Nobody in this process is.
fn caller(request: &Request) -> Option<IpAddr> {
    let Origin::Address(origin) = request.extensions().get::<Origin>()? else {
        return None;
    };
    Some(site(*origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn a_site_is_counted_as_one() {
        for (peer, counted) in [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")] {
            let mut request = Request::new(Body::empty());
            assert_eq!(caller(&request), None);
            request.extensions_mut().insert(Origin::Here);
            assert_eq!(caller(&request), None);
            request.extensions_mut().insert(Origin::Address(peer.parse().unwrap()));
            assert_eq!(caller(&request), counted.parse().ok());
        }
    }
}
