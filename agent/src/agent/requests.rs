//! Requests that an agent makes by itself: only to where its operator lets connections go, with no redirect and no proxy on the way.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use syncapp_connector::Network;
use syncapp_model::{Error, Result, Side};

/// What makes them.
pub(super) struct Requests {
    network: Network,
    client: Client,
}

/// Resolves names as the rules allow, for a client that would by itself.
struct Within(Network);

impl Resolve for Within {
    fn resolve(&self, name: Name) -> Resolving {
        let network = self.0.clone();
        Box::pin(async move {
            let addresses = network.addresses(name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl Requests {
    /// Each of them may take so long.
    pub(super) fn within(network: &Network, patience: Duration) -> Result<Self> {
        let client = Client::builder()
            .timeout(patience)
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(Within(network.clone()))
            .build()
            .map_err(|problem| Error::internal("no request can be made").driver(problem))?;
        Ok(Self {
            network: network.clone(),
            client,
        })
    }

    /// The client, for a request to this address. `side` is what an error calls it.
    pub(super) async fn to(&self, url: &Url, side: Side) -> Result<&Client> {
        let host = url.host_str().unwrap_or_default();
        // An address in the place of a name is not resolved by the client.
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            let port = url.port_or_known_default().unwrap_or(443);
            let address = SocketAddr::new(address, port);
            let allowed = self.network.addresses(&address.ip().to_string(), port).await;
            allowed.map_err(|problem| problem.error(host, port, side))?;
        }
        Ok(&self.client)
    }
}

/// Whether what is sent there is read by nobody else.
pub(crate) fn is_safe(address: &Url) -> bool {
    let host = address.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
    address.scheme() == "https" || address.scheme() == "http" && is_here
}
