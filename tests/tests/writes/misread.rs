//! Rows of databases with values that cannot be read: they fail the stream, lose the value, or are set aside.

use serde_json::{Value as Json, json};

use super::odd::{Ends, SQLITE, sqlite_target};
use super::replay::{kept, replay};
use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, database, postgres};

const LANDED: &str = "select id || ' ' || coalesce(cast(v as text), 'NULL') from odd order by id";

#[test]
fn without_a_word_the_stream_fails() {
    Ends::each(|ends| {
        ends.write("on_error: fail");
        let ran = ends.syncapp("run", &[]).exits(1);
        assert!(
            ran.stderr.contains("error[source.") && ran.stderr.contains('v'),
            "{}",
            ran.stderr
        );
        for command in ["preview", "plan"] {
            ends.syncapp(command, &[]).exits(1);
        }
    });
}

#[test]
fn they_are_set_aside_and_the_others_land() {
    for write in ["overwrite", "merge", "append, mode: incremental, cursor: rev"] {
        Ends::each(|ends| {
            ends.write(&format!("on_error: reject, primary_key: [id], write: {write}"));
            let planned = ends.told("plan", "rows");
            assert_eq!(
                (&planned["rows"]["inserted"], &planned["rows"]["rejected"]),
                (&json!(2), &json!(2)),
                "{planned}"
            );
            let preview = ends.told("preview", "mapped");
            assert_eq!(preview["mapped"].as_array().unwrap().len(), 2, "{preview}");
            assert_eq!(preview["rejected"], 2, "{preview}");
            assert_eq!(preview["rejects"][0]["column"], "v", "{preview}");
            for _ in 0..2 {
                ends.syncapp("run", &[]).exits(0);
                assert_eq!((ends.look)(LANDED), ends.landed(""), "{write}");
                let mut rejects = kept(&ends.place);
                rejects.sort_by_key(|reject| reject["row"]["id"].as_i64());
                assert_eq!(rejects.len(), 2, "{rejects:?}");
                let second = &rejects[0];
                assert_eq!(
                    second["row"],
                    json!({ "id": 2, "v": { "syncapp.unread": ends.bad }, "rev": 20 }),
                    "{write}"
                );
                assert_eq!((&second["row_key"], &second["column"]), (&json!([2]), &json!("v")));
            }
            let verified = ends.told("verify", "equal");
            assert_eq!(
                (&verified["equal"], &verified["rejected"]),
                (&json!(true), &json!(2)),
                "{verified}"
            );
            // As it was kept it says nothing to the mapping.
            let ran = replay(&ends.place, &[]).exits(1);
            assert!(ran.stdout.contains("refused"), "{}", ran.stdout);
            let (fix, mended) = ends.mend;
            replay(&ends.place, &["--fix", fix]).exits(0);
            assert_eq!((ends.look)(LANDED), ends.landed(mended), "{write}");
            assert_eq!(kept(&ends.place), Vec::<Json>::new());
            // What an increment has dealt with does not come back.
            if write.contains("incremental") {
                ends.syncapp("run", &[]).exits(0);
                assert_eq!((ends.look)(LANDED), ends.landed(mended));
                assert_eq!(kept(&ends.place), Vec::<Json>::new());
            }
        });
    }
}

#[test]
fn their_values_become_null_and_are_counted() {
    Ends::each(|ends| {
        ends.write("on_error: \"null\", primary_key: [id], write: merge");
        let planned = ends.told("plan", "rows");
        assert_eq!(
            (&planned["rows"]["inserted"], &planned["rows"]["nulled"]),
            (&json!(4), &json!(2)),
            "{planned}"
        );
        assert_eq!(ends.told("preview", "mapped")["nulled"], 2);
        let finished = ends.told("run", "nulled");
        assert_eq!((&finished["nulled"], &finished["rejected"]), (&json!(2), &json!(0)));
        assert_eq!((ends.look)(LANDED), ends.landed("NULL"));
        assert_eq!(ends.told("verify", "equal")["equal"], true);
        assert_eq!(kept(&ends.place), Vec::<Json>::new());
    });
}

