//! Everything small that is parsed: names, globs, types, cursor values, look-backs, declarations.
#![no_main]

use syncapp_connectors::{files, mysql, sqlite};
use syncapp_model::{DataType, Lookback, Pattern, Scalar, StreamName};

libfuzzer_sys::fuzz_target!(|texts: (&str, &str)| {
    let (one, other) = texts;
    if let Ok(name) = one.parse::<StreamName>() {
        assert_eq!(name.to_string().parse(), Ok(name), "{one:?}");
    }
    if let Ok(pattern) = one.parse::<Pattern>() {
        let _ = pattern.matches(other);
    }
    if let Ok(ty) = one.parse::<DataType>() {
        assert_eq!(ty.to_string().parse(), Ok(ty.clone()), "{one:?}");
        if let Some(value) = Scalar::parse(other, &ty) {
            assert_eq!(Scalar::parse(&value.to_string(), &ty), Some(value), "{other:?} as {ty}");
        }
    }
    let _ = one.parse::<Lookback>();
    files::fuzz::glob(one, other);
    mysql::fuzz::declared(one);
    sqlite::fuzz::declared(one);
});
