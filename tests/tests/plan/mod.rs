//! `plan --rows` and the run behind it: what was said is what was done, row by row and cell by cell.

mod actual;
mod case;
mod edges;
mod end;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use syncapp_tests::faults::Dice;
use syncapp_tests::syncapp::Syncapp;

use actual::Actual;
use case::Case;
use end::End;

/// Two ends, and a sync of many cases between them.
struct World {
    syncapp: Syncapp,
    from: End,
    to: End,
    cases: Vec<Case>,
}

impl World {
    fn sync(&self, reads_only: bool) {
        let streams: BTreeMap<String, &Json> = self
            .cases
            .iter()
            .map(|case| (self.from.stream(&case.table), &case.keys))
            .collect();
        let to = if reads_only { self.to.reader() } else { self.to.writer() };
        let file = json!({
            "version": 1,
            "connections": { "from": self.from.reader(), "to": to },
            "syncs": { "s": { "source": "from", "destination": "to", "streams": streams } },
        });
        self.syncapp.file("sync.json", &file.to_string());
    }

    /// Runs a command; the lines of JSON that it prints.
    async fn json(&self, arguments: &[&str]) -> Vec<Json> {
        let ended = self.syncapp.run(arguments).await;
        let output = ended.output;
        let wrong: Vec<&str> = output.lines().filter(|line| line.contains("error")).collect();
        assert!(ended.code == Some(0), "{arguments:?}: {wrong:#?}");
        output
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
            .collect()
    }

    async fn tables(&self) -> Vec<Actual> {
        let mut tables = Vec::new();
        for case in &self.cases {
            tables.push(Actual::read(&self.to, case).await);
        }
        tables
    }

    /// Plans and runs all cases; the number of changes that were compared.
    async fn compare(&self) -> usize {
        let (state, before) = (self.to.state().await, self.tables().await);
        self.sync(true);
        let planned = self.json(&["plan", "sync.json", "--rows", "--json"]).await;
        assert_eq!(self.to.state().await, state, "a plan changed what the target holds");
        assert_eq!(self.tables().await, before, "a plan changed rows");
        self.sync(false);
        let ran = self.json(&["run", "sync.json", "--json"]).await;
        let after = self.tables().await;
        let mut compared = 0;
        for ((case, before), after) in self.cases.iter().zip(&before).zip(&after) {
            let stream = self.from.stream(&case.table);
            let mut said = case::said(case, &stream, &planned);
            let mut done = after.changes(before, case);
            said.sort();
            done.sort();
            assert_eq!(said, done, "{} of {stream}: {}\n{before:?}", self.to.name(), case.keys);
            compared += said.len();
            let counts =
                |of: &Json| ["inserted", "updated", "deleted", "rejected", "nulled"].map(|key| of[key].clone());
            let rows = planned
                .iter()
                .find(|line| line["rows"]["stream"] == stream.as_str())
                .unwrap();
            let end = ran
                .iter()
                .find(|event| event["event"] == "stream_finished" && event["stream"] == stream.as_str())
                .unwrap();
            let (rows, end) = (counts(&rows["rows"]), counts(end));
            let from = if case.counted() { 0 } else { 3 };
            assert_eq!(
                rows[from..],
                end[from..],
                "{} of {stream}: {}",
                self.to.name(),
                case.keys
            );
        }
        compared
    }
}

/// So many generated cases between two systems; they are planned and run twice: at first, and after changes on both ends.
async fn generated(from: &'static str, to: &'static str, number: usize, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut world = World {
        syncapp: Syncapp::default(),
        from: End::new(from).await,
        to: End::new(to).await,
        cases: Vec::new(),
    };
    let mut statements = Vec::new();
    for table in 0..number {
        let mut case = Case::roll(&mut dice, format!("t{table}"), from, to);
        // The two users' names without a schema mean other places.
        case.keys["into"] = json!(world.to.target(&case.table));
        statements.extend(case.create(&world.from));
        world.cases.push(case);
    }
    world.from.run(&statements).await;
    let made = world.cases.iter().flat_map(|case| case.create_target(&world.to));
    world.to.run(&made.collect::<Vec<_>>()).await;
    // One run makes the state's tables, so that they can be read.
    world.sync(false);
    let first = world.from.stream(&world.cases[0].table);
    world.json(&["run", "sync.json", "--json", "--stream", &first]).await;
    world.to.grant().await;
    let mut compared = world.compare().await;
    world.to.grant().await;
    let (mut source, mut target) = (Vec::new(), Vec::new());
    for case in &mut world.cases {
        source.extend(case.change(&mut dice, &world.from));
        target.extend(case.change_target(&mut dice, &world.to));
    }
    world.from.run(&source).await;
    world.to.run(&target).await;
    compared += world.compare().await;
    assert!(compared > number * 10, "only {compared} changes");
    // Nothing is left to do but for what is replaced, added or looked back at.
    world.sync(true);
    for line in world.json(&["plan", "sync.json", "--rows", "--json"]).await {
        let Some(stream) = line["rows"]["stream"].as_str() else {
            continue;
        };
        let case = world
            .cases
            .iter()
            .find(|case| world.from.stream(&case.table) == stream)
            .unwrap();
        let adds = case.write == "append" && !case.incremental;
        let changes = ["inserted", "updated", "deleted"].map(|key| line["rows"][key].as_u64().unwrap());
        assert!(adds || changes == [0, 0, 0], "{stream} {}: {line}", case.keys);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres_to_postgres() {
    generated("postgres", "postgres", 40, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sqlite_to_postgres() {
    generated("sqlite", "postgres", 20, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres_to_sqlite() {
    generated("postgres", "sqlite", 20, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres_to_mariadb() {
    generated("postgres", "mariadb", 12, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_mariadb_to_mariadb() {
    generated("mariadb", "mariadb", 8, 5).await;
}
