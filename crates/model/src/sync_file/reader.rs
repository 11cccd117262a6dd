//! Reads a tree by a JSON Schema: the schema's value as JSON, and every problem on the way.
//!
//! Invariants: what it returns fits the schema, except that parts with problems are left out; a value that came from a
//! variable is in no error's text.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Number, Value as Json};

use super::alternative::{Alternative, alternatives, bare};
use super::interpolate;
use super::place::annotate;
use super::tree::{Entries, Kind, Node, Span, Text, Value};
use crate::nearest::{nearest, suggest};
use crate::{Code, Error};

/// What the reader is lenient about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leniency {
    /// Texts with `${VAR}` or `secret://` may still become any scalar.
    pub(super) pending: bool,
    /// No key needs to be there: the tree is laid over another.
    pub(super) partial: bool,
}

/// A reading in progress.
pub(super) struct Reader<'a> {
    root: &'a Json,
    leniency: Leniency,
    path: Vec<String>,
    /// What was wrong so far.
    pub(super) problems: Vec<Error>,
}

impl<'a> Reader<'a> {
    /// A reader of values below `path`; references of the schema are looked up in `root`.
    pub(super) fn new(root: &'a Json, path: &[&str], leniency: Leniency) -> Self {
        Self {
            root,
            leniency,
            path: path.iter().map(|&key| key.to_owned()).collect(),
            problems: Vec::new(),
        }
    }

    /// The node's value by the schema; `None` where nothing of it can be used.
    pub(super) fn read(&mut self, schema: &'a Json, node: &Node) -> Option<Json> {
        let forms = alternatives(self.root, schema);
        if let Some(word) = word(node)
            && let Some(found) = forms
                .iter()
                .filter_map(Alternative::words)
                .flatten()
                .find(|known| **known == word)
        {
            return Some(found.clone());
        }
        let open: Vec<_> = forms
            .iter()
            .filter(|form| form.words().is_none() && admits(form, node))
            .collect();
        match open.as_slice() {
            [] if self.is_pending(node) && forms.iter().any(is_scalar) => node.text().map(Json::from),
            [] => {
                self.mismatch(&forms, node);
                None
            }
            [form] => self.fit(form, node),
            several => self.best(several, node),
        }
    }

