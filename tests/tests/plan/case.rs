//! One generated case: a table, how it lands, what becomes of both ends; and what a plan says of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use syncapp_tests::faults::Dice;

use super::end::End;

type Row = BTreeMap<String, Option<String>>;

#[derive(Clone, Copy, PartialEq)]
enum Key {
    Number,
    Text,
    Pair,
}

pub(super) struct Case {
    pub(super) table: String,
    /// The stream's keys in the sync file.
    pub(super) keys: Json,
    pub(super) write: &'static str,
    pub(super) deletes: &'static str,
    pub(super) incremental: bool,
    /// The target's columns that hold data.
    pub(super) columns: Vec<String>,
    key: Key,
    masked: Option<&'static str>,
    /// Whether the target's table was made by its user, with types of its own.
    made: bool,
    /// Columns of the source beside the key.
    own: Vec<&'static str>,
    /// The rows that are in the source, and the greatest cursor.
    rows: BTreeSet<u64>,
    next: u64,
    rev: u64,
}

const NAMES: [&str; 9] = [
    "null",
    "''",
    "'a'",
    "'Ab'",
    "'ab '",
    "'é☃'",
    "'O''Neil'",
    "'7'",
    "'-12'",
];
const AMOUNTS: [&str; 6] = ["null", "'0.00'", "'1.50'", "'-2.25'", "'1000.00'", "'99999999.99'"];
const TIMES: [&str; 4] = [
    "null",
    "'2024-01-01 00:00:00'",
    "'2024-02-29 12:34:56.789'",
    "'1969-12-31 23:59:59.000001'",
];

impl Case {
    pub(super) fn roll(dice: &mut Dice, table: String, from: &str, to: &str) -> Self {
        let incremental = dice.below(5) < 2;
        let write = match (incremental, dice.below(8)) {
            (true, 0 | 1) | (false, 0) => "append",
            (_, 2 | 3) => "history",
            (false, 4 | 5) => "overwrite",
            _ => "merge",
        };
        let by_key = matches!(write, "merge" | "history");
        let deletes = if by_key && !incremental {
            ["ignore", "soft", "hard"][dice.below(3) as usize]
        } else {
            "ignore"
        };
        let mut keys = Map::new();
        keys.insert("write".into(), json!(write));
        if incremental {
            keys.insert("mode".into(), json!("incremental"));
            keys.insert("cursor".into(), json!("rev"));
            if by_key && dice.below(3) == 0 {
                keys.insert("lookback".into(), json!(2));
            }
        }
        if deletes != "ignore" {
            keys.insert("deletes".into(), json!(deletes));
        }
        if dice.below(3) == 0 {
            keys.insert("metadata".into(), json!(true));
        }
        match dice.below(5) {
            0 => drop(keys.insert("where".into(), json!("amount is null or amount > 0"))),
            1 => drop(keys.insert("where".into(), json!("name <> 'a'"))),
            _ => {}
        }
        let key = [Key::Number, Key::Text, Key::Pair][dice.below(3) as usize];
        let mut own = vec!["name", "amount", "rev"];
        if from != "sqlite" {
            own.push("at");
        }
        if from == "postgres" {
            own.push("flag");
        }
        let mut case = Self {
            columns: key
                .columns()
                .iter()
                .chain(&own)
                .map(|column| (*column).to_owned())
                .collect(),
            table,
            keys: Json::Null,
            write,
            deletes,
            incremental,
            key,
            masked: None,
            made: to != "sqlite" && matches!(write, "overwrite" | "merge") && deletes != "soft" && dice.below(5) == 0,
            own,
            rows: BTreeSet::new(),
            next: 0,
            rev: 0,
        };
        if !case.made {
            case.map(dice, &mut keys);
        }
        case.keys = Json::Object(keys);
        case
    }

    /// Gives some columns a mapping.
    fn map(&mut self, dice: &mut Dice, keys: &mut Map<String, Json>) {
        let mut columns = Map::new();
        // A row that is set aside would count as deleted.
        let rejects = self.deletes == "ignore";
        match dice.below(9) {
            0 => {
                columns.insert(
                    "name".into(),
                    json!({ "mask": (["redact", "null"][dice.below(2) as usize]) }),
                );
                self.masked = Some("name");
            }
            1 => {
                columns.insert(
                    "name".into(),
                    json!({ "mask": { "partial": { "keep_first": 1, "keep_last": 0 } } }),
                );
                self.masked = Some("name");
            }
            2 => drop(columns.insert("title".into(), json!({ "from": "name" }))),
            3 => {
                columns.insert("number".into(), json!({ "from": "name", "type": "int32" }));
                keys.insert(
                    "on_error".into(),
                    json!((["null", "reject"][usize::from(rejects && dice.below(2) == 0)])),
                );
            }
            4 => drop(columns.insert("twice".into(), json!({ "expr": "rev * 2" }))),
            5 => drop(columns.insert("amount".into(), json!({ "type": "decimal(20,4)" }))),
            6 => drop(keys.insert("select".into(), json!(["*", "-amount"]))),
            _ => {}
        }
        for (name, how) in &columns {
            match how["from"].as_str() {
                Some(from) => {
                    let at = self.columns.iter().position(|column| column == from).unwrap();
                    self.columns[at].clone_from(name);
                }
                None if !self.columns.contains(name) => self.columns.push(name.clone()),
                None => {}
            }
        }
        if keys.contains_key("select") {
            self.columns.retain(|column| column != "amount");
        }
        if !columns.is_empty() {
            keys.insert("columns".into(), Json::Object(columns));
        }
    }

