//! `syncapp plan`: what a run would read and change, while nothing is written.

use crate::contract::case::{PEOPLE, people, sync};
use crate::contract::connections::{shop, wait};
use crate::contract::place::{Place, database, postgres};

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn it_says_what_a_run_does_then() {
    let at = Place::new().sqlite("from.db", PEOPLE);
    let plan = |name: &str, keys: &str| {
        at.put("sync.yaml", people(keys));
        let before = at.contents();
        let ran = at.syncapp(&["plan", "sync.yaml"]).exits(0);
        snapshot(name, &format!("{}{}", ran.stdout, ran.stderr));
        assert!(before == at.contents(), "{name}: something was written");
    };
    plan(
        "plan_first",
        "write: merge, deletes: hard, metadata: true, columns: { years: { from: age, type: float64, allow_lossy: true }, \
         name: { mask: redact }, twice: { expr: \"rev * 2\" } }",
    );
    let incremental = "mode: incremental, cursor: rev, lookback: 5";
    at.put("sync.yaml", people(incremental));
    at.syncapp(&["run", "sync.yaml"]).exits(0);
    at.alter(
        "from.db",
        "alter table people add column city text; alter table people drop column age",
    );
    plan("plan_next", incremental);
    plan("plan_ignore", &format!("{incremental}, schema_changes: ignore"));
    let epoch = "select epoch from _syncapp_checkpoint";
    assert_eq!(at.rows("to.db", epoch), ["1"], "the fence is not raised");

    at.put("sync.yaml", people(&format!("{incremental}, schema_changes: pause")));
    let ran = at.syncapp(&["plan", "sync.yaml"]).exits(1);
    assert!(ran.stderr.contains("error[source.schema_changed]"), "{}", ran.stderr);
}

#[test]
fn its_json_is_one_stream_a_line() {
    let at = Place::new()
        .sqlite("from.db", PEOPLE)
        .file("sync.yaml", people("write: append, undo: { keep: 7d }"));
    let json = at
        .syncapp(&["plan", "sync.yaml", "--json", "--stream", "people"])
        .exits(0)
        .json();
    let plan = &json[0]["plan"];
    assert_eq!((json.len(), plan["write"].as_str()), (1, Some("append")));
    assert_eq!(plan["undo"], 604_800);
    let told = at.syncapp(&["plan", "sync.yaml"]).exits(0).stdout;
    assert!(
        told.contains("\n  undo    the run can be taken back for 7days\n"),
        "{told}"
    );
    assert_eq!(plan["columns"][0]["from"]["native"], "INTEGER");
    assert_eq!(plan["changes"][0]["change"], "create");
    let ran = at.syncapp(&["plan", "sync.yaml", "--sync", "t"]).exits(2);
    assert!(
        ran.stderr.contains("did you mean") || ran.stderr.contains("it has: s"),
        "{}",
        ran.stderr
    );
    let ran = at.syncapp(&["plan", "sync.yaml", "--stream", "peopel"]).exits(2);
    assert!(ran.stderr.contains("no stream `peopel`"), "{}", ran.stderr);
}

#[test]
fn it_needs_to_read_only() {
    let (source, target) = (shop(), wait(database()));
    let file = |login| {
        sync(
            &postgres(&source.reader),
            &postgres(login),
            "public.orders",
            "into: landing.orders, write: merge",
        )
    };
    let at = Place::new().file("sync.yaml", file(&target.writer));
    at.syncapp(&["run", "sync.yaml"]).exits(0);
    let reader = &target.reader.user;
    wait(target.run(&format!(
        "grant usage on schema landing to {reader}; grant select on all tables in schema landing to {reader}"
    )));
    wait(source.run("alter table public.orders add column note text"));
    at.put("sync.yaml", file(&target.reader));
    let ran = at.syncapp(&["plan", "sync.yaml"]).exits(0);
    assert!(ran.stdout.contains("add column \"note\" text"), "{}", ran.stdout);
}
