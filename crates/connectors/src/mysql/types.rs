//! What a column's type means, and which one is declared for a type.
//!
//! MySQL has no booleans, UUIDs, time zones beside its own, intervals of months or decimals of any length. Columns that
//! SyncApp makes for them are of the nearest type that keeps every value, with a comment that tells the type back:
//! `syncapp:uuid`. Text is `utf8mb4` under the server's collation that compares bytes and pads nothing.

use syncapp_model::{DataType, NativeType};

/// The connector's id, for both MySQL and MariaDB.
pub(super) const SYSTEM: &str = "mysql";

/// What a column's comment begins with where it tells a type.
const MARK: &str = "syncapp:";

/// Bytes that an index of InnoDB holds of all its columns together, and of a character at the most.
const INDEX_BYTES: usize = 3072;
const CHARACTER: usize = 4;

/// How values of a column are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As text.
    Plain,
    /// As hexadecimal digits.
    Bytes,
    /// As an unsigned number: `BIT` of so many bits.
    Bits(usize),
    /// As four digits: the text `0` is another `YEAR` than the number.
    Year,
}

/// How much of a text or of bytes a column takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Any,
    Chars(usize),
    Bytes(usize),
}

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MyType {
    /// What it is carried as.
    pub(super) ty: DataType,
    pub(super) form: Form,
    pub(super) room: Room,
    /// As a table's definition says it: with character set, collation and comment.
    pub(super) name: String,
    /// The first word of it.
    word: String,
}

/// What `information_schema` says of a column.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) data_type: String,
    pub(super) column_type: String,
    pub(super) charset: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) comment: String,
    /// MariaDB's JSON is a text with a check.
    pub(super) json_check: bool,
}

impl MyType {
    /// The type of a column.
    pub(super) fn of(facts: &Facts) -> Self {
        let word = facts.data_type.to_ascii_lowercase();
        let mut name = plain_width(&word, &facts.column_type);
        if facts.json_check && facts.comment.is_empty() {
            name = "json".into();
        } else if let (Some(charset), Some(collation)) = (&facts.charset, &facts.collation) {
            name = format!("{name} character set {charset} collate {collation}");
        }
        let told = facts.comment.strip_prefix(MARK);
        if let Some(told) = told {
            name = format!("{name} comment '{MARK}{told}'");
        }
        let ty = told.and_then(|told| told.parse().ok());
        Self {
            ty: ty.unwrap_or_else(|| meaning(&word, &facts.column_type, facts.json_check)),
            form: form(&word, &facts.column_type),
            room: room(&word, &facts.column_type),
            name,
            word,
        }
    }

    /// A type in the words of a definition that SyncApp made, or that came from a catalog.
    pub(super) fn parse(name: &str) -> Self {
        let (rest, comment) = match name.split_once(" comment '") {
            Some((rest, comment)) => (rest, comment.trim_end_matches('\'').to_owned()),
            None => (name, String::new()),
        };
        let (column_type, charset, collation) = match rest.split_once(" character set ") {
            Some((column_type, rest)) => {
                let (charset, collation) = rest.split_once(" collate ").unwrap_or((rest, ""));
                (column_type, Some(charset.to_owned()), Some(collation.to_owned()))
            }
            None => (rest, None, None),
        };
        let end = column_type.find(['(', ' ']).unwrap_or(column_type.len());
        Self::of(&Facts {
            data_type: column_type[..end].to_owned(),
            column_type: column_type.to_owned(),
            charset,
            collation,
            comment,
            json_check: false,
        })
    }

    pub(super) fn native(&self) -> NativeType {
        NativeType {
            system: SYSTEM.into(),
            name: self.name.clone(),
        }
    }

    /// Whether its values are compared by a collation, which may call different texts equal.
    pub(super) fn is_text(&self) -> bool {
        is_text(&self.word) || matches!(self.word.as_str(), "enum" | "set")
    }

    /// Whether a key can be found by it: texts and bytes of any length have no whole index.
    pub(super) fn has_index(&self) -> bool {
        !matches!(self.room, Room::Bytes(_) if self.word.ends_with("text") || self.word.ends_with("blob"))
            && self.word != "json"
            && self.room != Room::Any
            || !(is_text(&self.word) || self.form == Form::Bytes || self.word == "json")
    }

