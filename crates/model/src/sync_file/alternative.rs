//! A JSON Schema as the list of forms that a value may take.
//!
//! `$ref`, `allOf`, `anyOf` and `oneOf` are multiplied out, so that a reader sees each form whole: its words, its type,
//! its keys. Constraints beyond those read here (`pattern`, `if`, `not`) are left to whoever owns the schema.

use std::ops::RangeInclusive;

use serde_json::{Map, Value as Json};

use super::tree::Kind;

/// How far references may lead without a value in between.
const MAX_HOPS: usize = 32;

/// One form: what all its parts say together.
#[derive(Debug, Clone, Default)]
pub(super) struct Alternative<'a> {
    parts: Vec<&'a Map<String, Json>>,
}

/// All forms that a schema allows.
pub(super) fn alternatives<'a>(root: &'a Json, schema: &'a Json) -> Vec<Alternative<'a>> {
    expand(root, schema, 0)
}

fn expand<'a>(root: &'a Json, schema: &'a Json, hops: usize) -> Vec<Alternative<'a>> {
    let map = match schema {
        Json::Object(map) if hops < MAX_HOPS => map,
        Json::Bool(false) => return Vec::new(),
        _ => return vec![Alternative::default()],
    };
    let mut forms = vec![Alternative { parts: vec![map] }];
    if let Some(target) = map
        .get("$ref")
        .and_then(Json::as_str)
        .and_then(|to| root.pointer(to.trim_start_matches('#')))
    {
        forms = product(&forms, &expand(root, target, hops + 1));
    }
    for part in items(map, "allOf") {
        forms = product(&forms, &expand(root, part, hops + 1));
    }
    for key in ["anyOf", "oneOf"] {
        if map.contains_key(key) {
            let choices: Vec<_> = items(map, key)
                .flat_map(|choice| expand(root, choice, hops + 1))
                .collect();
            forms = product(&forms, &choices);
        }
    }
    forms
}

fn items<'a>(map: &'a Map<String, Json>, key: &str) -> impl Iterator<Item = &'a Json> {
    map.get(key).and_then(Json::as_array).into_iter().flatten()
}

