//! PostgreSQL's types: what SyncApp carries them as, and how their bytes look in binary COPY.
//!
//! Types that every server knows under the same number travel as they are between two PostgreSQL ends. A user-defined
//! type is read as its base type (domains) or as text (enums, composites, ranges, extension types).

use syncapp_model::{DataType, NativeType};
use tokio_postgres::types::{Kind, Type};

/// The connector's word in native types.
pub(super) const SYSTEM: &str = "postgres";

/// How the bytes of one value in binary COPY are read and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wire {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    /// With precision and scale where they are bounded by what a decimal holds.
    Numeric(Option<(u8, u8)>),
    /// Text types with the most characters they hold; enums.
    Text(Option<u32>),
    Json,
    Jsonb,
    Bytea,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    /// A one-dimensional array and its element's type number.
    List(Box<Wire>, u32),
    /// A value that SyncApp carries as text only after a cast by the server.
    Other,
}

/// A column's type, resolved to what every server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PgType {
    pub(super) ty: DataType,
    /// `format_type`'s spelling.
    pub(super) name: String,
    /// Of the bytes that the typed form is read from.
    pub(super) wire: Wire,
    /// The cast that gives the typed form's bytes, such as `::text`.
    pub(super) typed_cast: &'static str,
    /// The cast that gives the native form's bytes.
    pub(super) native_cast: &'static str,
}

impl PgType {
    pub(super) fn native(&self) -> NativeType {
        NativeType {
            system: SYSTEM.into(),
            name: self.name.clone(),
        }
    }
}

/// Resolves a type that is not a domain. `kind` is `pg_type.typtype`, `name` what `format_type` says.
pub(super) fn resolve(oid: u32, typmod: i32, kind: &str, name: &str) -> PgType {
    let as_text = |name: &str, native_cast| PgType {
        ty: DataType::String,
        name: name.into(),
        wire: Wire::Text(None),
        typed_cast: "::text",
        native_cast,
    };
    let Some(known) = Type::from_oid(oid) else {
        // An enum's bytes are its label; other user-defined types have numbers of their own in every database.
        let cast = if kind == "e" { "" } else { "::text" };
        return PgType {
            typed_cast: cast,
            ..as_text("text", cast)
        };
    };
    if local(&known) {
        return as_text("text", "::text");
    }
    if known == Type::MONEY {
        return PgType {
            ty: DataType::BigDecimal,
            name: name.into(),
            wire: Wire::Numeric(None),
            typed_cast: "::numeric",
            native_cast: "",
        };
    }
    match wire(&known, typmod) {
        Wire::Other => as_text(name, ""),
        wire => PgType {
            ty: data_type(&wire),
            name: name.into(),
            wire,
            typed_cast: "",
            native_cast: "",
        },
    }
}

/// Whether a built-in type's bytes are numbers of this database's own objects, or have no binary form at all.
fn local(ty: &Type) -> bool {
    let element = match ty.kind() {
        Kind::Array(element) => element,
        _ => ty,
    };
    element.name().starts_with("reg") || matches!(*element, Type::ACLITEM | Type::GTS_VECTOR)
}

/// How values of a built-in type look in binary.
pub(super) fn wire(ty: &Type, typmod: i32) -> Wire {
    match *ty {
        Type::BOOL => Wire::Bool,
        Type::INT2 => Wire::Int2,
        Type::INT4 => Wire::Int4,
        Type::INT8 => Wire::Int8,
        Type::OID => Wire::Oid,
        Type::FLOAT4 => Wire::Float4,
        Type::FLOAT8 => Wire::Float8,
        Type::NUMERIC => Wire::Numeric(precision_and_scale(typmod)),
        Type::TEXT | Type::NAME => Wire::Text(None),
        Type::VARCHAR | Type::BPCHAR => Wire::Text(u32::try_from(typmod - 4).ok()),
        Type::JSON => Wire::Json,
        Type::JSONB => Wire::Jsonb,
        Type::BYTEA => Wire::Bytea,
        Type::DATE => Wire::Date,
        Type::TIME => Wire::Time,
        Type::TIMESTAMP => Wire::Timestamp,
        Type::TIMESTAMPTZ => Wire::TimestampTz,
        Type::INTERVAL => Wire::Interval,
        Type::UUID => Wire::Uuid,
        _ => match ty.kind() {
            Kind::Array(element) => match wire(element, typmod) {
                Wire::Other | Wire::List(..) => Wire::Other,
                element_wire => Wire::List(Box::new(element_wire), element.oid()),
            },
            _ => Wire::Other,
        },
    }
}