    /// Of several forms of one type: the first that fits, or the problems of the one that fits best.
    fn best(&mut self, forms: &[&Alternative<'a>], node: &Node) -> Option<Json> {
        let before = std::mem::take(&mut self.problems);
        let mut best: Option<(Vec<Error>, Option<Json>)> = None;
        for form in forms {
            let value = self.fit(form, node);
            let problems = std::mem::take(&mut self.problems);
            if best.as_ref().is_none_or(|(fewest, _)| problems.len() < fewest.len()) {
                best = Some((problems, value));
            }
        }
        let (problems, value) = best.unwrap_or_default();
        self.problems = before;
        self.problems.extend(problems);
        value
    }

    fn is_pending(&self, node: &Node) -> bool {
        self.leniency.pending && node.text().is_some_and(interpolate::has_reference)
    }

    fn fit(&mut self, form: &Alternative<'a>, node: &Node) -> Option<Json> {
        match &node.value {
            Value::Null { .. } => Some(Json::Null),
            Value::Bool(value) => Some(Json::Bool(*value)),
            Value::Number(number) => self.number(form, number, node.span, false),
            Value::Text(Text { text, resolved }) if form.admits(Kind::Text) => {
                self.length(
                    form,
                    text.chars().count(),
                    ["minLength", "maxLength"],
                    "characters",
                    node.span,
                );
                if *resolved || !self.is_pending(node) {
                    Some(Json::from(text.as_str()))
                } else {
                    node.text().map(Json::from)
                }
            }
            Value::Text(Text { text, .. }) => match parsed(form, text)? {
                Json::Number(number) => self.number(form, &number, node.span, true),
                other => Some(other),
            },
            Value::List(items) => {
                self.length(form, items.len(), ["minItems", "maxItems"], "items", node.span);
                let schema = form.items();
                let read = |(at, item): (usize, &Node)| self.below(&at.to_string(), |reader| reader.read(schema, item));
                Some(Json::Array(items.iter().enumerate().filter_map(read).collect()))
            }
            Value::Mapping(entries) => self.mapping(form, entries, node.span),
        }
    }

    fn number(&mut self, form: &Alternative<'_>, number: &Number, span: Span, secret: bool) -> Option<Json> {
        let integer = number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from));
        let wrong = match integer {
            Some(value) => outside(value, form.integers()).or_else(|| outside(value as f64, form.numbers())),
            None => outside(number.as_f64()?, form.numbers()),
        };
        let Some((wrong, allowed)) = wrong else {
            return Some(Json::Number(number.clone()));
        };
        let why = if secret {
            format!("the value given here is {wrong}")
        } else {
            format!("{number} is {wrong}")
        };
        self.problem(span, Error::new(Code::InvalidValue, why).help(allowed));
        None
    }

    fn length(&mut self, form: &Alternative<'_>, length: usize, keys: [&str; 2], what: &str, span: Span) {
        let [least, most] = keys.map(|key| form.count(key));
        let length = length as u64;
        let why = match (least, most) {
            (Some(least), _) if length < least => format!("fewer than {least} {what}"),
            (_, Some(most)) if length > most => format!("more than {most} {what}"),
            _ => return,
        };
        self.problem(span, Error::new(Code::InvalidValue, why));
    }

    fn mapping(&mut self, form: &Alternative<'a>, entries: &Entries, span: Span) -> Option<Json> {
        let mut read = Map::new();
        let mut meant = Vec::new();
        for (key, entry) in entries {
            let Some(schema) = form.key(key).or_else(|| form.other_keys()) else {
                meant.extend(self.unknown_key(form, key, entry.key_span));
                continue;
            };
            if let Some(value) = self.below(key, |reader| reader.read(schema, &entry.value)) {
                read.insert(key.clone(), value);
            }
        }
        if self.leniency.partial {
            return Some(Json::Object(read));
        }
        let mut whole = true;
        for key in form.required() {
            whole &= read.contains_key(key);
            // A key that is there but wrong, or misspelt, has its problem already.
            if !meant.contains(&key) && !entries.contains_key(key) {
                let problem = Error::new(Code::MissingKey, format!("the key `{key}` is missing"));
                let about = form.key(key).and_then(|schema| schema.get("description")?.as_str());
                self.problem(
                    span,
                    match about {
                        Some(about) => problem.help(format!("`{key}`: {}", fragment(about))),
                        None => problem,
                    },
                );
            }
        }
        (whole || self.path.is_empty()).then_some(Json::Object(read))
    }

    /// Reports a key that the form does not know; answers the one that was probably meant.
    fn unknown_key(&mut self, form: &Alternative<'a>, key: &str, span: Span) -> Option<&'a str> {
        let known = form.keys();
        // `{password:x}` is one long key to YAML: only its front is a key to the user.
        let (name, run_on) = key.split_once(':').map_or((key, false), |(name, _)| (name, true));
        let problem = Error::new(Code::UnknownKey, format!("unknown key `{}`", short(name)));
        let help = if run_on {
            "put a space behind the colon".to_owned()
        } else {
            suggest(key, "keys here", known.iter().copied())
        };
        self.below(key, |reader| reader.problem(span, problem.help(help)));
        nearest(key, known)
    }

    /// None of the forms has the node's type, or it is none of the words.
    fn mismatch(&mut self, forms: &[Alternative<'_>], node: &Node) {
        let mut allowed: Vec<String> = forms.iter().flat_map(Alternative::describe).collect();
        if allowed.len() > 1 {
            allowed.retain(|what| what != "null");
        }
        let words: Vec<String> = forms
            .iter()
            .filter_map(Alternative::words)
            .flatten()
            .map(bare)
            .collect();
        let expected = one_of(&allowed);
        let problem = match &node.value {
            Value::Text(Text { resolved: true, .. }) => {
                Error::new(Code::InvalidValue, format!("the value given here is not {expected}"))
                    .help("look at what the variable or secret holds")
            }
            Value::Text(text) if !words.is_empty() => {
                let help = suggest(&text.text, "allowed", words.iter().map(String::as_str));
                Error::new(Code::InvalidValue, format!("`{}` is not {expected}", short(&text.text))).help(help)
            }
            Value::Null { .. } => Error::new(Code::InvalidValue, format!("a value is missing: expected {expected}"))
                .help("leave the key out where nothing is meant"),
            _ => {
                let problem = Error::new(
                    Code::InvalidValue,
                    format!("expected {expected}, found {}", node.kind().word()),
                );
                match (node.kind(), allowed.as_slice()) {
                    (Kind::Bool | Kind::Integer | Kind::Number, [only]) if only == "text" => {
                        problem.help("put it in quotes")
                    }
                    (Kind::Text, [only]) if only == "a list" => problem.help("write it as a list: `[…]`"),
                    _ => problem,
                }
            }
        };
        self.problem(node.span, problem);
    }

    fn below<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let value = read(self);
        self.path.pop();
        value
    }

    fn problem(&mut self, span: Span, problem: Error) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        self.problems.push(annotate(span.mark(problem), &path));
    }
}

