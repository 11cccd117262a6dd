//! Ctrl-C: exit code 130, within seconds, and the target as it was.

use std::time::{Duration, Instant};

use syncapp_tests::signal;

use crate::contract::case::sync;
use crate::contract::connections::{shop, wait};
use crate::contract::place::{Place, database, postgres};

/// Rows come for minutes.
const SLOW: &str =
    "into: landing.t, query: \"select i from generate_series(1, 1000000) i where pg_sleep(0.0005) is not null\"";

#[test]
fn an_interrupted_run_is_130_and_leaves_the_target() {
    let (source, target) = (shop(), wait(database()));
    wait(target.run(&format!(
        "create table landing.t(i int); insert into landing.t values (-1); alter table landing.t owner to {}",
        target.writer.user
    )));
    let file = sync(
        &postgres(&source.reader),
        &postgres(&target.writer),
        "public.slow",
        SLOW,
    );
    let place = Place::new().file("sync.yaml", file);
    for signal in ["INT", "TERM"] {
        let (run, lines) = place.reading();
        let sent = Instant::now();
        signal::send(run.id(), signal);
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        let ran = place.ran(&run.wait_with_output().unwrap());
        assert!(sent.elapsed() < Duration::from_secs(10), "it took {:?}", sent.elapsed());
        assert_eq!(ran.code, 130, "{}", ran.stderr);
        assert!(ran.stderr.contains("stopping"), "{}", ran.stderr);
        assert!(rest.last().unwrap().contains("\"outcome\":\"cancelled\""), "{rest:?}");
        assert_eq!(wait(target.texts("select i from landing.t")), [Some("-1".into())]);
        let staged = "select relname from pg_class where relname like '\\_syncapp\\_stage%' and relkind = 'r'";
        assert_eq!(wait(target.texts(staged)), []);
    }
    let runs = place.syncapp(&["runs", "--json"]).exits(0).json();
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|run| run["outcome"] == "cancelled"));
}
