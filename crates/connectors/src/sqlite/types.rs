//! What a declared type means, and which one is declared for a type.
//!
//! SQLite stores any value in any column; a declared type gives a column an *affinity* by the letters in its name, and
//! the affinity changes values on their way in. The rules here keep every value as it is:
//! - Tables that SyncApp makes declare names that tell their type back, with an affinity that leaves the stored form
//!   alone: what is not an integer, a float, a text or bytes is stored as text under a name that begins with `TEXT_`,
//!   and no such name holds the letters `INT`, which would win over `TEXT`. Floats are `BLOB_FLOAT64`: the affinity of
//!   `BLOB` changes nothing, while that of `REAL` turns −0.0 into 0.0.
//! - In a table that the user made, `INTEGER`, `BIGINT`, `INT`… are 64 bits, as SQLite stores them; `DECIMAL`,
//!   `NUMERIC` hold integers, reals and text, and a real stands for the shortest decimal that names it. `DATE`,
//!   `DATETIME`, `TIMESTAMP`, `TIME`, `UUID` are what they say unless their values are numbers.
//! - A column without a known declaration has the type of its values; see [`super::infer`].

use syncapp_model::DataType;

/// How a column changes what is stored in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

impl Affinity {
    /// SQLite's own rules, in its order.
    pub(super) fn of(declared: &str) -> Self {
        let upper = declared.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
        if has(&["INT"]) {
            Self::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Self::Text
        } else if upper.is_empty() || has(&["BLOB"]) {
            Self::Blob
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            Self::Real
        } else {
            Self::Numeric
        }
    }

    /// A plain name of this affinity.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
            Self::Real => "REAL",
            Self::Numeric => "NUMERIC",
        }
    }
}

/// What a declaration says of a column's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Declared {
    /// They are of this type.
    Is(DataType),
    /// They are of this type, unless they are all numbers.
    UnlessNumbers(DataType),
    /// Nothing.
    Nothing,
}

/// The name to declare for a type.
pub(super) fn declare(ty: &DataType) -> String {
    match ty {
        DataType::Bool => "BOOLEAN".into(),
        DataType::Int16 => "INT16".into(),
        DataType::Int32 => "INT32".into(),
        DataType::Int64 => "INTEGER".into(),
        DataType::Float32 => "BLOB_FLOAT32".into(),
        DataType::Float64 => "BLOB_FLOAT64".into(),
        DataType::String => "TEXT".into(),
        DataType::Binary => "BLOB".into(),
        DataType::List(item) => format!("TEXT_LIST<{}>", item_word(item)),
        DataType::Decimal { precision, scale } => format!("TEXT_DECIMAL({precision},{scale})"),
        DataType::BigDecimal => "TEXT_DECIMAL".into(),
        DataType::Date => "TEXT_DATE".into(),
        DataType::Time => "TEXT_TIME".into(),
        DataType::Timestamp => "TEXT_TIMESTAMP".into(),
        DataType::TimestampTz => "TEXT_TIMESTAMPTZ".into(),
        DataType::Interval => "TEXT_DURATION".into(),
        DataType::Uuid => "TEXT_UUID".into(),
        DataType::Json => "TEXT_JSON".into(),
    }
}

/// Words of items that would hold the letters `INT`.
const ITEM_WORDS: [(&str, DataType); 4] = [
    ("i16", DataType::Int16),
    ("i32", DataType::Int32),
    ("i64", DataType::Int64),
    ("duration", DataType::Interval),
];

fn item_word(item: &DataType) -> String {
    if let DataType::List(inner) = item {
        return format!("list<{}>", item_word(inner));
    }
    let short = ITEM_WORDS.iter().find(|(_, ty)| ty == item);
    short.map_or_else(|| item.to_string(), |(word, _)| (*word).to_owned())
}

fn item_type(word: &str) -> Option<DataType> {
    if let Some(inner) = word.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(DataType::List(Box::new(item_type(inner)?)));
    }
    let short = ITEM_WORDS.iter().find(|(short, _)| *short == word);
    short.map_or_else(|| word.parse().ok(), |(_, ty)| Some(ty.clone()))
}

/// A declaration without the quotes that SQLite keeps.
pub(super) fn unquoted(declared: &str) -> &str {
    let declared = declared.trim();
    for (open, close) in [('"', '"'), ('[', ']'), ('`', '`'), ('\'', '\'')] {
        if let Some(inner) = declared.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            return inner;
        }
    }
    declared
}

