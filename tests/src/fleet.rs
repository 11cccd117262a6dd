//! Agents that share a database, a broker and a cache, each with one role.

use uuid::Uuid;

use crate::agent::{Agent, master_key};
use crate::server::postgres::{Database, Options, Postgres};
use crate::server::rabbitmq::{RabbitMq, VirtualHost};
use crate::server::redis::{Redis, User};
use crate::syncapp::Syncapp;

/// What a fleet shares. They are its own: they may be crashed.
#[derive(Debug)]
pub struct Servers {
    /// The metadata, and whatever else is put there.
    pub postgres: Postgres,
    /// The queue.
    pub broker: RabbitMq,
    /// The cache.
    pub cache: Redis,
}

/// The fleet.
#[derive(Debug)]
pub struct Fleet {
    /// What it shares.
    pub servers: Servers,
    /// Its part of the broker.
    pub host: VirtualHost,
    /// Its part of the cache.
    pub user: User,
    /// Its part of the database.
    pub metadata: Database,
    /// Its processes, those that answer first.
    pub members: Vec<Agent>,
}

impl Servers {
    /// Starts them.
    pub async fn start() -> Self {
        let (postgres, broker, cache) =
            tokio::join!(Options::default().start(), RabbitMq::start(), Redis::start(&[], &[]));
        Self {
            postgres,
            broker,
            cache,
        }
    }
}

impl Fleet {
    /// Starts a process for each role, with these settings and what `furnish` puts into its place, and waits for those that
    /// answer.
    pub async fn start(servers: Servers, roles: &[&str], settings: &str, furnish: impl Fn(&mut Syncapp)) -> Self {
        Self::start_with(servers, roles, settings, "", furnish).await
    }

    /// The same with tables of settings, which have to stand behind all others.
    pub async fn start_with(
        servers: Servers,
        roles: &[&str],
        settings: &str,
        tables: &str,
        furnish: impl Fn(&mut Syncapp),
    ) -> Self {
        let host = servers.broker.virtual_host().await;
        let user = servers.cache.user().await;
        let metadata = servers.postgres.database().await;
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let master_key = master_key();
        let member = |role: &&str| {
            let mut syncapp = Syncapp::default();
            furnish(&mut syncapp);
            for (name, value) in [
                ("SYNCAPP_TOKEN", &token),
                ("SYNCAPP_MASTER_KEY", &master_key),
                ("SYNCAPP_DATABASE", &metadata.writer.url()),
                ("SYNCAPP_QUEUE", &host.url()),
                ("SYNCAPP_CACHE", &user.url()),
                ("SYNCAPP_CACHE_PREFIX", &user.name),
                // Its databases are on loopback.
                ("SYNCAPP_NETWORK_PRIVATE", &"allow".to_owned()),
            ] {
                syncapp.set(name, value);
            }
            Agent::new(syncapp, &format!("{settings}\nroles = [\"{role}\"]\n{tables}"))
        };
        let mut members: Vec<Agent> = roles.iter().map(member).collect();
        for (agent, role) in members.iter_mut().zip(roles) {
            match *role {
                "api" => agent.start_again().await,
                _ => agent.begin(),
            }
        }
        Self {
            servers,
            host,
            user,
            metadata,
            members,
        }
    }
}
