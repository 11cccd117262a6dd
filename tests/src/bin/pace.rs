//! The agent's figures; `cargo xtask bench --agent` starts it.

use std::io::{self, Write};

#[tokio::main]
async fn main() -> io::Result<()> {
    write!(io::stdout(), "{}", syncapp_tests::pace::measure().await)
}
