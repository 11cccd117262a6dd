//! Dates, times and decimals as text: what is read is written and read again as the same.
#![no_main]

use std::fmt::Debug;

use syncapp_values::{calendar, decimal};

fn same<T: PartialEq + Debug>(read: impl Fn(&[u8]) -> Option<T>, write: impl Fn(&T, &mut Vec<u8>), text: &[u8]) {
    let Some(value) = read(text) else { return };
    let mut written = Vec::new();
    write(&value, &mut written);
    assert_eq!(read(&written), Some(value), "{:?}", String::from_utf8_lossy(&written));
}

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    same(
        calendar::parse_date,
        |days, out| calendar::write_date((*days).into(), out),
        text,
    );
    same(
        calendar::parse_time,
        |micros, out| calendar::write_time(*micros, out),
        text,
    );
    for zoned in [false, true] {
        let write = |micros: &i64, out: &mut Vec<u8>| {
            calendar::write_timestamp(*micros, out);
            out.extend_from_slice(if zoned { b"Z" } else { b"" });
        };
        same(|text| calendar::parse_timestamp(text, zoned), write, text);
    }
    same(
        calendar::parse_interval,
        |(months, days, nanos), out| calendar::write_interval(*months, *days, *nanos, out),
        text,
    );
    for (precision, scale) in [(1, 0), (15, 2), (38, 38)] {
        let read = |text: &[u8]| decimal::parse::<i128>(text, precision, scale).ok();
        same(read, |value, out| decimal::write(*value, scale, out), text);
    }
    let normal = |text: &[u8]| {
        let mut out = Vec::new();
        decimal::normalize(text, &mut out).map(|()| out)
    };
    same(normal, |value, out| out.extend_from_slice(value), text);
});
