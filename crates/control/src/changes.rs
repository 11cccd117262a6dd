//! What a push would change, in plain words.
//!
//! Of connections only the names of keys are said: their values may be secrets.

use std::collections::BTreeSet;
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use syncapp_model::sync_file::{Sync, SyncFile};

use crate::schedule::Schedule;

/// The longest value that is shown whole, in characters.
const SHOWN: usize = 60;

/// One difference between two files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its kind.
    pub change: ChangeKind,
    /// What it is about, and how it differs.
    pub what: String,
}

/// What becomes of the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is another one than before.
    Changed,
    /// It goes.
    Removed,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.change {
            ChangeKind::Added => '+',
            ChangeKind::Changed => '~',
            ChangeKind::Removed => '-',
        };
        write!(f, "{sign} {}", self.what)
    }
}

/// How a project that is pushed differs from what is there; all of it is new where nothing is.
pub fn changes(before: Option<&SyncFile>, after: &SyncFile) -> Vec<Change> {
    let nothing = SyncFile {
        version: after.version,
        project: None,
        connections: IndexMap::new(),
        environments: IndexMap::new(),
        syncs: IndexMap::new(),
    };
    let before = before.unwrap_or(&nothing);
    let mut changes = Vec::new();
    compare(
        &before.connections,
        &after.connections,
        &mut changes,
        |name, change| match change {
            Compared::Changed(before, after) => {
                let keys = differing(&json(before), &json(after));
                let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
                Some(format!("connection {name}: another {}", keys.join(", ")))
            }
            Compared::One(connection) => Some(format!("connection {name} ({})", connection.connector)),
        },
    );
    compare(&before.environments, &after.environments, &mut changes, |name, _| {
        Some(format!("environment {name}"))
    });
    compare(&before.syncs, &after.syncs, &mut changes, |name, change| match change {
        Compared::One(sync) => Some(format!("sync {name}: {}", summary(sync))),
        Compared::Changed(..) => None,
    });
    for (name, sync) in &after.syncs {
        if let Some(before) = before.syncs.get(name).filter(|before| *before != sync) {
            sync_changes(name, before, sync, &mut changes);
        }
    }
    changes
}

/// Two values of one name, or the only one.
enum Compared<'a, T> {
    One(&'a T),
    Changed(&'a T, &'a T),
}

fn compare<T: PartialEq>(
    before: &IndexMap<String, T>,
    after: &IndexMap<String, T>,
    changes: &mut Vec<Change>,
    words: impl Fn(&str, Compared<'_, T>) -> Option<String>,
) {
    let mut add = |change, what: Option<String>| changes.extend(what.map(|what| Change { change, what }));
    for (name, new) in after {
        match before.get(name) {
            None => add(ChangeKind::Added, words(name, Compared::One(new))),
            Some(old) if old != new => add(ChangeKind::Changed, words(name, Compared::Changed(old, new))),
            Some(_) => {}
        }
    }
    for (name, old) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        add(ChangeKind::Removed, words(name, Compared::One(old)));
    }
}

fn summary(sync: &Sync) -> String {
    let streams = match sync.streams.len() {
        1 => "1 stream".to_owned(),
        count => format!("{count} streams"),
    };
    format!("{streams} from {} to {}, {}", sync.source, sync.destination, when(sync))
}

fn when(sync: &Sync) -> String {
    let schedule = sync
        .schedule
        .as_ref()
        .and_then(|schedule| Schedule::from_file(schedule).ok());
    schedule.map_or_else(|| "by hand only".to_owned(), |schedule| schedule.describe())
}

fn sync_changes(name: &str, before: &Sync, after: &Sync, changes: &mut Vec<Change>) {
    let mut changed = |what: String| {
        changes.push(Change {
            change: ChangeKind::Changed,
            what: format!("sync {name}: {what}"),
        });
    };
    for (key, old, new) in [
        ("source", &before.source, &after.source),
        ("destination", &before.destination, &after.destination),
    ] {
        if old != new {
            changed(format!("{key} {old} → {new}"));
        }
    }
    if before.state_schema != after.state_schema {
        let word = |schema: &Option<String>| schema.clone().unwrap_or_else(|| "beside the tables".into());
        changed(format!(
            "state {} → {}",
            word(&before.state_schema),
            word(&after.state_schema)
        ));
    }
    if before.schedule != after.schedule {
        match (when(before), when(after)) {
            (old, new) if old == new => changed("other rules for missed and overlapping runs".into()),
            (old, new) => changed(format!("runs {old} → {new}")),
        }
    }
    let whole = |sync: &Sync| -> IndexMap<String, Map<String, Value>> {
        let streams = sync.streams.iter();
        streams
            .map(|(stream, own)| (stream.clone(), json(&sync.stream(own.as_ref()))))
            .collect()
    };
    compare(&whole(before), &whole(after), changes, |stream, change| {
        let Compared::Changed(old, new) = change else {
            return Some(format!("stream {stream} of {name}"));
        };
        let mut keys = Vec::new();
        differences(None, old, new, &mut keys);
        Some(format!("stream {stream} of {name}: {}", keys.join(", ")))
    });
}

/// What differs, each by its place, such as `undo.keep 7d → 14d`.
fn differences(place: Option<&str>, old: &Map<String, Value>, new: &Map<String, Value>, said: &mut Vec<String>) {
    for key in differing(old, new) {
        let place = place.map_or_else(|| key.clone(), |place| format!("{place}.{key}"));
        match (old.get(&key), new.get(&key)) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => differences(Some(&place), old, new, said),
            (old, new) => said.push(format!("{place} {} → {}", shown(old), shown(new))),
        }
    }
}

fn json(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    }
}

/// The keys that have another value, or one on one side only.
fn differing(before: &Map<String, Value>, after: &Map<String, Value>) -> BTreeSet<String> {
    let keys = before.keys().chain(after.keys());
    keys.filter(|key| before.get(*key) != after.get(*key))
        .cloned()
        .collect()
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return "(not set)".to_owned(),
        Some(value) => in_a_line(value),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A value as a line of the file says it.
fn in_a_line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(in_a_line).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(keys) if keys.is_empty() => "{}".to_owned(),
        Value::Object(keys) => {
            let keys: Vec<_> = keys
                .iter()
                .map(|(key, value)| format!("{key}: {}", in_a_line(value)))
                .collect();
            format!("{{ {} }}", keys.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file(stream: &Value) -> SyncFile {
        let file = json!({
            "version": 1,
            "connections": {},
            "syncs": { "nightly": { "source": "a", "destination": "b", "streams": { "orders": stream } } },
        });
        serde_json::from_value(file).unwrap()
    }

    #[test]
    fn a_stream_differs_by_places_and_values_as_its_file_says_them() {
        let before = file(&json!({
            "primary_key": ["id"],
            "undo": { "keep": "7d" },
            "columns": { "total": { "expr": "net * 2" }, "note": { "mask": "hash" } },
        }));
        let after = file(&json!({
            "primary_key": ["id", "shop"],
            "undo": { "keep": "14d" },
            "columns": { "id": {}, "total": { "expr": "net * 3" }, "city": { "from": "town" } },
        }));
        assert_eq!(changes(Some(&before), &before), []);
        let said: Vec<_> = changes(Some(&before), &after).iter().map(Change::to_string).collect();
        let expected = "~ stream orders of nightly: columns.city (not set) → { from: town }, \
            columns.id (not set) → {}, columns.note { mask: hash } → (not set), columns.total.expr net * 2 → net * 3, \
            primary_key [id] → [id, shop], undo.keep 7d → 14d";
        assert_eq!(said, [expected]);
    }
}
