//! The desktop in a real window on a screen of its own, as a user works it. Each test is somebody else's session.

