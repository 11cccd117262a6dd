//! Where the broker is, from its address.
//!
//! The driver's own reader takes `[::1]` for `localhost`, and a missing user for `guest`.

use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use percent_encoding::percent_decode_str;
use syncapp_model::{Code, Error, ErrorKind, Result};
use url::Url;

/// How often either end is heard of, in seconds; after twice as long without a word the other one is gone.
const HEARTBEAT: u16 = 10;

/// Reads `amqp://user:password@host:5672/virtual-host`, or `amqps://…` with TLS. Without a virtual host it is `/`.
pub(super) fn parse(text: &str) -> Result<AMQPUri> {
    // A reader's own words could repeat a part of the address.
    let url = Url::parse(text).map_err(|_| wrong("it is no URL"))?;
    let scheme = match url.scheme() {
        "amqp" => AMQPScheme::AMQP,
        "amqps" => AMQPScheme::AMQPS,
        _ => return Err(wrong("it begins with neither amqp:// nor amqps://")),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "nothing may follow the virtual host; a ? or # in the password is written %3F or %23",
        ));
    }
    let username = decoded(url.username())?;
    let password = decoded(url.password().unwrap_or_default())?;
    if username.is_empty() || password.is_empty() {
        return Err(wrong("it names no user with a password"));
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if host.is_empty() {
        return Err(wrong("it names no host"));
    }
    let vhost = match url.path() {
        "" | "/" => "/".to_owned(),
        path => decoded(&path[1..])?,
    };
    let port = url.port().unwrap_or(scheme.default_port());
    Ok(AMQPUri {
        authority: AMQPAuthority {
            userinfo: AMQPUserInfo { username, password },
            host: decoded(host)?,
            port,
        },
        scheme,
        vhost,
        query: AMQPQueryString {
            heartbeat: Some(HEARTBEAT),
            ..AMQPQueryString::default()
        },
    })
}

fn decoded(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| wrong("it is not UTF-8"))
}

fn wrong(why: &str) -> Error {
    let why = format!("the message broker's address cannot be understood: {why}");
    Error::new(Code::StoreFailed, why)
        .kind(ErrorKind::Config)
        .help("write it as amqps://user:password@host:5671/virtual-host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says() {
        let cases = [
            ("amqp://u:p@h", "h:5672 / u p"),
            ("amqp://u:p@h/", "h:5672 / u p"),
            ("amqps://u:p@h/v", "h:5671 v u p"),
            ("amqp://u:a%2Fb%40@127.0.0.1:1234/a%2Fb", "127.0.0.1:1234 a/b u a/b@"),
            ("amqp://u:p@[::1]:7/%2F", "::1:7 / u p"),
        ];
        for (text, expected) in cases {
            let AMQPUri { authority, vhost, .. } = parse(text).unwrap();
            let AMQPUserInfo { username, password } = authority.userinfo;
            let said = format!("{}:{} {vhost} {username} {password}", authority.host, authority.port);
            assert_eq!(said, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        let cases = [
            ("canary", "no URL"),
            ("http://u:canary@h", "neither"),
            ("amqp://canary@h", "no user with a password"),
            ("amqp://h/canary", "no user with a password"),
            ("amqp://u:canary@", "no "),
            ("amqp://u:p@h/v?canary=1", "nothing may follow"),
            ("amqp://u:p@h/v#canary", "nothing may follow"),
            ("amqp://u:can#ary@h/v", "no URL"),
            ("amqp://u:%FFcanary@h", "not UTF-8"),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
            assert!(!format!("{error:?}").contains("canary"), "{text}: {error:?}");
        }
    }
}
