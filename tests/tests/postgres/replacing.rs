//! Overwrites: what stands around a table stays, and readers see the old rows or the new ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow_array::RecordBatch;
use syncapp_connector::testkit::{Flow, Table, checkpoint};
use syncapp_connector::{Receipt, Target};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Result, Side};
use syncapp_tests::server::postgres::{Database, Postgres};

use super::ends::Landing;

async fn database() -> Database {
    Postgres::shared().await.database().await
}

/// An overwrite of the kit's table by rows of these ids.
async fn overwrite(flow: &Flow, target: &Target, table: &Table, ids: std::ops::RangeInclusive<i64>) -> Result<Receipt> {
    let texts: Vec<(i64, String)> = ids.map(|id| (id, format!("text {id}"))).collect();
    let rows: Vec<(i64, &str)> = texts.iter().map(|(id, text)| (*id, text.as_str())).collect();
    flow.load(target, &[table.text_rows(&rows)], &checkpoint(rows.len() as u64))
        .await
}

fn keyed(flow: &Flow, table: &Table) -> Target {
    let mut target = flow.target(table, Write::Overwrite);
    target.primary_key = vec!["id".into()];
    target
}

/// What the catalog says of a table and of what stands on it, but for its number.
async fn around(database: &Database, table: &str) -> Vec<Option<String>> {
    let sql = format!(
        "with t as (select '{table}'::regclass::oid as oid)
         select 'owner ' || pg_get_userbyid(relowner) || ' ' || coalesce(relacl::text, '') from pg_class, t where pg_class.oid = t.oid
         union all select 'column ' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull || coalesce(attacl::text, '')
           || coalesce(col_description(t.oid, attnum), '') from pg_attribute, t where attrelid = t.oid and attnum > 0 and not attisdropped
         union all select 'index ' || pg_get_indexdef(indexrelid) || coalesce(obj_description(indexrelid), '') from pg_index, t where indrelid = t.oid
         union all select 'constraint ' || conname || pg_get_constraintdef(pg_constraint.oid) from pg_constraint, t where conrelid = t.oid
         union all select 'comment ' || obj_description(t.oid) from t
         union all select 'default ' || pg_get_expr(adbin, adrelid) from pg_attrdef, t where adrelid = t.oid
         order by 1"
    );
    database.texts(&sql).await
}

#[tokio::test]
async fn a_swap_keeps_what_the_user_put_on_the_table() {
    let database = database().await;
    let (flow, table) = (database.flow(), Table::texts("swapped"));
    let target = flow.target(&table, Write::Overwrite);
    overwrite(&flow, &target, &table, 1..=3).await.unwrap();
    let reader = &database.reader.user;
    database
        .as_writer(&format!(
            "alter default privileges in schema landing grant delete on tables to {reader};
             grant select on swapped to public; grant insert on swapped to {reader} with grant option;
             grant update (v) on swapped to {reader};
             comment on table swapped is 'it''s \"mine\"'; comment on column swapped.v is 'a 100% \\ text'"
        ))
        .await;
    let mut last = database.text("select 'landing.swapped'::regclass::oid").await;
    for more in [
        "select",
        "create unique index \"Odd Name\" on swapped (id desc); create index second on swapped (v) where id > 2;
         create index on swapped (lower(v)); comment on index second is 'partial'",
        "alter table swapped alter v set default 'x', add constraint positive check (id > 0);
         alter table swapped add constraint once unique (v, id)",
    ] {
        database.as_writer(more).await;
        let before = around(&database, "landing.swapped").await;
        let receipt = overwrite(&flow, &target, &table, 1..=5).await.unwrap();
        assert_eq!(receipt.inserted, 5);
        let oid = database.text("select 'landing.swapped'::regclass::oid").await;
        assert_ne!(oid, last, "a new table stands in its place");
        assert_eq!(around(&database, "landing.swapped").await, before);
        last = oid;
    }
    let left = "select count(*) from pg_class where relname like '\\_syncapp\\_stage%'";
    assert_eq!(database.text(left).await, "0");
}

