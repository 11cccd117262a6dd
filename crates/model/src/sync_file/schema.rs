//! The JSON Schema of the sync file (draft 2020-12), from the types it is read into and the connectors' own schemas.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use super::alternative::{Alternative, alternatives};
use super::tree::Kind;
use super::{COMMON, SyncFile};

/// The published schema: the file's, with the keys of each connection chosen by its `connector`.
///
/// Editors check files with it, and the desktop draws its forms from it. What interpolation allows is in it: a text
/// with `${VAR}` may stand wherever a connection wants a number or a word.
pub fn schema(connectors: &[(String, schemars::Schema)]) -> Json {
    let mut file = of_file();
    let ids: Vec<&str> = connectors.iter().map(|(id, _)| id.as_str()).collect();
    let rules: Vec<Json> = ids
        .iter()
        .map(|id| {
            json!({
                "if": { "properties": { "connector": { "const": id } }, "required": ["connector"] },
                "then": { "$ref": format!("#/$defs/connection.{id}") },
            })
        })
        .collect();
    let max_streams = file["$defs"]["Connection"]["properties"]["max_streams"].clone();
    let Some(defs) = file.get_mut("$defs").and_then(Json::as_object_mut) else {
        return file;
    };
    defs.insert(
        "Connection".into(),
        json!({
            "description": "One endpoint. The keys beside `connector` and `max_streams` are that connector's own.",
            "type": "object",
            "properties": {
                "connector": { "description": "The connector's id.", "enum": ids },
                "max_streams": max_streams,
            },
            "required": ["connector"],
            "allOf": rules,
        }),
    );
    for (id, schema) in connectors {
        let mut own = schema.as_value().clone();
        let parts = own.as_object_mut().and_then(|own| own.remove("$defs"));
        let parts = match parts {
            Some(Json::Object(parts)) => parts,
            _ => Map::new(),
        };
        let root = schema.as_value();
        for (name, mut part) in parts {
            publish(root, &mut part, id);
            defs.insert(format!("{id}.{name}"), part);
        }
        if let Some(own) = own.as_object_mut() {
            own.remove("$schema");
        }
        publish(root, &mut own, id);
        admit_common(&mut own);
        defs.insert(format!("connection.{id}"), own);
    }
    file
}

/// The schema that a file is read by: connections hold any keys, and a key that is left out is not written as null.
pub(super) fn of_file() -> Json {
    let mut file = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<SyncFile>()
        .to_value();
    refuse_null(&mut file);
    file
}

/// Takes `null` from the schemas of keys: `cursor:` without a value is a slip, not a way to leave it out.
fn refuse_null(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            if let Some(Json::Object(properties)) = map.get_mut("properties") {
                properties.values_mut().for_each(without_null);
            }
            map.values_mut().for_each(refuse_null);
        }
        Json::Array(items) => items.iter_mut().for_each(refuse_null),
        _ => {}
    }
}

fn without_null(schema: &mut Json) {
    let Json::Object(map) = schema else { return };
    if let Some(Json::Array(types)) = map.get_mut("type") {
        types.retain(|ty| ty != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".into(), only);
        }
    }
    if let Some(Json::Array(choices)) = map.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|ty| ty != "null"));
        if let [Json::Object(only)] = choices.as_slice() {
            let only = only.clone();
            map.remove("anyOf");
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
    }
}

/// Makes a connector's schema part of the file's: its references lead to its own definitions, and a text with a
/// variable may stand for any scalar.
fn publish(root: &Json, schema: &mut Json, id: &str) {
    match schema {
        Json::Object(map) => {
            if let Some(Json::Object(properties)) = map.get_mut("properties") {
                properties
                    .values_mut()
                    .for_each(|property| admit_variable(root, property));
            }
            if let Some(Json::String(reference)) = map.get_mut("$ref")
                && let Some(name) = reference.strip_prefix("#/$defs/")
            {
                *reference = format!("#/$defs/{id}.{name}");
            }
            for (key, value) in map.iter_mut() {
                // Values of these keywords are data, not schemas.
                if !matches!(key.as_str(), "default" | "examples" | "const" | "enum" | "required") {
                    publish(root, value, id);
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| publish(root, item, id)),
        _ => {}
    }
}

/// Lets `${VAR}` stand for a word, number or truth value, unless any text may stand there already.
fn admit_variable(root: &Json, schema: &mut Json) {
    let forms = alternatives(root, schema);
    let text = forms
        .iter()
        .any(|form| form.words().is_none() && form.admits(Kind::Text));
    let scalar = |form: &Alternative<'_>| {
        form.words().is_some()
            || [Kind::Bool, Kind::Integer, Kind::Number]
                .into_iter()
                .any(|kind| form.admits(kind))
    };
    if text || !forms.iter().any(scalar) {
        return;
    }
    let variable = json!({ "type": "string", "pattern": "^secret://|\\$\\{" });
    if let Some(Json::Array(choices)) = schema.get_mut("anyOf") {
        choices.push(variable);
        return;
    }
    let mut outer = Map::new();
    if let Json::Object(inner) = schema {
        for key in ["description", "default"] {
            outer.extend(inner.shift_remove_entry(key));
        }
    }
    outer.insert("anyOf".into(), json!([schema.take(), variable]));
    *schema = Json::Object(outer);
}

/// Lets the keys that every connection has stand beside a connector's own.
fn admit_common(schema: &mut Json) {
    let Json::Object(map) = schema else { return };
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(Json::Array(choices)) = map.get_mut(key) {
            choices.iter_mut().for_each(admit_common);
        }
    }
    if map.get("additionalProperties") == Some(&Json::Bool(false)) || map.contains_key("properties") {
        let properties = map.entry("properties").or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(properties) = properties {
            properties.extend(COMMON.map(|key| (key.to_owned(), Json::Bool(true))));
        }
    }
}
