//! Values that are the same though they are spelled otherwise, and what people see.

use crate::contract::case::{PEOPLE, people, sync};
use crate::contract::connections::wait;
use crate::contract::place::{Place, database, postgres};

/// The lines of a plan that are about rows.
fn rows(at: &Place) -> String {
    let ran = at.syncapp(&["plan", "sync.yaml", "--rows"]).exits(0);
    let lines = ran.stdout.lines();
    lines
        .skip_while(|line| !line.starts_with("  rows"))
        .collect::<Vec<_>>()
        .join("\n")
}

const NOTHING: &str = "  rows    0 to insert, 0 to update, 0 to delete";

fn run(at: &Place) {
    at.syncapp(&["run", "sync.yaml"]).exits(0);
}

#[test]
fn people_see_what_changes_and_never_what_is_masked() {
    let at = Place::new().sqlite("from.db", PEOPLE);
    at.put(
        "sync.yaml",
        people(
            "write: merge, deletes: soft, columns: { name: { mask: { partial: { keep_first: 1, keep_last: 0 } } } }",
        ),
    );
    run(&at);
    assert!(rows(&at).starts_with(NOTHING));
    at.alter(
        "from.db",
        "update people set name = 'Zed', age = null where id = 1; delete from people where id = 2;
         insert into people(id, name) values (70, 'New one'), (71, '')",
    );
    at.alter("to.db", "update people set name = 'Secret' where id = 3");
    insta::assert_snapshot!("seen", rows(&at));
    at.alter(
        "from.db",
        "with recursive more(id) as (select 100 union all select id + 1 from more where id < 140) insert into people(id) select id from more",
    );
    let many = rows(&at);
    assert!(many.ends_with("more: `--json` prints all"), "{many}");
    assert_eq!(many.lines().count(), 22);
}

#[test]
fn without_a_key_rows_come_and_go() {
    let at = Place::new().sqlite(
        "from.db",
        "create table people(name text, n real); insert into people values ('a', 0.0), ('a', 0.0), ('b', 1)",
    );
    at.put("sync.yaml", people("write: overwrite"));
    run(&at);
    assert!(rows(&at).starts_with(NOTHING));
    at.alter(
        "from.db",
        "delete from people where rowid = 1; update people set n = 2 where name = 'b'",
    );
    assert_eq!(
        rows(&at),
        "  rows    1 to insert, 0 to update, 2 to delete, of 2 read\n  - name=a n=0\n  - name=b n=1\n  + name=b n=2"
    );
}

#[test]
fn files_are_compared_by_what_their_texts_mean() {
    for format in ["csv", "ndjson", "parquet"] {
        let table = "create table people(id integer primary key, name text, amount TEXT_DECIMAL(10,2), code text, b boolean);
             insert into people values (1, '', '1.50', '007', 1), (2, null, '2.00', '1', 0), (3, 'x', null, null, null)";
        let at = Place::new().sqlite("from.db", table);
        let file = sync(
            "{ connector: sqlite, path: from.db }",
            &format!("{{ connector: files, path: ., format: {format} }}"),
            "people",
            "",
        );
        at.put("sync.yaml", file);
        let first = rows(&at);
        assert!(
            first.starts_with("  rows    3 to insert, 0 to update, 0 to delete"),
            "{format}: {first}"
        );
        run(&at);
        let then = rows(&at);
        assert!(then.starts_with(NOTHING), "{format}: {then}");
        at.alter(
            "from.db",
            "update people set name = null where id = 1; delete from people where id = 2",
        );
        assert_eq!(
            rows(&at),
            "  rows    0 to insert, 1 to update, 1 to delete, of 2 read\n  ~ id=1  name: '' → NULL\n  - id=2",
            "{format}"
        );
    }
}

#[test]
fn what_a_server_takes_for_the_same_is_no_change() {
    let target = wait(database());
    wait(async {
        target
            .run("create table landing.people(id bigint primary key, doc jsonb, fixed character(6), n numeric, small numeric(12,3))")
            .await;
        target
            .run(&format!("alter table landing.people owner to {}", target.writer.user))
            .await;
    });
    let table = "create table people(id integer primary key, doc TEXT_JSON, fixed text, n TEXT_DECIMAL, small TEXT_DECIMAL(10,2));
         insert into people values (1, '{\"b\":1,\"a\":[1.50,1e3]}', 'ab', '1.50', '1.50'), (2, '\"\\u00e9\"', 'abc ', '2', '2.00')";
    for write in ["overwrite", "merge, primary_key: [id]"] {
        let at = Place::new().sqlite("from.db", table);
        at.put(
            "sync.yaml",
            sync(
                "{ connector: sqlite, path: from.db }",
                &postgres(&target.writer),
                "people",
                &format!("write: {write}, allow_lossy: true"),
            ),
        );
        run(&at);
        let then = rows(&at);
        assert!(then.starts_with(NOTHING), "{write}: {then}");
        at.alter(
            "from.db",
            "update people set doc = '{\"a\":[1.5,1000],\"b\":1}', n = '1.5'",
        );
        let then = rows(&at);
        assert!(
            then.starts_with("  rows    0 to insert, 2 to update"),
            "{write}: {then}"
        );
        assert!(then.contains("n: 1.50 → 1.5"), "{write}: {then}");
    }
}

#[test]
fn values_that_have_no_typed_form_are_compared_as_the_systems_bytes() {
    let (source, target) = (wait(database()), wait(database()));
    wait(source.run(
        "create table public.odd(id int primary key, at timestamptz, n numeric, money money, range int4range, list int[]);
         insert into public.odd values (1, 'infinity', 'NaN', 1.5, '[1,3)', '[0:1]={1,2}'), (2, '-infinity', 1.0, 2, 'empty', '{{1},{2}}'), (3, now(), 2, 3, '[2,)', '{}')",
    ));
    for write in ["merge", "overwrite", "history"] {
        let at = Place::new();
        at.put(
            "sync.yaml",
            sync(
                &postgres(&source.reader),
                &postgres(&target.writer),
                "public.odd",
                &format!("write: {write}, into: landing.{write}"),
            ),
        );
        let first = rows(&at);
        assert!(first.starts_with("  rows    3 to insert, 0 to update"), "{first}");
        run(&at);
        assert!(rows(&at).starts_with(NOTHING), "{write}: {}", rows(&at));
        wait(target.run(&format!(
            "update landing.{write} set at = '-infinity', n = 1.00 where id < 3"
        )));
        let then = rows(&at);
        assert!(
            then.starts_with("  rows    0 to insert, 2 to update, 0 to delete"),
            "{write}: {then}"
        );
        assert!(
            then.contains("n: 1.00 → NaN, ") || then.contains("n: 1.00 → NaN"),
            "{write}: {then}"
        );
        run(&at);
        assert!(rows(&at).starts_with(NOTHING), "{write}");
    }
}
