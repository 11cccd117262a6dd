//! Values that only their own system can hold come back bit by bit.

use syncapp_tests::server::mariadb::MariaDb;

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, database, postgres};

const KEEP: &str = "write: merge, deletes: hard, primary_key: [id], undo: { keep: 1h }";

/// The id of the last run.
fn last(place: &Place) -> String {
    let ran = place.syncapp(&["runs", "--json", "--limit", "1"]).exits(0);
    ran.json()[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn values_of_postgresql_come_back() {
    let database = wait(database());
    wait(database.run(
        "create type public.mood as enum ('sad', 'ok');
         create table public.kinds(id int primary key, n numeric, t timestamptz, j json, b jsonb, r int4range, a text[],
           y bytea, m money, i interval, f float8, e public.mood, c char(5), x bit(3), net inet, doc xml, x4 float4);
         insert into public.kinds values
           (1, 'NaN', 'infinity', '{\"a\" : 1}', '{\"b\":2}', '[1,5)', '[3:4]={a,null}', '\\x00ff', 12.34, '1 mon -2 days', '-0', 'ok',
            'ab', b'101', '10.0.0.1/8', '<a/>', 0.1),
           (2, 1.500, '-infinity', '[1, 2]', '[]', 'empty', '{}', '', -1, '25:00:00', 'NaN', 'sad', '', b'000', '::1', null, 'inf'),
           (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
         grant select on public.kinds to public; grant usage on type public.mood to public",
    ));
    let file = sync(
        &postgres(&database.reader),
        &postgres(&database.writer),
        "public.kinds",
        &format!("into: kinds, {KEEP}"),
    );
    let place = Place::new().file("sync.yaml", file);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let rows =
        "select row(id, n, t, j, b, r, a, y, m, i, f, e, c, x, net, doc, x4)::text from landing.kinds order by id";
    let held = wait(database.texts(rows));
    wait(database.run(
        "update public.kinds set n = 1.5, t = now(), j = '{\"a\":1}', a = '{a,null}', f = 0, x4 = 0.2 where id = 1;
         update public.kinds set n = 1.5, j = '[1,2]' where id = 2; delete from public.kinds where id = 3;
         insert into public.kinds(id) values (4); alter table public.kinds add column more text",
    ));
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let landed = wait(database.texts(rows));
    assert_ne!(landed, held);
    place.syncapp(&["undo", &last(&place)]).exits(0);
    assert_eq!(wait(database.texts(rows)), held);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(wait(database.texts(rows)), landed);
}

#[test]
fn values_of_mariadb_come_back() {
    let databases = wait(async { MariaDb::shared().await.databases().await });
    let owner = syncapp_tests::server::mariadb::Login {
        database: databases.reader.database.clone(),
        ..databases.owner.clone()
    };
    for statement in [
        "create table kinds(id int primary key, f float, d double, b bit(5), e enum('', 'a'), s set('x','y'), y year, \
         dt datetime(6), ts timestamp(3) null, tm time(2), j json, bl blob, c char(4), v varchar(9) collate utf8mb4_general_ci, \
         u bigint unsigned, n decimal(40,20))",
        "insert into kinds values (1, 0.1, 1e-300, b'10101', 'a', 'x,y', 1999, '9999-12-31 23:59:59.999999', \
         '2020-01-01 00:00:00.123', '-838:59:59.00', '{\"a\" : 1}', x'00ff27', 'ab', 'Ab', 18446744073709551615, '-0.00000000000000000001')",
        "insert into kinds values (2, 16777217, -0.0, b'0', '', '', 0, '0000-00-00 00:00:00', null, '00:00:00.01', null, '', '', '', 0, 0)",
    ] {
        wait(owner.run(statement));
    }
    let connection =
        |login: &syncapp_tests::server::mariadb::Login| format!("{{ connector: mysql, url: \"{}\" }}", login.url());
    let stream = format!("{}.kinds", databases.reader.database);
    let file = sync(
        &connection(&databases.reader),
        &connection(&databases.writer),
        &stream,
        &format!("into: kinds, {KEEP}"),
    );
    let place = Place::new().file("sync.yaml", file);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let columns = [
        "f * 1e0", "d", "b + 0", "e", "s", "y", "dt", "ts", "tm", "j", "bl", "c", "v", "u", "n",
    ];
    let texts: Vec<String> = columns
        .iter()
        .map(|column| format!("hex(cast({column} as binary))"))
        .collect();
    let rows = format!("select concat_ws('|', id, {}) from kinds order by id", texts.join(", "));
    let held = wait(databases.writer.texts(&rows));
    for statement in [
        "update kinds set f = 0.10000001, v = 'aB', b = b'1', dt = '2020-01-01' where id = 1",
        "delete from kinds where id = 2",
        "insert into kinds(id) values (3)",
    ] {
        wait(owner.run(statement));
    }
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let landed = wait(databases.writer.texts(&rows));
    assert_ne!(landed, held);
    place.syncapp(&["undo", &last(&place)]).exits(0);
    assert_eq!(wait(databases.writer.texts(&rows)), held);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(wait(databases.writer.texts(&rows)), landed);
}
