//! What a schema cannot say of a sync file: names that must exist, and the rules between keys.
//!
//! All problems at once, each at its place. Nothing is connected to: whether tables and columns exist is found when
//! planning.

mod stream;

use serde_json::Value as Json;

use super::place::{annotate, find};
use super::tree::Node;
use super::{Schedule, StreamConfig, Sync, When, not_built};
use crate::nearest::suggest;
use crate::{Code, Error};

/// Checks every sync that could be read; `json` is what the schema left of the tree.
pub(super) fn check(root: &Node, json: &Json) -> Vec<Error> {
    let mut check = Check {
        root,
        problems: Vec::new(),
    };
    let syncs = json.get("syncs").and_then(Json::as_object);
    for (name, sync) in syncs.into_iter().flatten() {
        if let Ok(sync) = serde_json::from_value::<Sync>(sync.clone()) {
            check.sync(name, &sync);
        }
    }
    check.problems
}

struct Check<'a> {
    root: &'a Node,
    problems: Vec<Error>,
}

impl Check<'_> {
    fn report(&mut self, path: &[&str], problem: Error) {
        let span = find(self.root, path);
        self.problems.push(annotate(span.mark(problem), path));
    }

    fn sync(&mut self, name: &str, sync: &Sync) {
        let at = ["syncs", name];
        for (key, connection) in [("source", &sync.source), ("destination", &sync.destination)] {
            self.connection(&[&at[..], &[key]].concat(), connection);
        }
        if let Some(schedule) = &sync.schedule {
            self.schedule(name, schedule);
        }
        if sync.state_schema.as_deref() == Some("") {
            self.report(&["syncs", name, "state_schema"], empty("state_schema"));
        }
        if sync.streams.keys().all(|pattern| pattern.starts_with('!')) {
            let problem = Error::new(Code::InvalidValue, "the sync chooses no stream");
            let help = "name a stream, such as `public.orders`, or a glob, such as `\"public.*\"`";
            self.report(&["syncs", name, "streams"], problem.help(help));
        }
        if let Some(defaults) = &sync.defaults {
            self.values(&["syncs", name, "defaults"], defaults);
        }
        for (pattern, own) in &sync.streams {
            self.stream(name, sync, pattern, own.as_ref());
        }
        self.unused_defaults(name, sync);
    }

    fn connection(&mut self, path: &[&str], name: &str) {
        let connections = self.root.get("connections");
        if connections.is_none_or(|connections| connections.get(name).is_none()) {
            let known: Vec<&str> = connections.into_iter().flat_map(Node::keys).collect();
            let problem = Error::new(Code::UnknownName, format!("no connection is called `{name}`"));
            let help = suggest(name, "connections here", known.iter().copied());
            self.report(path, problem.help(help));
        }
    }

    fn schedule(&mut self, name: &str, schedule: &Schedule) {
        let at = ["syncs", name, "schedule"];
        match schedule.when() {
            Ok(When::After(before)) => self.after(name, &before),
            Ok(_) => {}
            Err(problems) => {
                for (key, problem) in problems {
                    self.report(&[&at[..], &[key]].concat(), problem);
                }
            }
        }
        for blackout in schedule.blackouts.iter().flatten() {
            for (_, problem) in blackout.window().err().into_iter().flatten() {
                self.report(&[&at[..], &["blackouts"]].concat(), problem);
            }
        }
    }

    /// The sync before is there. Circles are found when the file is pushed.
    fn after(&mut self, name: &str, before: &str) {
        let syncs = self.root.get("syncs");
        if syncs.is_none_or(|syncs| syncs.get(before).is_none()) {
            let known: Vec<&str> = syncs.into_iter().flat_map(Node::keys).collect();
            let problem = Error::new(Code::UnknownName, format!("no sync is called `{before}`"));
            let help = suggest(before, "syncs here", known.iter().copied());
            self.report(&["syncs", name, "schedule", "after"], problem.help(help));
        }
    }

    /// Each key by itself.
    fn values(&mut self, at: &[&str], config: &StreamConfig) {
        for (key, problem) in not_built::of_stream(config) {
            self.report(&[at, &[key]].concat(), problem);
        }
        for (key, value) in [
            ("into", &config.into),
            ("cursor", &config.cursor),
            ("query", &config.query),
            ("where", &config.filter),
        ] {
            if value.as_ref().is_some_and(|text| text.trim().is_empty()) {
                self.report(&[at, &[key]].concat(), empty(key));
            }
        }
        for (key, problem) in stream::values(config) {
            self.report(&[at, &[key]].concat(), problem);
        }
        for (column, config) in config.columns.iter().flatten() {
            let at = [at, &["columns", column]].concat();
            for (key, problem) in not_built::of_column(config).into_iter().chain(stream::column(config)) {
                self.report(&[&at[..], &[key]].concat(), problem);
            }
        }
    }

    fn stream(&mut self, name: &str, sync: &Sync, pattern: &str, own: Option<&StreamConfig>) {
        let at = ["syncs", name, "streams", pattern];
        if let Err(problem) = stream::pattern(pattern) {
            self.report(&at, problem);
        }
        let config = own.cloned().unwrap_or_default();
        if pattern.starts_with('!') {
            if !config.given().is_empty() {
                let problem = Error::warning(Code::UnusedKey, "keys of a stream that is left out have no effect");
                self.report(&at, problem.help("remove them"));
            }
            return;
        }
        self.values(&at, &config);
        if self.is_whole(&at, Some(&config)) && self.is_whole(&at[..2], sync.defaults.as_ref()) {
            let effective = sync.stream(own);
            for (key, problem) in stream::rules(&effective, &config, pattern) {
                let path = key.map_or(at.to_vec(), |key| [&at[..], &[key]].concat());
                self.report(&path, problem);
            }
        }
    }

    /// Whether the schema left every key: rules between keys would accuse the wrong one otherwise.
    fn is_whole(&self, at: &[&str], config: Option<&StreamConfig>) -> bool {
        let at = if at.len() == 2 {
            [at, &["defaults"]].concat()
        } else {
            at.to_vec()
        };
        let node = at.iter().try_fold(self.root, |node, key| node.get(key));
        let given = config.map(StreamConfig::given).unwrap_or_default();
        node.into_iter().flat_map(Node::keys).all(|key| given.contains(&key))
    }

    /// A default that no stream uses.
    fn unused_defaults(&mut self, name: &str, sync: &Sync) {
        let Some(defaults) = &sync.defaults else { return };
        let streams = || sync.streams.iter().filter(|(pattern, _)| !pattern.starts_with('!'));
        if streams().count() == 0 || !self.is_whole(&["syncs", name], Some(defaults)) {
            return;
        }
        for key in defaults.given() {
            let unused = |own: &Option<StreamConfig>| stream::unused(&sync.stream(own.as_ref())).contains(&key);
            if streams().all(|(_, own)| unused(own)) {
                let problem = Error::warning(Code::UnusedKey, format!("`{key}` has no effect on any stream"));
                self.report(
                    &["syncs", name, "defaults", key],
                    problem.help(format!("remove `{key}`")),
                );
            }
        }
    }
}

fn empty(key: &str) -> Error {
    Error::new(Code::InvalidValue, format!("`{key}` is empty")).help(format!("give it a value, or leave `{key}` out"))
}
