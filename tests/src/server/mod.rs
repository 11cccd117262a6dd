//! Private servers on loopback. Each system is a module; what they have in common lies in [`guard`], [`account`] and
//! [`port`].

pub mod account;
pub mod guard;
pub mod port;
pub mod postgres;
