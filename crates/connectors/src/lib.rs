//! One folder a system: what each can read and write.

pub mod files;
pub mod sqlite;