#[tokio::test]
async fn what_a_swap_would_lose_makes_it_a_refill() {
    let database = database().await;
    for (number, tie) in [
        "create view v0 as select * from t0",
        "create function f1() returns trigger language plpgsql as 'begin return new; end';
         create trigger g before insert on t1 for each row execute function f1()",
        "alter table t2 enable row level security",
        "alter table t3 set (fillfactor = 50)",
        "create rule r as on delete to t4 do also select 1",
        "create statistics s5 on id, v from t5",
        "create table other6 (o t6)",
        "create sequence q7 owned by t7.id; alter table t7 alter id set default nextval('q7')",
        "alter table t8 alter v set storage external",
        "create table child9 () inherits (t9)",
        "alter table t10 add column note text default 'mine'",
        "alter table t11 replica identity full",
        "alter table t12 alter id add generated always as identity (start 7)",
        "create function f13(t13) returns int language sql as 'select 1'",
    ]
    .into_iter()
    .enumerate()
    {
        let (flow, table) = (database.flow(), Table::texts(&format!("t{number}")));
        let target = flow.target(&table, Write::Overwrite);
        overwrite(&flow, &target, &table, 1..=3).await.unwrap();
        database.as_writer(tie).await;
        let oid = format!("select 'landing.t{number}'::regclass::oid");
        let before = database.text(&oid).await;
        let receipt = overwrite(&flow, &target, &table, 2..=5)
            .await
            .unwrap_or_else(|e| panic!("{tie}: {e:?}"));
        assert_eq!((receipt.inserted, receipt.deleted), (4, 3), "{tie}");
        assert_eq!(database.text(&oid).await, before, "{tie}");
    }
    assert_eq!(database.text("select count(*) from landing.v0").await, "4");
    assert_eq!(
        database
            .text("select string_agg(distinct note, ',') from landing.t10")
            .await,
        "mine"
    );
}

#[tokio::test]
async fn a_table_of_the_users_own_is_refilled() {
    let database = database().await;
    let reader = &database.reader.user;
    database
        .as_writer(&format!(
            "create table own (id bigint generated always as identity, v varchar(20), made timestamptz default now());
             insert into own (v) values ('old'); create view seen as select v from own;
             grant usage on schema landing to {reader}; grant select on own, seen to {reader}"
        ))
        .await;
    let (flow, table) = (database.flow(), Table::texts("own"));
    let before = around(&database, "landing.own").await;
    let receipt = overwrite(&flow, &flow.target(&table, Write::Overwrite), &table, 11..=13)
        .await
        .unwrap();
    assert_eq!(
        receipt,
        Receipt {
            inserted: 3,
            updated: 0,
            deleted: 1
        }
    );
    assert_eq!(around(&database, "landing.own").await, before);
    let seen = database
        .reader
        .client()
        .await
        .query("select v from landing.seen order by 1", &[])
        .await
        .unwrap();
    assert_eq!(
        seen.iter().map(|row| row.get(0)).collect::<Vec<String>>(),
        ["text 11", "text 12", "text 13"]
    );
    assert_eq!(
        database
            .text("select string_agg(id::text, ',' order by id) from landing.own where made is not null")
            .await,
        "11,12,13"
    );
}