/// Precision and scale of a numeric's modifier, where a bounded decimal can hold them. Since PostgreSQL 15 the scale
/// may be negative or beyond the precision: such a numeric counts as unbounded.
fn precision_and_scale(typmod: i32) -> Option<(u8, u8)> {
    let modifier = typmod.checked_sub(4).filter(|modifier| *modifier >= 0)?;
    let precision = u8::try_from((modifier >> 16) & 0xffff).ok()?;
    let scale = ((modifier & 0x7ff) ^ 1024) - 1024;
    let scale = u8::try_from(scale).ok()?;
    ((1..=DataType::MAX_PRECISION).contains(&precision) && scale <= precision).then_some((precision, scale))
}

pub(super) fn data_type(wire: &Wire) -> DataType {
    match wire {
        Wire::Bool => DataType::Bool,
        Wire::Int2 => DataType::Int16,
        Wire::Int4 => DataType::Int32,
        Wire::Int8 | Wire::Oid => DataType::Int64,
        Wire::Float4 => DataType::Float32,
        Wire::Float8 => DataType::Float64,
        Wire::Numeric(Some((precision, scale))) => DataType::Decimal {
            precision: *precision,
            scale: *scale,
        },
        Wire::Numeric(None) => DataType::BigDecimal,
        Wire::Text(_) | Wire::Other => DataType::String,
        Wire::Json | Wire::Jsonb => DataType::Json,
        Wire::Bytea => DataType::Binary,
        Wire::Date => DataType::Date,
        Wire::Time => DataType::Time,
        Wire::Timestamp => DataType::Timestamp,
        Wire::TimestampTz => DataType::TimestampTz,
        Wire::Interval => DataType::Interval,
        Wire::Uuid => DataType::Uuid,
        Wire::List(element, _) => DataType::List(Box::new(data_type(element))),
    }
}

/// The type that SyncApp declares for a column of this type in a table that it makes.
pub(super) fn declare(ty: &DataType) -> String {
    match ty {
        DataType::Bool => "boolean".into(),
        DataType::Int16 => "smallint".into(),
        DataType::Int32 => "integer".into(),
        DataType::Int64 => "bigint".into(),
        DataType::Float32 => "real".into(),
        DataType::Float64 => "double precision".into(),
        DataType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        DataType::BigDecimal => "numeric".into(),
        DataType::String => "text".into(),
        DataType::Binary => "bytea".into(),
        DataType::Date => "date".into(),
        DataType::Time => "time without time zone".into(),
        DataType::Timestamp => "timestamp without time zone".into(),
        DataType::TimestampTz => "timestamp with time zone".into(),
        DataType::Interval => "interval".into(),
        DataType::Uuid => "uuid".into(),
        DataType::Json => "json".into(),
        // PostgreSQL's arrays have no fixed number of dimensions, and SyncApp reads only one.
        DataType::List(item) if matches!(**item, DataType::List(_)) => "json".into(),
        DataType::List(item) => format!("{}[]", declare(item)),
    }
}

/// Whether the second type is text of at least the length that the first one allows.
pub(super) fn longer(from: &str, to: &str) -> bool {
    let length = |name: &str| match name {
        "text" | "character varying" => Some(u32::MAX),
        _ => {
            let digits = name.strip_prefix("character varying(")?.strip_suffix(')')?;
            digits.parse().ok()
        }
    };
    matches!((length(from), length(to)), (Some(from), Some(to)) if from < to)
}

