//! Whole files, right ones: the documentation's example, the same as JSON, and the published schema.

use serde_json::{Value as Json, json};

use super::{Fixed, connectors, loaded};
use crate::sync_file::{Mask, Mode, Partial, Write, load, schema};

/// The example of the documentation, without what is not available yet.
const EXAMPLE: &str = r#"
version: 1
project: shop                       # unit of push

connections:
  shop:
    connector: postgres
    host: db.example.net
    database: shop
    user: reader
    password: ${SHOP_PASSWORD}
    tls: { mode: verify-full }
  lake:
    connector: sqlite
    path: ./lake.db

environments:
  prod: { connections: { shop: { host: prod.example.net } } }

syncs:
  shop-to-lake:
    source: shop
    destination: lake
    defaults: { mode: incremental, write: merge }
    streams:
      public.orders:
        into: orders
        mode: incremental
        write: merge
        primary_key: [id]
        cursor: updated_at
        start: 2024-01-01
        query: "select … "
        where: "status <> 'draft'"
        select: ["*", -internal_note]
        columns:
          email:     { mask: hash }
          phone:     { mask: { partial: { keep_last: 2 } } }
          nothing:   { mask: null }
          full_name: { expr: "first_name || ' ' || last_name" }
          client_id: { from: customer_id, type: int64 }
          price:     { type: "decimal(10,2)", allow_lossy: true }
        naming: keep
        deletes: ignore
        schema_changes: propagate
        on_error: fail
        allow_lossy: false
        metadata: false
      "public.*": { cursor: id }
      "!public.tmp_*":
"#;

#[test]
fn the_example_loads() {
    let loaded = loaded(EXAMPLE);
    assert_eq!(loaded.problems, []);
    let file = loaded.file.as_ref().unwrap();
    let sync = &file.syncs["shop-to-lake"];
    let orders = sync.stream(sync.streams["public.orders"].as_ref());
    assert_eq!(orders.start, Some(json!("2024-01-01")));
    let columns = orders.columns.unwrap();
    assert_eq!(columns["nothing"].mask, Some(Mask::Null));
    let partial = Partial {
        keep_first: 0,
        keep_last: 2,
    };
    assert_eq!(columns["phone"].mask, Some(Mask::Partial(partial)));
    let others = sync.stream(sync.streams["public.*"].as_ref());
    assert_eq!(
        (others.mode, others.write),
        (Some(Mode::Incremental), Some(Write::Merge))
    );
    assert_eq!(
        sync.streams.keys().collect::<Vec<_>>(),
        ["public.orders", "public.*", "!public.tmp_*"]
    );
    assert_eq!(file.connections["shop"].options["password"], "${SHOP_PASSWORD}");
    let keys = loaded.connection("lake", Some("prod"), &Fixed::default());
    assert_eq!(keys.unwrap(), json!({ "path": "./lake.db" }));
}

#[test]
fn the_same_file_as_json_is_the_same() {
    let yaml = loaded(EXAMPLE).file.unwrap();
    for json in [
        serde_json::to_string(&yaml).unwrap(),
        serde_json::to_string_pretty(&yaml).unwrap(),
    ] {
        let loaded = load(&json, "shop.json", &connectors(), &[]);
        assert_eq!(loaded.problems, []);
        assert_eq!(loaded.file.unwrap(), yaml);
    }
}

#[test]
fn json_escapes_and_tabs_are_read() {
    let text = "{\r\n\t\"version\": 1,\r\n\t\"project\": \"a\\/b \\ud83d\\ude00 \\u00e9\\n\"\r\n}";
    assert_eq!(loaded(text).file.unwrap().project.unwrap(), "a/b 😀 é\n");
}

#[test]
fn the_files_type_and_its_schema_agree() {
    // What the reader lets through must be what the types take: the file is read twice, tree by schema, JSON by serde.
    let file = loaded(EXAMPLE).file.unwrap();
    let again: crate::sync_file::SyncFile = serde_json::from_value(serde_json::to_value(&file).unwrap()).unwrap();
    assert_eq!(again, file);
}

#[test]
fn the_published_schema_is_whole() {
    let schema = schema(&connectors());
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let references = references(&schema);
    assert!(references.len() > 10);
    for reference in references {
        assert!(
            schema.pointer(reference.trim_start_matches('#')).is_some(),
            "{reference} leads nowhere"
        );
    }
    insta::assert_snapshot!(format!(
        "{:#}\n{:#}\n{:#}",
        schema["$defs"]["Connection"], schema["$defs"]["connection.postgres"], schema["$defs"]["postgres.Tls"]
    ));
}

fn references(schema: &Json) -> Vec<String> {
    match schema {
        Json::Object(map) => {
            let own = map.get("$ref").and_then(Json::as_str).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(references)).collect()
        }
        Json::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
