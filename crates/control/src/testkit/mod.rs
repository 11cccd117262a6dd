//! What a store and a queue are held to, and a store in memory that is.

mod memory;

pub use memory::MemoryStore;
