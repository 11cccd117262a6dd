//! Access to JSON documents: `json_get_str(doc, 'a', 0)`, and PostgreSQL's `->`, `->>` and `?`.
//!
//! A path is made of keys and of places counted from 0. A path that leads nowhere, and JSON's null, give NULL. A value of
//! another kind than asked for is an error, and so are a text that is no JSON and a number that does not fit: `json_type`
//! tells what is there, `json_as_text` takes anything. Numbers are read from their digits, never by way of a float. Of
//! equal keys the last one counts.
//!
//! The operators bind weaker than comparisons, as in all of DataFusion: `(doc ->> 'a') = 'x'` needs its brackets.

mod path;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion_common::{DFSchema, DataFusionError, Result, ScalarValue, plan_err};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion_sql::sqlparser::ast::BinaryOperator;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use syncapp_model::DataType as Model;

use path::{Steps, failed, follow, kind, not_json};

/// What a function makes of the value that its path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Take {
    Str,
    Text,
    Int,
    Float,
    Bool,
    Json,
    Kind,
    Length,
    Exists,
}

const ALL: [(&str, Take); 9] = [
    ("json_get_str", Take::Str),
    ("json_as_text", Take::Text),
    ("json_get_int", Take::Int),
    ("json_get_float", Take::Float),
    ("json_get_bool", Take::Bool),
    ("json_get_json", Take::Json),
    ("json_type", Take::Kind),
    ("json_length", Take::Length),
    ("json_contains", Take::Exists),
];

/// The functions of this module.
pub(super) fn functions() -> impl Iterator<Item = Arc<ScalarUDF>> {
    ALL.iter().map(|(name, take)| Arc::new(function(name, *take)))
}

fn function(name: &'static str, take: Take) -> ScalarUDF {
    ScalarUDF::new_from_impl(Access {
        name,
        take,
        signature: Signature::user_defined(Volatility::Immutable),
    })
}

/// Plans `->`, `->>` and `?`.
#[derive(Debug)]
pub(super) struct Operators;

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, _: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let (name, take) = match expr.op {
            BinaryOperator::Arrow => ("json_get_json", Take::Json),
            BinaryOperator::LongArrow => ("json_as_text", Take::Text),
            BinaryOperator::Question => ("json_contains", Take::Exists),
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let call = ScalarFunction::new_udf(Arc::new(function(name, take)), vec![expr.left, expr.right]);
        Ok(PlannerResult::Planned(Expr::ScalarFunction(call)))
    }
}

/// A function of a document and a path.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Access {
    name: &'static str,
    take: Take,
    signature: Signature,
}

