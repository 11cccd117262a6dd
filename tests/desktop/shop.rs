//! A shop's database, and a project that copies from it into a file beside it.

use serde_json::json;
use syncapp_tests::desktop::{Desk, Window};
use syncapp_tests::server::postgres::{Database, Postgres};

/// The name of the secret that holds the password.
pub(crate) const SECRET: &str = "shop-password";

/// The database; its reader may only read.
pub(crate) struct Shop {
    pub(crate) database: Database,
}

impl Shop {
    /// One with so many orders.
    pub(crate) async fn open(orders: u32) -> Self {
        let database = Postgres::shared().await.database().await;
        let table = format!(
            "create table public.orders (id integer primary key, customer text not null, city text not null);
             insert into public.orders select id, 'Customer ' || id, 'Berlin' from generate_series(1, {orders}) id"
        );
        database.run(&table).await;
        Self { database }
    }

    /// Its project's file, with these keys of its sync and of its stream.
    pub(crate) fn file(&self, sync: &str, stream: &str) -> String {
        let reader = &self.database.reader;
        format!(
            "version: 1\nproject: shop\nconnections:\n  shop:\n    connector: postgres\n    host: {}\n    port: {}\n    \
             database: {}\n    user: {}\n    password: secret://{SECRET}\n  lake:\n    connector: sqlite\n    path: ./lake.db\n\
             syncs:\n  orders:\n    source: shop\n    destination: lake\n    {sync}\n    streams:\n      public.orders: {{ {stream} }}\n",
            reader.host, reader.port, reader.database, reader.user
        )
    }

    /// Puts the password and the project onto this computer.
    pub(crate) async fn furnish(&self, window: &Window<'_>, stream: &str) {
        self.furnish_with(window, "", stream).await;
    }

    /// The same with keys of its sync.
    pub(crate) async fn furnish_with(&self, window: &Window<'_>, sync: &str, stream: &str) {
        let password = json!({ "value": self.database.reader.password });
        window
            .ask("PUT", &format!("/projects/shop/secrets/{SECRET}"), Some(password))
            .await;
        window.push("shop", &self.file(sync, stream)).await;
    }
}

/// Keys of a stream that takes 30 milliseconds a row. Rows are so long that each comes by itself, as figures show.
pub(crate) const SLOW: &str = "into: orders, write: merge, primary_key: [id], query: \"select o.*, repeat('x', 100000) as note \
    from public.orders o cross join lateral (select pg_sleep(0.03 + 0 * o.id)) waits\"";

/// Asks the file that it copies into.
pub(crate) fn lake(desk: &Desk, sql: &str) -> String {
    let file = rusqlite::Connection::open(desk.data().join("lake.db")).unwrap();
    file.query_row(sql, [], |row| row.get(0))
        .unwrap_or_else(|e| panic!("{sql}: {e}"))
}
