//! Servers that wake a fleet and speed it up: the ports of `crates/control` that need no truth.
//!
//! Invariants:
//! - Nothing here is missed when it is lost. A broker may lose, repeat and reorder hints, and a cache may forget: the store
//!   knows better.
//! - A call ends within seconds, whatever the server does: with an error, or with less than was asked for.
//! - A server that was away is found again without help, by attempts that grow further apart.
//! - No address is ever printed: it holds a password.

mod pause;
mod rabbitmq;
mod redis;
mod tls;

pub use rabbitmq::{Rabbit, RabbitConfig};
pub use redis::{Redis, RedisConfig};
