//! A run that widened a column is taken back: its rows, and the type only where it made the table again.

use crate::writes::lab::{Lab, Target};

#[test]
fn rows_go_back_and_the_wider_type_stays() {
    for write in ["write: merge", "write: append", "write: history"] {
        Lab::each(|lab| {
            let rev = |ty: &str| format!("{write}, columns: {{ rev: {{ type: {ty}, allow_lossy: true }} }}");
            lab.keep(&rev("int16"), &[]);
            let columns = lab.columns();
            let before = (lab.held(&columns), lab.mark());
            lab.change("update people set rev = 2000000 where id = 2; insert into people values (4, 'Di', 40)");
            let run = lab.keep(&rev("int32"), &[]);
            assert_ne!(lab.held(&columns), before.0, "{write}");
            lab.undo(&run, &[]).exits(0);
            assert_eq!((lab.held(&columns), lab.mark()), before, "{write}");
            assert_eq!(kind(lab), ["int32"], "{write}");
            // It is SyncApp's own as before.
            lab.change("update people set rev = 5000000000 where id = 2");
            lab.keep(&rev("int64"), &[]);
            assert_eq!(kind(lab), ["int64"], "{write}");
            assert_eq!(
                lab.rows("select cast(id as text) from people where rev = 5000000000"),
                ["2"],
                "{write}"
            );
        });
    }
}

#[test]
fn a_table_that_was_put_back_is_syncapps_own() {
    Lab::each(|lab| {
        let rev = |ty: &str| format!("write: overwrite, columns: {{ rev: {{ type: {ty}, allow_lossy: true }} }}");
        lab.keep(&rev("int16"), &[]);
        let before = kind(lab);
        let run = lab.keep(&rev("int32"), &[]);
        assert_eq!(kind(lab), ["int32"]);
        lab.undo(&run, &[]).exits(0);
        assert_eq!(kind(lab), before);
        lab.change("update people set rev = 5000000000 where id = 2");
        lab.keep(&rev("int64"), &[]);
        assert_eq!(kind(lab), ["int64"]);
        assert_eq!(
            lab.rows("select cast(id as text) from people where rev = 5000000000"),
            ["2"]
        );
    });
}

/// The type of the column that grows.
fn kind(lab: &Lab) -> Vec<String> {
    let query = match &lab.target {
        Target::Sqlite => "select lower(type) from pragma_table_info('people') where name = 'rev'",
        Target::Postgres(_) => {
            "select format_type(atttypid, null) from pg_attribute where attrelid = 'people'::regclass and attname = 'rev'"
        }
        Target::MariaDb(_) => {
            "select data_type from information_schema.columns where table_schema = database() and table_name = 'people' \
             and column_name = 'rev'"
        }
    };
    let word = |word: String| match (&lab.target, word.as_str()) {
        (Target::Postgres(_), "integer") | (Target::MariaDb(_), "int") => "int32".to_owned(),
        (_, "bigint" | "integer") => "int64".to_owned(),
        _ => word,
    };
    lab.rows(query).into_iter().map(word).collect()
}
