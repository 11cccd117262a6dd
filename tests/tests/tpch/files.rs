//! Into Parquet files and a CSV file, and back.

use std::fs::File;

use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use syncapp_tests::compare;
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;
use syncapp_tests::tpch;

use super::{file, run, same, streams, tables};

/// The Arrow type for a type of the source.
fn arrow(ty: &str) -> DataType {
    let numbers = |modifier: &str| {
        let (precision, scale) = modifier.trim_matches(['(', ')']).split_once(',').unwrap();
        DataType::Decimal128(precision.parse().unwrap(), scale.parse().unwrap())
    };
    match ty {
        "integer" => DataType::Int32,
        "bigint" => DataType::Int64,
        "date" => DataType::Date32,
        "timestamp with time zone" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ty if ty.starts_with("character") || ty == "text" => DataType::Utf8,
        ty => numbers(ty.strip_prefix("numeric").unwrap_or_else(|| panic!("no type for {ty}"))),
    }
}

/// The type that a column has when it comes back.
fn back(ty: &str) -> &str {
    if ty.starts_with("character") { "text" } else { ty }
}

#[tokio::test]
async fn a_database_goes_to_parquet_and_back() {
    let (source, target) = (tpch::copy().await, Postgres::shared().await.database().await);
    let syncapp = Syncapp::default();
    let connection = "{ connector: files, path: ./lake, format: parquet }";
    syncapp.file("sync.yaml", &file(&source, connection, &streams("{stream}")));
    std::fs::create_dir(syncapp.folder().join("lake")).unwrap();
    for round in 1..=2 {
        run(&syncapp).await;
        for table in tables() {
            let path = format!("{table}.parquet");
            let parquet = File::open(syncapp.folder().join("lake").join(&path)).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(parquet).unwrap();
            let columns = compare::columns(&source, &format!("public.{table}")).await;
            let fields: Vec<_> = columns.iter().map(|(name, ty)| (name.clone(), arrow(ty))).collect();
            let schema = reader.schema().fields();
            let got: Vec<_> = schema
                .iter()
                .map(|field| (field.name().clone(), field.data_type().clone()))
                .collect();
            assert_eq!(got, fields, "{table} after run {round}");
            let into = format!("landing.{table}");
            let url = target.writer.url();
            syncapp.succeed(&["copy", "./lake", &path, &url, &into]).await;
            same(&source, &format!("public.{table}"), &target, &into).await;
            let wanted: Vec<_> = columns
                .iter()
                .map(|(name, ty)| (name.clone(), back(ty).to_owned()))
                .collect();
            assert_eq!(compare::columns(&target, &into).await, wanted, "{table}");
        }
    }
}

#[tokio::test]
async fn a_table_goes_to_csv_and_back() {
    let (source, target) = (tpch::copy().await, Postgres::shared().await.database().await);
    let syncapp = Syncapp::default();
    let connection = "{ connector: files, path: ., format: csv }";
    let one = "      public.lineitem: { into: \"{stream}\" }\n";
    syncapp.file("sync.yaml", &file(&source, connection, one));
    for _ in 1..=2 {
        run(&syncapp).await;
        let url = target.writer.url();
        syncapp
            .succeed(&["copy", ".", "lineitem.csv", &url, "landing.lineitem"])
            .await;
        same(&source, "public.lineitem", &target, "landing.lineitem").await;
    }
}
