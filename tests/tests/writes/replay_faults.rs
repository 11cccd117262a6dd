//! A replay that is killed, or meets a run: each row is once in the target or on the list, and the newest version wins.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use syncapp_tests::faults::Dice;

use super::lab::Lab;
use super::replay::{kept, replay};
use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, program};

const ROWS: usize = 300;
/// Of which every third has a name that is no number.
const MANY: &str = "delete from people; insert into people with recursive n(i) as (select 1 union all select i + 1 from n \
                    where i < 300) select i, case i % 3 when 0 then 'x' else i end, i from n";
const FIX: [&str; 6] = [
    "rejects",
    "replay",
    "sync.yaml",
    "--fix",
    "name = replace(name, 'x', '7')",
    "--json",
];

/// A random moment is what a kill is about: there is nothing to wait for.
fn pause(time: Duration) {
    wait(async { tokio::time::sleep(time).await });
}

/// Replays until one comes to its end, and kills the others at random moments.
fn killed(place: &Place, dice: &mut Dice, check: impl Fn(&str)) {
    let line: Vec<String> = [program()].into_iter().chain(FIX.map(str::to_owned)).collect();
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let usual = Duration::from_millis(400);
    for kill in 0..6 {
        let mut child = place
            .command(&line)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        pause(usual.mul_f64(dice.between(0.2, 1.0)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            check(&format!("{kill}, too late"));
            return;
        }
        check(&format!("kill {kill}"));
    }
    replay(place, &FIX[3..]).exits(0);
    check("the end");
}

#[test]
fn a_killed_replay_neither_loses_nor_doubles_a_row() {
    for (seed, keys) in [(101, "write: merge"), (102, "write: append"), (103, "write: overwrite")] {
        Lab::each(|lab| {
            lab.change(MANY);
            lab.run(&format!(
                "{keys}, on_error: reject, columns: {{ name: {{ type: int64 }} }}"
            ))
            .exits(0);
            let listed = || {
                lab.place
                    .syncapp(&["rejects", "list", "sync.yaml", "--json", "--limit", "1000"])
                    .json()
                    .len()
            };
            assert_eq!(listed(), ROWS / 3);
            let count = |what: &str| lab.rows(&format!("select cast(count({what}) as text) from people"))[0].clone();
            killed(&lab.place, &mut Dice::new(seed), |when| {
                let landed = count("*");
                assert_eq!(landed, count("distinct id"), "{keys}: {when}");
                assert_eq!(landed.parse::<usize>().unwrap() + listed(), ROWS, "{keys}: {when}");
            });
            assert_eq!((count("*"), listed()), (ROWS.to_string(), 0), "{keys}");
        });
    }
}

#[test]
fn a_killed_replay_into_files_neither_loses_nor_doubles_a_row() {
    let mut rows = String::from("id,age\n");
    for id in 0..ROWS {
        let age = if id % 3 == 0 { "x".to_owned() } else { id.to_string() };
        let _ = writeln!(rows, "{id},{age}");
    }
    for seed in 0..3 {
        let place = Place::new().file("in/people.csv", &rows);
        let to = "{ connector: files, path: out, format: csv }";
        let keys = "into: people, on_error: reject, columns: { age: { type: int64 } }";
        let file = sync("{ connector: files, path: in, format: csv }", to, "people.csv", keys);
        place.put("sync.yaml", file);
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let landed = || {
            let mut ids: Vec<String> = Vec::new();
            let state: serde_json::Value = serde_json::from_str(&place.text("out/_syncapp_checkpoint.json")).unwrap();
            let pending = state["streams"][0]["pending"].to_string();
            for entry in std::fs::read_dir(place.path("out")).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                // What a commit put in place and did not end is not the target's.
                if name.starts_with("people") && !pending.contains(&name) {
                    let text = place.text(&format!("out/{name}"));
                    ids.extend(
                        text.lines()
                            .skip(1)
                            .map(|line| line.split(',').next().unwrap().to_owned()),
                    );
                }
            }
            ids.sort();
            ids
        };
        let fix = ["rejects", "replay", "sync.yaml", "--fix", "age = '7'"];
        let line: Vec<String> = [program()].into_iter().chain(fix.map(str::to_owned)).collect();
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let mut dice = Dice::new(seed);
        let check = |when: &str| {
            let ids = landed();
            let listed = place
                .syncapp(&["rejects", "list", "sync.yaml", "--json", "--limit", "1000"])
                .json()
                .len();
            assert_eq!(ids.len() + listed, ROWS, "{seed}: {when}");
            assert!(ids.windows(2).all(|two| two[0] != two[1]), "{seed}: {when}");
            listed
        };
        for kill in 0..8 {
            let mut child = place.command(&line).stdout(Stdio::null()).spawn().unwrap();
            pause(Duration::from_millis(200).mul_f64(dice.between(0.1, 1.0)));
            child.kill().unwrap();
            child.wait().unwrap();
            check(&format!("kill {kill}"));
        }
        replay(&place, &fix[3..]).exits(0);
        assert_eq!(check("the end"), 0);
    }
}

/// The same rows come in a newer version while the old ones are sent again: whoever is first, the newer ones stay.
#[test]
fn a_replay_beside_a_run_does_not_overwrite_what_it_brings() {
    const KEYS: &str = "mode: incremental, write: merge, cursor: rev, primary_key: [id], on_error: reject, \
                        columns: { name: { type: int64 } }";
    Lab::each(|lab| {
        let mut dice = Dice::new(7);
        lab.change(MANY);
        lab.run(KEYS).exits(0);
        for round in 1..=4 {
            assert!(!kept(&lab.place).is_empty());
            lab.change(&format!(
                "update people set name = '{round}', rev = rev + 1000 where id % 3 = 0"
            ));
            let replaying = || {
                let line: Vec<String> = [program()].into_iter().chain(FIX.map(str::to_owned)).collect();
                let line: Vec<&str> = line.iter().map(String::as_str).collect();
                lab.place
                    .command(&line)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap()
            };
            let delay = Duration::from_millis(60).mul_f64(dice.between(0.0, 1.0));
            let mut child = replaying();
            pause(delay);
            let ran = lab.place.syncapp(&["run", "sync.yaml"]);
            child.wait().unwrap();
            // One of the two may have taken the stream over from the other.
            if ran.code != 0 {
                lab.place.syncapp(&["run", "sync.yaml"]).exits(0);
            }
            replay(&lab.place, &FIX[3..]);
            let stale = format!("select cast(id as text) from people where id % 3 = 0 and name <> {round}");
            assert_eq!(lab.rows(&stale), Vec::<String>::new(), "round {round}");
            assert_eq!(
                lab.rows("select cast(count(*) as text) from people"),
                [ROWS.to_string()]
            );
            // The next round's old versions.
            lab.change("update people set name = 'x', rev = rev + 1000 where id % 3 = 0");
            lab.place.syncapp(&["run", "sync.yaml"]).exits(0);
        }
    });
}
