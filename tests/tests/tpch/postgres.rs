//! Into another PostgreSQL, whose writer owns one schema and nothing else.

use syncapp_tests::compare;
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::Syncapp;
use syncapp_tests::tpch;

use super::{file, run, same, streams, tables};

/// A table that the user made, with a view on it and grants on both.
const OWN: &str = "create table customer (c_custkey bigint primary key, c_name varchar(25) not null,
      c_address varchar(40) not null, c_nationkey integer not null, c_phone char(15) not null,
      c_acctbal decimal(15,2) not null, c_mktsegment char(10) not null, c_comment varchar(117) not null);
    create view rich as select c_custkey from customer where c_acctbal > 5000;
    comment on table customer is 'made by hand'";

async fn oid(database: &Database, table: &str) -> String {
    database.text(&format!("select '{table}'::regclass::oid")).await
}

#[tokio::test]
async fn a_database_lands_in_another() {
    let (source, target) = (tpch::copy().await, Postgres::shared().await.database().await);
    let syncapp = Syncapp::default();
    let writer = target.writer.client().await;
    writer.batch_execute(OWN).await.unwrap();
    let reader = &target.reader.user;
    let grants = format!("grant usage on schema landing to {reader}; grant select on customer, rich to {reader}");
    writer.batch_execute(&grants).await.unwrap();
    let own = oid(&target, "landing.customer").await;
    // What no server takes back, see the tests of kinds.
    source
        .run("update kinds set a_tsquery = 'a' where numnode(a_tsquery) = 0")
        .await;

    let connection = format!("{{ connector: postgres, url: \"{}\" }}", target.writer);
    let all = streams("landing.{stream}") + "      public.kinds: { into: landing.kinds }\n";
    syncapp.file("sync.yaml", &file(&source, &connection, &all));
    for round in 1..=2 {
        run(&syncapp).await;
        for table in tables().into_iter().chain(["kinds"]) {
            let (from, to) = (format!("public.{table}"), format!("landing.{table}"));
            same(&source, &from, &target, &to).await;
            types(&source, &from, &target, &to).await;
        }
        assert_eq!(
            oid(&target, "landing.customer").await,
            own,
            "run {round} made the user's table anew"
        );
        let client = target.reader.client().await;
        let rich = client
            .query_one("select count(*) from landing.rich", &[])
            .await
            .unwrap();
        let wanted = source
            .text("select count(*) from customer where c_acctbal > 5000")
            .await;
        assert_eq!(rich.get::<_, i64>(0).to_string(), wanted);
        assert!(
            client
                .query("select * from landing.customer limit 1", &[])
                .await
                .is_ok()
        );
    }
    let made = tables().join("', '");
    let others = format!(
        "select string_agg(relname, ' ') from pg_class where relnamespace = 'landing'::regnamespace
         and relkind in ('r', 'v', 'p') and relname not like '\\_syncapp%' and relname not in ('{made}', 'kinds', 'rich')"
    );
    assert_eq!(
        target.texts(&others).await,
        [None],
        "partitions, or what else nobody asked for"
    );
}

/// Every column keeps its type; those of types that users made come as text.
async fn types(source: &Database, from: &str, target: &Database, to: &str) {
    let own = ["mood", "zip_code", "place"];
    let wanted: Vec<_> = compare::columns(source, from)
        .await
        .into_iter()
        .map(|(name, ty)| {
            let made = own.contains(&ty.trim_end_matches("[]"));
            (name, if made { "text".to_owned() } else { ty })
        })
        .collect();
    assert_eq!(compare::columns(target, to).await, wanted, "{to}");
}
