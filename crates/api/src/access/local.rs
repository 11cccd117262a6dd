//! Whoever sits in front of this process: a desktop asks the interface without a network in between.
//!
//! Invariant: what says so is a mark among a request's extensions. Nothing that is sent becomes an extension, and nobody outside of this
//! module can make the mark: a request bears it only where [`Local`] has put it.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::ServiceExt as _;

use crate::{Api, router};

/// The mark.
#[derive(Clone, Copy)]
pub(super) struct Here(());

/// The interface as the local user asks it, who may everything. It is no service, so that no listener can be put in front of it by
/// mistake.
#[derive(Clone)]
pub struct Local(Router);

impl Local {
    /// The interface of this process.
    pub fn new(api: Api) -> Self {
        Self(router(api))
    }

    /// Answers a request of the local user. Whatever it shows besides (a token, a session) is not looked at.
    pub async fn ask(&self, mut request: Request) -> Response {
        request.extensions_mut().insert(Here(()));
        match self.0.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }
}
