//! Both stores, held to the one suite of `crates/control`; and what each of them is held to besides, against real files and a
//! real server.

mod pages;
mod postgres;
mod sqlite;