#[tokio::test]
async fn a_table_that_others_refer_to_is_refilled_by_key() {
    let database = database().await;
    database
        .as_writer(
            "create table parent (id bigint primary key, v text);
             create table child (id int, parent bigint references parent on delete cascade);
             insert into parent select i, 'text ' || i from generate_series(1, 4) i;
             insert into child select i, i from generate_series(1, 4) i",
        )
        .await;
    let (flow, table) = (database.flow(), Table::texts("parent"));
    let refused = overwrite(&flow, &flow.target(&table, Write::Overwrite), &table, 2..=6)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Dependents, "{refused:?}");
    assert_eq!(database.text("select count(*) from landing.child").await, "4");

    database.as_writer("update parent set v = 'changed' where id = 3").await;
    let receipt = overwrite(&flow, &keyed(&flow, &table), &table, 2..=6).await.unwrap();
    assert_eq!(
        receipt,
        Receipt {
            inserted: 2,
            updated: 1,
            deleted: 1
        }
    );
    assert_eq!(
        database
            .text("select string_agg(id::text, ',' order by id) from landing.child")
            .await,
        "2,3,4"
    );
    assert_eq!(
        database
            .text("select string_agg(v, ',' order by id) from landing.parent")
            .await,
        "text 2,text 3,text 4,text 5,text 6"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_waited_for() {
    let database = database().await;
    let (flow, table) = (database.flow(), Table::texts("locked"));
    let target = flow.target(&table, Write::Overwrite);
    overwrite(&flow, &target, &table, 1..=3).await.unwrap();
    let other = database.owner.client().await;
    other
        .batch_execute("begin; lock table landing.locked in access share mode")
        .await
        .unwrap();
    let held = async {
        // Longer than one wait for a lock.
        tokio::time::sleep(Duration::from_secs(7)).await;
        other.batch_execute("commit").await.unwrap();
    };
    let (landed, ()) = tokio::join!(overwrite(&flow, &target, &table, 1..=5), held);
    assert_eq!(landed.unwrap().inserted, 5);

    other
        .batch_execute("begin; lock table landing.locked in access share mode")
        .await
        .unwrap();
    let late = overwrite(&flow, &target, &table, 1..=9).await.unwrap_err();
    assert_eq!(late.code(), Code::LockTimeout(Side::Destination), "{late:?}");
    assert!(late.is_transient());
    other.batch_execute("commit").await.unwrap();
    assert_eq!(database.text("select count(*) from landing.locked").await, "5");
}

/// Rows of one round: its number is in each of them, and tells how many there are.
fn round(table: &Table, number: i64) -> RecordBatch {
    let text = number.to_string();
    let rows: Vec<(i64, &str)> = (1..=100 + number % 2 * 400).map(|id| (id, text.as_str())).collect();
    table.text_rows(&rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_the_old_rows_or_the_new() {
    let database = database().await;
    for (name, way) in [
        ("by_swap", ""),
        ("by_refill", "create view refilled as select * from by_refill"),
    ] {
        let (flow, table) = (database.flow(), Table::texts(name));
        let target = flow.target(&table, Write::Overwrite);
        let bring = async |number| {
            let rows = round(&table, number);
            let at = checkpoint(rows.num_rows() as u64);
            let loaded = flow.load(&target, &[rows], &at).await;
            loaded.unwrap_or_else(|e| panic!("{name}, round {number}: {e:?}"));
        };
        bring(0).await;
        database.as_writer(way).await;
        let (done, client) = (Arc::new(AtomicBool::new(false)), database.owner.client().await);
        let polling = tokio::spawn({
            let done = done.clone();
            let query = format!("select count(*), min(v::int8), max(v::int8) from landing.{name}");
            async move {
                let (mut polls, mut last) = (0, 0_i64);
                while !done.load(Ordering::Relaxed) {
                    let row = client.query_one(&query, &[]).await.unwrap();
                    let (count, least, most): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
                    assert_eq!((least, count), (most, 100 + most % 2 * 400), "half of a table was seen");
                    assert!(last <= most, "round {most} was seen after round {last}");
                    (polls, last) = (polls + 1, most);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                polls
            }
        });
        for number in 1..=50 {
            bring(number).await;
        }
        done.store(true, Ordering::Relaxed);
        let polls = polling.await.unwrap();
        assert!(polls > 50, "{name}: only {polls} looks");
    }
}
