//! The file's text as it may be shown: without the passwords that stand in it.
//!
//! Errors quote the lines they are about. Invariant: in the text that they quote, a connection's value is readable only
//! if its connector's schema knows its key and does not call it secret (`writeOnly`). Places stay as they are.

use serde_json::Value as Json;

use super::COMMON;
use super::alternative::{Alternative, alternatives};
use super::tree::{Node, Span, Value};

/// Words of keys whose values are hidden in a file that could not be parsed.
const SECRET_WORDS: [&str; 7] = ["password", "passwd", "passphrase", "secret", "token", "key", "url"];

/// The text with stars for secrets; `connectors` are ids and schemas.
pub(super) fn redacted(text: &str, root: Option<&Node>, connectors: &[(String, Json)]) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(root) = root else {
        return text.split_inclusive('\n').map(guessed).collect();
    };
    let mut hidden = Vec::new();
    let connections = root.get("connections");
    let schema_of = |name: &str| {
        let id = connections?.get(name)?.get("connector")?.text()?;
        connectors
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, schema)| schema)
    };
    let environments = root.get("environments").into_iter().flat_map(Node::entries);
    let overlays = environments.filter_map(|(_, environment)| environment.value.get("connections"));
    for (name, connection) in connections.into_iter().chain(overlays).flat_map(Node::entries) {
        let schema = schema_of(name);
        for (key, entry) in connection.value.entries().filter(|(key, _)| !COMMON.contains(key)) {
            match schema {
                Some(schema) => hide_key(schema, &alternatives(schema, schema), key, &entry.value, &mut hidden),
                None => hide_all(&entry.value, &mut hidden),
            }
            hide_run_on(key, entry.key_span, &mut hidden);
        }
        if !matches!(connection.value.value, Value::Mapping(_)) {
            hide_all(&connection.value, &mut hidden);
        }
    }
    starred(text, hidden)
}

/// Hides what is secret below a key of a mapping that has these forms.
fn hide_key(root: &Json, forms: &[Alternative<'_>], key: &str, node: &Node, hidden: &mut Vec<Span>) {
    let schema = forms.iter().find_map(|form| form.key(key)).or_else(|| {
        let others = forms.iter().filter_map(Alternative::other_keys);
        others.into_iter().find(|schema| schema.is_object())
    });
    match schema {
        Some(schema) => hide(root, schema, node, hidden),
        None => hide_all(node, hidden),
    }
}

fn hide(root: &Json, schema: &Json, node: &Node, hidden: &mut Vec<Span>) {
    let forms = alternatives(root, schema);
    // A schema that takes anything knows nothing of its values.
    if forms
        .iter()
        .any(|form| form.is_secret() || (form.types().is_none() && form.words().is_none()))
    {
        return hide_all(node, hidden);
    }
    match &node.value {
        Value::List(items) => {
            for item in items {
                for form in &forms {
                    hide(root, form.items(), item, hidden);
                }
            }
        }
        Value::Mapping(entries) => {
            for (key, entry) in entries {
                hide_key(root, &forms, key, &entry.value, hidden);
                hide_run_on(key, entry.key_span, hidden);
            }
        }
        _ => {}
    }
}

fn hide_all(node: &Node, hidden: &mut Vec<Span>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| hide_all(item, hidden)),
        Value::Mapping(entries) => {
            for (key, entry) in entries {
                hide_all(&entry.value, hidden);
                hide_run_on(key, entry.key_span, hidden);
            }
        }
        Value::Null { .. } => {}
        Value::Text(text) if is_reference(&text.text) => {}
        _ => hidden.push(node.span),
    }
}

/// `{password:x}` is one long key to YAML.
fn hide_run_on(key: &str, span: Span, hidden: &mut Vec<Span>) {
    if key.contains(':') {
        hidden.push(span);
    }
}

/// Whether a text is nothing but a reference, and so no secret itself.
fn is_reference(text: &str) -> bool {
    let variable = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    text.starts_with("secret://") || variable.is_some_and(|name| !name.contains([':', '$', '}']))
}

/// Puts stars over the spans; the parser counts lines by `\n`, `\r\n` and a lone `\r`.
fn starred(text: &str, mut hidden: Vec<Span>) -> String {
    hidden.sort_by_key(|span| (span.line, span.character));
    let mut hidden = hidden.into_iter().peekable();
    let (mut line, mut character, mut left) = (1, 1, 0);
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        while let Some(span) = hidden.next_if(|span| (span.line, span.character) <= (line, character)) {
            left = left.max(span.length);
        }
        let breaks = c == '\n' || (c == '\r' && chars.peek() != Some(&'\n'));
        shown.push(if left > 0 && !matches!(c, '\n' | '\r') { '*' } else { c });
        left = left.saturating_sub(1);
        (line, character) = if breaks { (line + 1, 1) } else { (line, character + 1) };
    }
    shown
}

/// A line of a file without a tree: what stands behind a key that sounds secret is hidden.
fn guessed(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let secret = SECRET_WORDS.iter().filter_map(|word| lower.find(word)).min();
    let Some(colon) = secret.and_then(|at| Some(at + lower[at..].find([':', '='])?)) else {
        return line.to_owned();
    };
    let (key, value) = line.split_at(colon + 1);
    let star = |c: char| if c.is_whitespace() { c } else { '*' };
    format!("{key}{}", value.chars().map(star).collect::<String>())
}
