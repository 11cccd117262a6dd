//! One value from the JSON that [`syncapp_values::Json`] wrote of it: exactly the value that it was.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, StringArray, new_empty_array, new_null_array};
use arrow_buffer::OffsetBuffer;
use serde_json::value::RawValue;
use syncapp_model::{Code, DataType, Error};

use crate::cast;

/// A column of one row. What is wrong with the text is an error that does not show it.
///
/// ```
/// use syncapp_model::DataType;
/// use syncapp_transform::read_json;
/// let read = |json: &str, ty: &str| read_json(json, &ty.parse::<DataType>().unwrap());
/// assert!(read("12345678901234567890.50", "decimal(30,2)").is_ok());
/// assert!(read("[\"2024-02-29\",null]", "list<date>").is_ok());
/// assert!(read("\"x\"", "int32").is_err());
/// ```
pub fn read_json(json: &str, ty: &DataType) -> Result<ArrayRef, Error> {
    read(json, ty).map_err(|why| {
        Error::new(
            Code::CastFailed,
            format!("what was kept of the value is no {ty}: it {why}"),
        )
        .help("the column has another type than when the row was kept: give its value anew")
    })
}

fn read(json: &str, ty: &DataType) -> Result<ArrayRef, String> {
    if json == "null" {
        return Ok(new_null_array(&ty.arrow(), 1));
    }
    if let DataType::List(item) = ty {
        return list(json, item);
    }
    let text = match ty {
        DataType::Json => json.to_owned(),
        _ if json.starts_with('"') => serde_json::from_str(json).map_err(|problem| problem.to_string())?,
        DataType::String => return Err("is no text".to_owned()),
        _ => json.to_owned(),
    };
    let text: ArrayRef = Arc::new(StringArray::from(vec![text]));
    cast::cast(&text, &DataType::String, ty).map_err(|error| error.why.into_owned())
}

fn list(json: &str, item: &DataType) -> Result<ArrayRef, String> {
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| "is no list".to_owned())?;
    let items = items.iter().map(|value| read(value.get(), item));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let whole: Vec<&dyn Array> = items.iter().map(AsRef::as_ref).collect();
    let values = if whole.is_empty() {
        new_empty_array(&item.arrow())
    } else {
        arrow_select::concat::concat(&whole).map_err(|problem| problem.to_string())?
    };
    let field = Arc::new(item.field("item", true));
    ListArray::try_new(field, OffsetBuffer::from_lengths([items.len()]), values, None)
        .map(|list| Arc::new(list) as ArrayRef)
        .map_err(|problem| problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read back, written once more, is the same.
    #[test]
    fn a_value_comes_back_as_it_was_written() {
        for (ty, values) in [
            ("bool", &["true", "false"][..]),
            ("int16", &["-32768"]),
            ("int64", &["9223372036854775807"]),
            ("float32", &["0.1", "\"NaN\"", "\"-Infinity\"", "-0", "3.4028235e38"]),
            ("float64", &["1e300", "5e-324", "\"Infinity\""]),
            ("decimal(38,10)", &["1234567890123456789012345678.0000000001"]),
            (
                "decimal(76,0)",
                &["9999999999999999999999999999999999999999999999999999999999999999999999999999"],
            ),
            ("decimal", &["1.50", "\"NaN\"", "0.000"]),
            ("string", &["\"\"", "\"***\"", "\"é \\\"\\\\ \\u0000\"", "\"null\""]),
            ("binary", &["\"\"", "\"00ff\""]),
            ("date", &["\"2024-02-29\"", "\"-0044-03-15\""]),
            ("time", &["\"23:59:59.999999\""]),
            ("timestamp", &["\"2024-02-29T12:00:00.000001\""]),
            ("timestamptz", &["\"0001-01-01T00:00:00Z\""]),
            ("interval", &["\"P1Y2M3DT4H5M6.500000S\"", "\"PT0S\""]),
            ("uuid", &["\"00112233-4455-6677-8899-aabbccddeeff\""]),
            ("json", &["{\"a\":[1.0,\"x\"]}", "\"text\"", "12345678901234567890.0"]),
            ("list<int64>", &["[]", "[1,null,-3]"]),
            ("list<list<string>>", &["[[\"a\",\"\"],null,[]]"]),
        ] {
            let ty: DataType = ty.parse().unwrap();
            for value in values.iter().chain(["null"].iter()) {
                let array = read_json(value, &ty).unwrap();
                assert_eq!(array.data_type(), &ty.arrow());
                let mut again = Vec::new();
                syncapp_values::Json::of(&array, &ty).write(0, &mut again);
                assert_eq!(std::str::from_utf8(&again).unwrap(), *value, "{ty}");
            }
        }
    }

    #[test]
    fn what_is_no_value_of_the_type_is_an_error_that_does_not_show_it() {
        for (json, ty) in [
            ("\"secret\"", "int64"),
            ("1", "string"),
            ("{}", "list<int16>"),
            ("300000", "int16"),
        ] {
            let error = read_json(json, &ty.parse().unwrap()).unwrap_err();
            assert_eq!(error.code(), Code::CastFailed);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
