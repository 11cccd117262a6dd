//! Between two ends of PostgreSQL, where values travel as the server's bytes and whole rows may, unless something has to
//! look at them.

use serde_json::{Value as Json, json};

use super::refused::finished;
use super::replay::kept;
use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, database, postgres};
use syncapp_tests::server::postgres::Database;

const LANDED: &str = "select id || ' ' || name from landing.people order by id";

/// Three people, the second of whom a table of the target would refuse.
fn people() -> Database {
    let database = wait(database());
    wait(database.run(&format!(
        "create table public.people(id int primary key, name text);
         insert into public.people values (1, 'Ada'), (2, 'bad'), (3, 'Cy');
         grant select on public.people to public;
         create table landing.people(id int primary key, name text check (name <> 'bad'));
         alter table landing.people owner to {}",
        database.writer.user
    )));
    database
}

fn run(place: &Place, database: &Database, keys: &str) -> Json {
    let keys = format!("into: landing.people, {keys}");
    let (from, to) = (postgres(&database.reader), postgres(&database.writer));
    place.put("sync.yaml", sync(&from, &to, "public.people", &keys));
    finished(&place.syncapp(&["run", "sync.yaml", "--json"]).exits(0).json())
}

fn landed(database: &Database) -> Vec<String> {
    wait(database.texts(LANDED)).into_iter().flatten().collect()
}

/// The key is read by its typed form beside its bytes.
#[test]
fn a_rejected_row_is_known_by_its_key() {
    let (place, database) = (Place::new(), people());
    let told = run(&place, &database, "write: merge, on_error: reject");
    assert_eq!(told["rejected"], 1, "{told}");
    assert_eq!(landed(&database), ["1 Ada", "3 Cy"]);
    assert_eq!(kept(&place)[0]["row_key"], json!([2]));
    // A run that rejects none itself settles it as well.
    wait(database.run("update public.people set name = 'Bob' where id = 2"));
    run(&place, &database, "write: merge, on_error: fail");
    assert_eq!(landed(&database), ["1 Ada", "2 Bob", "3 Cy"]);
    assert_eq!(kept(&place), [] as [Json; 0]);
}

#[test]
fn rows_that_may_be_rejected_do_not_pass_unseen() {
    let (place, database) = (Place::new(), people());
    let told = run(&place, &database, "write: append, on_error: reject");
    assert_eq!(
        (&told["rejected"], &told["rows_written"]),
        (&json!(1), &json!(2)),
        "{told}"
    );
    assert_eq!(landed(&database), ["1 Ada", "3 Cy"]);
    // Nothing tells an appended row by its key, so that is not read by its typed form.
    let native = |hex: &str| json!({ "syncapp.native": hex });
    let row = json!({ "id": native("00000002"), "name": native("626164") });
    assert_eq!(kept(&place)[0]["row"], row);
}

#[test]
fn rows_that_get_columns_of_the_run_do_not_pass_as_they_are() {
    let (place, database) = (Place::new(), people());
    wait(database.run("update public.people set name = 'Bob' where id = 2"));
    for write in ["append", "merge"] {
        run(&place, &database, &format!("write: {write}, metadata: true"));
        let runs = "select count(*)::text from landing.people where _run_id is not null";
        assert_eq!(wait(database.text(runs)), "3", "{write}");
        assert_eq!(landed(&database), ["1 Ada", "2 Bob", "3 Cy"], "{write}");
    }
}

/// The rows where an increment begins are known whether the run before let rows pass or took them apart.
#[test]
fn rows_that_pass_are_known_as_those_that_are_looked_at() {
    let (place, database) = (Place::new(), people());
    wait(database.run(
        "update public.people set name = null where id = 2; alter table public.people add rev bigint not null default 7;
         alter table landing.people drop constraint people_pkey, add rev bigint;
         grant select on public.people to public",
    ));
    let written = |on_error: &str| {
        let keys = format!("write: append, mode: incremental, cursor: rev, on_error: {on_error}");
        run(&place, &database, &keys)["rows_written"].clone()
    };
    assert_eq!(written("fail"), 3);
    assert_eq!(written("fail"), 0);
    assert_eq!(written("reject"), 0);
    wait(database.run("insert into public.people values (4, 'Ada', 7), (5, null, 8), (6, 'Eve', 8)"));
    assert_eq!(written("reject"), 3);
    assert_eq!(written("fail"), 0);
    wait(database.run("insert into public.people values (7, 'Flo', 8), (8, 'Gus', 9)"));
    assert_eq!(written("fail"), 2);
    let ids = "select string_agg(id::text, ' ' order by id) from landing.people";
    assert_eq!(wait(database.text(ids)), "1 2 3 4 5 6 7 8");
}
