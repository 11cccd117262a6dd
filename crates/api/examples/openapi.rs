//! Prints the description of the interface: `cargo xtask openapi` keeps it in `crates/api/openapi.json`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(syncapp_api::openapi().as_bytes())
}
