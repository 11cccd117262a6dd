//! PostgreSQL as source and as destination, against real servers and with the least rights.

pub(crate) mod conformance;
mod connecting;
pub(crate) mod ends;
mod faults;
mod kinds;
mod merging;
mod names;
mod parked;
mod reading;
mod replacing;
