//! What asks agents: no redirect is followed, no cookie is kept, and nobody but the agent itself is believed.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Proxy, RequestBuilder, Response};
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use syncapp_model::{Code, Error, Result};
use url::Url;

use super::certificate::{self, Fingerprint, Verifier};
use crate::preferences::Way;

/// How long it may take until an agent takes a connection. An answer may take as long as it likes: some are watched for hours.
const PATIENCE: Duration = Duration::from_secs(15);

/// What asks an agent that shows this certificate; one that the machine's authorities vouch for, where none is pinned.
pub(super) fn of(pinned: Option<&Fingerprint>, way: &Way) -> Result<Client> {
    let provider = provider();
    let tls = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let tls = tls.map_err(|problem| Error::internal("no TLS can be spoken").driver(problem))?;
    let tls = match pinned {
        Some(pinned) => tls
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::pinned(provider, pinned.clone()))),
        None => tls.with_root_certificates(certificate::roots(way.ca.as_deref())?),
    };
    build(tls.with_no_client_auth(), way)
}

/// A client that speaks TLS so.
pub(super) fn build(tls: ClientConfig, way: &Way) -> Result<Client> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .connect_timeout(PATIENCE);
    let client = match &way.proxy {
        Some(proxy) => {
            let proxy = Proxy::all(proxy.as_str());
            client.proxy(proxy.map_err(|problem| {
                let error = Error::new(Code::InvalidValue, "the proxy's address is none");
                error.help("look at it in Settings").driver(problem.without_url())
            })?)
        }
        None => client.no_proxy(),
    };
    client
        .build()
        .map_err(|problem| Error::internal("no HTTP client can be made").driver(problem.without_url()))
}

/// The one set of ciphers of this program.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Sends a request to an agent.
pub(super) async fn send(request: RequestBuilder, agent: &Url) -> Result<Response> {
    request.send().await.map_err(|problem| unreachable(&problem, agent))
}

fn unreachable(problem: &reqwest::Error, agent: &Url) -> Error {
    let host = agent.host_str().unwrap_or_default();
    let place = format!("{host}:{}", agent.port_or_known_default().unwrap_or_default());
    let mut cause: &dyn std::error::Error = problem;
    while let Some(next) = cause.source() {
        cause = next;
        if let Some(error) = certificate::changed(next) {
            return error;
        }
    }
    // The outermost words may have a proxy's address in them: the innermost say what failed.
    Error::new(Code::AgentUnreachable, format!("the agent at {place} does not answer"))
        .help("check its address, and that `syncapp agent` runs there")
        .driver(cause)
}
