//! An OpenID Connect provider that answers whatever a test wants: for tokens that no honest one gives.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The provider. It ends when this is dropped.
pub struct Issuer {
    url: String,
    key: EcdsaKeyPair,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

struct State {
    token: String,
    asked: String,
}

impl Issuer {
    /// Starts one.
    pub async fn start() -> Self {
        Self::describing(&[]).await
    }

    /// Starts one that says this of itself, in the place of what is so.
    pub async fn describing(said: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a port");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key can be made");
        let point = key.public_key().as_ref();
        let mut description = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/auth"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"),
        });
        for (key, value) in said {
            description[key] = json!(value);
        }
        let keys = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        }] });
        let state = Arc::new(Mutex::new(State {
            token: String::new(),
            asked: String::new(),
        }));
        let task = tokio::spawn(serve(listener, description, keys, state.clone()));
        Self { url, key, state, task }
    }

    /// Its name.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives this token to whoever asks next.
    pub fn gives(&self, token: String) {
        self.state.lock().expect("no test holds this").token = token;
    }

    /// What it was asked for a token with.
    pub fn asked(&self) -> String {
        self.state.lock().expect("no test holds this").asked.clone()
    }

    /// The claims of an honest token.
    pub fn claims(&self, client: &str, nonce: &str) -> Json {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("it is after 1970")
            .as_secs();
        json!({ "iss": self.url, "sub": "17", "aud": client, "nonce": nonce, "iat": now, "exp": now + 300,
            "preferred_username": "ada", "groups": ["staff"] })
    }

    /// A token that it has signed.
    pub fn signed(&self, header: &Json, claims: &Json) -> String {
        sign_with(&self.key, header, claims)
    }

    /// A token that somebody else has signed.
    pub fn forged(&self, header: &Json, claims: &Json) -> String {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key can be made");
        sign_with(&key, header, claims)
    }

    /// A token whose secret is what everybody knows: the public key.
    pub fn keyed(&self, header: &Json, claims: &Json) -> String {
        let text = parts(header, claims);
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
        let tag = hmac::sign(&key, text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    /// A token that nobody has signed.
    pub fn unsigned(&self, header: &Json, claims: &Json) -> String {
        format!("{}.", parts(header, claims))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn parts(header: &Json, claims: &Json) -> String {
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn sign_with(key: &EcdsaKeyPair, header: &Json, claims: &Json) -> String {
    let text = parts(header, claims);
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).expect("it can sign");
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

async fn serve(listener: TcpListener, description: Json, keys: Json, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        // One after another: a caller that goes away ends its own only.
        let _ = answer(stream, &description, &keys, &state).await;
    }
}

async fn answer(stream: TcpStream, description: &Json, keys: &Json, state: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == "\r\n" {
            break;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap_or_default();
        }
        head += &line;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let text = match head.split(' ').nth(1) {
        Some("/.well-known/openid-configuration") => description.to_string(),
        Some("/keys") => keys.to_string(),
        Some("/token") => {
            let mut state = state.lock().expect("no test holds this");
            state.asked = format!("{head}\r\n{}", String::from_utf8_lossy(&body));
            json!({ "access_token": "x", "token_type": "Bearer", "id_token": state.token }).to_string()
        }
        _ => "{}".to_owned(),
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(answer.as_bytes()).await
}
