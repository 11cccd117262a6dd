//! What an agent tells about itself: figures, traces and logs.

mod figures;
mod lines;
mod traces;

/// A secret, which nothing that is told may hold.
const CANARY: &str = "canary-0b7e51-9d24c8";
