//! A private nginx in front of an agent: Debian's server, an unprivileged user, a free port, a temporary folder.

use std::fs;
use std::path::Path;

use super::account::Account;
use super::guard::Guard;
use super::port;

/// A running nginx. Dropping it ends it at once and removes all it has written.
#[derive(Debug)]
pub struct Nginx {
    guard: Guard,
    url: String,
}

impl Nginx {
    /// Starts one that hands everything on to this address, and says from whom as its documentation advises.
    pub async fn before(upstream: &str) -> Self {
        Self::start(upstream, None).await
    }

    /// The same over TLS, with the server's certificate of [`certificates`](super::certificates::certificates).
    pub async fn with_tls(upstream: &str, certificates: &Path) -> Self {
        Self::start(upstream, Some(certificates)).await
    }

    async fn start(upstream: &str, certificates: Option<&Path>) -> Self {
        let account = Account::unprivileged("www-data");
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-nginx-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            let place = folder.display().to_string();
            let (scheme, ssl, tls) = match certificates {
                None => ("http", "", String::new()),
                Some(certificates) => {
                    for file in ["server.pem", "server.key"] {
                        let copied = fs::copy(certificates.join(file), folder.join(file));
                        copied.expect("the server's folder can be written");
                    }
                    let keys = format!("ssl_certificate {place}/server.pem; ssl_certificate_key {place}/server.key;");
                    ("https", " ssl", keys)
                }
            };
            let configuration = format!(
                "daemon off; worker_processes 1; pid {place}/pid; error_log stderr; events {{ }}\n\
                 http {{ access_log off; client_body_temp_path {place}/a; proxy_temp_path {place}/b;\n\
                   fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;\n\
                   server {{ listen 127.0.0.1:{port}{ssl}; {tls}\n\
                     location / {{ proxy_pass http://{upstream}; proxy_buffering off;\n\
                     proxy_set_header Host $http_host;\n\
                     proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }} }} }}\n"
            );
            fs::write(folder.join("nginx.conf"), configuration).expect("the server's folder can be written");
            account.own(&folder).expect("a folder can be given away");
            let file = format!("{place}/nginx.conf");
            let line = ["/usr/sbin/nginx", "-p", &place, "-e", "stderr", "-c", &file];
            let mut server = Self {
                guard: Guard::new(folder.clone(), "KILL", &account.command(line)),
                url: format!("{scheme}://127.0.0.1:{port}"),
            };
            server.guard.start();
            if server.guard.takes_connections(port).await {
                return server;
            }
            let log = server.guard.log();
            assert!(
                log.contains("Address already in use"),
                "nginx does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("nginx found no free port");
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.url.clone()
    }
}
