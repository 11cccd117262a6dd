//! Types of PostgreSQL that take a value and keep another one: the server rounds, pads or normalises without a word.

use syncapp_connector::{Loss, TargetColumn};
use syncapp_model::{Column, DataType};
use tokio_postgres::types::Type;

use super::types;

/// The columns that change ordinary values of the stream.
pub(super) fn losses(wanted: &[TargetColumn], lands: &[Column]) -> Vec<Loss> {
    let pairs = wanted.iter().zip(lands);
    pairs
        .filter(|(want, have)| want.source_native.as_ref() != Some(&have.native))
        .filter_map(|(want, have)| {
            loss(&want.ty, &have.native.name).map(|why| Loss {
                column: want.name.clone(),
                why,
            })
        })
        .collect()
}

/// What becomes of a type's ordinary values in a column declared so; `None` where they stay as they are.
pub(super) fn loss(ty: &DataType, declared: &str) -> Option<&'static str> {
    if let (DataType::List(item), Some(element)) = (ty, declared.strip_suffix("[]")) {
        return loss(item, element);
    }
    // `interval(3)`, `interval day to second`: only the bare word keeps everything.
    if declared.starts_with("interval") {
        return (declared != "interval").then_some("parts of the time are rounded or cut off");
    }
    let (known, modifier) = types::parse_declared(declared)?;
    match known {
        Type::JSONB if *ty == DataType::Json => {
            Some("the order of keys, keys that come twice and the spelling of numbers are not kept")
        }
        Type::BPCHAR => Some("texts are padded with blanks"),
        Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME if (0..6).contains(&modifier) => {
            Some("fractions of a second are rounded")
        }
        Type::NUMERIC if modifier >= 0 => {
            let scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
            let rounded = match ty {
                DataType::Decimal { scale: behind, .. } => scale < i32::from(*behind),
                DataType::BigDecimal => true,
                _ => scale < 0,
            };
            rounded.then_some("digits are rounded")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syncapp_model::NativeType;

    use super::*;

    #[test]
    fn what_the_server_changes_without_a_word() {
        for (word, declared, lossy) in [
            ("json", "jsonb", true),
            ("json", "json", false),
            ("json", "text", false),
            ("string", "jsonb", false),
            ("list<json>", "jsonb[]", true),
            ("string", "character(6)", true),
            ("string", "character varying(6)", false),
            ("timestamp", "timestamp(3) without time zone", true),
            ("timestamp", "timestamp(6) without time zone", false),
            ("timestamp", "timestamp without time zone", false),
            ("timestamptz", "timestamp(0) with time zone", true),
            ("time", "time(2) without time zone", true),
            ("interval", "interval(3)", true),
            ("interval", "interval day to second", true),
            ("interval", "interval", false),
            ("decimal", "numeric", false),
            ("decimal", "numeric(1000,2)", true),
            ("decimal(10,2)", "numeric(1000,2)", false),
            ("decimal(10,2)", "numeric(12,3)", false),
            ("decimal(10,3)", "numeric(1000,2)", true),
            ("int64", "numeric(5,-2)", true),
            ("int64", "numeric(1000,0)", false),
            ("list<decimal>", "numeric(5,2)[]", true),
        ] {
            let ty: DataType = word.parse().unwrap();
            assert_eq!(loss(&ty, declared).is_some(), lossy, "{word} into {declared}");
        }
    }

    #[test]
    fn a_column_of_the_sources_own_type_changes_nothing() {
        let native = |name: &str| NativeType {
            system: "postgres".into(),
            name: name.into(),
        };
        let column = |name: &str| Column {
            name: "v".into(),
            ty: DataType::Json,
            native: native(name),
            portable: false,
            nullable: true,
        };
        let mut want = TargetColumn::new("v", DataType::Json);
        for (source, lossy) in [(None, true), (Some("json"), true), (Some("jsonb"), false)] {
            want.source_native = source.map(native);
            let found = losses(std::slice::from_ref(&want), &[column("jsonb")]);
            let columns: Vec<&str> = found.iter().map(|loss| loss.column.as_str()).collect();
            assert_eq!(columns, if lossy { &["v"][..] } else { &[] }, "{source:?}");
        }
    }
}
