//! Faults: the program is killed, its connections are cut, its server is gone.

mod case;
mod kills;
mod moments;
mod prefixes;
mod server;