    /// Whether the run counts what the plan does: an overwrite and a history count otherwise.
    pub(super) fn counted(&self) -> bool {
        self.write == "merge"
    }

    /// The source's table with its first rows.
    pub(super) fn create(&mut self, from: &End) -> Vec<String> {
        let types = |column: &str| match (column, from) {
            ("amount", End::Sqlite(_)) => "TEXT_DECIMAL(12,2)",
            ("amount", _) => "numeric(12,2)",
            ("rev", End::Sqlite(_)) => "integer not null",
            ("rev", _) => "bigint not null",
            ("at", End::MariaDb(_)) => "datetime(6)",
            ("at", _) => "timestamp",
            ("flag", _) => "boolean",
            (_, End::MariaDb(_)) => "varchar(100)",
            _ => "text",
        };
        let own: Vec<String> = self
            .own
            .iter()
            .map(|column| format!("{column} {}", types(column)))
            .collect();
        let create = format!(
            "create table {} ({}, {}{})",
            from.stream(&self.table),
            self.key.declared(from),
            own.join(", "),
            self.key.constraint()
        );
        let mut statements = vec![create];
        // Seeded by its name: every case begins with other rows.
        let mut dice = Dice::new(self.table.bytes().map(u64::from).sum());
        for _ in 0..dice.below(25) {
            statements.push(self.insert(&mut dice, from));
        }
        statements
    }

    /// A target's table that its user made, with wider types and a row of its own.
    pub(super) fn create_target(&self, to: &End) -> Vec<String> {
        if !self.made {
            return Vec::new();
        }
        let types = |column: &str| match (column, to) {
            ("amount", _) => "numeric(16,3)",
            ("rev", _) => "bigint",
            ("at", End::MariaDb(_)) => "datetime(6)",
            ("at", _) => "timestamp",
            ("flag", _) => "boolean",
            (_, End::MariaDb(_)) => "varchar(1000)",
            _ => "text",
        };
        let own: Vec<String> = self
            .own
            .iter()
            .map(|column| format!("{column} {}", types(column)))
            .collect();
        let table = to.target(&self.table);
        let mut statements = vec![
            format!(
                "create table {table} ({}, {}{})",
                self.key.declared(to),
                own.join(", "),
                self.key.constraint()
            ),
            format!(
                "insert into {table} ({}, amount) values ({}, 1.5)",
                self.key.columns().join(", "),
                self.key.value(1)
            ),
        ];
        if let End::Postgres(database) = to {
            statements.push(format!("alter table {table} owner to {}", database.writer.user));
        }
        statements
    }

    fn insert(&mut self, dice: &mut Dice, from: &End) -> String {
        let at = self.next;
        self.next += 1;
        self.rows.insert(at);
        self.rev += dice.below(3);
        let values: Vec<String> = self.own.clone().iter().map(|column| self.value(dice, column)).collect();
        format!(
            "insert into {} ({}, {}) values ({}, {})",
            from.stream(&self.table),
            self.key.columns().join(", "),
            self.own.join(", "),
            self.key.value(at),
            values.join(", ")
        )
    }

    fn value(&self, dice: &mut Dice, column: &str) -> String {
        let mut one_of = |values: &[&str]| values[dice.below(values.len() as u64) as usize].to_owned();
        match column {
            "rev" => self.rev.to_string(),
            "amount" => one_of(&AMOUNTS),
            "at" => one_of(&TIMES),
            "flag" => one_of(&["null", "true", "false"]),
            _ => one_of(&NAMES),
        }
    }

    /// Changes the source: some rows change, go, and come.
    pub(super) fn change(&mut self, dice: &mut Dice, from: &End) -> Vec<String> {
        let table = from.stream(&self.table);
        let mut statements = Vec::new();
        for at in self.rows.clone() {
            match dice.below(6) {
                0 => {
                    self.rev += dice.below(3);
                    let others: Vec<&str> = self.own.iter().copied().filter(|column| *column != "rev").collect();
                    let column = others[dice.below(others.len() as u64) as usize];
                    let value = self.value(dice, column);
                    let key = self.key.equals(at);
                    statements.push(format!(
                        "update {table} set {column} = {value}, rev = {} where {key}",
                        self.rev
                    ));
                }
                1 => {
                    self.rows.remove(&at);
                    statements.push(format!("delete from {table} where {}", self.key.equals(at)));
                }
                _ => {}
            }
        }
        for _ in 0..dice.below(8) {
            statements.push(self.insert(dice, from));
        }
        statements
    }

