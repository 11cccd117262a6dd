//! The key of a case's table, in every system's words.

use super::end::End;

#[derive(Clone, Copy)]
pub(super) enum Key {
    Number,
    Text,
    Pair,
}

impl Key {
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Number => &["id"],
            Self::Text => &["code"],
            Self::Pair => &["area", "part"],
        }
    }

    pub(super) fn declared(self, end: &End) -> &'static str {
        match (self, end) {
            (Self::Number, End::Sqlite(_)) => "id integer not null primary key",
            (Self::Number, _) => "id bigint primary key",
            (Self::Text, End::MariaDb(_)) => "code varchar(40) collate utf8mb4_bin primary key",
            (Self::Text, _) => "code text not null primary key",
            (Self::Pair, End::MariaDb(_)) => "area bigint, part varchar(40) collate utf8mb4_bin",
            (Self::Pair, End::Sqlite(_)) => "area integer not null, part text not null",
            (Self::Pair, _) => "area bigint, part text",
        }
    }

    pub(super) fn value(self, at: u64) -> String {
        match self {
            Self::Number => at.to_string(),
            Self::Text => format!("'k {at}'"),
            Self::Pair => format!("{}, 'P{}'", at / 3, at % 3),
        }
    }

    /// What stands behind the columns.
    pub(super) fn constraint(self) -> &'static str {
        match self {
            Self::Pair => ", primary key (area, part)",
            _ => "",
        }
    }

    pub(super) fn equals(self, at: u64) -> String {
        match self {
            Self::Number => format!("id = {at}"),
            Self::Text => format!("code = 'k {at}'"),
            Self::Pair => format!("area = {} and part = 'P{}'", at / 3, at % 3),
        }
    }
}
