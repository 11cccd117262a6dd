//! Whether a migration only adds, told by its text: programs of the version before go on while it runs, and after it.
//!
//! What is not known here to be harmless is refused. Harmless are a new table, an index, and a column that an older program need
//! not fill. Not harmless, though they look so, are a unique index over a table of before, which refuses what older programs
//! write, and a reference to such a table, which refuses what they delete.

use std::collections::BTreeSet;

/// Words that make more of a new column than a value.
const BINDING: [&str; 6] = ["unique", "primary", "references", "check", "generated", "constraint"];

/// What keeps these statements from being harmless.
pub(crate) fn problems(sql: &str) -> Vec<String> {
    let words = words(sql);
    let mut made = BTreeSet::new();
    let mut problems = Vec::new();
    for statement in words.split(|word| word == ";") {
        let statement: Vec<&str> = statement.iter().map(String::as_str).collect();
        if let Some(why) = harm(&statement, &mut made) {
            problems.push(format!("{}: {why}", statement.join(" ")));
        }
    }
    problems
}

/// Why a statement is not harmless. `made` are the tables that were made before it.
fn harm(statement: &[&str], made: &mut BTreeSet<String>) -> Option<&'static str> {
    match statement {
        [] => None,
        ["create", "table", name, "(", body @ ..] => {
            made.insert((*name).to_owned());
            binds(body, made).then_some("it keeps older programs from deleting what it refers to")
        }
        ["create", "index", _, "on", ..] => None,
        ["create", "unique", "index", _, "on", table, ..] if made.contains(*table) => None,
        ["create", "unique", "index", ..] => Some("it refuses what older programs write"),
        ["alter", "table", _, "add", "column", _, column @ ..] => of_column(column),
        _ => Some("nothing says that older programs can live with it"),
    }
}

/// Whether a table refers to one of before, and does not let its rows go.
fn binds(body: &[&str], made: &BTreeSet<String>) -> bool {
    let references = |start: usize| body[start..].split(|word| *word == ",").next().unwrap_or_default();
    let starts = (0..body.len()).filter(|place| body[*place] == "references");
    starts.map(references).any(|reference| {
        let lets_go = reference.windows(3).any(|words| words == ["on", "delete", "cascade"]);
        !lets_go && !reference.get(1).is_some_and(|table| made.contains(*table))
    })
}

/// Why a new column, from its type on, is not harmless.
fn of_column(column: &[&str]) -> Option<&'static str> {
    let is_empty = |words: &[&str]| words == ["default", "null"];
    let needed = column.windows(2).any(|words| words == ["not", "null"]);
    let filled = column.contains(&"default") && !column.windows(2).any(is_empty);
    if column.contains(&",") || column.iter().any(|word| BINDING.contains(word)) {
        return Some("it does more than to add a column");
    }
    (needed && !filled).then_some("older programs do not fill the column")
}

/// The words and signs of SQL, in small letters and without its comments.
fn words(sql: &str) -> Vec<String> {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join("\n").to_lowercase();
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            first if is_word(first) => rest.find(|sign| !is_word(sign)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

#[test]
fn what_adds_is_harmless() {
    for sql in [
        "-- drop table run;\n",
        "create table a (id int primary key, n int not null unique, check (n > 0)) strict, without rowid;",
        "create table a (id int); create table b (a int not null references a); create unique index i on b (a) where a > 0",
        "create table b (run uuid references run on delete cascade, n int, primary key (run, n))",
        "create index i on run (state, id) where finished_at is null",
        "alter table run add column a text; ALTER TABLE run ADD COLUMN b varchar(10) DEFAULT 'x;y'",
        "alter table run add column announced boolean not null default false",
    ] {
        assert_eq!(problems(sql), [""; 0], "{sql}");
    }
}

#[test]
fn what_may_harm_is_refused() {
    for sql in [
        "drop table run",
        "drop index run_list",
        "delete from tick",
        "update run set state = 'done'",
        "insert into project values ('a', 1)",
        "truncate run",
        "lock table run",
        "alter table run drop column key",
        "alter table run rename to runs",
        "alter table run rename column key to label",
        "alter table run alter column key set not null",
        "alter table run alter column version type bigint",
        "alter table run add constraint c check (version > 0)",
        "alter table run add column a text not null",
        "alter table run add column a text not null default null",
        "alter table run add column a text unique",
        "alter table run add column a int references project",
        "alter table run add column a int check (a > 0)",
        "alter table run add column a text, drop column key",
        "create unique index i on run (submitted_at)",
        "create table a (id int); create unique index i on run (submitted_at)",
        "create table a (project text references project)",
        "create table a (run uuid, n int, foreign key (run, n) references task on delete restrict, m int)",
        "create table a (b int references b on delete cascade, project text references project)",
        "create table a as select * from run",
        "create trigger t before insert on run execute function f()",
        "do $$ begin drop table run; end $$",
    ] {
        assert!(!problems(sql).is_empty(), "{sql}");
    }
}
