//! Types of MySQL that take a value and keep another one: the server rounds, cuts or normalises without a word.

use syncapp_connector::{Loss, Target};
use syncapp_model::DataType;

use super::types::MyType;

/// The columns that change ordinary values of the stream, or take different keys for one.
pub(super) fn losses(target: &Target, types: &[MyType]) -> Vec<Loss> {
    let columns = target.columns.iter().zip(types);
    columns
        .filter(|(want, ty)| want.source_native.as_ref() != Some(&ty.native()))
        .filter_map(|(want, ty)| {
            let key = target.primary_key.contains(&want.name) && folds_texts(ty);
            let folds = key.then_some("its collation takes keys for one that differ in case or accents");
            let why = loss(ty, &want.ty).or(folds)?;
            Some(Loss {
                column: want.name.clone(),
                why,
            })
        })
        .collect()
}

/// Whether a column's collation calls different texts equal.
fn folds_texts(ty: &MyType) -> bool {
    let exact = |collation: &str| collation.ends_with("_bin") || collation == "binary";
    let collation = ty.name.split_once(" collate ").map(|(_, rest)| rest.split(' ').next());
    ty.is_text() && !collation.flatten().is_some_and(exact)
}

/// What becomes of a type's ordinary values in a column; `None` where they stay as they are, or cannot land at all.
pub(super) fn loss(into: &MyType, ty: &DataType) -> Option<&'static str> {
    match (into.word(), ty) {
        ("datetime", DataType::Timestamp | DataType::TimestampTz)
        | ("timestamp", DataType::TimestampTz)
        | ("time", DataType::Interval | DataType::Time)
            if !into.name.contains("(6)") =>
        {
            Some("fractions of a second are cut off")
        }
        ("float", DataType::Float32) | ("double", DataType::Float64) if into.name.contains('(') => {
            Some("digits are rounded")
        }
        // What MariaDB calls so is a text.
        ("json", DataType::Json) => {
            Some("the order of keys, keys that come twice and the spelling of numbers are not kept")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syncapp_connector::TargetColumn;
    use syncapp_model::sync_file::Write;
    use syncapp_model::{StreamKey, StreamName};

    use super::*;

    #[test]
    fn what_the_server_changes_without_a_word() {
        for (declared, word, lossy) in [
            ("datetime", "timestamp", true),
            ("datetime(3)", "timestamptz", true),
            ("datetime(6)", "timestamp", false),
            ("timestamp", "timestamptz", true),
            ("time(2)", "interval", true),
            ("time(6)", "time", false),
            ("float(7,4)", "float32", true),
            ("double", "float64", false),
            ("json", "json", true),
            (
                "longtext character set utf8mb4 collate utf8mb4_bin comment 'syncapp:json'",
                "json",
                false,
            ),
            ("int", "int64", false),
        ] {
            let ty: DataType = word.parse().unwrap();
            assert_eq!(
                loss(&MyType::parse(declared), &ty).is_some(),
                lossy,
                "{word} into {declared}"
            );
        }
    }

    /// Only keys are told apart by their collation, and only what has not the source's own type changes.
    #[test]
    fn losses_are_of_columns_and_of_keys() {
        let text = |collation: &str| format!("varchar(20) character set utf8mb4 collate {collation}");
        let (folding, exact) = (text("utf8mb4_general_ci"), text("utf8mb4_bin"));
        let bytes = "varchar(20) character set binary collate binary";
        let columns = [
            ("folded", DataType::String, folding.as_str()),
            ("exact", DataType::String, &exact),
            ("bytes", DataType::String, bytes),
            ("number", DataType::Int64, "bigint"),
            ("plain", DataType::String, &folding),
            ("cut", DataType::Timestamp, "datetime"),
            ("same", DataType::Timestamp, "datetime"),
        ];
        let types: Vec<MyType> = columns.iter().map(|(.., declared)| MyType::parse(declared)).collect();
        let wanted = columns.iter().map(|(name, ty, _)| TargetColumn::new(*name, ty.clone()));
        let key = StreamKey {
            project: "p".into(),
            sync: "s".into(),
            stream: "t".into(),
        };
        let mut target = Target::new(key, StreamName::bare("t"), wanted.collect(), Write::Merge);
        target.primary_key = ["folded", "exact", "bytes", "number"].map(str::to_owned).into();
        target.columns[6].source_native = Some(types[6].native());
        let lossy: Vec<String> = losses(&target, &types).into_iter().map(|loss| loss.column).collect();
        assert_eq!(lossy, ["folded", "cut"]);
    }
}
