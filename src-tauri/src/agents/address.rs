//! Where an agent is: `https://`, and `http://` on this machine alone, since a token goes there.

use std::net::IpAddr;

use axum::http::Uri;
use syncapp_model::{Code, Error, Result};
use url::Url;

/// The address of an agent.
pub(super) fn parse(text: &str) -> Result<Url> {
    let wrong = || {
        let error = Error::new(Code::InvalidValue, "this is not the address of an agent");
        error.help("give a URL without a user and a password, such as https://syncapp.example.net")
    };
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().ok_or_else(wrong)?.trim_matches(['[', ']']);
    if !plain || !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    let is_here = host == "localhost" || host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
    if url.scheme() == "http" && !is_here {
        return Err(Error::new(Code::InvalidValue, "the token would be sent in the clear")
            .help("give an https:// address; http:// is for this machine only"));
    }
    Ok(url)
}

/// A path of the interface at an agent. What is in front of it at the agent's address stays there.
pub(super) fn below(agent: &Url, path: &Uri) -> Result<Url> {
    let mut url = agent.clone();
    let front = agent.path().trim_end_matches('/');
    let whole = format!("{front}{}", path.path());
    url.set_path(&whole);
    url.set_query(path.query());
    if url.path() == whole && url.origin() == agent.origin() {
        return Ok(url);
    }
    Err(Error::new(Code::InvalidValue, "this is no path of the interface"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_to_nobody_else() {
        let cases = [
            ("https://agent.example.net", true),
            (" https://agent.example.net:8443/team/ ", true),
            ("http://127.0.0.1:7700", true),
            ("http://localhost:7700", true),
            ("http://[::1]:7700", true),
            ("http://agent.example.net", false),
            ("http://10.0.0.1:7700", false),
            ("http://localhost.example.net", false),
            ("https://user@agent.example.net", false),
            ("https://user:pass@agent.example.net", false),
            ("https://agent.example.net/?a=b", false),
            ("https://agent.example.net/#a", false),
            ("ftp://agent.example.net", false),
            ("file:///etc/passwd", false),
            ("agent.example.net", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_path_is_put_behind_the_address() {
        let path: Uri = "/api/v1/projects/a%2Fb?limit=2&after=x%20y".parse().unwrap();
        for (agent, expected) in [
            (
                "https://a.example",
                "https://a.example/api/v1/projects/a%2Fb?limit=2&after=x%20y",
            ),
            (
                "https://a.example/team/",
                "https://a.example/team/api/v1/projects/a%2Fb?limit=2&after=x%20y",
            ),
        ] {
            assert_eq!(below(&parse(agent).unwrap(), &path).unwrap().as_str(), expected);
        }
    }
}
