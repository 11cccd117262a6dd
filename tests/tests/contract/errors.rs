//! Failures as a newcomer meets them: code, where, why and help, the exit code, and a target that is as it was.
