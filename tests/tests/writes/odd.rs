//! A table with values that cannot be read, in three kinds of source, and a target of another system for each.

use serde_json::Value as Json;
use syncapp_tests::server::mariadb::MariaDb;

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, Ran, database, postgres};
use crate::mysql::lab::connection;

pub(super) const SQLITE: &str = "{ connector: sqlite, path: to.db }";

/// What the target answers to a query with one column.
pub(super) type Look = Box<dyn Fn(&str) -> Vec<String>>;

/// A table `odd` of four rows, and a target of another system; `v` cannot be read of the rows 2 and 4.
pub(super) struct Ends {
    pub(super) place: Place,
    from: String,
    to: String,
    stream: String,
    pub(super) look: Look,
    /// What `v` holds in row 1 and in row 3, what it holds in row 2 in words, and an expression that mends it.
    pub(super) good: [&'static str; 2],
    pub(super) bad: &'static str,
    pub(super) mend: (&'static str, &'static str),
}

impl Ends {
    pub(super) fn each(test: impl Fn(&Self)) {
        [postgres_to_sqlite(), mariadb_to_postgres(), sqlite_to_postgres()]
            .iter()
            .for_each(test);
    }

    pub(super) fn write(&self, keys: &str) {
        let keys = format!("into: odd, {keys}");
        self.place
            .put("sync.yaml", sync(&self.from, &self.to, &self.stream, &keys));
    }

    pub(super) fn syncapp(&self, command: &str, more: &[&str]) -> Ran {
        let stream = ["--sync", "s", "--stream", &self.stream];
        let own: &[&str] = match command {
            "preview" => &stream,
            "plan" => &["--rows"],
            _ => &[],
        };
        self.place.syncapp(&[&[command, "sync.yaml"], own, more].concat())
    }

    /// The last line that has this key.
    pub(super) fn told(&self, command: &str, key: &str) -> Json {
        let lines = self.syncapp(command, &["--json"]).exits(0).json();
        let found = lines.iter().rev().find(|line| !line[key].is_null());
        found.unwrap_or_else(|| panic!("{lines:?}")).clone()
    }

    pub(super) fn landed(&self, second: &str) -> Vec<String> {
        let [first, third] = self.good;
        let rows = [(1, first), (2, second), (3, third), (4, second)];
        let rows = rows.into_iter().filter(|(_, v)| !v.is_empty());
        rows.map(|(id, v)| format!("{id} {v}")).collect()
    }
}

fn postgres_target() -> (String, Look) {
    let database = wait(database());
    let to = postgres(&database.writer);
    let look = move |sql: &str| {
        let sql = format!("set search_path = landing; {sql}");
        wait(database.texts(&sql)).into_iter().flatten().collect()
    };
    (to, Box::new(look))
}

pub(super) fn sqlite_target() -> (Place, Look) {
    let place = Place::new();
    let path = place.path("to.db");
    let look = move |sql: &str| {
        let connection = rusqlite::Connection::open(&path).unwrap();
        let mut rows = connection.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    (place, Box::new(look))
}

fn postgres_to_sqlite() -> Ends {
    let source = wait(database());
    wait(source.run(
        "create table public.odd(id int primary key, v date, rev int not null);
         insert into public.odd values (1, '2024-01-02', 10), (2, 'infinity', 20), (3, '0001-01-01', 30), (4, '-infinity', 40);
         grant select on public.odd to public",
    ));
    let (place, look) = sqlite_target();
    Ends {
        place,
        from: postgres(&source.reader),
        to: SQLITE.into(),
        stream: "public.odd".into(),
        look,
        good: ["2024-01-02", "0001-01-01"],
        bad: "infinity",
        mend: ("v = date '2024-05-05'", "2024-05-05"),
    }
}

fn mariadb_to_postgres() -> Ends {
    let databases = wait(async { MariaDb::shared().await.databases().await });
    let owner = syncapp_tests::server::mariadb::Login {
        database: databases.reader.database.clone(),
        ..databases.owner.clone()
    };
    for statement in [
        "create table odd(id int primary key, v date, rev int not null)",
        "insert into odd values (1, '2024-01-02', 10), (2, '0000-00-00', 20), (3, '1000-01-01', 30), (4, '2024-00-01', 40)",
    ] {
        wait(owner.run(statement));
    }
    let (to, look) = postgres_target();
    Ends {
        place: Place::new(),
        from: connection(&databases.reader),
        to,
        stream: format!("{}.odd", databases.reader.database),
        look,
        good: ["2024-01-02", "1000-01-01"],
        bad: "0000-00-00",
        mend: ("v = date '2024-05-05'", "2024-05-05"),
    }
}

fn sqlite_to_postgres() -> Ends {
    let (to, look) = postgres_target();
    Ends {
        place: Place::new().sqlite(
            "from.db",
            "create table odd(id integer primary key, v integer, rev integer not null);
             insert into odd values (1, 7, 10), (2, 'old', 20), (3, -8, 30), (4, 1.5, 40);",
        ),
        from: "{ connector: sqlite, path: from.db }".into(),
        to,
        stream: "odd".into(),
        look,
        good: ["7", "-8"],
        bad: "old",
        mend: ("v = id * 0 + 5", "5"),
    }
}
