use super::*;

#[test]
fn every_type_survives_text_and_arrow() {
    for word in [
        "bool",
        "int16",
        "int32",
        "int64",
        "float32",
        "float64",
        "decimal(38,10)",
        "decimal(76,0)",
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
        "list<list<uuid>>",
        "list<decimal>",
    ] {
        let ty: DataType = word.parse().unwrap();
        assert_eq!(ty.to_string(), word);
        assert_eq!(DataType::of(&ty.field("c", true)), Some(ty));
    }
}

#[test]
fn only_a_type_that_holds_every_value_is_wider() {
    let types = [
        "bool",
        "int16",
        "int32",
        "int64",
        "float32",
        "float64",
        "decimal(10,2)",
        "decimal(11,2)",
        "decimal(11,3)",
        "decimal(12,4)",
        "decimal",
        "string",
        "date",
        "timestamp",
        "timestamptz",
        "uuid",
        "json",
        "list<int16>",
    ];
    let mut wider = Vec::new();
    for from in types {
        for to in types {
            let [one, other] = [from, to].map(|word| word.parse::<DataType>().unwrap());
            if one.widens_to(&other) {
                wider.push(format!("{from} {to}"));
            }
        }
    }
    assert_eq!(
        wider,
        [
            "int16 int32",
            "int16 int64",
            "int32 int64",
            "float32 float64",
            "decimal(10,2) decimal(11,2)",
            "decimal(10,2) decimal(11,3)",
            "decimal(10,2) decimal(12,4)",
            "decimal(10,2) decimal",
            "decimal(11,2) decimal",
            "decimal(11,3) decimal(12,4)",
            "decimal(11,3) decimal",
            "decimal(12,4) decimal",
        ]
    );
}

#[test]
fn a_decimal_has_bounds() {
    for (text, fits) in [
        ("decimal(1,0)", true),
        ("decimal(76,76)", true),
        ("decimal(5)", true),
        ("decimal(0,0)", false),
        ("decimal(77,0)", false),
        ("decimal(3,4)", false),
        ("decimal(3,-1)", false),
        ("list<>", false),
    ] {
        assert_eq!(text.parse::<DataType>().is_ok(), fits, "{text}");
    }
}

#[test]
fn narrow_arrow_types_are_the_next_wider_word() {
    for (arrow, word) in [
        (Arrow::Int8, "int16"),
        (Arrow::UInt8, "int16"),
        (Arrow::UInt16, "int32"),
        (Arrow::UInt32, "int64"),
        (Arrow::UInt64, "decimal(20,0)"),
        (Arrow::Float16, "float32"),
        (Arrow::Decimal32(5, 5), "decimal(5,5)"),
        (Arrow::Decimal64(5, 6), "decimal"),
        (Arrow::Decimal128(5, -2), "decimal"),
        (Arrow::LargeUtf8, "string"),
        (Arrow::FixedSizeBinary(16), "binary"),
        (Arrow::Date64, "date"),
        (Arrow::Time32(TimeUnit::Second), "time"),
        (
            Arrow::Timestamp(TimeUnit::Nanosecond, Some("Asia/Tokyo".into())),
            "timestamptz",
        ),
        (Arrow::Dictionary(Arrow::Int8.into(), Arrow::Utf8.into()), "string"),
    ] {
        let ty = DataType::of(&Field::new("c", arrow.clone(), true));
        assert_eq!(ty.map(|ty| ty.to_string()).as_deref(), Some(word), "{arrow}");
    }
    assert_eq!(DataType::of(&Field::new("c", Arrow::Null, true)), None);
}

#[test]
fn native_bytes_keep_their_type_and_have_no_word() {
    let native = Extension::Native(crate::NativeType {
        system: "postgres".into(),
        name: "mood".into(),
    });
    let field = native.on(Field::new("c", Arrow::Binary, true));
    assert_eq!(Extension::of(&field), Some(native));
    assert_eq!(DataType::of(&field), None);
    assert_eq!(
        DataType::of(&Field::new("c", Arrow::Binary, true)),
        Some(DataType::Binary)
    );
}

#[test]
fn a_decimal_takes_the_narrowest_storage() {
    for (text, storage) in [
        ("decimal(38,2)", Arrow::Decimal128(38, 2)),
        ("decimal(39,2)", Arrow::Decimal256(39, 2)),
    ] {
        assert_eq!(text.parse::<DataType>().unwrap().arrow(), storage);
    }
}
