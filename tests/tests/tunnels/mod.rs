//! Databases behind an SSH server.

mod ends;
mod interrupted;
mod whole;
