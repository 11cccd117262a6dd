//! Faults: the program is killed, its connections are cut, its server is gone, the disk is full.

mod attempts;
mod case;
mod full_disk;
mod kills;
mod lost_reply;
mod moments;
mod prefixes;
mod proxy;
mod server;
mod undone;
mod writers;
