use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, COOKIE, LOCATION};
use axum::response::{IntoResponse as _, Response as Answer};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use syncapp_store::SqliteStore;
use syncapp_vault::{KeyPlace, Keys, SealedVault};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const TOKEN: &str = "syncapp_canary_of_a_token";

/// Something that answers like an agent, with a certificate of its own making.
struct Server {
    url: String,
    pem: String,
    /// How many requests have come that showed the token.
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let tls = ServerConfig::builder_with_provider(client::provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let (listener, acceptor) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TlsAcceptor::from(Arc::new(tls)),
        );
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let routes = Router::new().fallback(move |request: Request| std::future::ready(answer(&request, &counted)));
        let (listener, routes) = (Tls { listener, acceptor }, routes.into_make_service());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            url,
            pem: cert.pem(),
            asked,
        }
    }
}

fn answer(request: &Request, asked: &AtomicUsize) -> Answer {
    let shown = request.headers().get(AUTHORIZATION);
    if shown.is_none_or(|shown| shown != format!("Bearer {TOKEN}").as_str()) || request.headers().contains_key(COOKIE) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    asked.fetch_add(1, Ordering::SeqCst);
    match request.uri().path() {
        "/api/v1/me" => r#"{"roles":[]}"#.into_response(),
        "/api/v1/moved" => (StatusCode::FOUND, [(LOCATION, "/api/v1/me")]).into_response(),
        path => path.to_owned().into_response(),
    }
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            // Whoever does not believe the certificate goes away.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

fn agents() -> (TempDir, Agents) {
    let folder = tempfile::tempdir().unwrap();
    let key = Secret::new("q8Y0bXk2m1pV5tS7nD3hJ9wL4cR6fZ0aGxEoKuIvTsM=");
    let keys = Keys {
        places: vec![KeyPlace::Given(key)],
        home: folder.path().to_owned(),
    };
    let store = SqliteStore::open(folder.path()).unwrap();
    let vault = Arc::new(SealedVault::new(Arc::new(store), keys));
    let agents = Agents::new(folder.path(), vault);
    (folder, agents)
}

fn new(name: &str, url: &str, certificate: Option<Fingerprint>) -> NewAgent {
    NewAgent {
        name: name.into(),
        url: url.into(),
        token: Some(Secret::new(TOKEN)),
        user: None,
        password: None,
        certificate,
    }
}

fn get(path: &str) -> Asked {
    Asked::new("GET", path, &[]).unwrap()
}

#[tokio::test]
async fn a_certificate_is_looked_at_before_it_is_believed() {
    let server = Server::start().await;
    let shown = Agents::certificate(&server.url, &Way::default())
        .await
        .unwrap()
        .unwrap();
    assert!(!shown.trusted);
    assert_eq!(shown.subject, shown.issuer);
    assert!(shown.not_after.ends_with('Z'), "{}", shown.not_after);
    assert_eq!(shown.fingerprint.to_string().len(), 32 * 3 - 1);
    let again: Fingerprint = shown.fingerprint.to_string().to_lowercase().try_into().unwrap();
    assert_eq!(again, shown.fingerprint);

    let (folder, agents) = agents();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &server.pem).unwrap();
    let way = Way {
        ca: Some(ca),
        proxy: None,
    };
    assert!(Agents::certificate(&server.url, &way).await.unwrap().unwrap().trusted);
    assert_eq!(
        server.asked.load(Ordering::SeqCst),
        0,
        "nothing is shown to whoever is only looked at"
    );

    let refused = agents
        .add(new("a", &server.url, None), &Way::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code, "agent.unreachable");
    agents.add(new("b", &server.url, None), &way).await.unwrap();
    agents
        .add(new("c", &server.url, Some(shown.fingerprint)), &Way::default())
        .await
        .unwrap();
    assert!(Agents::certificate("http://127.0.0.1:1", &way).await.unwrap().is_none());
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_is_refused() {
    let (server, other) = (Server::start().await, Server::start().await);
    let shown = Agents::certificate(&other.url, &Way::default()).await.unwrap().unwrap();
    let (folder, agents) = agents();
    let refused = agents
        .add(new("a", &server.url, Some(shown.fingerprint.clone())), &Way::default())
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, "agent.certificate_changed", "{refused:?}");
    assert_eq!(server.asked.load(Ordering::SeqCst), 0, "the token was sent to nobody");
    // An authority that vouches for it does not help.
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &server.pem).unwrap();
    let way = Way {
        ca: Some(ca),
        proxy: None,
    };
    let refused = agents.add(new("a", &server.url, Some(shown.fingerprint)), &way).await;
    assert_eq!(refused.unwrap_err().code, "agent.certificate_changed");
    assert!(agents.told().unwrap().is_empty());
}

#[tokio::test]
async fn a_stored_agent_is_asked_by_its_token() {
    let server = Server::start().await;
    let shown = Agents::certificate(&server.url, &Way::default())
        .await
        .unwrap()
        .unwrap();
    let (folder, agents) = agents();
    let way = Way::default();
    agents
        .add(new("team", &server.url, Some(shown.fingerprint)), &way)
        .await
        .unwrap();
    let twice = agents.add(new("team", &server.url, None), &way).await.unwrap_err();
    assert_eq!(twice.code, "config.conflict");

    let answer = agents
        .ask("team", get("/api/v1/projects/a%2Fb?limit=2"), None, &way)
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "/api/v1/projects/a%2Fb");
    let moved = agents.ask("team", get("/api/v1/moved"), None, &way).await.unwrap();
    assert_eq!(moved.status(), StatusCode::FOUND, "no redirect is followed");
    let nobody = agents.ask("another", get("/api/v1/me"), None, &way).await.unwrap_err();
    assert_eq!(nobody.code(), Code::UnknownName);

    // Another process finds it again, and nothing of the token is in a file.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let canary = TOKEN.as_bytes();
            assert!(
                !bytes.windows(canary.len()).any(|window| window == canary),
                "{}",
                path.display()
            );
        }
    }
    let later = Agents::new(folder.path(), agents.vault.clone());
    later.ask("team", get("/api/v1/me"), None, &way).await.unwrap();
    let id = later.find("team").unwrap().token().unwrap();
    later.remove("team").await.unwrap();
    assert!(later.told().unwrap().is_empty());
    assert_eq!(
        agents.vault.get(&id).await.unwrap(),
        None,
        "its token is forgotten, too"
    );
}

#[tokio::test]
async fn what_is_no_agent_is_not_stored() {
    let (_folder, agents) = agents();
    let way = Way::default();
    let mut both = new("a", "http://127.0.0.1:1", None);
    both.user = Some("ada".into());
    for (new, code) in [
        (new("", "http://127.0.0.1:1", None), "config.invalid_value"),
        (new("a", "http://10.0.0.1", None), "config.invalid_value"),
        (new("a", "http://127.0.0.1:1", None), "agent.unreachable"),
        (both, "config.missing_key"),
    ] {
        let refused = agents.add(new, &way).await.unwrap_err();
        assert_eq!(refused.code, code, "{refused:?}");
        assert!(!format!("{refused:?}").contains(TOKEN));
    }
    assert!(agents.told().unwrap().is_empty());
}
