//! Generated runs: changed, run, taken back, compared, and run again.

use std::fmt::Write as _;

use syncapp_tests::faults::dice::Dice;

use crate::writes::lab::{Lab, Target};

/// How many runs are taken back into each kind of target.
const RUNS: u64 = 18;

/// The keys of a stream, and what the target has before: nothing, or a table of the user's.
const WRITES: [(&str, Before); 12] = [
    ("", Before::Nothing),
    ("write: append", Before::Nothing),
    ("write: merge", Before::Nothing),
    ("write: merge, deletes: soft", Before::Nothing),
    ("write: merge, deletes: hard, metadata: true", Before::Nothing),
    ("write: history", Before::Nothing),
    ("write: history, deletes: soft", Before::Nothing),
    ("mode: incremental, cursor: rev, write: merge", Before::Nothing),
    ("mode: incremental, cursor: rev, write: append", Before::Nothing),
    (
        "mode: incremental, cursor: rev, write: history, metadata: true",
        Before::Nothing,
    ),
    ("", Before::Table),
    ("primary_key: [id]", Before::Referred),
];

#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    /// A table with columns of its own.
    Table,
    /// The same, to which another table refers.
    Referred,
}

#[test]
fn a_run_that_is_taken_back_leaves_the_table_and_the_checkpoint_as_they_were() {
    let cases = (0..RUNS).flat_map(|seed| Lab::all().into_iter().map(move |lab| (seed, lab)));
    let cases: Vec<(u64, Lab)> = cases.collect();
    std::thread::scope(|scope| {
        for part in cases.chunks(cases.len().div_ceil(3)) {
            scope.spawn(move || part.iter().for_each(|(seed, lab)| taken_back(*seed, lab)));
        }
    });
}

fn taken_back(seed: u64, lab: &Lab) {
    let mut dice = Dice::new(seed * 7 + 1);
    let (keys, before) = WRITES[(seed % WRITES.len() as u64) as usize];
    prepare(lab, before);
    let mut rev = 100;
    // A table that the run makes is taken back too.
    for _ in 0..dice.below(3) {
        change(lab, &mut dice, &mut rev, false);
        lab.keep(keys, &[]);
    }
    let (columns, mark) = (lab.columns(), lab.mark());
    let held = lab.held(&columns);
    change(lab, &mut dice, &mut rev, before == Before::Nothing);
    let limited = dice.below(6) == 0 && !keys.contains("hard") && before == Before::Nothing;
    let arguments: &[&str] = if limited { &["--limit", "5"] } else { &[] };
    let run = lab.keep(keys, arguments);
    let (all, after) = (lab.columns(), lab.mark());
    let data: Vec<String> = all.iter().filter(|name| !name.starts_with('_')).cloned().collect();
    let landed = lab.held(&data);
    let named = format!("seed {seed}, {keys}, {} columns", columns.len());

    let dry = lab.undo(&run, &["--dry-run"]);
    assert_eq!(
        (dry.code, lab.held(&data)),
        (0, landed.clone()),
        "{named}\n{}",
        dry.stderr
    );
    let undone = lab.undo(&run, &["--json"]);
    assert_eq!(undone.code, 0, "{named}\n{}{}", undone.stdout, undone.stderr);
    if columns.is_empty() {
        assert!(!lab.has("people"), "{named}");
    } else {
        assert_eq!(lab.held(&columns), held, "{named}");
    }
    assert_eq!(unless_none(lab.mark()), unless_none(mark), "{named}");

    lab.keep(keys, arguments);
    assert_eq!(lab.held(&data), landed, "{named}: run again");
    assert_eq!(lab.mark(), after, "{named}: run again");
    assert_eq!(lab.undo(&run, &[]).code, 2, "{named}: a run is taken back once");
}

/// A stream that has come nowhere is one of which nothing is kept.
fn unless_none(mark: Vec<String>) -> Vec<String> {
    mark.into_iter()
        .filter(|line| line != "none" && line != "none 0")
        .collect()
}

fn prepare(lab: &Lab, before: Before) {
    lab.change("alter table people add column note text; alter table people add column score real");
    if before == Before::Nothing {
        return;
    }
    let (text, own) = match lab.target {
        Target::MariaDb(_) => ("varchar(100) character set utf8mb4 collate utf8mb4_nopad_bin", "int"),
        _ => ("text", "integer"),
    };
    let double = if matches!(lab.target, Target::Sqlite) {
        "real"
    } else {
        "double precision"
    };
    lab.alter(&format!(
        "create table people(id bigint not null primary key, name {text}, rev bigint, note {text}, score {double}, own {own});
         insert into people values (1, 'old', 1, 'it''s', 0.1, null), (77, 'older', 2, null, -1.5, null)"
    ));
    if before == Before::Referred {
        lab.alter("create table friends(person bigint references people(id)); insert into friends values (1)");
    }
}

/// Inserts, updates and deletes at random; the first row stays.
fn change(lab: &Lab, dice: &mut Dice, rev: &mut u64, widens: bool) {
    let mut sql = String::new();
    for _ in 0..=dice.below(8) {
        *rev += 1;
        let id = 2 + dice.below(30);
        let name = ["'Ada'", "''", "null", "'Zoë 🦀'", "'it''s \\ '", "'a|b'"][dice.below(6) as usize];
        let score = ["null", "0.1", "-2.5e-300", "3.0"][dice.below(4) as usize];
        let _ = match dice.below(4) {
            0 => write!(sql, "delete from people where id = {id};"),
            1 => write!(sql, "update people set name = {name}, rev = {rev} where id = {id};"),
            _ => write!(
                sql,
                "insert into people(id, name, rev, note, score) values ({id}, {name}, {rev}, {name}, {score}) \
                 on conflict do update set note = excluded.note, rev = excluded.rev;"
            ),
        };
    }
    // Something has to change.
    *rev += 1;
    let _ = write!(sql, "update people set rev = {rev} where id = 1;");
    if widens && dice.below(3) == 0 {
        let _ = write!(
            sql,
            "alter table people add column more text; update people set more = 'm' where id < 9;"
        );
    }
    lab.change(&sql);
}
