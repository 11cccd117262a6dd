//! The desktop in a real window on a screen of its own, as a user works it. Each test is somebody else's session.

mod agents;
mod connections;
mod designer;
mod first_start;
mod hostile;
mod keyring;
mod no_keyring;
mod pressing;
mod quitting;
mod refusing;
mod remedies;
mod runs;
mod shop;
mod waiting;
