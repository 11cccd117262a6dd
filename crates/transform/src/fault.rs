//! What went wrong on a row, before it is known whose column it is and whether its values may be shown.

use arrow_array::Array;
use syncapp_model::{Code, DataType, Error};

use crate::cast::CastError;

/// A failure on one row of an array.
#[derive(Debug)]
pub(crate) struct Fault {
    code: Code,
    /// The row in the array, from 0.
    pub(crate) row: usize,
    /// What to say where values may be shown.
    open: String,
    /// What to say where they may not.
    closed: String,
    help: Option<&'static str>,
}

impl Fault {
    /// A value that a cast refused; `why` stands behind the value.
    pub(crate) fn cast(row: usize, array: &dyn Array, ty: &DataType, why: impl std::fmt::Display) -> Self {
        Self {
            code: Code::CastFailed,
            row,
            open: format!("{} {why}", syncapp_values::short(array, ty, row)),
            closed: format!("the value {why}"),
            help: None,
        }
    }

    /// A cast to a type.
    pub(crate) fn of_cast(error: &CastError, array: &dyn Array, from: &DataType, to: &DataType) -> Self {
        let why = format!("{}, so it cannot become {to}", error.why);
        Self::cast(error.row, array, from, why).help(match to {
            DataType::Int16 | DataType::Int32 | DataType::Int64 if *from != DataType::String => {
                "choose a wider `type`, or say in `expr` how to round: round(x), floor(x), ceil(x)"
            }
            DataType::Decimal { .. } => "choose a `type` with more digits, or say in `expr` how to round: round(x, 2)",
            _ => "correct the value, turn it into what the type takes in `expr`, or choose another `type`",
        })
    }

    /// An expression that failed in the engine's words.
    pub(crate) fn expression(row: usize, words: &str, values: &str) -> Self {
        Self {
            code: Code::ExpressionFailed,
            row,
            open: if values.is_empty() {
                words.to_owned()
            } else {
                format!("{words} where {values}")
            },
            closed: "it fails on this row; the reason may hold a masked value and is not shown".to_owned(),
            help: Some(
                "let the expression answer for such rows, for example by `case when` or `nullif`, or leave them out with \
                 `where`",
            ),
        }
    }

    /// A failure that only a bug can cause.
    pub(crate) fn internal(why: String) -> Self {
        Self {
            code: Code::Internal,
            row: 0,
            open: why,
            closed: "the reason may hold a masked value and is not shown".to_owned(),
            help: Some("this is a bug in SyncApp: please report it with the text above"),
        }
    }

    pub(crate) fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    /// The error for the user: of an expression, if there is one, and without values if they are `secret`.
    pub(crate) fn error(self, expression: Option<&str>, secret: bool) -> Error {
        let why = if secret { self.closed } else { self.open };
        let why = match expression {
            Some(text) => format!("`{text}`: {why}"),
            None => why,
        };
        let error = Error::new(self.code, why);
        match self.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}
