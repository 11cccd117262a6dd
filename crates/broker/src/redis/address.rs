//! Where the cache is, from its address.
//!
//! The driver's own reader takes `#insecure` behind an address for the wish to trust anybody.

use percent_encoding::percent_decode_str;
use redis::RedisConnectionInfo;
use syncapp_model::{Code, Error, ErrorKind, Result};
use url::Url;

/// Where, and as whom.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    pub(super) login: RedisConnectionInfo,
}

/// Reads `redis://user:password@host:6379/0`, or `rediss://…` with TLS. User, password, port and number may be missing.
pub(super) fn parse(text: &str) -> Result<Address> {
    // A reader's own words could repeat a part of the address.
    let url = Url::parse(text).map_err(|_| wrong("it is no URL"))?;
    let tls = match url.scheme() {
        "redis" => false,
        "rediss" => true,
        _ => return Err(wrong("it begins with neither redis:// nor rediss://")),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "nothing may follow the database's number; a ? or # in the password is written %3F or %23",
        ));
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if host.is_empty() {
        return Err(wrong("it names no host"));
    }
    let number = match url.path() {
        "" | "/" => 0,
        path => path[1..].parse().map_err(|_| wrong("the database is no number"))?,
    };
    let mut login = RedisConnectionInfo::default().set_db(number).set_skip_set_lib_name();
    let user = decoded(url.username())?;
    if !user.is_empty() {
        login = login.set_username(user);
    }
    if let Some(password) = url.password() {
        login = login.set_password(decoded(password)?);
    }
    Ok(Address {
        host: decoded(host)?,
        port: url.port().unwrap_or(6379),
        tls,
        login,
    })
}

fn decoded(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| wrong("it is not UTF-8"))
}

fn wrong(why: &str) -> Error {
    let why = format!("the cache's address cannot be understood: {why}");
    Error::new(Code::StoreFailed, why)
        .kind(ErrorKind::Config)
        .help("write it as rediss://user:password@host:6379/0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says() {
        let cases = [
            ("redis://h", "h:6379/0 None None"),
            ("rediss://h:1/", "h:1/0 None None"),
            ("redis://:p@h/3", "h:6379/3 None Some(\"p\")"),
            ("redis://u:a%2Fb%40@[::1]:7/2", "::1:7/2 Some(\"u\") Some(\"a/b@\")"),
        ];
        for (text, expected) in cases {
            let Address { host, port, tls, login } = parse(text).unwrap();
            let said = format!(
                "{host}:{port}/{} {:?} {:?}",
                login.db(),
                login.username(),
                login.password()
            );
            assert_eq!((said.as_str(), tls), (expected, text.starts_with("rediss:")), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        let cases = [
            ("canary", "no URL"),
            ("http://:canary@h", "neither"),
            ("redis://u:canary@", "no "),
            ("redis://h/canary", "no number"),
            ("rediss://u:canary@h#insecure", "nothing may follow"),
            ("redis://h?password=canary", "nothing may follow"),
            ("redis://u:%FFcanary@h", "not UTF-8"),
        ];
        for (text, expected) in cases {
            let error = parse(text).err().unwrap();
            assert!(error.to_string().contains(expected), "{text}: {error}");
            assert!(!format!("{error:?}").contains("canary"), "{text}: {error:?}");
        }
    }
}
