//! Between two PostgreSQL ends: values that no type of SyncApp holds, mappings, and rights.

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, database, postgres};

use super::{differences, verdict};

const ODD: &str = "
    create table public.odd (id int primary key, at timestamptz, day date, span int4range, cash money, list text[], n numeric);
    insert into public.odd values
        (1, 'infinity', '-infinity', '[1,5)', 12.34, '[0:1]={a,b}', 'NaN'),
        (2, '0044-03-15 12:00 BC', '5874897-12-31', 'empty', -0.01, '{{1,2},{3,null}}', 1.50),
        (3, null, null, null, null, null, 1e-20);";

#[test]
fn values_of_its_own_types_are_compared_where_they_lie() {
    let database = wait(database());
    wait(database.run(ODD));
    let place = Place::new();
    let file = sync(
        &postgres(&database.reader),
        &postgres(&database.writer),
        "public.odd",
        "into: odd",
    );
    place.put("sync.yaml", file);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let verified = verdict(&place.syncapp(&["verify", "sync.yaml", "--json"]).exits(0));
    assert_eq!(
        (&verified["moved"], &verified["target_by"]),
        (&0.into(), &"sums".into()),
        "{verified}"
    );
    wait(database.run(
        "update landing.odd set at = '-infinity', list = '{a,b}', n = 'Infinity' where id = 1;
         update landing.odd set span = '[1,1]' where id = 2",
    ));
    let want = [
        "differs id=1 at: -infinity for infinity, list: {a,b} for [0:1]={a,b}, n: Infinity for NaN",
        "differs id=2 span: [1,2) for empty",
    ];
    assert_eq!(
        differences(&place.syncapp(&["verify", "sync.yaml", "--json"]).exits(1)),
        want
    );
    place.syncapp(&["verify", "sync.yaml", "--repair"]).exits(0);
    let list = wait(database.text("select list::text || at || n from landing.odd where id = 1"));
    assert_eq!(list, "[0:1]={a,b}infinityNaN");
}

#[test]
fn a_mapping_is_applied_before_rows_are_compared() {
    let database = wait(database());
    wait(database.run(
        "create table public.people (id int primary key, name text, mail text, born date, pay numeric(10,2));
         insert into public.people values (1, 'Ada', 'a@x', '1815-12-10', 10.50), (2, 'Bob', 'b@x', null, 0),
             (3, 'Cy', 'c@x', '2000-01-01', -1)",
    ));
    let place = Place::new().variable("SYNCAPP_SECRET_MASK_KEY", "canary-key");
    let keys = "into: people, where: \"pay >= 0\", naming: snake, columns: { mail: { mask: hash }, \
        title: { expr: \"name || ' of ' || cast(id as string)\" }, pay: { type: \"decimal(12,4)\" } }";
    let file = sync(
        &postgres(&database.reader),
        &postgres(&database.writer),
        "public.people",
        keys,
    );
    place.put("sync.yaml", file);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let verified = verdict(&place.syncapp(&["verify", "sync.yaml", "--json"]).exits(0));
    let want = (&"rows".into(), &"sums".into(), &0.into(), &3.into());
    let got = (
        &verified["source_by"],
        &verified["target_by"],
        &verified["differing_buckets"],
        &verified["moved"],
    );
    assert_eq!(got, want, "{verified}");
    wait(database.run("update landing.people set mail = 'x', title = 'Ada', pay = 10.5001 where id = 1"));
    let want = ["differs id=1 mail: *** for ***, pay: 10.5001 for 10.5000, title: Ada for Ada of 1"];
    assert_eq!(
        differences(&place.syncapp(&["verify", "sync.yaml", "--json"]).exits(1)),
        want
    );
    place.syncapp(&["verify", "sync.yaml", "--repair"]).exits(0);
}

#[test]
fn rights_to_read_are_enough() {
    let database = wait(database());
    wait(database.run("create table public.t (id int primary key); insert into public.t values (1), (2)"));
    let place = Place::new();
    let file = |login| {
        sync(
            &postgres(&database.reader),
            &postgres(login),
            "public.t",
            "into: landing.t",
        )
    };
    place.put("sync.yaml", file(&database.writer));
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    wait(database.run(&format!(
        "grant usage on schema landing to {0}; grant select on all tables in schema landing to {0}",
        database.reader.user
    )));
    place.put("sync.yaml", file(&database.reader));
    place.syncapp(&["verify", "sync.yaml"]).exits(0);
    wait(database.run("delete from landing.t where id = 2"));
    place.syncapp(&["verify", "sync.yaml"]).exits(1);
    let ran = place.syncapp(&["verify", "sync.yaml", "--repair"]).exits_with_failure();
    assert!(ran.stderr.contains("destination.permission_denied"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_compared_says_so() {
    let database = wait(database());
    wait(
        database
            .run("create table public.t (id int primary key, at timestamptz); insert into public.t values (1, now())"),
    );
    let place = Place::new();
    let keys = "into: landing.t, mode: incremental, cursor: at";
    let file = sync(
        &postgres(&database.reader),
        &postgres(&database.writer),
        "public.t",
        keys,
    );
    place.put("sync.yaml", file);
    let ran = place.syncapp(&["verify", "sync.yaml"]).exits(1);
    assert!(ran.stderr.contains("run the sync first"), "{}", ran.stderr);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    place.syncapp(&["verify", "sync.yaml"]).exits(0);
    wait(database.run("alter table public.t add more text"));
    let ran = place.syncapp(&["verify", "sync.yaml"]).exits(1);
    assert!(ran.stderr.contains("the target has no column `more`"), "{}", ran.stderr);
}