/// What a word of a schema is compared with.
fn word(node: &Node) -> Option<Json> {
    match &node.value {
        Value::Text(text) => Some(Json::from(text.text.as_str())),
        Value::Null { word: true } => Some(Json::from("null")),
        Value::Bool(value) => Some(Json::from(*value)),
        Value::Number(value) => Some(Json::Number(value.clone())),
        _ => None,
    }
}

/// Which bound a value is beyond, and what is allowed.
fn outside<T: Copy + PartialOrd + Display>(value: T, bounds: RangeInclusive<T>) -> Option<(String, String)> {
    let (low, high) = bounds.into_inner();
    let wrong = if value < low {
        format!("less than {low}")
    } else if value > high {
        format!("greater than {high}")
    } else {
        return None;
    };
    Some(if low == high {
        (format!("not {low}"), format!("only {low} is allowed"))
    } else {
        (wrong, format!("allowed: {low} to {high}"))
    })
}

fn admits(form: &Alternative<'_>, node: &Node) -> bool {
    match &node.value {
        Value::Text(Text { text, resolved: true }) => form.admits(Kind::Text) || parsed(form, text).is_some(),
        _ => form.admits(node.kind()),
    }
}

fn is_scalar(form: &Alternative<'_>) -> bool {
    [Kind::Bool, Kind::Integer, Kind::Number, Kind::Text]
        .into_iter()
        .any(|kind| form.admits(kind))
}

/// A variable's text as the number or truth value that the form wants.
fn parsed(form: &Alternative<'_>, text: &str) -> Option<Json> {
    if form.admits(Kind::Integer)
        && let Some(number) = text
            .parse::<i64>()
            .map(Number::from)
            .or_else(|_| text.parse::<u64>().map(Number::from))
            .ok()
    {
        return Some(Json::Number(number));
    }
    if form.admits(Kind::Number)
        && let Some(number) = text.parse().ok().and_then(Number::from_f64)
    {
        return Some(Json::Number(number));
    }
    if form.admits(Kind::Bool) {
        text.parse().ok().map(Json::Bool)
    } else {
        None
    }
}

/// As much of a text as an error has room for.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// `a`, `b` or `c`
fn one_of(allowed: &[String]) -> String {
    match allowed {
        [] => "nothing".into(),
        [only] => only.clone(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// A doc comment's first sentence as a fragment.
fn fragment(about: &str) -> String {
    let first = about.split(". ").next().unwrap_or(about).trim_end_matches('.');
    let mut chars = first.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
