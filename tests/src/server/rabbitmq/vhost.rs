//! Virtual hosts: a test's own part of a server.

use std::sync::atomic::{AtomicU32, Ordering};

use super::RabbitMq;

/// A password that has to be escaped in an address.
const PASSWORD: &str = "canary/p@ss:w%rd?#";

/// A virtual host, and a user who may do there what SyncApp needs and nothing else.
#[derive(Debug, Clone)]
pub struct VirtualHost {
    /// The server's port on 127.0.0.1.
    pub port: u16,
    /// Its name.
    pub name: String,
    /// The user.
    pub user: String,
    /// Its password.
    pub password: String,
    /// What the user may create and change, write to, and read from: regular expressions over names.
    pub rights: [String; 3],
}

impl VirtualHost {
    pub(super) fn new(port: u16) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            port,
            name: format!("host/{number}"),
            user: format!("syncapp_{number}"),
            password: PASSWORD.into(),
            rights: [r"^syncapp\..*"; 3].map(String::from),
        }
    }

    /// The expressions that make it.
    pub(super) fn making(&self) -> String {
        let Self {
            name, user, password, ..
        } = self;
        format!(
            "rabbit_vhost:add(<<\"{name}\">>,<<\"test\">>),\
             rabbit_auth_backend_internal:add_user(<<\"{user}\">>,<<\"{password}\">>,<<\"test\">>),{}",
            self.granting()
        )
    }

    fn granting(&self) -> String {
        let Self { name, user, rights, .. } = self;
        let rights = rights.each_ref().map(|right| right.replace('\\', r"\\"));
        let [configure, write, read] = rights;
        format!(
            "rabbit_auth_backend_internal:set_permissions(<<\"{user}\">>,<<\"{name}\">>,<<\"{configure}\">>,<<\"{write}\">>,\
             <<\"{read}\">>,<<\"test\">>)"
        )
    }

    /// Its user's address, the password included.
    pub fn url(&self) -> String {
        self.url_on("amqp", self.port)
    }

    /// The same by another scheme on another port.
    pub fn url_on(&self, scheme: &str, port: u16) -> String {
        let escaped = |text: &str| {
            text.bytes().fold(String::new(), |text, byte| match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => text + &char::from(byte).to_string(),
                _ => format!("{text}%{byte:02X}"),
            })
        };
        let Self {
            name, user, password, ..
        } = self;
        format!(
            "{scheme}://{user}:{}@127.0.0.1:{port}/{}",
            escaped(password),
            escaped(name)
        )
    }

    /// Gives its user these rights and no others.
    pub async fn grant(&mut self, server: &RabbitMq, rights: [&str; 3]) {
        self.rights = rights.map(String::from);
        server.eval(&self.granting()).await;
    }

    /// How many messages wait in a queue, and how many consumers it has; `None` where there is no such queue.
    pub async fn queue(&self, server: &RabbitMq, name: &str) -> Option<(u32, u32)> {
        let found = server
            .eval(&format!(
                "case rabbit_amqqueue:lookup({}) of {{ok,Q}}->{{ok,M,C}}=rabbit_amqqueue:stat(Q),[M,C];_->none end",
                self.resource(name)
            ))
            .await;
        let (messages, consumers) = found.strip_prefix('[')?.strip_suffix(']')?.split_once(',')?;
        Some((messages.parse().ok()?, consumers.parse().ok()?))
    }

    /// Publishes a message that is kept on disk, as the broker's own operator would, whatever its user may do.
    pub async fn publish(&self, server: &RabbitMq, exchange: &str, key: &str, body: &str) {
        let body: Vec<String> = body.bytes().map(|byte| byte.to_string()).collect();
        let exchange = format!("rabbit_misc:r(<<\"{}\">>,exchange,<<\"{exchange}\">>)", self.name);
        server
            .eval(&format!(
                "M=rabbit_basic:message({exchange},<<\"{key}\">>,[{{delivery_mode,2}}],<<{}>>),\
                 rabbit_basic:publish(rabbit_basic:delivery(false,false,M,undefined))",
                body.join(",")
            ))
            .await;
    }

    /// Removes a queue with all that is in it.
    pub async fn delete_queue(&self, server: &RabbitMq, name: &str) {
        server
            .eval(&format!(
                "{{ok,Q}}=rabbit_amqqueue:lookup({}),rabbit_amqqueue:delete(Q,false,false,<<\"test\">>)",
                self.resource(name)
            ))
            .await;
    }

    /// A queue's name, as the server has it.
    fn resource(&self, name: &str) -> String {
        format!("rabbit_misc:r(<<\"{}\">>,queue,<<\"{name}\">>)", self.name)
    }
}
