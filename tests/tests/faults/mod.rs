//! Faults: the program is killed, its connections are cut, its server is gone.

mod kills;
mod server;
