//! Doors for fuzzing: whatever a server sends, decoding it ends, and what was decoded is encoded and decoded again as the
//! same.

use syncapp_connector::Batch;
use syncapp_model::Result;
use tokio_postgres::types::Type;

use super::decode::{self, Decoder};
use super::framing::Framing;
use super::types::{self, Wire};
use super::{encode, numeric};

const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A column of each type with a wire format of its own.
fn wires() -> Vec<Wire> {
    let plain = [
        Type::BOOL,
        Type::INT2,
        Type::INT4,
        Type::INT8,
        Type::OID,
        Type::FLOAT4,
        Type::FLOAT8,
        Type::NUMERIC,
        Type::TEXT,
        Type::JSON,
        Type::JSONB,
        Type::BYTEA,
        Type::DATE,
        Type::TIME,
        Type::TIMESTAMP,
        Type::TIMESTAMPTZ,
        Type::INTERVAL,
        Type::UUID,
        Type::INT4_ARRAY,
        Type::TEXT_ARRAY,
        Type::NUMERIC_ARRAY,
    ];
    let decimals = [(15, 2), (38, 10), (76, 38)].map(Some).map(Wire::Numeric);
    let plain = plain.iter().map(|ty| types::wire(ty, -1));
    plain.chain(decimals).collect()
}

fn decode(bytes: &[u8], wire: &Wire, lenient: bool) -> Result<Batch> {
    let field = types::data_type(wire).field("v", true);
    let mut decoder = Decoder::new(
        decode::schema(vec![field]),
        decode::builders(&[Some(wire.clone())]),
        lenient,
    );
    // Messages end anywhere.
    let mut framing = Framing::default();
    for message in bytes.chunks(bytes.len() / 3 + 1) {
        framing.rows(message, |row| decoder.row(row))?;
    }
    framing.finish()?;
    decoder.finish()
}

/// Rows of one column: the first byte says of which type, the others are its values.
pub fn copy(bytes: &[u8]) {
    let wires = wires();
    let Some((which, fields)) = bytes.split_first() else {
        return;
    };
    let wire = &wires[usize::from(*which) % wires.len()];
    let stream = [HEADER, fields, &[0xff, 0xff]].concat();
    // What cannot be read leaves its column whole.
    let _ = decode(&stream, wire, true);
    let Ok(Batch::Columns(rows)) = decode(&stream, wire, false) else {
        return;
    };
    let mut again = HEADER.to_vec();
    // `oid` is read and never written, as numbers of a database's own objects.
    if *wire == Wire::Oid || encode::rows(&rows, std::slice::from_ref(wire), 0, &mut again).is_err() {
        return;
    }
    again.extend([0xff, 0xff]);
    match decode(&again, wire, false) {
        Ok(Batch::Columns(again)) => assert_eq!(again, rows, "{wire:?}"),
        other => panic!("what was encoded cannot be decoded: {other:?}"),
    }
}

/// One binary numeric.
pub fn numeric(bytes: &[u8]) {
    let mut text = Vec::new();
    if numeric::to_text(bytes, &mut text).is_err() {
        return;
    }
    let spelled = std::str::from_utf8(&text).unwrap_or_else(|problem| panic!("{problem}"));
    let mut encoded = Vec::new();
    if numeric::put_text(&mut encoded, spelled).is_ok() {
        let mut again = Vec::new();
        // In front of a value stands its length.
        numeric::to_text(&encoded[4..], &mut again).unwrap_or_else(|error| panic!("{spelled}: {error:?}"));
        assert_eq!(again, text, "{spelled}");
    }
    for scale in [0, 2, 10, 38] {
        if let (Ok(narrow), Ok(wide)) = (numeric::to_i128(bytes, scale), numeric::to_i256(bytes, scale)) {
            assert_eq!(wide.to_i128(), Some(narrow), "{spelled} at scale {scale}");
        }
    }
}
