//! `syncapp undo`: which run, which file, and what stands against it.

use crate::writes::lab::Lab;

const COUNT: &str = "select cast(count(*) as text) from people";

#[test]
fn runs_are_taken_back_the_newest_first() {
    Lab::each(|lab| {
        let keys = "write: append";
        let first = lab.keep(keys, &[]);
        let second = lab.keep(keys, &["--limit", "2"]);
        let said = lab.undo(&first, &[]).exits(2).stderr;
        assert!(said.contains("config.conflict") && said.contains(&second), "{said}");
        assert_eq!(lab.rows(COUNT), ["5"]);
        lab.undo(&second, &[]).exits(0);
        assert_eq!(lab.rows(COUNT), ["3"]);
        lab.undo(&first, &[]).exits(0);
        assert!(!lab.has("people"));
        assert_eq!(lab.journals(), [""; 0]);
        lab.keep(keys, &[]);
        assert_eq!(lab.rows(COUNT), ["3"]);
    });
}

#[test]
fn a_run_that_moved_the_checkpoint_without_a_journal_stands_in_the_way() {
    Lab::each(|lab| {
        let keys = "mode: incremental, cursor: rev, write: append";
        let run = lab.keep(keys, &[]);
        lab.change("insert into people values (4, 'Di', 40)");
        lab.run(keys).exits(0);
        let said = lab.undo(&run, &[]).exits(2).stderr;
        assert!(
            said.contains("config.conflict") && said.contains("without `undo`"),
            "{said}"
        );
        assert_eq!(lab.rows(COUNT), ["4"]);
    });
}

#[test]
fn journals_go_when_their_time_is_over() {
    Lab::each(|lab| {
        lab.run("write: append, undo: { keep: 1ms }").exits(0);
        let old = lab.last();
        lab.run("write: append, undo: { keep: 1ms }").exits(0);
        assert_eq!(lab.journals().len(), 1);
        // A run without a journal of its own tidies up as well.
        lab.run("write: append").exits(0);
        assert_eq!(lab.journals(), [""; 0]);
        assert_eq!(lab.rows("select run_id from _syncapp_undo"), [""; 0]);
        assert!(lab.undo(&old, &[]).exits(2).stderr.contains("config.unknown_name"));
    });
}

#[test]
fn a_run_that_changed_nothing_keeps_nothing() {
    Lab::each(|lab| {
        let keys = "mode: incremental, cursor: rev, write: merge";
        lab.keep(keys, &[]);
        let run = lab.keep(keys, &[]);
        assert!(lab.undo(&run, &[]).exits(2).stderr.contains("changed nothing"));
        assert_eq!(lab.journals(), [""; 0]);
    });
}

#[test]
fn the_file_is_the_run_s_own_unless_another_one_is_named() {
    Lab::each(|lab| {
        let run = lab.keep("", &[]);
        let place = &lab.place;
        let text = place.text("sync.yaml");
        place.put("moved.yaml", &text);
        std::fs::remove_file(place.path("sync.yaml")).unwrap();
        let said = lab.undo(&run, &[]).exits(2).stderr;
        assert!(said.contains("config.unreadable_file"), "{said}");
        lab.undo(&run, &["--file", "moved.yaml"]).exits(0);
        assert!(!lab.has("people"));
        let unknown = "0190a000-0000-7000-8000-000000000000";
        let said = lab.undo(unknown, &[]).exits(2).stderr;
        assert!(said.contains("--file"), "{said}");
        lab.undo("nonsense", &[]).exits(2);
    });
}
