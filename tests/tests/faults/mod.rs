//! Faults: the program is killed, its connections are cut, its server is gone.

mod case;
mod kills;
mod lost_reply;
mod moments;
mod prefixes;
mod server;
