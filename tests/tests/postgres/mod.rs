//! PostgreSQL as source and as destination, against real servers and with the least rights.

mod conformance;
mod ends;
mod kinds;
mod reading;
