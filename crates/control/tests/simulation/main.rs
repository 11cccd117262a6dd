//! The control plane in a simulated world.
//!
//! The use cases of `crates/control` run as they are, as processes on one thread, with simulated time, over ports that fail
//! as the seed wants it. One seed is one history: a failing one prints its schedule of events, and brings it again.
//!
//!     SIMULATION_SEED=7 cargo test -p syncapp-control --test simulation one_seed -- --nocapture
//!     SIMULATION_SEEDS=100000 cargo test --release -p syncapp-control --test simulation seeds

mod broker;
mod cast;
mod chance;
mod clock;
mod faults;
mod oracles;
mod people;
mod processes;
mod promises;
mod store;
mod target;
mod teeth;
mod watch;
mod weather;
mod world;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cast::{Cast, PEOPLE, STORM};
use processes::Processes;
use teeth::Tooth;
use world::World;

/// How long it may take until all is done once faults have stopped.
const CALM: Duration = Duration::from_mins(15);

/// One history.
struct History {
    /// What went wrong.
    judged: Result<(), String>,
    /// Its schedule of events, if it was to be written.
    log: String,
    /// What came up in it.
    met: BTreeSet<String>,
}

fn history(seed: u64, tooth: Option<Tooth>, logged: bool) -> History {
    let world = Arc::new(World::new(seed, logged));
    let cast = Cast::new(world.clone(), tooth);
    let mut processes = Processes::new(world.clone(), cast.processes());
    processes.run(STORM + CALM, || {
        let now = world.now();
        if now < STORM {
            return false;
        }
        let storm = std::mem::replace(&mut world.state().storm, false);
        if storm {
            world.log(|| "the faults have STOPPED".into());
        }
        // Long after the last tick was due, so that it was noticed.
        let done = cast.people.lock().unwrap().done.len() == PEOPLE;
        done && now > STORM + Duration::from_mins(1) && oracles::is_quiet(&cast)
    });
    drop(processes);
    let violation = world.state().violation.take();
    History {
        judged: violation.map_or_else(|| oracles::judge(&cast), Err),
        log: world.take_log(),
        met: std::mem::take(&mut cast.stored.seen.lock().unwrap().met),
    }
}

/// The first seed of so many that fails, and how many were tried until it was seen.
fn first_failure(seeds: std::ops::Range<u64>, tooth: Option<Tooth>) -> Option<(u64, String)> {
    let next = AtomicU64::new(seeds.start);
    let failure = Mutex::new(None::<(u64, String)>);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || failure.lock().unwrap().is_some() {
                        return;
                    }
                    if let Err(what) = history(seed, tooth, false).judged {
                        let mut failure = failure.lock().unwrap();
                        if failure.as_ref().is_none_or(|(known, _)| seed < *known) {
                            *failure = Some((seed, what));
                        }
                    }
                }
            });
        }
    });
    failure.into_inner().unwrap()
}

/// Prints a seed's schedule of events, and fails with what went wrong.
fn replay(seed: u64, what: &str) -> ! {
    let again = history(seed, None, true);
    panic!("{}\nseed {seed}: {what}\nagain: {:?}", again.log, again.judged);
}

#[expect(clippy::print_stderr, reason = "for whoever asks with --nocapture")]
fn say(text: &str) {
    eprintln!("{text}");
}

#[test]
fn seeds() {
    let seeds = std::env::var("SIMULATION_SEEDS").map_or(1000, |seeds| seeds.parse().expect("a number"));
    if let Some((seed, what)) = first_failure(0..seeds, None) {
        replay(seed, &what);
    }
    say(&format!("{seeds} seeds, none failed"));
}

#[test]
fn one_seed() {
    let seed = std::env::var("SIMULATION_SEED").map_or(0, |seed| seed.parse().expect("a number"));
    let (first, again) = (history(seed, None, true), history(seed, None, true));
    assert_eq!(first.log, again.log, "a seed is one history");
    assert_eq!(first.judged, Ok(()), "{}", first.log);
    say(&first.log);
}

/// With a protection taken out, some of the first seeds must fail.
#[test]
fn teeth() {
    for tooth in Tooth::ALL {
        let failure = first_failure(0..1000, Some(tooth));
        let Some((seed, what)) = failure else {
            panic!("without {tooth:?} nothing fails");
        };
        say(&format!("without {tooth:?} seed {seed} fails: {what}"));
    }
}

/// A simulation in which nothing happens proves nothing: within the first seeds all of this does.
#[test]
fn it_comes_to_all_of_it() {
    let mut met = BTreeSet::new();
    for seed in 0..100 {
        met.append(&mut history(seed, None, false).met);
    }
    let states = [
        "Queued",
        "Running",
        "Stalled",
        "Cancelling",
        "Waiting",
        "Done",
        "Failed",
        "Cancelled",
    ];
    let refusals = ["Ended", "NotDue", "Held", "Busy", "NotHeld", "Fenced"];
    let pushes = ["Moved", "Owed"];
    let ticks = ["Ran", "Missed", "Superseded", "OverCap", "Overlap", "Paused"];
    let errors = [
        "run.stalled",
        "run.worker_lost",
        "source.connection_lost",
        "config.unknown_column",
    ];
    let runs = ["run held", "run done", "run partial", "run failed", "run cancelled"];
    for wanted in [&states[..], &refusals, &pushes, &ticks, &errors, &runs].concat() {
        assert!(met.contains(wanted), "{wanted}: {met:?}");
    }
}