#[test]
fn what_may_not_be_null_fails_the_stream_by_its_own_reason() {
    Ends::each(|ends| {
        for keys in [
            "write: merge, primary_key: [v]",
            "write: append, mode: incremental, cursor: v",
        ] {
            ends.write(&format!("on_error: \"null\", {keys}"));
            let ran = ends.syncapp("run", &[]).exits(1);
            assert!(ran.stderr.contains("error[source."), "{keys}: {}", ran.stderr);
        }
    });
}

#[test]
fn a_cursor_or_a_key_that_cannot_be_read_sets_its_row_aside() {
    for keys in [
        "write: merge, primary_key: [v]",
        "write: append, mode: incremental, cursor: v",
    ] {
        Ends::each(|ends| {
            ends.write(&format!("on_error: reject, {keys}"));
            for _ in 0..2 {
                ends.syncapp("run", &[]).exits(0);
                assert_eq!((ends.look)(LANDED), ends.landed(""), "{keys}");
                let rejects = kept(&ends.place);
                assert_eq!(rejects.len(), 2, "{rejects:?}");
                assert!(
                    rejects
                        .iter()
                        .all(|reject| reject["code"].as_str().unwrap().starts_with("source."))
                );
                if keys.contains("merge") {
                    assert!(rejects.iter().all(|reject| reject["row_key"].is_null()), "{rejects:?}");
                }
            }
        });
    }
}

#[test]
fn the_bounds_hold_for_them_and_where_leaves_them_out() {
    Ends::each(|ends| {
        for (keys, code) in [
            ("max_rejects: 1", 1),
            ("max_reject_ratio: 0.4", 1),
            ("max_rejects: 1, where: \"id <> 2\"", 0),
        ] {
            ends.write(&format!("on_error: reject, {keys}"));
            for command in ["plan", "run"] {
                let ran = ends.syncapp(command, &[]);
                assert_eq!(ran.code, code, "{command} {keys}: {}", ran.stderr);
            }
        }
        assert_eq!((ends.look)(LANDED), ends.landed(""));
        let rejects = kept(&ends.place);
        assert_eq!((rejects.len(), &rejects[0]["row"]["id"]), (1, &json!(4)), "{rejects:?}");
        assert_eq!(ends.told("verify", "equal")["rejected"], 1);
        assert_eq!(ends.told("preview", "mapped")["rejected"], 1);
    });
}

#[test]
fn a_masked_value_of_them_is_kept_nowhere() {
    Ends::each(|ends| {
        ends.write("on_error: reject, columns: { v: { mask: redact } }");
        ends.syncapp("run", &[]).exits(0);
        let rejects = kept(&ends.place);
        assert_eq!(rejects.len(), 2);
        for reject in rejects {
            assert_eq!(reject["row"]["v"], "***", "{reject}");
            assert!(reject["message"].as_str().unwrap().contains("masked"), "{reject}");
        }
    });
}

#[test]
fn arrays_that_are_no_lists_are_kept_as_they_are_written() {
    let source = wait(database());
    wait(source.run(
        "create table public.odd(id int primary key, v int[], t text[], d date[], n numeric(5,2)[]);
         insert into public.odd values
           (1, '{1,null,3}', '{a}', '{2024-01-02}', '{1.50}'),
           (2, '{{1,2},{3,4}}', '{b}', null, null),
           (3, '[0:1]={5,6}', '{c}', null, null),
           (4, '{}', '{{\"a b\",null},{\"\",\"q\\\"\\\\\"}}', '{2024-01-02,infinity}', '{1.5,NaN}'),
           (5, '{7}', '{d,e}', '{2024-01-03}', '{2.50,null}');
         grant select on public.odd to public",
    ));
    let (place, look) = sqlite_target();
    let file = sync(
        &postgres(&source.reader),
        SQLITE,
        "public.odd",
        "into: odd, on_error: reject",
    );
    place.put("sync.yaml", file);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let rows = "select id || ' ' || v || ' ' || t || ' ' || d || ' ' || n from odd order by id";
    assert_eq!(
        look(rows),
        [
            "1 [1,null,3] [\"a\"] [\"2024-01-02\"] [\"1.50\"]",
            "5 [7] [\"d\",\"e\"] [\"2024-01-03\"] [\"2.50\",null]"
        ]
    );
    let mut rejects = kept(&place);
    rejects.sort_by_key(|reject| reject["row"]["id"].as_i64());
    let cells = |at: usize, column: &str| rejects[at]["row"][column]["syncapp.unread"].clone();
    assert_eq!(cells(0, "v"), "{{1,2},{3,4}}");
    assert_eq!(cells(1, "v"), "[0:1]={5,6}");
    assert_eq!(cells(2, "t"), "{{\"a b\",NULL},{\"\",\"q\\\"\\\\\"}}");
    assert_eq!(cells(2, "d"), "{2024-01-02,infinity}");
    assert_eq!(cells(2, "n"), "{1.50,NaN}");
    assert_eq!(rejects[2]["row"]["v"], json!([]));
    replay(
        &place,
        &[
            "--fix", "v = null", "--fix", "t = null", "--fix", "d = null", "--fix", "n = null",
        ],
    )
    .exits(0);
    assert_eq!(look("select cast(count(*) as text) from odd"), ["5"]);
}

