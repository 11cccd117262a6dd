//! The published JSON Schema as a list of what a sync file can say.
//!
//! A key is a path such as `syncs.*.streams.*.cursor`, a word is written behind it: `syncs.*.streams.*.mode=cdc`. What a
//! stream's key means in `defaults` is told once, below `streams`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// Every key and word of the schema.
pub(crate) fn keys(schema: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let walk = Walk { root: schema };
    walk.properties(schema, "", &mut found);
    found
}

struct Walk<'a> {
    root: &'a Json,
}

impl Walk<'_> {
    fn schema(&self, schema: &Json, path: &str, found: &mut BTreeSet<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            let target = self
                .root
                .pointer(pointer)
                .unwrap_or_else(|| panic!("{reference} leads nowhere"));
            self.schema(target, path, found);
        }
        let words = schema["enum"].as_array().into_iter().flatten();
        for word in words.chain(schema.get("const")).filter_map(Json::as_str) {
            found.insert(format!("{path}={word}"));
        }
        for choice in ["oneOf", "anyOf"]
            .iter()
            .filter_map(|key| schema[key].as_array())
            .flatten()
        {
            self.schema(choice, path, found);
        }
        self.properties(schema, path, found);
    }

    fn properties(&self, schema: &Json, path: &str, found: &mut BTreeSet<String>) {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            found.insert(path.clone());
            if path != "syncs.*.defaults" {
                self.schema(property, &path, found);
            }
        }
        for inner in ["additionalProperties", "items"].iter().map(|key| &schema[key]) {
            if inner.is_object() {
                self.schema(inner, &format!("{path}.*"), found);
            }
        }
        for rule in schema["allOf"].as_array().into_iter().flatten() {
            let connector = rule["if"]["properties"]["connector"]["const"].as_str();
            let connector = connector.expect("`allOf` chooses a connection's keys by its connector");
            self.schema(&rule["then"], &format!("connections.{connector}"), found);
        }
    }
}