/// What a declaration means.
pub(super) fn meaning(declared: &str) -> Declared {
    let upper = unquoted(declared).to_ascii_uppercase();
    if let Some(item) = upper.strip_prefix("TEXT_LIST<").and_then(|rest| rest.strip_suffix('>')) {
        return item_type(&item.to_ascii_lowercase()).map_or(Declared::Is(DataType::String), |item| {
            Declared::Is(DataType::List(Box::new(item)))
        });
    }
    let (word, arguments) = upper
        .split_once('(')
        .map_or((&*upper, None), |(word, rest)| (word.trim(), Some(rest)));
    let decimal = || match arguments {
        None => Some(DataType::BigDecimal),
        Some(arguments) => format!("decimal({}", arguments.trim()).parse().ok(),
    };
    match word {
        "" | "ANY" | "INTERVAL" => Declared::Nothing,
        "BOOLEAN" | "BOOL" => Declared::Is(DataType::Bool),
        "INT16" => Declared::Is(DataType::Int16),
        "INT32" => Declared::Is(DataType::Int32),
        "BLOB_FLOAT32" => Declared::Is(DataType::Float32),
        "BLOB_FLOAT64" => Declared::Is(DataType::Float64),
        "TEXT_DECIMAL" | "DECIMAL" | "NUMERIC" | "NUMBER" => decimal().map_or(Declared::Nothing, Declared::Is),
        "TEXT_DATE" => Declared::Is(DataType::Date),
        "TEXT_TIME" => Declared::Is(DataType::Time),
        "TEXT_TIMESTAMP" => Declared::Is(DataType::Timestamp),
        "TEXT_TIMESTAMPTZ" => Declared::Is(DataType::TimestampTz),
        "TEXT_DURATION" => Declared::Is(DataType::Interval),
        "TEXT_UUID" => Declared::Is(DataType::Uuid),
        "TEXT_JSON" | "JSON" => Declared::Is(DataType::Json),
        "DATE" => Declared::UnlessNumbers(DataType::Date),
        "TIME" => Declared::UnlessNumbers(DataType::Time),
        "DATETIME" | "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" => Declared::UnlessNumbers(DataType::Timestamp),
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => Declared::UnlessNumbers(DataType::TimestampTz),
        "UUID" | "GUID" => Declared::UnlessNumbers(DataType::Uuid),
        _ => match Affinity::of(&upper) {
            Affinity::Integer => Declared::Is(DataType::Int64),
            Affinity::Text => Declared::Is(DataType::String),
            Affinity::Blob => Declared::Is(DataType::Binary),
            Affinity::Real => Declared::Is(DataType::Float64),
            Affinity::Numeric => Declared::Nothing,
        },
    }
}

/// Whether a column declared so keeps every value of a type exactly.
pub(super) fn holds(declared: &str, ty: &DataType) -> bool {
    let affinity = Affinity::of(unquoted(declared));
    match meaning(declared) {
        Declared::Nothing => match affinity {
            Affinity::Blob => true,
            Affinity::Integer | Affinity::Numeric => digits(ty).is_some(),
            Affinity::Text | Affinity::Real => false,
        },
        Declared::UnlessNumbers(own) => own == *ty,
        Declared::Is(own) => is_within(&own, ty, affinity),
    }
}

/// How many digits the integers of a type have.
fn digits(ty: &DataType) -> Option<u8> {
    match ty {
        DataType::Int16 => Some(5),
        DataType::Int32 => Some(10),
        DataType::Int64 => Some(19),
        _ => None,
    }
}

