//! What is logged.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::Problem;

/// What is logged: a level, and levels of parts, as in `info,syncapp_control=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

/// Warnings, and the heads of the audit log.
impl Default for LogFilter {
    fn default() -> Self {
        Self("warn,syncapp::audit=info".to_owned())
    }
}

impl LogFilter {
    /// Reads one. A word that is no level names a part and logs nothing else: it has to say its level, or a level that was written
    /// wrong would silence everything.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        // A space would be part of a name that nothing has.
        let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            return Err(Problem("it says nothing".to_owned()));
        }
        let is_level = |part: &str| part.parse::<LevelFilter>().is_ok();
        if let Some(word) = parts.iter().find(|part| !part.contains(['=', '[']) && !is_level(part)) {
            return Err(Problem(format!("`{word}` is no level")));
        }
        let text = parts.join(",");
        match EnvFilter::try_new(&text) {
            Ok(_) => Ok(Self(text)),
            Err(problem) => Err(Problem(problem.to_string())),
        }
    }

    /// It, for a subscriber.
    pub(crate) fn made(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_whole_or_not_at_all() {
        for (text, expected) in [
            ("info", "info"),
            ("OFF", "OFF"),
            ("3", "3"),
            ("warn,syncapp::audit=info", "warn,syncapp::audit=info"),
            (" info, syncapp_control=debug,", "info,syncapp_control=debug"),
            (
                "syncapp_engine[stream{name=t}]=trace",
                "syncapp_engine[stream{name=t}]=trace",
            ),
            ("[stream]=debug", "[stream]=debug"),
        ] {
            assert_eq!(LogFilter::parse(text).unwrap().0, expected, "{text}");
        }
        for text in [
            "",
            " ",
            ",",
            "wran",
            "verbose,syncapp_control=debug",
            "syncapp_control",
            "syncapp_control=loud",
            "info,[stream=debug",
            "a=b=c",
        ] {
            assert!(LogFilter::parse(text).is_err(), "{text}");
        }
        let default = LogFilter::default();
        assert_eq!(LogFilter::parse(&default.0).unwrap(), default);
    }
}
