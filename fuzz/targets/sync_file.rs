//! Sync files: whatever the text, loading it ends, each problem can be shown, and connections resolve or say why not.
#![no_main]

use std::sync::OnceLock;

use syncapp_connectors::{PLANNED, connectors};
use syncapp_model::render;
use syncapp_model::sync_file::{Variables, load};

struct Values;

impl Variables for Values {
    fn get(&self, name: &str) -> Option<String> {
        (name.len() % 2 == 0).then(|| format!("${{{name}}} \"\n"))
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.get(name)
    }

    fn secret_help(&self, name: &str) -> String {
        name.to_owned()
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    static SCHEMAS: OnceLock<Vec<(String, schemars::Schema)>> = OnceLock::new();
    let schemas = SCHEMAS.get_or_init(|| {
        let each = connectors().into_iter();
        each.map(|connector| (connector.manifest().id.to_owned(), connector.schema()))
            .collect()
    });
    let loaded = load(text, "f.yaml", schemas, PLANNED);
    for problem in &loaded.problems {
        let _ = render(problem, Some(loaded.source()));
    }
    assert!(
        loaded.file.is_some() || loaded.has_errors(),
        "no file, and nobody says why"
    );
    if let Some(file) = &loaded.file {
        for name in file.connections.keys() {
            let _ = loaded.connection(name, None, &Values);
        }
    }
});
