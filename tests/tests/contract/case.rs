//! What a key of the sync file does, told by one small sync: the key stands or does not, and the target differs.

use crate::contract::place::Place;

/// How a key shows that it works, or says that it is not built.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    /// Keys of a stream, SQLite to SQLite.
    Stream(Stream),
    /// Keys of a `files` connection that is read.
    Reads(Reads),
    /// Keys of a `files` connection that is written.
    Writes(Writes),
    /// A test of its own, which runs in its place.
    Shown(fn()),
    /// Keys of a stream that are refused.
    NotAvailable(&'static str),
    /// A connection that is refused.
    NoConnection(&'static str),
}

/// The stream `people`, run twice.
#[derive(Clone, Copy)]
pub(crate) struct Stream {
    /// The stream's keys.
    pub(crate) keys: &'static str,
    /// The keys of a second sync, which must end otherwise; `None` where every other word is not built yet.
    pub(crate) otherwise: Option<&'static str>,
    /// SQL run in the source between the two runs.
    pub(crate) change: &'static str,
    /// What is looked at in the target.
    pub(crate) look: &'static str,
    /// What it holds.
    pub(crate) want: &'static [&'static str],
}

/// A file into SQLite's table `t`.
#[derive(Clone, Copy)]
pub(crate) struct Reads {
    pub(crate) keys: &'static str,
    pub(crate) otherwise: &'static str,
    /// The file's name and bytes.
    pub(crate) file: (&'static str, &'static [u8]),
    pub(crate) look: &'static str,
    pub(crate) want: &'static [&'static str],
}

/// SQLite's table `people` into files.
#[derive(Clone, Copy)]
pub(crate) struct Writes {
    pub(crate) keys: &'static str,
    pub(crate) otherwise: &'static str,
    /// Which file is looked at.
    pub(crate) file: &'static str,
    /// Bytes that it begins with.
    pub(crate) begins: &'static [u8],
}

/// The table that streams read.
pub(crate) const PEOPLE: &str = "
    create table people(id integer primary key, name text, age integer, rev integer, score text);
    insert into people values (1, 'Ada', 36, 10, '1.5'), (2, 'Bob', 41, 20, '2.5'), (3, 'Cy', 7, 30, 'none');";

/// A sync of the stream `people` with these keys.
pub(crate) fn people(keys: &str) -> String {
    sync(
        "{ connector: sqlite, path: from.db }",
        "{ connector: sqlite, path: to.db }",
        "people",
        keys,
    )
}

/// A sync file with one stream.
pub(crate) fn sync(from: &str, to: &str, stream: &str, keys: &str) -> String {
    format!(
        "version: 1
connections:
  from: {from}
  to: {to}
syncs:
  s:
    source: from
    destination: to
    streams:
      {stream}: {{ {keys} }}
"
    )
}

/// Keys of the stream `people`, what they are told apart from, a change between two runs, a look and what it finds.
pub(crate) const fn stream(
    keys: &'static str,
    otherwise: &'static str,
    change: &'static str,
    look: &'static str,
    want: &'static [&'static str],
) -> Case {
    Case::Stream(Stream {
        keys,
        otherwise: Some(otherwise),
        change,
        look,
        want,
    })
}

/// The one word of a key that is built: there is nothing to tell it apart from.
pub(crate) const fn only(
    keys: &'static str,
    change: &'static str,
    look: &'static str,
    want: &'static [&'static str],
) -> Case {
    Case::Stream(Stream {
        keys,
        otherwise: None,
        change,
        look,
        want,
    })
}

pub(crate) const fn reads(
    keys: &'static str,
    otherwise: &'static str,
    file: (&'static str, &'static [u8]),
    look: &'static str,
    want: &'static [&'static str],
) -> Case {
    Case::Reads(Reads {
        keys,
        otherwise,
        file,
        look,
        want,
    })
}

