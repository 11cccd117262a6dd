//! Rows that someone changed since a run.

use crate::writes::lab::Lab;

const IDS: &str = "select cast(id as text) from people order by id";
const NAMES: &str = "select coalesce(name, 'NULL') from people order by id";

#[test]
fn rows_that_were_changed_since_are_named_and_left_alone() {
    Lab::each(|lab| {
        let keys = "write: merge, deletes: hard";
        lab.keep(keys, &[]);
        lab.change(
            "update people set name = 'New' where id in (1, 2); delete from people where id = 3;
             insert into people values (4, 'Di', 40), (5, 'Ed', 50)",
        );
        let run = lab.keep(keys, &[]);
        // One that was updated, one that was inserted, and one in the place of a deleted one.
        lab.alter("update people set name = 'Mine' where id in (2, 5)");
        lab.alter("insert into people(id, name) values (3, 'Again')");
        let undone = lab.undone(&run);
        assert_eq!(undone["left_alone"], 3, "{undone}");
        let mut left: Vec<String> = (0..3)
            .map(|at| {
                format!(
                    "{} {}",
                    undone["left"][at]["row"].as_str().unwrap(),
                    undone["left"][at]["reason"].as_str().unwrap()
                )
            })
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["id = 2 changed since", "id = 3 inserted since", "id = 5 changed since"]
        );
        assert_eq!(
            (&undone["removed"], &undone["restored"], &undone["put_back"]),
            (&1.into(), &1.into(), &0.into())
        );
        assert_eq!(lab.rows(IDS), ["1", "2", "3", "5"]);
        assert_eq!(lab.rows(NAMES), ["Ada", "Mine", "Again", "Mine"]);
        assert_eq!(lab.undo(&run, &[]).exits(2).stderr.lines().count(), 2);
    });
}

#[test]
fn rows_that_were_deleted_since_stay_deleted() {
    Lab::each(|lab| {
        lab.keep("write: merge", &[]);
        lab.change("update people set name = 'New' where id < 3");
        let run = lab.keep("write: merge", &[]);
        lab.alter("delete from people where id = 2");
        assert_eq!(
            lab.undo(&run, &[]).exits(3).stderr,
            "left alone in TABLE: id = 2 (deleted since)\n".replace("TABLE", &target(lab))
        );
        assert_eq!(lab.rows(NAMES), ["Ada", "Cy"]);
    });
}

#[test]
fn added_rows_go_as_often_as_they_were_added() {
    Lab::each(|lab| {
        lab.keep("write: append", &[]);
        let run = lab.keep("write: append", &[]);
        lab.alter("insert into people values (9, 'Mine', 9)");
        lab.alter("delete from people where id = 1");
        let undone = lab.undone(&run);
        // Both of the first row are gone: the run's one and the one before.
        assert_eq!(
            (&undone["removed"], &undone["left_alone"]),
            (&2.into(), &1.into()),
            "{undone}"
        );
        assert_eq!(lab.rows(IDS), ["2", "3", "9"]);
    });
}

#[test]
fn a_version_of_a_history_goes_with_the_one_before_or_not_at_all() {
    Lab::each(|lab| {
        lab.keep("write: history", &[]);
        lab.change("update people set name = 'New'");
        let run = lab.keep("write: history", &[]);
        lab.alter("update people set name = 'Mine' where id = 2 and _valid_to is null");
        let undone = lab.undone(&run);
        assert_eq!(undone["left_alone"], 1, "{undone}");
        assert_eq!(lab.rows(IDS), ["1", "2", "2", "3"]);
        let current = "select name from people where _valid_to is null order by id";
        assert_eq!(lab.rows(current), ["Ada", "Mine", "Cy"]);
    });
}

#[test]
fn a_table_that_was_changed_since_it_was_made_is_not_dropped() {
    Lab::each(|lab| {
        let run = lab.keep("", &[]);
        lab.alter("update people set name = 'Mine' where id = 2");
        let said = lab.undo(&run, &[]).exits(1).stderr;
        assert!(said.contains("destination.changed_since"), "{said}");
        assert_eq!(lab.rows(NAMES), ["Ada", "Mine", "Cy"]);
        lab.alter("update people set name = 'Bob' where id = 2");
        lab.undo(&run, &[]).exits(0);
        assert!(!lab.has("people"));
    });
}

#[test]
fn columns_that_came_since_stay_and_stand_in_the_way_once_they_are_filled() {
    for (keys, made) in [
        ("write: merge", true),
        ("write: append", true),
        ("write: merge", false),
        ("write: append", false),
    ] {
        Lab::each(|lab| {
            if !made {
                lab.keep(keys, &[]);
                lab.change("update people set name = 'New' where id = 1; delete from people where id > 1");
            }
            let first = lab.keep(keys, &[]);
            lab.change("alter table people add column more text; update people set more = 'm', rev = 99 where id = 1");
            let second = lab.keep(keys, &[]);
            lab.undo(&second, &[]).exits(0);
            assert_eq!(
                lab.rows("select coalesce(more, 'NULL') from people where id = 1")[0],
                "NULL"
            );
            lab.alter("update people set more = 'mine' where id = 1 and name = 'New'");
            lab.alter("update people set more = 'mine' where id = 1 and not exists (select 1 from (select * from people) p where name = 'New')");
            let undone = lab.undo(&first, &["--json"]);
            assert_eq!(
                undone.code,
                if made { 1 } else { 3 },
                "{keys}: {}{}",
                undone.stdout,
                undone.stderr
            );
            lab.alter("update people set more = null");
            if made {
                lab.undo(&first, &[]).exits(0);
                assert!(!lab.has("people"));
            } else {
                assert_eq!(undone.json()[0]["stream"]["left_alone"], 1, "{keys}: {}", undone.stdout);
            }
        });
    }
}

/// What the program calls the table.
fn target(lab: &Lab) -> String {
    use crate::writes::lab::Target;
    match &lab.target {
        Target::Sqlite => "people".into(),
        Target::Postgres(_) => "landing.people".into(),
        Target::MariaDb(databases) => format!("{}.people", databases.writer.database),
    }
}
