//! PostgreSQL's part of the type lattice.

use syncapp_connector::{KnownLoss, Landing, TypeTable};
use syncapp_model::DataType;
use tokio_postgres::types::Type;

use super::losses::loss;
use super::{encode, types};

/// Types with the names that `format_type` gives them.
const READS: [&str; 29] = [
    "boolean",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "numeric(15,2)",
    "numeric",
    "numeric(1000,500)",
    "text",
    "character varying(20)",
    "character(6)",
    "name",
    "bytea",
    "date",
    "time without time zone",
    "timestamp without time zone",
    "timestamp(3) without time zone",
    "timestamp with time zone",
    "interval",
    "uuid",
    "json",
    "jsonb",
    "oid",
    "integer[]",
    "numeric[]",
    "text[]",
    "timestamp with time zone[]",
    "jsonb[]",
];

/// Others, which are read as numbers or as text.
const OTHERS: [(Type, &str); 13] = [
    (Type::TIMETZ, "time with time zone"),
    (Type::MONEY, "money"),
    (Type::BIT, "bit(8)"),
    (Type::VARBIT, "bit varying"),
    (Type::INET, "inet"),
    (Type::CIDR, "cidr"),
    (Type::MACADDR, "macaddr"),
    (Type::XML, "xml"),
    (Type::INT4_RANGE, "int4range"),
    (Type::TSTZ_RANGE, "tstzrange"),
    (Type::POINT, "point"),
    (Type::TS_VECTOR, "tsvector"),
    (Type::REGCLASS, "regclass"),
];

/// Types that users define have numbers of their own.
const USERS: u32 = 1 << 20;

/// Its part of the lattice.
pub(super) fn table() -> TypeTable {
    let known = READS.iter().filter_map(|name| {
        let (ty, modifier) = types::parse_declared(name)?;
        Some(((*name).to_owned(), types::resolve(ty.oid(), modifier, "b", name).ty))
    });
    let others = OTHERS
        .iter()
        .map(|(ty, name)| ((*name).to_owned(), types::resolve(ty.oid(), -1, "b", name).ty));
    let users = [("e", "an enum"), ("c", "a composite"), ("b", "an extension's type")];
    let users = users.map(|(kind, name)| (name.to_owned(), types::resolve(USERS, -1, kind, name).ty));
    TypeTable {
        name: "PostgreSQL",
        reads: known.chain(others).chain(users).collect(),
        lands,
        losses: KnownLoss::among(
            &[
                ("json", "jsonb"),
                ("string", "character(6)"),
                ("timestamp", "timestamp(3) without time zone"),
                ("timestamptz", "timestamp(0) with time zone"),
                ("time", "time(0) without time zone"),
                ("interval", "interval(3)"),
                ("interval", "interval day to second"),
                ("decimal", "numeric(1000,2)"),
                ("int64", "numeric(5,-2)"),
            ],
            loss,
        ),
    }
}

fn lands(ty: &DataType) -> Option<Landing> {
    let native = types::declare(ty);
    let (known, modifier) = types::parse_declared(&native)?;
    encode::accepts(ty, &types::wire(&known, modifier)).then(|| Landing {
        ty: types::resolve(known.oid(), modifier, "b", &native).ty,
        native,
    })
}
