//! The type system of the sync file and of every catalog, and how each type is carried in Arrow.
//!
//! Every [`DataType`] has exactly one Arrow form, given by [`DataType::field`], and is read back by
//! [`DataType::of`]: what Arrow's own types cannot say travels as a field extension.

use std::fmt;
use std::str::FromStr;

use arrow_schema::{DataType as Arrow, Field, IntervalUnit, TimeUnit};

use crate::column::NativeType;

/// Arrow's key for the name of an extension type.
const EXTENSION_NAME: &str = "ARROW:extension:name";
/// Arrow's key for the parameters of an extension type.
const EXTENSION_METADATA: &str = "ARROW:extension:metadata";

/// A type of the sync file: `bool int16 … list<T>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataType {
    /// True or false.
    Bool,
    /// Signed 16-bit integer.
    Int16,
    /// Signed 32-bit integer.
    Int32,
    /// Signed 64-bit integer.
    Int64,
    /// IEEE 754 single precision.
    Float32,
    /// IEEE 754 double precision.
    Float64,
    /// An exact number with at most `precision` digits, `scale` of them behind the point.
    /// Precision 1 to 76, scale 0 to precision.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// An exact number without a bound, NaN and infinities included; carried as text.
    BigDecimal,
    /// UTF-8 text.
    String,
    /// Bytes.
    Binary,
    /// A day of the proleptic Gregorian calendar.
    Date,
    /// A time of day in microseconds.
    Time,
    /// A date and time of day in microseconds, without a zone.
    Timestamp,
    /// An instant in microseconds, carried in UTC.
    TimestampTz,
    /// Months, days and microseconds, each on its own.
    Interval,
    /// A UUID, 16 bytes.
    Uuid,
    /// A JSON document, as the text the source gave.
    Json,
    /// A list of nullable items.
    List(Box<DataType>),
}

/// What a field's Arrow extension says beyond its storage type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extension {
    /// `arrow.uuid`
    Uuid,
    /// `arrow.json`
    Json,
    /// `syncapp.decimal`: [`DataType::BigDecimal`]
    Decimal,
    /// `syncapp.native`: a system's own wire bytes of the type named
    Native(NativeType),
}

impl Extension {
    /// The extension of a field, if it has one that SyncApp knows.
    pub fn of(field: &Field) -> Option<Self> {
        match field.metadata().get(EXTENSION_NAME)?.as_str() {
            "arrow.uuid" => Some(Self::Uuid),
            "arrow.json" => Some(Self::Json),
            "syncapp.decimal" => Some(Self::Decimal),
            "syncapp.native" => NativeType::from_metadata(field.metadata().get(EXTENSION_METADATA)?).map(Self::Native),
            _ => None,
        }
    }

    /// The field with this extension set.
    pub fn on(&self, field: Field) -> Field {
        let (name, parameters) = match self {
            Self::Uuid => ("arrow.uuid", None),
            Self::Json => ("arrow.json", None),
            Self::Decimal => ("syncapp.decimal", None),
            Self::Native(native) => ("syncapp.native", Some(native.to_metadata())),
        };
        let mut metadata = field.metadata().clone();
        metadata.insert(EXTENSION_NAME.into(), name.into());
        if let Some(parameters) = parameters {
            metadata.insert(EXTENSION_METADATA.into(), parameters);
        }
        field.with_metadata(metadata)
    }
}

impl DataType {
    /// The greatest precision of a bounded decimal.
    pub const MAX_PRECISION: u8 = 76;

