//! `deletes`

use super::lab::Lab;

const IDS: &str = "select id from people order by id";

#[test]
fn hard_removes_the_keys_that_are_gone() {
    Lab::each(|lab| {
        let keys = "write: merge, deletes: hard";
        lab.run(keys).exits(0);
        lab.change("delete from people where id = 1; update people set name = 'Eve' where id = 2");
        lab.run_with(keys, &["--limit", "1"]).exits(0);
        assert_eq!(
            lab.rows(IDS),
            ["1", "2", "3"],
            "a part of the source says nothing of the rest"
        );
        let ran = lab.run_with(keys, &["--json"]).exits(0);
        let last = ran.json().pop().unwrap();
        assert_eq!(last["streams"][0]["deleted"], 1, "{last}");
        assert_eq!(lab.rows("select id || name from people order by id"), ["2Eve", "3Cy"]);
        lab.change("delete from people");
        lab.run(keys).exits(0);
        assert!(lab.rows(IDS).is_empty());
    });
}

#[test]
fn hard_removes_what_where_leaves_out() {
    Lab::each(|lab| {
        lab.run("write: merge").exits(0);
        lab.run("write: merge, deletes: hard, where: \"id > 1\"").exits(0);
        assert_eq!(lab.rows(IDS), ["2", "3"]);
    });
}

#[test]
fn soft_marks_them_until_they_come_back() {
    Lab::each(|lab| {
        let keys = "write: merge, deletes: soft, metadata: true";
        let marked = "select id from people where _deleted_at is not null order by id";
        lab.run(keys).exits(0);
        lab.change("delete from people where id < 3");
        lab.run(keys).exits(0);
        assert_eq!(lab.rows(IDS), ["1", "2", "3"]);
        assert_eq!(lab.rows(marked), ["1", "2"]);
        let when = "select _deleted_at from people where id = 1";
        let first = lab.rows(when);
        lab.run(keys).exits(0);
        assert_eq!(lab.rows(when), first, "the mark stays as it was");
        lab.change("insert into people values (1, 'Ada', 10)");
        lab.run(keys).exits(0);
        assert_eq!(lab.rows(marked), ["2"]);
    });
}

#[test]
fn they_want_all_rows_and_a_merge() {
    Lab::each(|lab| {
        for keys in [
            "deletes: hard",
            "deletes: soft, write: append",
            "deletes: hard, write: overwrite",
            "deletes: hard, write: merge, mode: incremental, cursor: rev",
        ] {
            let ran = lab.run(keys).exits(2);
            assert!(
                ran.stderr
                    .contains("needs `mode: full_refresh` with `write: merge` or `history`"),
                "{keys}: {}",
                ran.stderr
            );
        }
    });
}