/// The built-in type of a declaration by [`declare`] or of a native type's name, with its modifier.
pub(super) fn parse_declared(name: &str) -> Option<(Type, i32)> {
    if let Some(element) = name.strip_suffix("[]") {
        let (element, typmod) = parse_declared(element)?;
        return array_of(&element).map(|array| (array, typmod));
    }
    let (word, modifiers) = match name.split_once('(') {
        Some((word, rest)) => (word, rest.split_once(')')),
        None => (name, None),
    };
    let (digits, tail) = modifiers.unwrap_or(("", ""));
    let numbers: Vec<i32> = digits.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let full = format!("{word}{tail}");
    let ty = match full.as_str() {
        "boolean" => Type::BOOL,
        "smallint" => Type::INT2,
        "integer" => Type::INT4,
        "bigint" => Type::INT8,
        "oid" => Type::OID,
        "real" => Type::FLOAT4,
        "double precision" => Type::FLOAT8,
        "numeric" => Type::NUMERIC,
        "text" => Type::TEXT,
        "character varying" => Type::VARCHAR,
        "character" => Type::BPCHAR,
        "name" => Type::NAME,
        "bytea" => Type::BYTEA,
        "date" => Type::DATE,
        "time without time zone" => Type::TIME,
        "timestamp without time zone" => Type::TIMESTAMP,
        "timestamp with time zone" => Type::TIMESTAMPTZ,
        "interval" => Type::INTERVAL,
        "uuid" => Type::UUID,
        "json" => Type::JSON,
        "jsonb" => Type::JSONB,
        _ => return None,
    };
    let typmod = match (&ty, numbers.as_slice()) {
        (_, []) => -1,
        (&Type::NUMERIC, [precision]) => (precision << 16) + 4,
        (&Type::NUMERIC, [precision, scale]) => ((precision << 16) | (scale & 0x7ff)) + 4,
        (&Type::VARCHAR | &Type::BPCHAR, [length]) => length + 4,
        (_, [precision, ..]) => *precision,
    };
    Some((ty, typmod))
}

fn array_of(element: &Type) -> Option<Type> {
    let array = match *element {
        Type::BOOL => Type::BOOL_ARRAY,
        Type::INT2 => Type::INT2_ARRAY,
        Type::INT4 => Type::INT4_ARRAY,
        Type::INT8 => Type::INT8_ARRAY,
        Type::OID => Type::OID_ARRAY,
        Type::FLOAT4 => Type::FLOAT4_ARRAY,
        Type::FLOAT8 => Type::FLOAT8_ARRAY,
        Type::NUMERIC => Type::NUMERIC_ARRAY,
        Type::TEXT => Type::TEXT_ARRAY,
        Type::VARCHAR => Type::VARCHAR_ARRAY,
        Type::BPCHAR => Type::BPCHAR_ARRAY,
        Type::NAME => Type::NAME_ARRAY,
        Type::BYTEA => Type::BYTEA_ARRAY,
        Type::DATE => Type::DATE_ARRAY,
        Type::TIME => Type::TIME_ARRAY,
        Type::TIMESTAMP => Type::TIMESTAMP_ARRAY,
        Type::TIMESTAMPTZ => Type::TIMESTAMPTZ_ARRAY,
        Type::INTERVAL => Type::INTERVAL_ARRAY,
        Type::UUID => Type::UUID_ARRAY,
        Type::JSON => Type::JSON_ARRAY,
        Type::JSONB => Type::JSONB_ARRAY,
        _ => return None,
    };
    Some(array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_are_read_back_as_themselves() {
        for word in [
            "bool",
            "int16",
            "int32",
            "int64",
            "float32",
            "float64",
            "decimal(15,2)",
            "decimal(76,76)",
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
            "list<int32>",
            "list<decimal(9,4)>",
            "list<timestamptz>",
        ] {
            let ty: DataType = word.parse().unwrap();
            let declared = declare(&ty);
            let (known, typmod) = parse_declared(&declared).unwrap();
            assert_eq!(resolve(known.oid(), typmod, "b", &declared).ty, ty, "{declared}");
        }
    }

    #[test]
    fn odd_numerics_are_unbounded() {
        let typmod = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(precision_and_scale(typmod(15, 2)), Some((15, 2)));
        assert_eq!(precision_and_scale(typmod(1000, 2)), None);
        assert_eq!(precision_and_scale(typmod(5, -3)), None);
        assert_eq!(precision_and_scale(typmod(3, 5)), None);
        assert_eq!(precision_and_scale(-1), None);
    }

    #[test]
    fn user_defined_types_come_as_text() {
        assert_eq!(resolve(70_000, -1, "e", "mood").typed_cast, "");
        assert_eq!(resolve(70_000, -1, "c", "pair").typed_cast, "::text");
        assert_eq!(resolve(70_000, -1, "c", "pair").name, "text");
        for local in [Type::REGCLASS, Type::REGTYPE_ARRAY, Type::ACLITEM] {
            let ty = resolve(local.oid(), -1, "b", local.name());
            assert_eq!((ty.name.as_str(), ty.native_cast), ("text", "::text"), "{local}");
        }
        let range = resolve(Type::INT4_RANGE.oid(), -1, "r", "int4range");
        assert_eq!(
            (range.name.as_str(), range.typed_cast, range.native_cast),
            ("int4range", "::text", "")
        );
    }
}