    /// Changes the target behind SyncApp's back.
    pub(super) fn change_target(&self, dice: &mut Dice, to: &End) -> Vec<String> {
        let table = to.target(&self.table);
        let text = self
            .columns
            .iter()
            .find(|column| matches!(column.as_str(), "name" | "title"));
        let mut statements = Vec::new();
        for at in 0..self.next {
            let key = self.key.equals(at);
            match (dice.below(12), text) {
                (0, Some(text)) => statements.push(format!("update {table} set {text} = 'else' where {key}")),
                (1, Some(text)) => statements.push(format!("update {table} set {text} = null where {key}")),
                (2, _) => statements.push(format!("delete from {table} where {key}")),
                _ => {}
            }
        }
        statements
    }

    /// A row's key as text.
    pub(super) fn key(&self, row: &Row) -> String {
        let key = self
            .key
            .columns()
            .iter()
            .map(|column| row[*column].clone().unwrap_or_default());
        key.collect::<Vec<_>>().join("/")
    }

    /// A whole row as text.
    pub(super) fn whole(&self, row: &Row) -> String {
        let cells = self.columns.iter().map(|column| format!("{column}={:?}", row[column]));
        cells.collect::<Vec<_>>().join(" ")
    }

    /// A changed cell as text. What stood in a masked column is not shown.
    pub(super) fn cell(&self, key: &str, column: &str, old: &Option<String>, new: &Option<String>) -> String {
        let old = old
            .as_ref()
            .map(|old| if self.masked == Some(column) { "***" } else { old });
        format!("~ {key} {column}: {old:?} → {:?}", new.as_deref())
    }
}

impl Key {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Number => &["id"],
            Self::Text => &["code"],
            Self::Pair => &["area", "part"],
        }
    }

    fn declared(self, end: &End) -> &'static str {
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

    fn value(self, at: u64) -> String {
        match self {
            Self::Number => at.to_string(),
            Self::Text => format!("'k {at}'"),
            Self::Pair => format!("{}, 'P{}'", at / 3, at % 3),
        }
    }

    /// What stands behind the columns.
    fn constraint(self) -> &'static str {
        match self {
            Self::Pair => ", primary key (area, part)",
            _ => "",
        }
    }

    fn equals(self, at: u64) -> String {
        match self {
            Self::Number => format!("id = {at}"),
            Self::Text => format!("code = 'k {at}'"),
            Self::Pair => format!("area = {} and part = 'P{}'", at / 3, at % 3),
        }
    }
}

/// A value as both sides spell it: truth as a digit, times with a `T` and no zeros at their end.
pub(super) fn spell(column: &str, value: &str) -> String {
    match (column, value) {
        ("flag", "true" | "t") => "1".into(),
        ("flag", "false" | "f") => "0".into(),
        // The moment of a run that is over.
        ("_deleted_at", _) => "then".into(),
        ("at", _) => {
            let value = value.replace(' ', "T");
            match value.split_once('.') {
                Some((seconds, fraction)) => {
                    let fraction = fraction.trim_end_matches('0');
                    if fraction.is_empty() {
                        seconds.to_owned()
                    } else {
                        format!("{seconds}.{fraction}")
                    }
                }
                None => value,
            }
        }
        _ => value.to_owned(),
    }
}

/// What a plan says of a stream's rows.
pub(super) fn said(case: &Case, stream: &str, planned: &[Json]) -> Vec<String> {
    let text = |column: &str, value: &Json| value.as_str().map(|value| spell(column, value));
    let row = |of: &Json| -> Row {
        let cells = of.as_object().unwrap().iter();
        cells
            .map(|(column, value)| (column.clone(), text(column, value)))
            .collect()
    };
    let mut said = Vec::new();
    for line in planned.iter().filter(|line| line["stream"] == stream) {
        let change = &line["change"];
        let key = case.key(&row(&change["key"]));
        match change["change"].as_str().unwrap() {
            "insert" => said.push(format!("+ {}", case.whole(&row(&change["row"])))),
            "update" => {
                for cell in change["cells"].as_array().unwrap() {
                    let column = cell["column"].as_str().unwrap();
                    let (old, new) = (text(column, &cell["old"]), text(column, &cell["new"]));
                    said.push(case.cell(&key, column, &old, &new));
                }
            }
            "delete" => said.push(format!("- {key}")),
            word => said.push(format!("{word} {key}")),
        }
    }
    said
}
