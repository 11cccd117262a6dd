//! MySQL and MariaDB, tested on Debian's MariaDB.

mod conformance;
mod ends;
mod kinds;
mod lab;
mod loading;
mod rights;
