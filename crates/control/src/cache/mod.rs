//! The cache of an agent that is one process, and the parts of it that others use.

mod memory;
mod shelf;
mod topics;

pub use memory::MemoryCache;
pub use topics::Topics;
