//! A test's own database, and who may do what in it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_postgres::error::ErrorPosition;
use uuid::Uuid;

use super::Postgres;

/// A database with three users, so that what is tested never works as a superuser.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// The superuser: sets up and looks at what arrived.
    pub owner: Login,
    /// May read what the owner makes in the schema `public`, and nothing else.
    pub reader: Login,
    /// Owns the schema `landing`, which its names without a schema mean, and nothing else.
    pub writer: Login,
}

/// Who connects, and where to.
#[derive(Debug, Clone)]
pub struct Login {
    /// An address on loopback.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// The role's password: unlike any other, so that it can be looked for where it must not be.
    pub password: String,
}

impl Login {
    /// The connection string.
    pub fn url(&self) -> String {
        let Self {
            host,
            port,
            database,
            user,
            password,
        } = self;
        format!("postgres://{user}:{password}@{host}:{port}/{database}")
    }

    /// The same place for another role.
    fn role(&self, user: String) -> Self {
        Self {
            user,
            password: format!("canary-{}", Uuid::new_v4().simple()),
            ..self.clone()
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

impl Database {
    pub(super) async fn create(server: &Postgres, original: Option<&Self>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let owner = server.owner(&name);
        let reader = owner.role(format!("reader_{number}"));
        let writer = owner.role(format!("writer_{number}"));

        let template = original.map_or("template1", |original| original.name.as_str());
        let roles = [&reader, &writer].map(|login| {
            format!(
                "create role {} login password '{}' nosuperuser nocreatedb nocreaterole",
                login.user, login.password
            )
        });
        let postgres = server.owner("postgres").client().await;
        run(&postgres, &format!("create database {name} template {template}")).await;
        run(&postgres, &roles.join("; ")).await;

        let sql = format!(
            "grant usage on schema public to {reader};
             grant select on all tables in schema public to {reader};
             alter default privileges in schema public grant select on tables to {reader};
             drop schema if exists landing cascade;
             create schema landing authorization {writer};
             alter role {writer} in database {name} set search_path = landing",
            reader = reader.user,
            writer = writer.user
        );
        run(&owner.client().await, &sql).await;
        Self {
            name,
            owner,
            reader,
            writer,
        }
    }

    /// Runs statements as the owner.
    pub async fn run(&self, sql: &str) {
        run(&self.owner.client().await, sql).await;
    }

    /// The first column of a query's rows as text, read by the owner; NULL is `None`.
    pub async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        let rows = self.owner.client().await.simple_query(sql).await;
        rows.unwrap_or_else(|e| panic!("{sql}: {e:?}"))
            .into_iter()
            .filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).map(ToOwned::to_owned)),
                _ => None,
            })
            .collect()
    }

    /// The one value of a query as text, read by the owner.
    pub async fn text(&self, sql: &str) -> String {
        let mut texts = self.texts(sql).await;
        assert_eq!(texts.len(), 1, "one row from {sql}");
        texts.remove(0).unwrap_or_else(|| panic!("no NULL from {sql}"))
    }
}

async fn run(client: &tokio_postgres::Client, sql: &str) {
    let Err(failure) = client.batch_execute(sql).await else {
        return;
    };
    let reason = failure
        .as_db_error()
        .map_or_else(|| failure.to_string(), ToString::to_string);
    let place = match failure.as_db_error().and_then(|e| e.position()) {
        // Counted in characters, from 1.
        Some(ErrorPosition::Original(at)) => sql.chars().skip(*at as usize - 1).take(60).collect(),
        _ => sql.to_owned(),
    };
    panic!("{reason}, at: {place}");
}