impl ScalarUDFImpl for Access {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let text = |ty: &DataType| {
            matches!(
                ty,
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null
            )
        };
        let Some((_, path)) = types.split_first().filter(|(document, _)| text(document)) else {
            return plan_err!("{} takes a JSON document first", self.name);
        };
        let mut coerced = vec![DataType::Utf8];
        for step in path {
            coerced.push(match step {
                step if text(step) => DataType::Utf8,
                step if step.is_integer() => DataType::Int64,
                DataType::Boolean => {
                    return plan_err!(
                        "a comparison is no path: put the access in brackets, as in (doc ->> 'key') = 'x'"
                    );
                }
                other => return plan_err!("{} takes keys and places as its path, not {other}", self.name),
            });
        }
        Ok(coerced)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.take {
            Take::Str | Take::Text | Take::Json | Take::Kind => DataType::Utf8,
            Take::Int | Take::Length => DataType::Int64,
            Take::Float => DataType::Float64,
            Take::Bool | Take::Exists => DataType::Boolean,
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let types: Vec<_> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(Arc::new(if self.take == Take::Json {
            Model::Json.field(self.name, true)
        } else {
            Field::new(self.name, self.return_type(&types)?, true)
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let [document, path @ ..] = args.args.as_slice() else {
            return plan_err!("{} takes a JSON document first", self.name);
        };
        let documents = document.to_array(rows)?;
        let path = path.iter().map(Steps::of).collect::<Result<Vec<_>>>()?;
        let array = self.take.all(documents.as_string(), &path)?;
        if constant {
            return ScalarValue::try_from_array(&array, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(array))
    }
}

impl Take {
    /// Follows the path in each document and takes what it leads to.
    fn all(self, documents: &StringArray, path: &[Steps]) -> Result<ArrayRef> {
        macro_rules! collect {
            ($builder:expr, $take:expr) => {{
                let mut builder = $builder;
                for row in 0..documents.len() {
                    let found = if documents.is_valid(row) {
                        follow(documents.value(row), path, row)?
                    } else {
                        None
                    };
                    // JSON's null counts as NULL, but for the functions that ask what is there.
                    let value = match found {
                        Some(raw) if raw.get() == "null" && !matches!(self, Self::Exists | Self::Kind | Self::Json) => {
                            None
                        }
                        Some(raw) => $take(raw.get())?,
                        None => None,
                    };
                    builder.append_option(value);
                }
                Arc::new(builder.finish())
            }};
        }
        Ok(match self {
            Self::Str => collect!(StringBuilder::new(), string),
            Self::Text => collect!(StringBuilder::new(), as_text),
            Self::Json => collect!(StringBuilder::new(), |raw| Ok::<_, DataFusionError>(Some(raw))),
            Self::Kind => collect!(StringBuilder::new(), |raw| Ok::<_, DataFusionError>(Some(kind(raw)))),
            Self::Int => collect!(Int64Builder::new(), int),
            Self::Length => collect!(Int64Builder::new(), length),
            Self::Float => collect!(Float64Builder::new(), float),
            Self::Bool => collect!(BooleanBuilder::new(), truth),
            Self::Exists => {
                let mut builder = BooleanBuilder::new();
                for row in 0..documents.len() {
                    let known = documents.is_valid(row) && path.iter().all(|steps| steps.at(row).is_some());
                    builder.append_option(if known {
                        Some(follow(documents.value(row), path, row)?.is_some())
                    } else {
                        None
                    });
                }
                Arc::new(builder.finish())
            }
        })
    }
}

fn expect(raw: &str, wanted: &str) -> Result<()> {
    match kind(raw) {
        found if found == wanted => Ok(()),
        found => Err(failed(format!("the JSON value is of type {found}, not {wanted}"))),
    }
}

fn string(raw: &str) -> Result<Option<Cow<'_, str>>> {
    expect(raw, "string")?;
    let inner = &raw[1..raw.len() - 1];
    if !inner.contains('\\') {
        return Ok(Some(Cow::Borrowed(inner)));
    }
    serde_json::from_str::<String>(raw)
        .map(|text| Some(Cow::Owned(text)))
        .map_err(|error| not_json(&error))
}

fn as_text(raw: &str) -> Result<Option<Cow<'_, str>>> {
    match kind(raw) {
        "string" => string(raw),
        _ => Ok(Some(Cow::Borrowed(raw))),
    }
}

fn int(raw: &str) -> Result<Option<i64>> {
    expect(raw, "number")?;
    let whole = syncapp_values::decimal::parse::<i128>(raw.as_bytes(), 19, 0).ok();
    let whole = whole.and_then(|whole| i64::try_from(whole).ok());
    whole
        .map(Some)
        .ok_or_else(|| failed(format!("the JSON number {raw} is not a 64-bit integer")))
}

fn float(raw: &str) -> Result<Option<f64>> {
    expect(raw, "number")?;
    crate::cast::float64(raw)
        .map(Some)
        .map_err(|why| failed(format!("the JSON number {raw} {why}")))
}

fn truth(raw: &str) -> Result<Option<bool>> {
    expect(raw, "bool")?;
    Ok(Some(raw == "true"))
}

/// How many items or keys there are; NULL for what has none.
fn length(raw: &str) -> Result<Option<i64>> {
    struct Count;
    impl<'de> Visitor<'de> for Count {
        type Value = i64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object or an array")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<i64, A::Error> {
            let mut count = 0;
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                count += 1;
            }
            Ok(count)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<i64, A::Error> {
            let mut count = 0;
            while items.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
            Ok(count)
        }
    }
    let mut json = serde_json::Deserializer::from_str(raw);
    let count = match kind(raw) {
        "object" => json.deserialize_map(Count),
        "array" => json.deserialize_seq(Count),
        _ => return Ok(None),
    };
    count.map(Some).map_err(|error| not_json(&error))
}
