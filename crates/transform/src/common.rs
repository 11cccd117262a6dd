//! Values of two types in one in which they can be compared.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};
use syncapp_model::{DataType, Error};

use crate::cast;

/// How the values of a column are brought into another type to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The type that both have then.
    pub ty: DataType,
    /// Whether numbers stand in it as text, without zeros that say nothing.
    plain: bool,
}

impl Common {
    /// The type for two: the wider one where there is one, a number for two numbers or a number and a truth value,
    /// otherwise text.
    ///
    /// ```
    /// use syncapp_transform::Common;
    /// let of = |one: &str, other: &str| Common::of(&one.parse().unwrap(), &other.parse().unwrap()).ty.to_string();
    /// assert_eq!(of("int32", "int64"), "int64");
    /// assert_eq!(of("decimal(12,3)", "decimal(10,2)"), "decimal(12,3)");
    /// assert_eq!(of("decimal(10,2)", "int64"), "decimal");
    /// assert_eq!(of("bool", "int16"), "int16");
    /// assert_eq!(of("uuid", "int64"), "string");
    /// ```
    pub fn of(one: &DataType, other: &DataType) -> Self {
        use DataType as T;
        let whole = |ty: &T| matches!(ty, T::Int16 | T::Int32 | T::Int64);
        let exact = |ty: &T| whole(ty) || matches!(ty, T::Decimal { .. } | T::BigDecimal);
        let into = |ty: &T, wider: &T| ty == wider || ty.widens_to(wider) || (*ty == T::Bool && whole(wider));
        let (ty, plain) = if into(other, one) {
            (one.clone(), false)
        } else if into(one, other) {
            (other.clone(), false)
        } else if exact(one) && exact(other) {
            (T::BigDecimal, true)
        } else {
            (T::String, false)
        };
        Self { ty, plain }
    }

    /// An array that carries one of the two types, in the common one.
    pub fn take(&self, array: &ArrayRef, from: &DataType) -> Result<ArrayRef, Error> {
        let cast = cast::cast(array, from, &self.ty)
            .map_err(|error| Error::internal(format!("a value cannot be compared: it {}", error.why)))?;
        if !self.plain {
            return Ok(cast);
        }
        let texts = cast.as_string::<i32>().iter();
        let plain = texts.map(|text| {
            let text = text?;
            let digits = text.trim_end_matches('0').trim_end_matches('.');
            Some(if text.contains('.') { digits } else { text })
        });
        Ok(Arc::new(plain.collect::<StringArray>()))
    }
}
