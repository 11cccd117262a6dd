//! Names that would break out of a statement, in every one that is built.

use syncapp_connector::testkit::{ODD_NAMES, Table};
use syncapp_connector::{Page, StreamRef};
use syncapp_model::sync_file::Write;
use syncapp_model::{Pattern, StreamName};
use syncapp_tests::server::postgres::{Database, Postgres};

use super::ends::{Landing, copy, rows, source, target};

/// Names beyond the kit's, each of which would do harm where it was not quoted.
const NAUGHTY: [&str; 9] = [
    "x\"; drop table canary; --",
    "x'; drop table canary; --",
    "x\\'; drop table canary; --",
    "%1$s %I %L %",
    "$$; drop table canary; $$",
    "{new} {old} {name}",
    "$1 ?",
    "line\nfeed\ttab",
    "_syncapp",
];

async fn with_canary() -> Database {
    let database = Postgres::shared().await.database().await;
    database.as_writer("create table canary (id int)").await;
    database.run("create table canary (id int)").await;
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_never_part_of_a_statement() {
    let database = with_canary().await;
    let flow = database.flow();
    for name in ODD_NAMES.iter().chain(&NAUGHTY) {
        let mut table = Table::texts(name);
        table.columns[1].0 = (*name).into();
        table.key = vec![(*name).into()];
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        for write in [Write::Merge, Write::Overwrite, Write::Append] {
            let mut rows = vec![table.text_rows(&[(
                i64::from(write == Write::Append),
                if write == Write::Append { "more" } else { name },
            )])];
            flow.put(&table, write, &rows).await;
            if write == Write::Overwrite {
                let comment = name.replace('\'', "''").replace('\\', "\\\\");
                database
                    .as_writer(&format!(
                        "comment on table {quoted} is E'{comment}'; comment on column {quoted}.{quoted} is E'{comment}';
                         grant select ({quoted}) on {quoted} to public; create index on {quoted} ({quoted})"
                    ))
                    .await;
                flow.put(&table, write, &rows).await;
                let kept = format!(
                    "select obj_description('landing.{}'::regclass)",
                    quoted.replace('\'', "''")
                );
                assert_eq!(database.text(&kept).await, *name);
            }
            if write == Write::Append {
                rows.insert(0, table.text_rows(&[(0, name)]));
            }
            flow.expect(&table, &rows, &format!("{name:?}, {write:?}")).await;
        }
        assert_eq!(database.text("select count(*) from landing.canary").await, "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_may_have_any_name() {
    let database = with_canary().await;
    for name in ODD_NAMES.iter().chain(&NAUGHTY) {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let Database { reader, writer, .. } = &database;
        database
            .run(&format!(
                "create schema {quoted}; grant usage on schema {quoted} to {};
                 create table {quoted}.{quoted} ({quoted} text primary key, id bigint);
                 insert into {quoted}.{quoted} values ('a', 1); grant select on {quoted}.{quoted} to {0}",
                reader.user
            ))
            .await;
        let stream = StreamName::within(*name, *name);
        let spec = source(reader)
            .describe(&StreamRef::table(stream.clone()))
            .await
            .unwrap();
        assert_eq!(
            (&spec.name, &spec.primary_key[..]),
            (&stream, &[(*name).to_owned()][..])
        );
        let found = source(reader)
            .discover(&Pattern::Exact(stream.clone()), Page::ALL)
            .await
            .unwrap();
        assert_eq!(found.len(), usize::from(!name.starts_with("_syncapp")), "{name:?}");
        assert_eq!(rows(reader, &StreamRef::table(stream)).await.unwrap()[0].num_rows(), 1);

        database
            .run(&format!(
                "drop table {quoted}.{quoted}; alter schema {quoted} owner to {}",
                writer.user
            ))
            .await;
        let mut target = target(&spec, Write::Merge, &[name]);
        target.name.namespace = Some((*name).into());
        target.key.stream = (*name).into();
        for _ in 0..2 {
            let from = StreamRef {
                name: spec.name.clone(),
                query: Some(format!("select 'a' as {quoted}, 1::bigint as id")),
            };
            copy(reader, &from, writer, &target, true)
                .await
                .unwrap_or_else(|error| panic!("{name:?}: {error:?}"));
        }
        assert_eq!(database.text("select count(*) from canary").await, "0");
    }
}