#[test]
fn between_ends_of_one_system_they_land_as_they_are() {
    let database = wait(database());
    wait(database.run(
        "create table public.odd(id int primary key, v timestamptz, a int[]);
         insert into public.odd values (1, 'infinity', '{{1},{2}}'), (2, '2024-01-01', '{1}');
         grant select on public.odd to public",
    ));
    let (from, to) = (postgres(&database.reader), postgres(&database.writer));
    for on_error in ["fail", "reject", "\"null\""] {
        let keys = format!("into: odd, on_error: {on_error}, where: \"id > 0\", write: merge");
        let place = Place::new().file("sync.yaml", sync(&from, &to, "public.odd", &keys));
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let landed = wait(database.texts("select row(id, v, a)::text from landing.odd where id = 1"));
        assert_eq!(landed, [Some("(1,infinity,\"{{1},{2}}\")".to_owned())]);
        let planned = place
            .syncapp(&["plan", "sync.yaml", "--rows", "--json"])
            .exits(0)
            .json();
        let rows = planned.iter().find(|line| !line["rows"].is_null()).unwrap();
        assert_eq!(
            (
                &rows["rows"]["updated"],
                &rows["rows"]["rejected"],
                &rows["rows"]["nulled"]
            ),
            (&json!(0), &json!(0), &json!(0)),
            "{rows}"
        );
        // A comparison of values cannot say that it lacks nothing: it says so.
        wait(database.run("delete from landing.odd where id = 1"));
        let ran = place.syncapp(&["verify", "sync.yaml"]).exits(1);
        assert!(ran.stderr.contains("infinity"), "{on_error}: {}", ran.stderr);
        wait(database.run("drop table landing.odd"));
    }
}

#[test]
fn a_column_that_is_never_null_is_no_exception() {
    let (place, look) = sqlite_target();
    let table = "create table odd(id integer primary key, v integer not null, rev integer not null);
        insert into odd values (1, 7, 10), (2, 'old', 20), (3, 8, 30);";
    let place = place.sqlite("from.db", table);
    let from = "{ connector: sqlite, path: from.db }";
    place.put("sync.yaml", sync(from, SQLITE, "odd", "on_error: reject"));
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(look("select id || ' ' || v from odd order by id"), ["1 7", "3 8"]);
    assert_eq!(kept(&place).len(), 1);
    for columns in ["", ", columns: { v: { expr: \"v + 1\" } }"] {
        let keys = format!("on_error: \"null\"{columns}");
        place.put("sync.yaml", sync(from, SQLITE, "odd", &keys));
        let ran = place.syncapp(&["run", "sync.yaml"]).exits(1);
        assert!(ran.stderr.contains("error[source.invalid_data]"), "{}", ran.stderr);
    }
    let source = wait(database());
    wait(source.run(
        "create table public.odd(id int primary key, v date not null, rev int not null);
         insert into public.odd values (1, '2024-01-02', 10), (2, 'infinity', 20);
         grant select on public.odd to public",
    ));
    for keys in ["write: overwrite", "write: merge, mode: incremental, cursor: rev"] {
        let keys = format!("into: days, on_error: reject, {keys}");
        place.put(
            "sync.yaml",
            sync(&postgres(&source.reader), SQLITE, "public.odd", &keys),
        );
        place.syncapp(&["run", "sync.yaml", "--full-refresh"]).exits(0);
        assert_eq!(look("select id || ' ' || v from days"), ["1 2024-01-02"]);
        place.syncapp(&["verify", "sync.yaml"]).exits(0);
    }
}
