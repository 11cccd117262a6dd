//! Following a path into a JSON document without reading more of it than the path needs.

use std::fmt;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int64Array, StringArray};
use arrow_schema::DataType;
use datafusion_common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion_expr::ColumnarValue;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One argument of a path.
pub(super) enum Steps {
    Key(Option<String>),
    Place(Option<i64>),
    Keys(StringArray),
    Places(Int64Array),
}

/// A key of an object or a place in an array.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Place(i64),
}

impl Steps {
    pub(super) fn of(argument: &ColumnarValue) -> Result<Self> {
        Ok(match argument {
            ColumnarValue::Scalar(ScalarValue::Utf8(key)) => Self::Key(key.clone()),
            ColumnarValue::Scalar(ScalarValue::Int64(place)) => Self::Place(*place),
            ColumnarValue::Array(array) => match array.data_type() {
                DataType::Utf8 => Self::Keys(array.as_string().clone()),
                DataType::Int64 => Self::Places(array.as_primitive::<Int64Type>().clone()),
                other => return plan_err!("{other} is neither a key nor a place"),
            },
            ColumnarValue::Scalar(other) => return plan_err!("{} is neither a key nor a place", other.data_type()),
        })
    }

    pub(super) fn at(&self, row: usize) -> Option<Step<'_>> {
        match self {
            Self::Key(key) => key.as_deref().map(Step::Key),
            Self::Place(place) => place.map(Step::Place),
            Self::Keys(keys) => keys.is_valid(row).then(|| Step::Key(keys.value(row))),
            Self::Places(places) => places.is_valid(row).then(|| Step::Place(places.value(row))),
        }
    }
}

pub(super) fn failed(why: impl Into<String>) -> DataFusionError {
    DataFusionError::Execution(why.into())
}

pub(super) fn not_json(error: &serde_json::Error) -> DataFusionError {
    failed(format!("the text is not JSON: {error}"))
}

/// The value at the end of the path.
pub(super) fn follow<'a>(document: &'a str, path: &[Steps], row: usize) -> Result<Option<&'a RawValue>> {
    let mut raw: &RawValue = serde_json::from_str(document).map_err(|error| not_json(&error))?;
    for steps in path {
        let Some(step) = steps.at(row) else { return Ok(None) };
        let mut json = serde_json::Deserializer::from_str(raw.get());
        let found = match (kind(raw.get()), step) {
            ("object", Step::Key(_)) => json.deserialize_map(Find(step)),
            ("array", Step::Place(place)) if place >= 0 => json.deserialize_seq(Find(step)),
            ("array", Step::Place(place)) => return Err(failed(format!("a place counts from 0, not {place}"))),
            _ => return Ok(None),
        };
        match found.map_err(|error| not_json(&error))? {
            Some(found) => raw = found,
            None => return Ok(None),
        }
    }
    Ok(Some(raw))
}

/// Finds the value of a step without reading the others.
struct Find<'s>(Step<'s>);

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(wanted) = map.next_key_seed(Is(self.0))? {
            if wanted {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let Step::Place(place) = self.0 else { return Ok(None) };
        let mut found = None;
        let mut at = 0;
        loop {
            if at == place {
                found = items.next_element()?;
            } else if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            at += 1;
        }
    }
}

/// Whether a key is the one looked for.
struct Is<'s>(Step<'s>);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(matches!(self.0, Step::Key(wanted) if wanted == key))
    }
}

/// The kind of a JSON value, told by its first character.
pub(super) fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "null",
        _ => "number",
    }
}
