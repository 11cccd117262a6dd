//! One generated case: a table, how it lands, and what becomes of both ends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use syncapp_tests::faults::Dice;

use super::end::End;
use super::key::Key;

/// A row's values by their columns.
pub(super) type Row = BTreeMap<String, Option<String>>;

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
                keys.insert("on_error".into(), json!((["null", "reject"][dice.below(2) as usize])));
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
        let mut statements = vec![self.table_of(from, &from.stream(&self.table), types)];
        // Seeded by its name: every case begins with other rows.
        let mut dice = Dice::new(self.table.bytes().map(u64::from).sum());
        for _ in 0..dice.below(25) {
            statements.push(self.insert(&mut dice, from));
        }
        statements
    }

    /// A table of the case's columns with these types.
    fn table_of(&self, end: &End, table: &str, types: impl Fn(&str) -> &'static str) -> String {
        let own = self.own.iter().map(|column| format!("{column} {}", types(column)));
        format!(
            "create table {table} ({}, {}{})",
            self.key.declared(end),
            own.collect::<Vec<_>>().join(", "),
            self.key.constraint()
        )
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
        let table = to.target(&self.table);
        let mut statements = vec![
            self.table_of(to, &table, types),
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
    pub(super) fn cell(&self, key: &str, column: &str, old: Option<&str>, new: Option<&str>) -> String {
        let old = old.map(|old| if self.masked == Some(column) { "***" } else { old });
        format!("~ {key} {column}: {old:?} → {new:?}")
    }
}
