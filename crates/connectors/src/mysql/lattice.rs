//! MySQL's part of the type lattice.

use syncapp_connector::{KnownLoss, Landing, TypeTable};
use syncapp_model::DataType;

use super::losses::loss;
use super::types::{MyType, Place, declare};

/// Types as tables declare them.
const READS: [&str; 37] = [
    "tinyint",
    "tinyint(1)",
    "tinyint unsigned",
    "smallint",
    "smallint unsigned",
    "mediumint",
    "mediumint unsigned",
    "int",
    "int unsigned",
    "bigint",
    "bigint unsigned",
    "decimal(10,2)",
    "decimal(65,30)",
    "float",
    "double",
    "bit(1)",
    "bit(64)",
    "year",
    "date",
    "datetime",
    "datetime(6)",
    "timestamp",
    "timestamp(6)",
    "time",
    "time(6)",
    "char(5)",
    "varchar(20)",
    "text",
    "longtext",
    "binary(4)",
    "varbinary(10)",
    "longblob",
    "enum('a','b')",
    "set('a','b')",
    "json",
    "uuid",
    "point",
];

/// Its part of the lattice.
pub(super) fn table() -> TypeTable {
    TypeTable {
        name: "MySQL, MariaDB",
        reads: READS
            .iter()
            .map(|name| ((*name).to_owned(), MyType::parse(name).ty))
            .collect(),
        lands: |ty| Some(lands(ty)),
        losses: KnownLoss::among(
            &[
                ("timestamp", "datetime"),
                ("timestamptz", "timestamp"),
                ("time", "time"),
                ("interval", "time"),
                ("float32", "float(7,4)"),
                ("json", "json"),
            ],
            |ty, native| loss(&MyType::parse(native), ty),
        ),
    }
}

fn lands(ty: &DataType) -> Landing {
    let place = Place {
        collation: "utf8mb4_bin",
        key: None,
    };
    let declared = declare(ty, place);
    // Character sets and the comment that tells the type back are not what a reader looks for.
    let end = [" character set", " comment"]
        .iter()
        .filter_map(|word| declared.find(word))
        .min();
    Landing {
        ty: MyType::parse(&declared).ty,
        native: declared[..end.unwrap_or(declared.len())].to_owned(),
    }
}
