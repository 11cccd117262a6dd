//! Private servers on loopback. Each system is a module; what they have in common lies in [`guard`], [`account`],
//! [`port`] and [`small_disk`].

pub mod account;
pub mod certificates;
pub mod collector;
pub mod guard;
pub mod issuer;
pub mod mariadb;
pub mod nginx;
pub mod oidc;
pub mod pgbouncer;
pub mod port;
pub mod postgres;
pub mod prometheus;
pub mod rabbitmq;
pub mod redis;
pub mod small_disk;
pub mod smtp;
pub mod sshd;
