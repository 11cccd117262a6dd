//! Signals to processes, sent by the shell: a small system has no program `kill`.

use std::process::Command;

/// Sends a signal by its name, such as `INT`, or ends the test.
pub fn send(process: u32, signal: &str) {
    let id = process.to_string();
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$1\"", signal, &id])
        .status();
    assert!(sent.is_ok_and(|sent| sent.success()), "{signal} cannot be sent");
}
