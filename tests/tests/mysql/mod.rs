//! MySQL and MariaDB, tested on Debian's MariaDB.

mod conformance;
mod ends;
mod horizon;
pub(crate) mod kinds;
pub(crate) mod lab;
mod loading;
mod replacing;
mod rights;