    /// Whether every ordinary value of a type can be stored in it exactly.
    pub(super) fn holds(&self, ty: &DataType) -> bool {
        if self.ty == *ty && !matches!(self.word.as_str(), "enum" | "set" | "bit") {
            return self.keeps_fractions();
        }
        match (&self.ty, ty) {
            (DataType::Int16, DataType::Bool) => true,
            (DataType::Int32 | DataType::Int64, DataType::Bool | DataType::Int16)
            | (DataType::Int64, DataType::Int32) => {
                !self.name.contains("unsigned") && self.word != "year" && self.word != "mediumint"
            }
            (DataType::Float64, DataType::Float32 | DataType::Int16 | DataType::Int32) => true,
            (DataType::Float32, DataType::Int16) => true,
            (DataType::Decimal { precision, scale }, DataType::Decimal { precision: p, scale: s }) => {
                s <= scale && p - s <= precision - scale
            }
            (DataType::Decimal { precision, scale }, DataType::Int16) => precision - scale >= 5,
            (DataType::Decimal { precision, scale }, DataType::Int32) => precision - scale >= 10,
            (DataType::Decimal { precision, scale }, DataType::Int64) => {
                precision - scale >= 19 && !self.name.contains("unsigned")
            }
            (DataType::Timestamp, DataType::TimestampTz) => self.word == "datetime" && self.keeps_fractions(),
            (DataType::Interval, DataType::Time) => self.word == "time" && self.keeps_fractions(),
            (DataType::String, DataType::Json | DataType::Uuid) => is_text(&self.word),
            (DataType::Json, DataType::String) => false,
            _ => false,
        }
    }

    /// Whether its seconds have six digits, or it has no seconds; else the server rounds without a word.
    fn keeps_fractions(&self) -> bool {
        match self.word.as_str() {
            "datetime" | "timestamp" | "time" => self.name.contains("(6)"),
            "tinyint" | "mediumint" | "year" => self.ty == DataType::Bool,
            "smallint" | "int" | "bigint" => !self.name.contains("unsigned"),
            "float" | "double" => !self.name.contains('(') && !self.name.contains("unsigned"),
            "decimal" => !self.name.contains("unsigned"),
            _ => true,
        }
    }

    /// Whether values are stored with the server's own type for moments, and which.
    pub(super) fn word(&self) -> &str {
        &self.word
    }
}

/// What a new column is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The collation that compares bytes and pads nothing.
    pub(super) collation: &'a str,
    /// Among how many columns of an index it is, if it is.
    pub(super) key: Option<usize>,
}

/// The type to declare.
pub(super) fn declare(ty: &DataType, place: Place<'_>) -> String {
    let characters = format!("character set utf8mb4 collate {}", place.collation);
    let text = match place.key {
        Some(columns) => format!("varchar({}) {characters}", (INDEX_BYTES / CHARACTER / columns).min(500)),
        None => format!("longtext {characters}"),
    };
    let told = |declared: &str| format!("{declared} comment '{MARK}{ty}'");
    match ty {
        DataType::Bool => told("tinyint(1)"),
        DataType::Int16 => "smallint".into(),
        DataType::Int32 => "int".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float32 => "float".into(),
        DataType::Float64 => "double".into(),
        DataType::Decimal { precision, scale } if *precision <= 65 && *scale <= 30 => {
            format!("decimal({precision},{scale})")
        }
        DataType::String => text,
        DataType::Binary => match place.key {
            Some(columns) => format!("varbinary({})", INDEX_BYTES / columns),
            None => "longblob".into(),
        },
        DataType::Date => "date".into(),
        DataType::Time => told("time(6)"),
        DataType::Timestamp => "datetime(6)".into(),
        DataType::TimestampTz => told("datetime(6)"),
        DataType::Uuid => told("char(36) character set ascii collate ascii_bin"),
        DataType::Decimal { .. } | DataType::BigDecimal | DataType::Interval | DataType::Json | DataType::List(_) => {
            told(&text)
        }
    }
}

fn is_text(word: &str) -> bool {
    matches!(word, "char" | "varchar") || word.ends_with("text")
}

/// A type without the display width that some servers tell and others do not.
fn plain_width(word: &str, column_type: &str) -> String {
    let integer = matches!(word, "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year");
    let shown = column_type.starts_with("tinyint(1)") || column_type.contains("zerofill");
    let ends = |close: usize| matches!(column_type.as_bytes().get(close + 1), None | Some(b' '));
    match (column_type.find('('), column_type.find(')')) {
        (Some(open), Some(close)) if integer && !shown && ends(close) => {
            format!("{}{}", &column_type[..open], &column_type[close + 1..])
        }
        _ => column_type.to_owned(),
    }
}

