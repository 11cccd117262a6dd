//! SIGKILL in the middle of a run that keeps a journal, and in the middle of its undo.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use syncapp_tests::faults::dice::Dice;

use crate::contract::connections::wait;
use crate::contract::place::program;
use crate::writes::lab::Lab;

/// Kills of each kind, into each kind of target.
const KILLS: u64 = 6;

/// A table that the run makes, one that it puts in the place of another, and rows.
const CASES: [(&str, bool); 3] = [
    ("write: merge", false),
    ("", true),
    ("write: merge, deletes: hard", true),
];

#[test]
fn a_killed_undo_has_happened_or_not() {
    each(|lab, dice, (keys, before)| {
        let (held, mark) = begin(lab, keys, before);
        let run = lab.keep(keys, &[]);
        let landed = lab.held(&lab.columns());
        let usual = usual(lab, &["undo", &run, "--dry-run"]);
        kill(lab, dice, &["undo", &run], usual);
        let now = if lab.has("people") {
            lab.held(&lab.columns())
        } else {
            Vec::new()
        };
        assert!(now == held || now == landed, "{keys}: a mix: {now:?}");
        let again = lab.undo(&run, &[]);
        assert!(matches!(again.code, 0 | 2), "{keys}: {}", again.stderr);
        over(lab, keys, (&held, &mark));
    });
}

#[test]
fn a_killed_run_can_be_taken_back_if_it_landed() {
    each(|lab, dice, (keys, before)| {
        let (held, mark) = begin(lab, keys, before);
        let known = lab.runs().len();
        lab.keep_ready(keys);
        kill(lab, dice, &["run", "sync.yaml"], Duration::from_millis(600));
        lab.keep(keys, &[]);
        // The killed one may have landed, or not have been written down at all.
        let runs = lab.runs();
        for run in &runs[..runs.len() - known] {
            let undone = lab.undo(run, &[]);
            assert!(matches!(undone.code, 0 | 2), "{keys}: {}", undone.stderr);
        }
        over(lab, keys, (&held, &mark));
    });
}

fn each(test: impl Fn(&Lab, &mut Dice, (&str, bool)) + Sync) {
    let cases = (0..KILLS).flat_map(|seed| Lab::all().into_iter().map(move |lab| (seed, lab)));
    let cases: Vec<(u64, Lab)> = cases.collect();
    std::thread::scope(|scope| {
        for part in cases.chunks(cases.len().div_ceil(3)) {
            let test = &test;
            scope.spawn(move || {
                for (seed, lab) in part {
                    test(lab, &mut Dice::new(*seed), CASES[(*seed % 3) as usize]);
                }
            });
        }
    });
}

/// What is there before the run: nothing, or what an earlier run left. The source has changed then.
fn begin(lab: &Lab, keys: &str, before: bool) -> (Vec<String>, Vec<String>) {
    lab.change(
        "with recursive n(i) as (select 10 union all select i + 1 from n where i < 3000)
         insert into people select i, 'name ' || i, i from n",
    );
    if before {
        lab.keep(keys, &[]);
    }
    let found = (lab.held(&lab.columns()), lab.mark());
    lab.change(
        "update people set name = 'New', rev = rev + 5000 where id % 3 = 0; delete from people where id % 7 = 0",
    );
    found
}

/// Everything is as it was, and nothing is left over.
fn over(lab: &Lab, keys: &str, (held, mark): (&[String], &[String])) {
    let now = if lab.has("people") {
        lab.held(&lab.columns())
    } else {
        Vec::new()
    };
    assert_eq!(now, held, "{keys}");
    let known = |mark: Vec<String>| {
        mark.into_iter()
            .filter(|line| line != "none" && line != "none 0")
            .collect::<Vec<_>>()
    };
    assert_eq!(known(lab.mark()), known(mark.to_vec()), "{keys}");
    // The next claim drops what was left.
    lab.keep(keys, &[]);
    let wanted = usize::from(!held.is_empty()) * 2;
    assert!(lab.journals().len() <= wanted, "{keys}: {:?}", lab.journals());
}

fn start(lab: &Lab, arguments: &[&str]) -> Child {
    let mut command = lab.place.command(&[&[program().as_str()], arguments].concat());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.unwrap()
}

/// How long a command takes.
fn usual(lab: &Lab, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    start(lab, arguments).wait().unwrap();
    begun.elapsed()
}

/// Kills a command at a random moment.
fn kill(lab: &Lab, dice: &mut Dice, arguments: &[&str], usual: Duration) {
    let mut child = start(lab, arguments);
    let moment = usual.mul_f64(dice.between(0.2, 1.1));
    wait(async { tokio::time::sleep(moment).await });
    // Where it has ended already there is nothing to kill.
    let _ = child.kill();
    child.wait().unwrap();
}
