//! How many streams may use a connection at once, whoever carries them.

use std::collections::BTreeSet;

/// A connection through which no more than so many streams of its project may read or write at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its name in the file.
    pub connection: String,
    /// How many streams.
    pub streams: u32,
}

/// What limits the streams of a sync: those of its two connections that are limited. Where it is one connection, both say so,
/// and a stream counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// That of the connection that is read.
    pub source: Option<Limit>,
    /// That of the connection that is written.
    pub destination: Option<Limit>,
}

impl Limits {
    /// The limits that there are.
    pub fn each(&self) -> impl Iterator<Item = &Limit> {
        [&self.source, &self.destination].into_iter().flatten()
    }

    /// The limited connections, each once, in the order in which they are locked.
    pub fn connections(&self) -> BTreeSet<&str> {
        self.each().map(|limit| limit.connection.as_str()).collect()
    }
}
