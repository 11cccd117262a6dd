//! From a sync file's text to its typed form, with all problems at once.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::check::check;
use super::interpolate::{self, Interpolation, Variables};
use super::place::{annotate, find};
use super::reader::{Leniency, Reader};
use super::tree::{Node, Value};
use super::{COMMON, SyncFile, not_built, parse, redact, schema};
use crate::nearest::suggest;
use crate::{Code, Error};

/// A sync file as far as it could be read.
#[derive(Clone)]
pub struct Loaded {
    /// The typed file: there if no problem is an error. Its connections are as written, without variables' values.
    pub file: Option<SyncFile>,
    /// All that is wrong, in the order of the file, warnings among them.
    pub problems: Vec<Error>,
    path: String,
    text: String,
    shown: String,
    root: Option<Node>,
    connectors: Vec<(String, Json)>,
    planned: Vec<&'static str>,
}

/// Reads a sync file. `path` is what errors call it; `connectors` are the ids and schemas of the connectors there are,
/// and `planned` the ids of those that the format names and nobody has built yet.
pub fn load(text: &str, path: &str, connectors: &[(String, schemars::Schema)], planned: &[&'static str]) -> Loaded {
    let (root, problems) = parse::parse(text);
    let mut loaded = Loaded {
        file: None,
        problems,
        path: path.to_owned(),
        text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        shown: String::new(),
        root: None,
        connectors: connectors
            .iter()
            .map(|(id, schema)| (id.clone(), schema.as_value().clone()))
            .collect(),
        planned: planned.to_vec(),
    };
    if let Some(root) = root {
        loaded.read(&root);
        loaded.root = Some(root);
    }
    loaded.shown = redact::redacted(text, loaded.root.as_ref(), &loaded.connectors);
    loaded.finish();
    loaded
}

impl Loaded {
    /// The file's text for [`render`](crate::render()), with stars for the secrets in it.
    pub fn source(&self) -> &str {
        &self.shown
    }

    /// What errors call the file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| !problem.is_warning())
    }

    /// An error found later, at the place where a path of keys leads: `["syncs", "x", "streams", "y", "cursor"]`.
    ///
    /// Where the path does not exist the error stands at its deepest key that does; a stream's key that comes from the
    /// sync's `defaults` is found there. The error learns its connection, stream and column from the path.
    pub fn locate(&self, path: &[&str], error: Error) -> Error {
        match &self.root {
            Some(root) => annotate(find(root, path).mark(error), path).file(&self.path),
            None => annotate(error, path).file(&self.path),
        }
    }

    /// The environment of that name exists, or an error that says which do.
    pub fn check_environment(&self, name: &str) -> Result<(), Error> {
        let environments = self.root.as_ref().and_then(|root| root.get("environments"));
        let known: Vec<&str> = environments.into_iter().flat_map(Node::keys).collect();
        if known.contains(&name) {
            return Ok(());
        }
        let problem = Error::new(Code::UnknownName, format!("no environment is called `{name}`"));
        let help = suggest(name, "environments here", known.iter().copied());
        Err(problem.help(help).file(&self.path))
    }

    /// The names of all secrets that connections may use, whichever environment holds.
    pub fn secrets(&self) -> BTreeSet<String> {
        let root = self.root.iter();
        let environments = root
            .clone()
            .filter_map(|root| root.get("environments"))
            .flat_map(Node::entries);
        let places = root.chain(environments.map(|(_, environment)| &environment.value));
        let mut names = BTreeSet::new();
        for connections in places.filter_map(|place| place.get("connections")) {
            secrets(connections, &mut names);
        }
        names
    }

    /// The keys of a connection without `connector` and `max_streams`, as its connector's `endpoint` takes them: the environment's values
    /// laid over its own, variables and secrets resolved, and all of it checked against the connector's schema.
    ///
    /// Only the variables of this connection need to be set.
    pub fn connection(
        &self,
        name: &str,
        environment: Option<&str>,
        variables: &dyn Variables,
    ) -> Result<Json, Vec<Error>> {
        if let Some(environment) = environment {
            self.check_environment(environment).map_err(|problem| vec![problem])?;
        }
        let (node, id) = self.merged(name, environment).map_err(|problem| vec![problem])?;
        let mut interpolation = Interpolation {
            source: &self.text,
            variables,
            problems: Vec::new(),
        };
        let node = interpolation.resolve(&node, &mut vec!["connections".to_owned(), name.to_owned()]);
        let mut problems = interpolation.problems;
        let mut keys = None;
        if problems.is_empty()
            && let Some((_, schema)) = self.connectors.iter().find(|(known, _)| *known == id)
        {
            let mut reader = Reader::new(schema, &["connections", name], Leniency::default());
            keys = reader.read(schema, &node);
            problems = reader.problems;
        }
        match keys {
            Some(keys) if problems.is_empty() => Ok(keys),
            _ => Err(problems.into_iter().map(|problem| problem.file(&self.path)).collect()),
        }
    }

    /// A connection's own keys under the environment's, and the id of its connector.
    fn merged(&self, name: &str, environment: Option<&str>) -> Result<(Node, String), Error> {
        let connections = self.root.as_ref().and_then(|root| root.get("connections"));
        let Some(node) = connections.and_then(|connections| connections.get(name)) else {
            let known: Vec<&str> = connections.into_iter().flat_map(Node::keys).collect();
            let problem = Error::new(Code::UnknownName, format!("no connection is called `{name}`"));
            return Err(problem
                .help(suggest(name, "connections here", known.iter().copied()))
                .file(&self.path));
        };
        let id = self
            .connector(node)
            .map_err(|problem| self.locate(&["connections", name, "connector"], problem))?;
        let mut node = own_keys(node);
        let overlay = environment
            .and_then(|environment| self.root.as_ref()?.get("environments")?.get(environment))
            .and_then(|environment| environment.get("connections")?.get(name));
        if let Some(overlay) = overlay {
            node.overlay(&own_keys(overlay));
        }
        Ok((node, id.to_owned()))
    }

    /// The id of a connection's connector, if it is known.
    fn connector<'a>(&self, connection: &'a Node) -> Result<&'a str, Error> {
        let id = connection.get("connector").and_then(Node::text).unwrap_or_default();
        if self.connectors.iter().any(|(known, _)| known == id) {
            return Ok(id);
        }
        if self.planned.contains(&id) {
            return Err(not_built::refuse(&format!("connector: {id}")));
        }
        let known = self.connectors.iter().map(|(id, _)| id.as_str());
        Err(
            Error::new(Code::UnknownName, format!("no connector is called `{id}`")).help(suggest(
                id,
                "connectors",
                known,
            )),
        )
    }

    fn read(&mut self, root: &Node) {
        if matches!(root.value, Value::Null { .. }) {
            let problem = Error::new(Code::MissingKey, "the file is empty");
            self.problems.push(
                root.span
                    .mark(problem.help("begin with `version: 1`, `connections` and `syncs`")),
            );
            return;
        }
        let schema = schema::of_file();
        let mut reader = Reader::new(&schema, &[], Leniency::default());
        let json = reader.read(&schema, root);
        let mut problems = reader.problems;
        problems.extend(self.connections(root));
        if let Some(json) = json {
            problems.extend(check(root, &json));
            self.problems.append(&mut problems);
            if !self.has_errors() {
                match serde_json::from_value(json) {
                    Ok(file) => self.file = Some(file),
                    Err(problem) => problems.push(Error::new(Code::InvalidValue, problem.to_string())),
                }
            }
        }
        self.problems.append(&mut problems);
    }

    /// Checks every connection and what environments lay over them, variables still open.
    fn connections(&self, root: &Node) -> Vec<Error> {
        let connections = root.get("connections");
        let environments = || root.get("environments").into_iter().flat_map(Node::entries);
        let mut problems = Vec::new();
        for (name, connection) in connections.into_iter().flat_map(Node::entries) {
            // With `connector` missing, the file's own schema has said so.
            if connection.value.get("connector").and_then(Node::text).is_none() {
                continue;
            }
            let path = ["connections", name];
            let overlaid = |environment: &Node| {
                environment
                    .get("connections")
                    .is_some_and(|all| all.get(name).is_some())
            };
            match self.connector(&connection.value) {
                Ok(id) => {
                    let partial = environments().any(|(_, environment)| overlaid(&environment.value));
                    problems.extend(self.keys(id, &connection.value, &path, partial));
                }
                Err(problem) => {
                    let path = [&path[..], &["connector"]].concat();
                    problems.push(annotate(find(root, &path).mark(problem), &path));
                }
            }
        }
        for (environment, values) in environments() {
            for (name, overlay) in values.value.get("connections").into_iter().flat_map(Node::entries) {
                let path = ["environments", environment, "connections", name];
                let Some(connection) = connections.and_then(|connections| connections.get(name)) else {
                    let problem = Error::new(Code::UnknownName, format!("no connection is called `{name}`"));
                    let known: Vec<&str> = connections.into_iter().flat_map(Node::keys).collect();
                    let help = suggest(name, "connections here", known.iter().copied());
                    problems.push(overlay.key_span.mark(problem.help(help)));
                    continue;
                };
                if let Some(entry) = overlay.value.entry("connector") {
                    let problem = Error::new(
                        Code::Conflict,
                        "an environment cannot change a connection's `connector`",
                    );
                    let help = "define a second connection, and a sync that uses it";
                    problems.push(annotate(entry.key_span.mark(problem.help(help)), &path));
                }
                if let Ok(id) = self.connector(connection) {
                    problems.extend(self.keys(id, &overlay.value, &path, true));
                }
            }
        }
        problems
    }

    fn keys(&self, id: &str, node: &Node, path: &[&str], partial: bool) -> Vec<Error> {
        let Some((_, schema)) = self.connectors.iter().find(|(known, _)| known == id) else {
            return Vec::new();
        };
        let node = own_keys(node);
        let mut reader = Reader::new(schema, path, Leniency { pending: true, partial });
        if matches!(node.value, Value::Mapping(_)) {
            reader.read(schema, &node);
        }
        malformed(&node, path, &mut reader.problems);
        reader.problems
    }

    /// Puts the problems in the file's order, its name on each, and says none twice: streams share their defaults.
    fn finish(&mut self) {
        let place = |problem: &Error| {
            let at = &problem.report().at;
            (at.line.unwrap_or(usize::MAX), at.character)
        };
        self.problems.sort_by_key(place);
        self.problems.dedup_by(|next, first| {
            place(next) == place(first) && next.code() == first.code() && next.report().why == first.report().why
        });
        let problems = std::mem::take(&mut self.problems).into_iter();
        self.problems = problems.map(|problem| problem.file(&self.path)).collect();
    }
}

/// References of a connection's texts that no variable could make right.
fn malformed(node: &Node, path: &[&str], problems: &mut Vec<Error>) {
    match &node.value {
        Value::Text(text) => {
            problems.extend(interpolate::malformed(&text.text).map(|problem| annotate(node.span.mark(problem), path)));
        }
        Value::List(items) => items.iter().for_each(|item| malformed(item, path, problems)),
        Value::Mapping(entries) => entries
            .values()
            .for_each(|entry| malformed(&entry.value, path, problems)),
        _ => {}
    }
}

fn secrets(node: &Node, names: &mut BTreeSet<String>) {
    match &node.value {
        Value::Text(text) => names.extend(interpolate::secrets(&text.text).into_iter().map(str::to_owned)),
        Value::List(items) => items.iter().for_each(|item| secrets(item, names)),
        Value::Mapping(entries) => entries.values().for_each(|entry| secrets(&entry.value, names)),
        _ => {}
    }
}

/// A connection's keys without those that every connection has.
fn own_keys(node: &Node) -> Node {
    let mut node = node.clone();
    if let Value::Mapping(entries) = &mut node.value {
        entries.retain(|key, _| !COMMON.contains(&key.as_str()));
    }
    node
}
