//! PostgreSQL as source and as destination, against real servers and with the least rights.

mod conformance;
mod connecting;
mod ends;
mod faults;
mod kinds;
mod merging;
mod names;
mod reading;
mod replacing;
