//! A source database as a test wants it: TPC-H's eight tables with keys and foreign keys, and beside them whatever a
//! real PostgreSQL has: an identity column, a view, partitions, cascading keys, and the table `kinds` with every kind of
//! type at its edges.

use std::fmt::{Display, Write};
use std::pin::pin;

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::sync::OnceCell;
use tokio_postgres::Client;
use tpchgen::csv::{CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

use crate::server::postgres::{Database, Postgres};

/// TPC-H's tables, none before the ones it refers to.
pub const TABLES: [&str; 8] = [
    "region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem",
];

/// Base tables besides TPC-H's, by their names in the schema `public`; `readings` is partitioned.
pub const OTHER_TABLES: [&str; 5] = ["tickets", "readings", "authors", "books", "kinds"];

/// Below this scale the generator's part suppliers are not unique.
pub const SMALLEST: f64 = 0.01;

/// The view.
pub const VIEW: &str = "open_orders";

/// A new database on the server with all of it in the schema `public`. Scale 1 has 6 million line items;
/// [`SMALLEST`] has 60,000.
pub async fn database(server: &Postgres, scale: f64) -> Database {
    let database = server.database().await;
    fill(&database, scale).await;
    database
}

/// A copy of one such database of the smallest scale on the shared server: the original is made once, a copy takes a
/// fraction of a second.
pub async fn copy() -> Database {
    static ORIGINAL: OnceCell<Database> = OnceCell::const_new();
    let server = Postgres::shared().await;
    let original = ORIGINAL.get_or_init(|| database(server, SMALLEST)).await;
    server.copy_of(original).await
}

/// Makes all of it in a database.
pub async fn fill(database: &Database, scale: f64) {
    assert!(scale >= SMALLEST, "the scale is at least {SMALLEST}");
    database.run(include_str!("../sql/tpch_tables.sql")).await;
    let client = database.owner.client().await;
    // A macro, because each generator is a type of its own.
    macro_rules! load {
        ($table:literal, $generator:ident, $row:ident) => {
            load_rows(
                &client,
                $table,
                $generator::new(scale, 1, 1).iter().map($row::new),
            )
            .await;
        };
    }
    load!("region", RegionGenerator, RegionCsv);
    load!("nation", NationGenerator, NationCsv);
    load!("supplier", SupplierGenerator, SupplierCsv);
    load!("part", PartGenerator, PartCsv);
    load!("partsupp", PartSuppGenerator, PartSuppCsv);
    load!("customer", CustomerGenerator, CustomerCsv);
    load!("orders", OrderGenerator, OrderCsv);
    load!("lineitem", LineItemGenerator, LineItemCsv);
    drop(client);
    for sql in [
        include_str!("../sql/tpch_keys.sql"),
        include_str!("../sql/relations.sql"),
        include_str!("../sql/kinds.sql"),
    ] {
        database.run(sql).await;
    }
}

async fn load_rows<R: Display>(client: &Client, table: &str, rows: impl Iterator<Item = R>) {
    const CHUNK: usize = 64 * 1024;
    let sink = client
        .copy_in::<_, Bytes>(&format!("copy {table} from stdin (format csv)"))
        .await;
    let mut sink = pin!(sink.unwrap_or_else(|e| panic!("{table}: {e:?}")));
    let mut text = String::with_capacity(2 * CHUNK);
    let mut count = 0;
    for row in rows {
        writeln!(text, "{row}").expect("a string takes all");
        count += 1;
        if text.len() > CHUNK {
            let chunk = std::mem::replace(&mut text, String::with_capacity(2 * CHUNK));
            sink.send(chunk.into())
                .await
                .unwrap_or_else(|e| panic!("{table}: {e:?}"));
        }
    }
    sink.send(text.into())
        .await
        .unwrap_or_else(|e| panic!("{table}: {e:?}"));
    let copied = sink.finish().await.unwrap_or_else(|e| panic!("{table}: {e:?}"));
    assert_eq!(copied, count, "rows of {table}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_tables_hold_what_the_specification_says() {
        let database = copy().await;
        let counts = [5, 25, 100, 2_000, 8_000, 1_500, 15_000, 60_175];
        for (table, count) in TABLES.into_iter().zip(counts) {
            let sql = format!("select count(*) from {table}");
            assert_eq!(database.text(&sql).await, count.to_string(), "{table}");
        }
        for (table, count) in OTHER_TABLES.into_iter().zip([50, 120, 10, 40, 8]) {
            let sql = format!("select count(*) from {table}");
            assert_eq!(database.text(&sql).await, count.to_string(), "{table}");
        }
        let keys = "select count(*) filter (where contype = 'p') || ' ' || count(*) filter (where contype = 'f')
                    from pg_constraint where connamespace = 'public'::regnamespace and conparentid = 0";
        assert_eq!(database.text(keys).await, "13 9");
        let partitions = "select count(distinct tableoid) from readings";
        assert_eq!(database.text(partitions).await, "3", "every partition holds rows");
        let reader = database.reader.client().await;
        let rows = reader.query(&format!("select * from {VIEW}"), &[]).await.unwrap();
        assert!(!rows.is_empty());
    }

    #[tokio::test]
    async fn every_kind_has_a_value_and_a_null() {
        let database = copy().await;
        let columns = "select attname from pg_attribute
                       where attrelid = 'kinds'::regclass and attnum > 2 and attname <> 'an_only_null'";
        for column in database.texts(columns).await.into_iter().flatten() {
            let sql = format!("select count({column}) between 5 and 7 from kinds");
            assert_eq!(database.text(&sql).await, "t", "{column}");
        }
    }
}
