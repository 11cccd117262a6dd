//! What commands and flags do, with their exit codes and their `--json`.

use crate::contract::case::{PEOPLE, people};
use crate::contract::place::{Place, Ran, program};

pub(crate) fn place(keys: &str) -> Place {
    Place::new().sqlite("from.db", PEOPLE).file("sync.yaml", people(keys))
}

pub(crate) fn run(place: &Place, more: &[&str]) -> Ran {
    place.syncapp(&[&["run", "sync.yaml"], more].concat())
}

pub(crate) fn count(place: &Place) -> Vec<String> {
    place.rows("to.db", "select count(*) from people")
}

#[test]
fn run_ends_with_a_table_or_events() {
    let place = place("");
    let ran = run(&place, &[]).exits(0);
    assert!(
        ran.stdout.contains("landed") && ran.stderr.contains("people → people"),
        "{}",
        ran.stdout
    );
    let ran = run(&place, &["--json"]).exits(0);
    let events: Vec<String> = ran
        .json()
        .iter()
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        events,
        [
            "run_started",
            "stream_started",
            "committed",
            "stream_finished",
            "run_finished"
        ]
    );
    assert_eq!(ran.json()[4]["streams"][0]["rows_written"], 3);
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
}

#[test]
fn json_tells_failures_too() {
    let place = place("columns: { score: { type: float64 } }");
    let ran = run(&place, &["--json"]).exits(1);
    let last = ran.json().pop().unwrap();
    assert_eq!(
        (&last["event"], &last["outcome"]),
        (&"run_finished".into(), &"failed".into())
    );
    assert_eq!(last["streams"][0]["error"]["code"], "transform.cast_failed");
    let retried = |events: Vec<serde_json::Value>| events.iter().any(|event| event["event"] == "retry");
    assert!(
        !retried(ran.json()),
        "it fails again whenever it is tried: {}",
        ran.stdout
    );
    place.put("sync.yaml", people("cursor: nothing, mode: incremental"));
    let ran = run(&place, &["--json"]).exits(2);
    assert_eq!(ran.json()[0]["problems"][0]["code"], "config.unknown_column");
}

#[test]
fn some_streams_landed_and_others_did_not_is_3() {
    let file = people("").replace("      people:", "      nobody:\n      people:");
    let place = place("").file("sync.yaml", file);
    let ran = run(&place, &[]).exits(3);
    assert!(ran.stderr.contains("source.stream_not_found"), "{}", ran.stderr);
    assert_eq!(count(&place), ["3"], "a bad stream does not block the others");
    // Two syncs: one lands, one cannot be planned.
    let both = people("where: \"nonsense(\"").replace(
        "\n  s:",
        "\n  t: { source: from, destination: to, streams: { people: { into: folk } } }\n  s:",
    );
    place.put("sync.yaml", both);
    run(&place, &[]).exits(3);
}

#[test]
fn sync_and_stream_choose() {
    let file = people("").replace(
        "\nsyncs:",
        "\nsyncs:\n  t: { source: from, destination: to, streams: { people: { into: folk }, pets: } }",
    );
    let place = place("").file("sync.yaml", file);
    place.alter("from.db", "create table pets(id integer); insert into pets values (7)");
    let tables = "select name from sqlite_schema where name in ('people', 'folk', 'pets') order by 1";
    run(&place, &["--sync", "t", "--stream", "pets"]).exits(0);
    assert_eq!(place.rows("to.db", tables), ["pets"]);
    run(&place, &["--sync", "t", "--stream", "pets", "--stream", "people"]).exits(0);
    assert_eq!(place.rows("to.db", tables), ["folk", "pets"]);
    run(&place, &[]).exits(0);
    assert_eq!(place.rows("to.db", tables), ["folk", "people", "pets"]);
}

#[test]
fn runs_are_remembered() {
    let place = place("");
    for _ in 0..3 {
        run(&place, &[]).exits(0);
    }
    place.alter("from.db", "alter table people rename to folk");
    run(&place, &[]).exits(1);
    let runs = |more: &[&str]| place.syncapp(&[&["runs", "--json"], more].concat()).exits(0).json();
    assert_eq!(runs(&[]).len(), 4);
    assert_eq!(
        (&runs(&[])[0]["outcome"], &runs(&[])[1]["outcome"]),
        (&"failed".into(), &"done".into())
    );
    assert_eq!(runs(&["--limit", "2"]).len(), 2);
    assert_eq!(runs(&["--project", "sync", "--sync", "s"]).len(), 4);
    assert_eq!(
        (runs(&["--project", "shop"]).len(), runs(&["--sync", "t"]).len()),
        (0, 0)
    );
    assert!(place.syncapp(&["runs"]).exits(0).stdout.contains("sync/s"));
}

