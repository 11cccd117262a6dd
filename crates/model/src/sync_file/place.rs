//! Where a path of keys leads in a sync file.

use super::tree::{Node, Span, Value};
use crate::Error;

/// The error with the connection, stream and column that the path runs through.
pub(super) fn annotate(error: Error, path: &[&str]) -> Error {
    match path {
        ["connections", connection, ..] | ["environments", _, "connections", connection, ..] => {
            error.connection(connection)
        }
        ["syncs", _, "streams", stream, "columns", column, ..] => error.stream(stream).column(column),
        ["syncs", _, "streams", stream, ..] => error.stream(stream),
        ["syncs", _, "defaults", "columns", column, ..] => error.column(column),
        _ => error,
    }
}

/// The place of the deepest key or item of the path that exists. A stream's key that stands in its sync's `defaults`
/// is found there.
pub(super) fn find(root: &Node, path: &[&str]) -> Span {
    let (span, depth) = descend(root, path);
    if let ["syncs", sync, "streams", _, key, rest @ ..] = path
        && depth == 4
    {
        let shared = [&["syncs", *sync, "defaults", *key], rest].concat();
        let (shared_span, shared_depth) = descend(root, &shared);
        if shared_depth >= 4 {
            return shared_span;
        }
    }
    span
}

/// The span, and how many elements of the path exist. A scalar's span is its value's, a mapping's its key's.
fn descend(root: &Node, path: &[&str]) -> (Span, usize) {
    let mut node = root;
    let mut span = root.span;
    for (depth, element) in path.iter().enumerate() {
        let next = match &node.value {
            Value::Mapping(_) => node.entry(element).map(|entry| (&entry.value, entry.key_span)),
            Value::List(items) => element
                .parse()
                .ok()
                .and_then(|at: usize| items.get(at))
                .map(|item| (item, item.span)),
            _ => None,
        };
        let Some((child, key_span)) = next else {
            return (span, depth);
        };
        let scalar = !matches!(child.value, Value::Mapping(_) | Value::List(_));
        span = if scalar { child.span } else { key_span };
        node = child;
    }
    (span, path.len())
}