    /// Whether the other type holds every value of this one as it is, and is a wider one of its kind.
    ///
    /// ```
    /// use syncapp_model::DataType;
    /// let widens = |from: &str, to: &str| from.parse::<DataType>().unwrap().widens_to(&to.parse().unwrap());
    /// assert!(widens("int32", "int64") && widens("decimal(10,2)", "decimal(12,3)") && widens("float32", "float64"));
    /// assert!(!widens("int64", "int32") && !widens("decimal(10,2)", "decimal(10,3)") && !widens("int64", "float64"));
    /// ```
    pub fn widens_to(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int16, Self::Int32 | Self::Int64)
            | (Self::Int32, Self::Int64)
            | (Self::Float32, Self::Float64)
            | (Self::Decimal { .. }, Self::BigDecimal) => true,
            (Self::Decimal { precision, scale }, Self::Decimal { precision: p, scale: s }) => {
                (p, s) != (precision, scale) && s >= scale && p - s >= precision - scale
            }
            _ => false,
        }
    }

    /// The Arrow storage type.
    pub fn arrow(&self) -> Arrow {
        match self {
            Self::Bool => Arrow::Boolean,
            Self::Int16 => Arrow::Int16,
            Self::Int32 => Arrow::Int32,
            Self::Int64 => Arrow::Int64,
            Self::Float32 => Arrow::Float32,
            Self::Float64 => Arrow::Float64,
            Self::Decimal { precision, scale } if *precision <= 38 => Arrow::Decimal128(*precision, *scale as i8),
            Self::Decimal { precision, scale } => Arrow::Decimal256(*precision, *scale as i8),
            Self::BigDecimal | Self::String | Self::Json => Arrow::Utf8,
            Self::Binary => Arrow::Binary,
            Self::Date => Arrow::Date32,
            Self::Time => Arrow::Time64(TimeUnit::Microsecond),
            Self::Timestamp => Arrow::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampTz => Arrow::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Interval => Arrow::Interval(IntervalUnit::MonthDayNano),
            Self::Uuid => Arrow::FixedSizeBinary(16),
            Self::List(item) => Arrow::List(item.field("item", true).into()),
        }
    }

    /// The Arrow field that carries a column of this type.
    pub fn field(&self, name: &str, nullable: bool) -> Field {
        let field = Field::new(name, self.arrow(), nullable);
        match self {
            Self::Uuid => Extension::Uuid.on(field),
            Self::Json => Extension::Json.on(field),
            Self::BigDecimal => Extension::Decimal.on(field),
            _ => field,
        }
    }

    /// The type that an Arrow field carries; `None` for a native column and for Arrow types that have no word here.
    pub fn of(field: &Field) -> Option<Self> {
        let extension = Extension::of(field);
        Some(match (field.data_type(), extension) {
            (_, Some(Extension::Native(_))) => return None,
            (Arrow::FixedSizeBinary(16), Some(Extension::Uuid)) => Self::Uuid,
            (Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View, Some(Extension::Json)) => Self::Json,
            (Arrow::Utf8, Some(Extension::Decimal)) => Self::BigDecimal,
            (Arrow::Boolean, _) => Self::Bool,
            (Arrow::Int8 | Arrow::UInt8 | Arrow::Int16, _) => Self::Int16,
            (Arrow::UInt16 | Arrow::Int32, _) => Self::Int32,
            (Arrow::UInt32 | Arrow::Int64, _) => Self::Int64,
            (Arrow::UInt64, _) => Self::Decimal {
                precision: 20,
                scale: 0,
            },
            (Arrow::Float16 | Arrow::Float32, _) => Self::Float32,
            (Arrow::Float64, _) => Self::Float64,
            (
                Arrow::Decimal32(p, s) | Arrow::Decimal64(p, s) | Arrow::Decimal128(p, s) | Arrow::Decimal256(p, s),
                _,
            ) => match u8::try_from(*s) {
                Ok(scale) if scale <= *p => Self::Decimal { precision: *p, scale },
                _ => Self::BigDecimal,
            },
            (Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View, _) => Self::String,
            (Arrow::Binary | Arrow::LargeBinary | Arrow::BinaryView | Arrow::FixedSizeBinary(_), _) => Self::Binary,
            (Arrow::Date32 | Arrow::Date64, _) => Self::Date,
            (Arrow::Time32(_) | Arrow::Time64(_), _) => Self::Time,
            (Arrow::Timestamp(_, None), _) => Self::Timestamp,
            (Arrow::Timestamp(_, Some(_)), _) => Self::TimestampTz,
            (Arrow::Interval(_), _) => Self::Interval,
            (Arrow::List(item) | Arrow::LargeList(item), _) => Self::List(Box::new(Self::of(item)?)),
            (Arrow::Dictionary(_, value), _) => Self::of(&Field::new("", value.as_ref().clone(), true))?,
            _ => return None,
        })
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Decimal { precision, scale } => return write!(f, "decimal({precision},{scale})"),
            Self::BigDecimal => "decimal",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::TimestampTz => "timestamptz",
            Self::Interval => "interval",
            Self::Uuid => "uuid",
            Self::Json => "json",
            Self::List(item) => return write!(f, "list<{item}>"),
        })
    }
}

/// A text that is not a type, with what would have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a type")]
pub struct ParseTypeError {
    /// The text as written.
    pub text: String,
}

impl DataType {
    /// The type words a user can write, in the order of the documentation.
    pub const WORDS: [&'static str; 19] = [
        "bool",
        "int16",
        "int32",
        "int64",
        "float32",
        "float64",
        "decimal(p,s)",
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
        "list<T>",
        "list<list<T>>",
    ];
}

impl FromStr for DataType {
    type Err = ParseTypeError;

    /// ```
    /// use syncapp_model::DataType;
    /// assert_eq!("list<decimal(10, 2)>".parse::<DataType>().unwrap().to_string(), "list<decimal(10,2)>");
    /// assert!("decimal(2,3)".parse::<DataType>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, ParseTypeError> {
        let wrong = || ParseTypeError { text: text.to_owned() };
        let word = text.trim();
        if let Some(item) = word.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
            return Ok(Self::List(Box::new(item.parse().map_err(|_| wrong())?)));
        }
        if let Some(digits) = word.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')')) {
            let (precision, scale) = digits.split_once(',').unwrap_or((digits, "0"));
            let precision: u8 = precision.trim().parse().map_err(|_| wrong())?;
            let scale: u8 = scale.trim().parse().map_err(|_| wrong())?;
            let fits = (1..=Self::MAX_PRECISION).contains(&precision) && scale <= precision;
            return if fits {
                Ok(Self::Decimal { precision, scale })
            } else {
                Err(wrong())
            };
        }
        Ok(match word {
            "bool" => Self::Bool,
            "int16" => Self::Int16,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "float32" => Self::Float32,
            "float64" => Self::Float64,
            "decimal" => Self::BigDecimal,
            "string" => Self::String,
            "binary" => Self::Binary,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp,
            "timestamptz" => Self::TimestampTz,
            "interval" => Self::Interval,
            "uuid" => Self::Uuid,
            "json" => Self::Json,
            _ => return Err(wrong()),
        })
    }
}

#[cfg(test)]
mod tests;