fn meaning(word: &str, column_type: &str, json_check: bool) -> DataType {
    let unsigned = column_type.contains("unsigned");
    match word {
        "tinyint" | "year" => DataType::Int16,
        "smallint" if !unsigned => DataType::Int16,
        "smallint" | "mediumint" => DataType::Int32,
        "int" if !unsigned => DataType::Int32,
        "int" => DataType::Int64,
        "bigint" if !unsigned => DataType::Int64,
        "bigint" => DataType::Decimal {
            precision: 20,
            scale: 0,
        },
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "decimal" => column_type
            .split(' ')
            .next()
            .and_then(|plain| plain.parse().ok())
            .unwrap_or(DataType::BigDecimal),
        "date" => DataType::Date,
        "datetime" => DataType::Timestamp,
        "timestamp" => DataType::TimestampTz,
        "time" => DataType::Interval,
        "json" => DataType::Json,
        "uuid" => DataType::Uuid,
        _ if json_check => DataType::Json,
        _ if form(word, column_type) == Form::Bytes => DataType::Binary,
        _ => DataType::String,
    }
}

fn form(word: &str, column_type: &str) -> Form {
    match word {
        "bit" => Form::Bits(length(column_type).unwrap_or(1)),
        "year" => Form::Year,
        "binary" | "varbinary" | "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geometrycollection" | "geomcollection" | "vector" => Form::Bytes,
        word if word.ends_with("blob") => Form::Bytes,
        _ => Form::Plain,
    }
}

/// The number in the parentheses of a type.
fn length(column_type: &str) -> Option<usize> {
    column_type.split_once('(')?.1.split_once(')')?.0.parse().ok()
}

fn room(word: &str, column_type: &str) -> Room {
    let length = || length(column_type);
    match word {
        "char" | "varchar" => length().map_or(Room::Any, Room::Chars),
        "binary" | "varbinary" => length().map_or(Room::Any, Room::Bytes),
        "tinytext" | "tinyblob" => Room::Bytes(255),
        "text" | "blob" => Room::Bytes(65_535),
        "mediumtext" | "mediumblob" => Room::Bytes(16_777_215),
        "longtext" | "longblob" => Room::Bytes(u32::MAX as usize),
        _ => Room::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_tell_themselves_back() {
        let place = Place {
            collation: "utf8mb4_nopad_bin",
            key: None,
        };
        for word in [
            "bool",
            "int16",
            "int32",
            "int64",
            "float32",
            "float64",
            "decimal(10,2)",
            "decimal(76,38)",
            "decimal",
            "string",
            "binary",
            "date",
            "time",
            "timestamp",
            "timestamptz",
            "interval",
            "uuid",
            "json",
            "list<int64>",
        ] {
            let ty: DataType = word.parse().unwrap();
            for key in [None, Some(1), Some(3)] {
                let declared = declare(&ty, Place { key, ..place });
                let back = MyType::parse(&declared);
                assert_eq!(back.ty, ty, "{declared}");
                assert_eq!(back.name, declared);
                assert!(back.holds(&ty), "{declared} holds {ty}");
                assert!(key.is_none() || back.has_index(), "{declared}");
            }
        }
    }

    #[test]
    fn what_users_declare() {
        for (declared, word) in [
            ("tinyint(1)", "int16"),
            ("smallint(5) unsigned", "int32"),
            ("int(10) unsigned", "int64"),
            ("bigint(20) unsigned", "decimal(20,0)"),
            ("mediumint(9)", "int32"),
            ("decimal(65,30)", "decimal(65,30)"),
            ("decimal(5,2) unsigned zerofill", "decimal(5,2)"),
            ("bit(9)", "string"),
            (
                "enum('a','b (c)') character set utf8mb4 collate utf8mb4_general_ci",
                "string",
            ),
            ("time(3)", "interval"),
            ("timestamp", "timestamptz"),
            ("mediumblob", "binary"),
            ("point", "binary"),
        ] {
            assert_eq!(MyType::parse(declared).ty.to_string(), word, "{declared}");
        }
        assert_eq!(MyType::parse("int(11)").name, "int");
        assert_eq!(MyType::parse("tinyint(1)").name, "tinyint(1)");
    }

    #[test]
    fn only_exact_fits_are_taken() {
        for (declared, word, want) in [
            ("int", "int32", true),
            ("int", "int64", false),
            ("int unsigned", "int16", false),
            ("bigint", "int32", true),
            ("tinyint(4)", "int16", false),
            ("tinyint(4)", "bool", true),
            ("datetime", "timestamp", false),
            ("datetime(6)", "timestamp", true),
            ("time(6)", "time", true),
            ("decimal(10,2)", "decimal(10,3)", false),
            ("decimal(12,3)", "decimal(10,2)", true),
            ("varchar(5) character set utf8mb4 collate utf8mb4_bin", "string", true),
            ("enum('a') character set utf8mb4 collate utf8mb4_bin", "string", false),
            ("double", "int64", false),
            ("float(7,2)", "float32", false),
        ] {
            assert_eq!(
                MyType::parse(declared).holds(&word.parse().unwrap()),
                want,
                "{declared} {word}"
            );
        }
    }
}