pub(crate) const fn writes(
    keys: &'static str,
    otherwise: &'static str,
    file: &'static str,
    begins: &'static [u8],
) -> Case {
    Case::Writes(Writes {
        keys,
        otherwise,
        file,
        begins,
    })
}

impl Case {
    /// Shows the effect, or ends the test.
    pub(crate) fn show(self, path: &str) {
        match self {
            Self::Stream(case) => case.show(path),
            Self::Reads(case) => case.show(path),
            Self::Writes(case) => case.show(path),
            Self::Shown(test) => test(),
            Self::NotAvailable(keys) => refused(path, &people(keys)),
            Self::NoConnection(connection) => {
                refused(
                    path,
                    &sync(connection, "{ connector: sqlite, path: to.db }", "people", ""),
                );
                if connection.contains("files") {
                    refused(
                        path,
                        &sync("{ connector: sqlite, path: from.db }", connection, "people", ""),
                    );
                }
            }
        }
    }
}

/// `check` and `run` both refuse the file as something that is not built, and nothing is written.
fn refused(path: &str, file: &str) {
    let place = Place::new().sqlite("from.db", PEOPLE).file("sync.yaml", file);
    let before = place.contents();
    for command in ["check", "run"] {
        let ran = place.syncapp(&[command, "sync.yaml"]).exits(2);
        assert!(
            ran.stderr.contains("error[config.not_available]"),
            "{path}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("= help: "), "{path}: {}", ran.stderr);
    }
    assert!(before == place.contents(), "{path}: something was written");
}

impl Stream {
    fn show(self, path: &str) {
        assert_eq!(self.landed(self.keys), self.want, "{path}: {}", self.keys);
        if let Some(otherwise) = self.otherwise {
            assert_ne!(
                self.landed(otherwise),
                self.want,
                "{path} has no effect beside `{otherwise}`"
            );
        }
    }

    fn landed(self, keys: &str) -> Vec<String> {
        let place = Place::new()
            .sqlite("from.db", PEOPLE)
            .variable("SYNCAPP_SECRET_MASK_KEY", "canary-mask-key")
            .file("sync.yaml", people(keys));
        place.syncapp(&["run", "sync.yaml"]);
        place.alter("from.db", self.change);
        place.syncapp(&["run", "sync.yaml"]);
        place.rows("to.db", self.look)
    }
}

impl Reads {
    fn show(self, path: &str) {
        assert_eq!(self.landed(self.keys), self.want, "{path}: {}", self.keys);
        assert_ne!(self.landed(self.otherwise), self.want, "{path} has no effect");
    }

    fn landed(self, keys: &str) -> Vec<String> {
        let connection = format!("{{ connector: files, {keys} }}");
        let file = sync(
            &connection,
            "{ connector: sqlite, path: to.db }",
            self.file.0,
            "into: t",
        );
        let place = Place::new()
            .file(&format!("data/{}", self.file.0), self.file.1)
            .file("sync.yaml", file);
        let ran = place.syncapp(&["run", "sync.yaml"]);
        let rows = place.rows("to.db", self.look);
        if ran.code == 0 { rows } else { vec![ran.stderr] }
    }
}

impl Writes {
    fn show(self, path: &str) {
        let landed = self.landed(self.keys);
        assert!(
            landed.starts_with(self.begins),
            "{path}: {}",
            String::from_utf8_lossy(&landed)
        );
        assert_ne!(self.landed(self.otherwise), landed, "{path} has no effect");
    }

    fn landed(self, keys: &str) -> Vec<u8> {
        let connection = format!("{{ connector: files, path: out, {keys} }}");
        let file = sync("{ connector: sqlite, path: from.db }", &connection, "people", "");
        let place = Place::new().sqlite("from.db", PEOPLE).file("sync.yaml", file);
        let ran = place.syncapp(&["run", "sync.yaml"]);
        std::fs::read(place.path("out").join(self.file)).unwrap_or_else(|_| ran.stderr.into_bytes())
    }
}