/// Whether every value of `ty` is one of `own` as it is stored under the affinity.
fn is_within(own: &DataType, ty: &DataType, affinity: Affinity) -> bool {
    /// What a float keeps of a decimal: SQLite's NUMERIC turns decimals into floats.
    const FLOAT_DIGITS: u8 = 15;
    match (own, ty) {
        // Numbers of any length would lose digits, and JSON's numbers their spelling.
        (DataType::BigDecimal, DataType::BigDecimal) | (DataType::Json, DataType::Json) => affinity == Affinity::Text,
        (DataType::BigDecimal, DataType::Decimal { precision, .. }) => {
            affinity == Affinity::Text || *precision <= FLOAT_DIGITS
        }
        (
            DataType::Decimal { precision, scale },
            DataType::Decimal {
                precision: other,
                scale: behind,
            },
        ) => {
            behind <= scale
                && other - behind <= precision - scale
                && (affinity == Affinity::Text || *other <= FLOAT_DIGITS)
        }
        (DataType::Decimal { precision, scale }, _) => digits(ty).is_some_and(|digits| digits <= precision - scale),
        (own, ty) if own == ty => true,
        (DataType::Int64, DataType::Bool | DataType::Int16 | DataType::Int32)
        | (DataType::Int32, DataType::Int16)
        | (DataType::Float64, DataType::Float32 | DataType::Int16 | DataType::Int32)
        | (DataType::BigDecimal, DataType::Int16 | DataType::Int32 | DataType::Int64) => true,
        // Text keeps all that is spelled as text.
        (DataType::String, ty) => !matches!(
            ty,
            DataType::Bool
                | DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Float32
                | DataType::Float64
                | DataType::Binary
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use syncapp_connector::testkit::TYPES;

    use super::super::sql::definition;
    use super::*;

    #[test]
    fn every_declared_name_tells_its_type_back_and_changes_no_value() {
        let connection = Connection::open_in_memory().unwrap();
        let more = [
            "list<interval>",
            "list<binary>",
            "list<time>",
            "list<list<int32>>",
            "list<decimal(20,3)>",
        ];
        for (at, word) in TYPES.iter().chain(&more).enumerate() {
            let ty: DataType = word.parse().unwrap();
            let declared = declare(&ty);
            assert_eq!(meaning(&declared), Declared::Is(ty.clone()), "{declared}");
            assert!(holds(&declared, &ty), "{declared} holds {word}");
            let sql = format!("CREATE TABLE t{at} ({})", definition("c", &declared, true));
            connection.execute_batch(&sql).unwrap();
            let kept: String = connection
                .query_row("SELECT type FROM pragma_table_info(?1)", [format!("t{at}")], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(unquoted(&kept), declared);
            // A text that looks like a number stays a text, and a float that is whole stays a float.
            let spelled = Affinity::of(&declared) == Affinity::Text;
            let (value, class) = match ty {
                DataType::Float32 | DataType::Float64 => ("1.0", "real"),
                _ if spelled => ("'12.50'", "text"),
                DataType::Binary => ("x'00'", "blob"),
                _ => ("1", "integer"),
            };
            let sql = format!("INSERT INTO t{at} VALUES ({value}) RETURNING typeof(c)");
            let stored: String = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            assert_eq!(stored, class, "{declared}");
        }
    }

    #[test]
    fn names_that_users_declare() {
        let is = |word: &str| Declared::Is(word.parse().unwrap());
        let unless = |word: &str| Declared::UnlessNumbers(word.parse().unwrap());
        for (declared, want) in [
            ("INTEGER", is("int64")),
            ("int", is("int64")),
            ("UNSIGNED BIG INT", is("int64")),
            ("varchar(20)", is("string")),
            ("NATIVE CHARACTER(70)", is("string")),
            ("double precision", is("float64")),
            ("REAL", is("float64")),
            ("BLOB", is("binary")),
            ("boolean", is("bool")),
            ("DECIMAL(10, 2)", is("decimal(10,2)")),
            ("NUMERIC(5)", is("decimal(5,0)")),
            ("NUMERIC", is("decimal")),
            ("DECIMAL(100,2)", Declared::Nothing),
            ("DATETIME", unless("timestamp")),
            ("timestamp with time zone", unless("timestamptz")),
            ("DATE", unless("date")),
            ("UUID", unless("uuid")),
            ("JSON", is("json")),
            ("", Declared::Nothing),
            ("STRING", Declared::Nothing),
            ("INTERVAL", Declared::Nothing),
        ] {
            assert_eq!(meaning(declared), want, "{declared}");
        }
    }

    #[test]
    fn columns_hold_what_they_keep_exactly() {
        for (declared, word, want) in [
            ("INTEGER", "int32", true),
            ("INTEGER", "bool", true),
            ("INTEGER", "float64", false),
            ("INTEGER", "string", false),
            ("INT32", "int64", false),
            ("REAL", "int32", true),
            ("REAL", "int64", false),
            ("REAL", "decimal(5,2)", false),
            ("TEXT", "date", true),
            ("TEXT", "decimal", true),
            ("TEXT", "int64", false),
            ("TEXT", "binary", false),
            ("DECIMAL(10,2)", "decimal(10,2)", true),
            ("DECIMAL(30,2)", "decimal(30,2)", false),
            ("TEXT_DECIMAL(30,2)", "decimal(30,2)", true),
            ("TEXT_DECIMAL(30,2)", "decimal(30,3)", false),
            ("TEXT_DECIMAL(30,4)", "decimal(30,2)", false),
            ("NUMERIC", "decimal", false),
            ("NUMERIC", "int64", true),
            ("DATETIME", "timestamp", true),
            ("DATETIME", "timestamptz", false),
            ("JSON", "json", false),
            ("", "decimal(76,2)", true),
            ("MONEY", "float64", false),
        ] {
            assert_eq!(holds(declared, &word.parse().unwrap()), want, "{declared} holds {word}");
        }
    }
}
