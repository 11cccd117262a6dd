//! A cache that is away.

use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::{Error, Result};

use crate::{Allowance, Cache, Listener};

/// Each call fails.
#[derive(Debug, Clone, Copy)]
pub struct Away;

fn away<T>() -> Result<T> {
    Err(Error::internal("it is away"))
}

#[async_trait]
impl Cache for Away {
    async fn get(&self, _: &str) -> Result<Option<Vec<u8>>> {
        away()
    }

    async fn put(&self, _: &str, _: &[u8], _: Duration) -> Result<()> {
        away()
    }

    async fn take(&self, _: &str) -> Result<Option<Vec<u8>>> {
        away()
    }

    async fn count(&self, _: &str, _: u64, _: Duration) -> Result<Allowance> {
        away()
    }

    async fn publish(&self, _: &str, _: &[u8]) -> Result<()> {
        away()
    }

    async fn listen(&self, _: &str) -> Result<Box<dyn Listener>> {
        away()
    }
}
