//! ID tokens: whether the provider has signed one, for us, for this sign-on, and not too long ago.
//!
//! Invariants:
//! - Only signatures of keys that the provider alone has: no `none`, and no secret that both ends know.
//! - The key decides what a signature may be made with, and the token names one that fits; it brings no key along.
//! - What a token does not say holds for nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How far the clocks may be apart, in seconds.
const LEEWAY: f64 = 30.0;

/// What a token has to say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: SystemTime,
}

/// What a token says of somebody.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    iss: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    azp: Option<String>,
    nonce: String,
    #[serde(flatten)]
    pub(super) others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// What a token says, if it holds; else why it does not.
pub(super) fn look_at(token: &str, keys: &[Value], expected: &Expected<'_>) -> Result<Claims, &'static str> {
    let unreadable = "the provider's token cannot be read";
    let (signed, signature) = token.rsplit_once('.').ok_or(unreadable)?;
    let (header, claims) = signed.split_once('.').ok_or(unreadable)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| unreadable);
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| unreadable)?;
    if header.crit.is_some() {
        return Err("the provider's token wants to be understood in a way that is not known");
    }
    let key = key(keys, &header)?;
    if !verifies(&header.alg, key, signed.as_bytes(), &decoded(signature)?) {
        return Err("the provider's token is not signed by a key that only it has");
    }
    let claims: Claims =
        serde_json::from_slice(&decoded(claims)?).map_err(|_| "the provider's token says too little")?;
    holds(&claims, expected)?;
    Ok(claims)
}

/// The one key that the token can mean.
fn key<'a>(keys: &'a [Value], header: &Header) -> Result<&'a Value, &'static str> {
    let fits = |key: &&Value| {
        let is = |name: &str, value: &str| key[name].as_str().is_none_or(|said| said == value);
        let named = header.kid.as_deref().is_none_or(|kid| key["kid"].as_str() == Some(kid));
        named && is("use", "sig") && is("alg", &header.alg)
    };
    let mut fitting = keys.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        _ => Err("the provider has no such key"),
    }
}

/// Whether a key has made a signature, in a way that is known.
fn verifies(alg: &str, key: &Value, signed: &[u8], signature: &[u8]) -> bool {
    let part = |name: &str| key[name].as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let rsa = |how: &'static RsaParameters| {
        let (Some(n), Some(e), Some("RSA")) = (part("n"), part("e"), key["kty"].as_str()) else {
            return false;
        };
        RsaPublicKeyComponents { n, e }.verify(how, signed, signature).is_ok()
    };
    let ec = |how: &'static dyn VerificationAlgorithm, curve: &str, length: usize| {
        let (Some(x), Some(y), Some("EC")) = (part("x"), part("y"), key["kty"].as_str()) else {
            return false;
        };
        let point = [&[4], x.as_slice(), &y].concat();
        let is_one = key["crv"] == curve && x.len() == length && y.len() == length;
        is_one && UnparsedPublicKey::new(how, point).verify(signed, signature).is_ok()
    };
    match alg {
        "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
        "RS384" => rsa(&RSA_PKCS1_2048_8192_SHA384),
        "RS512" => rsa(&RSA_PKCS1_2048_8192_SHA512),
        "PS256" => rsa(&RSA_PSS_2048_8192_SHA256),
        "PS384" => rsa(&RSA_PSS_2048_8192_SHA384),
        "PS512" => rsa(&RSA_PSS_2048_8192_SHA512),
        "ES256" => ec(&ECDSA_P256_SHA256_FIXED, "P-256", 32),
        "ES384" => ec(&ECDSA_P384_SHA384_FIXED, "P-384", 48),
        _ => false,
    }
}

fn holds(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    if claims.iss != expected.issuer {
        return Err("the provider's token is another provider's");
    }
    let (ours, alone) = match &claims.aud {
        Audience::One(one) => (one == expected.client, true),
        Audience::Several(several) => (several.iter().any(|one| one == expected.client), several.len() == 1),
    };
    let party = claims.azp.as_deref().map_or(alone, |party| party == expected.client);
    if !(ours && party) {
        return Err("the provider's token is for another program");
    }
    let now = expected
        .now
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    if claims.exp + LEEWAY <= now {
        return Err("the provider's token is too old");
    }
    if claims.nbf.is_some_and(|from| from > now + LEEWAY) {
        return Err("the provider's token does not hold yet");
    }
    if claims.nonce != expected.nonce {
        return Err("the provider's token is of another sign-on");
    }
    if claims.sub.is_empty() {
        return Err("the provider's token names nobody");
    }
    Ok(())
}