#[test]
fn discover_says_when_there_is_nothing() {
    let line = ["discover", "sync.yaml", "--connection", "from"];
    let ran = place("").syncapp(&[&line[..], &["zz*"]].concat()).exits(0);
    assert!(
        ran.stderr.contains("no stream of `from` matches `zz*`"),
        "{}",
        ran.stderr
    );
    place("").syncapp(&[&line[..], &["--limit", "0"]].concat()).exits(2);
}

#[test]
fn discover_pages_and_picks() {
    let place = place("");
    place.alter(
        "from.db",
        "create table pets(id integer); create table plants(id integer)",
    );
    let names = |more: &[&str]| {
        let ran = place
            .syncapp(&[&["discover", "sync.yaml", "--connection", "from", "--json"], more].concat())
            .exits(0);
        let names: Vec<String> = ran
            .json()
            .iter()
            .map(|found| found["stream"].as_str().unwrap().to_owned())
            .collect();
        (names.join(","), ran.stderr)
    };
    assert_eq!(names(&[]), ("people,pets,plants".into(), String::new()));
    let (page, note) = names(&["--limit", "2"]);
    assert_eq!(page, "people,pets");
    assert!(note.contains("--offset 2"), "{note}");
    assert_eq!(
        names(&["--limit", "2", "--offset", "2"]),
        ("plants".into(), String::new())
    );
    assert_eq!(names(&["p*s"]).0, "pets,plants");
    assert_eq!(names(&["people"]).0, "people");
    let text = place
        .syncapp(&["discover", "sync.yaml", "--connection", "from", "people"])
        .exits(0)
        .stdout;
    assert!(
        text.contains("people (table") && text.contains("key 1") && text.contains("int64"),
        "{text}"
    );
}

#[test]
fn preview_shows_both_sides_and_writes_nothing() {
    let place = place("columns: { name: { mask: redact } }, where: \"id > 1\"");
    let before = place.contents();
    let line = ["preview", "sync.yaml", "--sync", "s", "--stream", "people"];
    let text = place.syncapp(&line).exits(0).stdout;
    assert!(
        text.contains("people (source)") && text.contains("people (mapped)") && text.contains("***"),
        "{text}"
    );
    let json = place
        .syncapp(&[&line[..], &["--json", "--limit", "2"]].concat())
        .exits(0)
        .json();
    assert_eq!(json[0]["source"].as_array().unwrap().len(), 2);
    assert_eq!(json[0]["mapped"].as_array().unwrap().len(), 1);
    assert!(before == place.contents() && !place.path("to.db").exists());
}

#[test]
fn copy_needs_no_file() {
    let place = place("").file("data/flights.csv", "a,b\n1,x\n2,y\n");
    place.syncapp(&["copy", "data", "flights.csv", "to.db"]).exits(0);
    assert_eq!(place.rows("to.db", "select a, b from flights"), ["1|x", "2|y"]);
    let ran = place
        .syncapp(&[
            "copy",
            "./from.db",
            "people",
            "./out",
            "folk.ndjson",
            "--limit",
            "1",
            "--json",
        ])
        .exits(0);
    assert_eq!(ran.json().last().unwrap()["outcome"], "landed");
    assert_eq!(
        place.text("out/folk.ndjson"),
        "{\"id\":1,\"name\":\"Ada\",\"age\":36,\"rev\":10,\"score\":\"1.5\"}\n"
    );
    let piped = format!("cat data/flights.csv | {} copy - f.csv to.db piped", program());
    place.run(&["sh", "-c", &piped]).exits(0);
    assert_eq!(place.rows("to.db", "select a, b from piped"), ["1|x", "2|y"]);
    let ran = place.syncapp(&["copy", "to.db", "flights", "-", "f.csv"]).exits(0);
    assert_eq!(ran.stdout, "a,b\n1,x\n2,y\n");
    place
        .syncapp(&["copy", "to.db", "flights", "-", "f.csv", "--json"])
        .exits(2);
    let ran = place
        .syncapp(&["copy", "redshift://me:canary-x@h/d", "t", "to.db"])
        .exits(2);
    assert!(ran.stderr.contains("redshift"), "{}", ran.stderr);
}

#[test]
fn json_is_a_sync_file_too() {
    let place = place("");
    let json = serde_json::json!({
        "version": 1,
        "connections": { "from": { "connector": "sqlite", "path": "from.db" }, "to": { "connector": "sqlite", "path": "${TO:-to.db}" } },
        "syncs": { "s": { "source": "from", "destination": "to", "streams": { "people": null } } },
    });
    place.put("sync.json", json.to_string());
    place.syncapp(&["run", "sync.json"]).exits(0);
    assert_eq!(count(&place), ["3"]);
    let place = place.variable("TO", "other.db");
    place.syncapp(&["run", "sync.json"]).exits(0);
    assert!(place.path("other.db").exists());
}