fn product<'a>(left: &[Alternative<'a>], right: &[Alternative<'a>]) -> Vec<Alternative<'a>> {
    let both = |l: &Alternative<'a>, r: &Alternative<'a>| Alternative {
        parts: l.parts.iter().chain(&r.parts).copied().collect(),
    };
    left.iter()
        .flat_map(|l| right.iter().map(move |r| both(l, r)))
        .collect()
}

impl<'a> Alternative<'a> {
    fn find(&self, key: &str) -> Option<&'a Json> {
        self.parts.iter().find_map(|part| part.get(key))
    }

    /// The values that alone are allowed, if the form is such a list.
    pub(super) fn words(&self) -> Option<Vec<&'a Json>> {
        if let Some(word) = self.find("const") {
            return Some(vec![word]);
        }
        Some(self.find("enum")?.as_array()?.iter().collect())
    }

    /// The types it names; every type where it names none.
    pub(super) fn types(&self) -> Option<Vec<&'a str>> {
        match self.find("type")? {
            Json::String(one) => Some(vec![one]),
            Json::Array(several) => Some(several.iter().filter_map(Json::as_str).collect()),
            _ => None,
        }
    }

    /// Whether its values must not be shown.
    pub(super) fn is_secret(&self) -> bool {
        self.find("writeOnly") == Some(&Json::Bool(true))
    }

    /// Whether a value of that kind can have this form.
    pub(super) fn admits(&self, kind: Kind) -> bool {
        self.types().is_none_or(|types| {
            types.contains(&kind.schema_type()) || (kind == Kind::Integer && types.contains(&"number"))
        })
    }

    /// The keys it names, in order.
    pub(super) fn keys(&self) -> Vec<&'a str> {
        let properties = self.parts.iter().filter_map(|part| part.get("properties")?.as_object());
        properties.flat_map(Map::keys).map(String::as_str).collect()
    }

    /// The schema of a key that it names.
    pub(super) fn key(&self, key: &str) -> Option<&'a Json> {
        self.parts.iter().find_map(|part| part.get("properties")?.get(key))
    }

    /// The schema of keys that it does not name: `None` if there may be none.
    pub(super) fn other_keys(&self) -> Option<&'a Json> {
        let rules = ["additionalProperties", "unevaluatedProperties"];
        let mut all = self
            .parts
            .iter()
            .flat_map(|part| rules.iter().filter_map(|rule| part.get(*rule)));
        all.clone()
            .all(|rule| rule != &Json::Bool(false))
            .then(|| all.next().unwrap_or(&Json::Bool(true)))
    }

    /// The keys that must be there.
    pub(super) fn required(&self) -> impl Iterator<Item = &'a str> {
        self.parts
            .iter()
            .flat_map(|part| items(part, "required"))
            .filter_map(Json::as_str)
    }

    /// The schema of a list's items.
    pub(super) fn items(&self) -> &'a Json {
        self.find("items").unwrap_or(&Json::Bool(true))
    }

    /// A count that bounds a text or list: `minLength`, `maxItems` and the like.
    pub(super) fn count(&self, key: &str) -> Option<u64> {
        self.find(key)?.as_u64()
    }

    /// The bounds of an integer, inclusive: the tighter of those written and those of its format.
    pub(super) fn integers(&self) -> RangeInclusive<i128> {
        let (low, high) = match self.find("format").and_then(Json::as_str) {
            Some("int8") => (i8::MIN.into(), i8::MAX.into()),
            Some("int16") => (i16::MIN.into(), i16::MAX.into()),
            Some("int32") => (i32::MIN.into(), i32::MAX.into()),
            Some("int64" | "int") => (i64::MIN.into(), i64::MAX.into()),
            Some("uint8") => (0, u8::MAX.into()),
            Some("uint16") => (0, u16::MAX.into()),
            Some("uint32") => (0, u32::MAX.into()),
            Some("uint64" | "uint") => (0, u64::MAX.into()),
            _ => (i128::MIN, i128::MAX),
        };
        let integer = |bound: &Json| {
            bound
                .as_i64()
                .map(i128::from)
                .or_else(|| bound.as_u64().map(i128::from))
        };
        let written = |key| {
            self.parts
                .iter()
                .filter_map(move |part| part.get(key))
                .filter_map(integer)
        };
        written("minimum").fold(low, i128::max)..=written("maximum").fold(high, i128::min)
    }

    /// The bounds of a number, inclusive.
    pub(super) fn numbers(&self) -> RangeInclusive<f64> {
        let written = |key| self.parts.iter().filter_map(move |part| part.get(key)?.as_f64());
        written("minimum").fold(f64::NEG_INFINITY, f64::max)..=written("maximum").fold(f64::INFINITY, f64::min)
    }

    /// What it allows, for people.
    pub(super) fn describe(&self) -> Vec<String> {
        if let Some(words) = self.words() {
            return words.iter().map(|word| format!("`{}`", bare(word))).collect();
        }
        let Some(types) = self.types() else {
            return vec!["any value".into()];
        };
        let only: Vec<&str> = self.required().collect();
        let describe = |ty: &str| match (ty, only.as_slice()) {
            ("object", []) => "a mapping".to_owned(),
            ("object", keys) => format!("a mapping with `{}`", keys.join("`, `")),
            ("boolean", _) => "true or false".into(),
            ("integer", _) => "an integer".into(),
            ("number", _) => "a number".into(),
            ("array", _) => "a list".into(),
            ("null", _) => "null".into(),
            _ => "text".into(),
        };
        types.into_iter().map(describe).collect()
    }
}

/// A word of a schema as it stands in a file.
pub(super) fn bare(word: &Json) -> String {
    word.as_str().map_or_else(|| word.to_string(), str::to_owned)
}
