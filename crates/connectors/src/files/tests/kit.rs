//! The conformance kit over CSV, NDJSON and Parquet files.

use std::sync::Arc;

use async_trait::async_trait;
use syncapp_connector::testkit::{Abilities, ODD_NAMES, Odd, Rig, System};
use syncapp_connector::{Connector, Context, Delivery, Destination, Source};
use syncapp_model::StreamName;
use syncapp_model::sync_file::Write;
use tempfile::TempDir;

use crate::files::{Files, ValidFiles};

struct Of(&'static str);

struct Folder {
    folder: TempDir,
    format: &'static str,
}

impl Folder {
    fn valid(&self) -> Arc<ValidFiles> {
        let context = Context::at(self.folder.path());
        let keys = serde_json::json!({"path": ".", "format": self.format});
        Arc::new(Files.validate(serde_json::from_value(keys).unwrap(), &context).unwrap())
    }
}

#[async_trait]
impl Rig for Of {
    async fn fresh(&self) -> Box<dyn System> {
        Box::new(Folder {
            folder: tempfile::tempdir().unwrap(),
            format: self.0,
        })
    }

    fn abilities(&self) -> Abilities {
        let all = Abilities::all();
        let parquet = self.0 == "parquet";
        let types = all.types.into_iter().filter(|ty| {
            let ty = ty.to_string();
            match self.0 {
                // Parquet has no exact type for these: they come back as text.
                "parquet" => !matches!(&*ty, "interval" | "decimal" | "list<decimal>"),
                // Types are guessed from text; those that are not listed come back as a wider one.
                "csv" => matches!(
                    &*ty,
                    "bool"
                        | "int64"
                        | "float64"
                        | "string"
                        | "date"
                        | "timestamp"
                        | "timestamptz"
                        | "uuid"
                        | "decimal(38,0)"
                        | "decimal(38,10)"
                        | "decimal(76,0)"
                        | "decimal(76,38)"
                ),
                _ => matches!(
                    &*ty,
                    "bool"
                        | "int64"
                        | "float64"
                        | "string"
                        | "decimal(38,0)"
                        | "decimal(38,10)"
                        | "decimal(76,0)"
                        | "decimal(76,38)"
                ),
            }
        });
        Abilities {
            types: types.collect(),
            writes: vec![Write::Overwrite, Write::Append],
            delivery: Delivery::Idempotent,
            odd: all
                .odd
                .into_iter()
                .filter(|odd| self.0 != "ndjson" || !matches!(odd, Odd::FloatNan | Odd::FloatInfinity))
                .collect(),
            tables: false,
            declares_columns: self.0 != "ndjson",
            declares_types: parquet,
            declares_nullability: parquet,
            // A slash makes a folder.
            table_names: ODD_NAMES.into_iter().filter(|name| !name.contains('/')).collect(),
            ..Abilities::all()
        }
    }
}

impl System for Folder {
    fn source(&self) -> Box<dyn Source> {
        Files.source(self.valid()).unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        Files.destination(self.valid()).unwrap()
    }

    fn stream(&self, table: &str) -> StreamName {
        StreamName::bare(format!("{table}.{}", self.format))
    }
}

mod csv {
    use super::Of;

    syncapp_connector::conformance!(Of("csv"));
}

mod parquet {
    use super::Of;

    syncapp_connector::conformance!(Of("parquet"));
}

mod ndjson {
    use super::Of;

    syncapp_connector::conformance!(Of("ndjson"));
}
