//! `undo`: a run that was taken back leaves no trace, into each kind of target.

pub(crate) mod commands;
mod generated;
mod kills;
mod kinds;
mod lab;
mod meanwhile;
mod since;
mod widened;
