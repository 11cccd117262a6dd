//! Numerics there and back, and what is none.

use proptest::prelude::*;

use super::*;

fn body(bytes: &[u8]) -> &[u8] {
    assert_eq!(
        i32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize,
        bytes.len() - 4
    );
    &bytes[4..]
}

fn text(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    to_text(bytes, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_no_server_sends_is_refused() {
    let numeric = |groups: &[u16], sign: u16, scale: u16| -> Vec<u8> {
        let head = [groups.len() as u16, 0, sign, scale];
        head.iter().chain(groups).flat_map(|word| word.to_be_bytes()).collect()
    };
    let refused = |bytes: &[u8]| to_text(bytes, &mut Vec::new()).is_err() && to_i128(bytes, 0).is_err();
    assert!(!refused(&numeric(&[9999], 0, 0)) && !refused(&numeric(&[], NEGATIVE, 2)));
    assert!(refused(&numeric(&[10_000], 0, 0)), "a group of five digits");
    assert!(refused(&numeric(&[1], 0x1000, 0)), "an unknown sign");
    assert!(
        refused(&numeric(&[1], 0, 20_000)),
        "a scale that the server does not have"
    );
    assert!(refused(&numeric(&[1, 2], 0, 0)[..10]), "too few groups");
    let no_text = |bytes: &[u8]| to_text(bytes, &mut Vec::new()).is_err();
    let behind = [numeric(&[1, 5], 0, 0), numeric(&[1, 5], 0, 3)];
    assert!(behind.iter().all(|bytes| no_text(bytes)), "digits behind the scale");
    assert!(!no_text(&numeric(&[1, 5], 0, 4)));
    assert_eq!(text(&numeric(&[0], NEGATIVE, 0)), "0");
    // Groups of zeros in front, found by fuzzing.
    let padded = [2_u16, 1, 0, 0, 0, 2440];
    let padded: Vec<u8> = padded.iter().flat_map(|word| word.to_be_bytes()).collect();
    assert_eq!(text(&padded), "2440");
}

#[test]
fn texts_survive() {
    for plain in [
        "0",
        "1",
        "-1",
        "0.0",
        "0.10",
        "-0.0001",
        "0.00001",
        "9999",
        "10000",
        "12345678.9",
        "100000000",
        "NaN",
        "Infinity",
        "-Infinity",
        "123456789012345678901234567890.123456789",
        "0.00000000000000000001",
        "2.2500",
    ] {
        let mut bytes = Vec::new();
        put_text(&mut bytes, plain).unwrap();
        assert_eq!(text(body(&bytes)), plain);
    }
    for wrong in ["", "-", ".", "1.", ".5", "1e5", "0x1", "--1", "1 "] {
        assert!(put_text(&mut Vec::new(), wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_lost_scale_is_an_error() {
    let mut bytes = Vec::new();
    put_text(&mut bytes, "1.25").unwrap();
    assert!(to_i128(body(&bytes), 1).is_err());
    assert_eq!(to_i128(body(&bytes), 2).unwrap(), 125);
    assert!(to_i256(body(&bytes), 1).is_err());
    assert_eq!(to_i256(body(&bytes), 3).unwrap(), i256::from_i128(1250));
}

proptest! {
    #[test]
    fn decimals_survive(value in any::<i128>().prop_map(|v| v % 10i128.pow(38)), scale in 0u8..=38) {
        let mut bytes = Vec::new();
        put_i128(&mut bytes, value, scale);
        prop_assert_eq!(to_i128(body(&bytes), scale).unwrap(), value);
        prop_assert_eq!(to_i256(body(&bytes), scale).unwrap(), i256::from_i128(value));
        let mut again = Vec::new();
        put_text(&mut again, &text(body(&bytes))).unwrap();
        prop_assert_eq!(bytes, again);
    }

    #[test]
    fn small_decimals_survive(value in any::<i32>(), scale in 0u8..=12) {
        let mut bytes = Vec::new();
        put_i128(&mut bytes, i128::from(value), scale);
        prop_assert_eq!(to_i128(body(&bytes), scale).unwrap(), i128::from(value));
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = to_i128(&bytes, 3);
        let mut out = Vec::new();
        if bytes.len() < 8 || bytes[2] == 0 { let _ = to_text(&bytes, &mut out); }
    }
}
