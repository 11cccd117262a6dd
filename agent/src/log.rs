//! What a process logs, as its environment says.

use std::env::VarError;

use syncapp_model::{Code, Error, Result};
use syncapp_telemetry::LogFilter;

/// The variable that says it.
const VARIABLE: &str = "SYNCAPP_LOG";

/// What `SYNCAPP_LOG` says: `info`, or `warn,syncapp_control=debug`. Where it is not set or empty, warnings and the heads of the audit log.
pub fn log_filter() -> Result<LogFilter> {
    read(std::env::var(VARIABLE))
}

fn read(said: Result<String, VarError>) -> Result<LogFilter> {
    let text = match said {
        Err(VarError::NotPresent) => return Ok(LogFilter::default()),
        Err(problem) => return Err(wrong(problem)),
        Ok(text) if text.is_empty() => return Ok(LogFilter::default()),
        Ok(text) => text,
    };
    LogFilter::parse(&text).map_err(wrong)
}

fn wrong(problem: impl std::fmt::Display) -> Error {
    Error::new(Code::InvalidValue, format!("`{VARIABLE}` cannot be understood"))
        .help(
            "write a level (`off`, `error`, `warn`, `info`, `debug`, `trace`), or levels of parts besides, as in \
             `info,syncapp_control=debug`",
        )
        .driver(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn what_cannot_be_understood_is_told() {
        for said in [Err(VarError::NotPresent), Ok(String::new())] {
            assert_eq!(read(said).unwrap(), LogFilter::default());
        }
        assert_ne!(read(Ok("debug".into())).unwrap(), LogFilter::default());
        for said in [Ok("loud".into()), Err(VarError::NotUnicode(OsString::from("x")))] {
            let error = read(said).unwrap_err();
            assert_eq!(error.code(), Code::InvalidValue);
            assert!(error.report().why.contains("`SYNCAPP_LOG`") && error.report().help.is_some());
        }
    }
}
