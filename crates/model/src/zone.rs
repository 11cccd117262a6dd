//! The names of time zones.

use std::fmt;
use std::str::FromStr;

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::{Code, Error, nearest};

/// A time zone of the IANA database, in the version that is built in: the same on every machine.
///
/// ```
/// use syncapp_model::Zone;
/// assert_eq!("Europe/Berlin".parse::<Zone>().unwrap().to_string(), "Europe/Berlin");
/// let unknown = "Europe/Berln".parse::<Zone>().unwrap_err();
/// assert!(unknown.report().help.as_ref().unwrap().starts_with("did you mean `Europe/Berlin`?"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(pub Tz);

impl Zone {
    /// What holds where no zone is named.
    pub const UTC: Self = Self(Tz::UTC);
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        if let Ok(zone) = name.parse() {
            return Ok(Self(zone));
        }
        let help = "name an IANA time zone, such as `Europe/Berlin`";
        let help = meant(name).map_or_else(|| help.to_owned(), |meant| format!("did you mean `{meant}`? {help}"));
        Err(Error::new(Code::InvalidValue, format!("`{name}` is not a time zone")).help(help))
    }
}

/// A city alone, or a typing error.
fn meant(name: &str) -> Option<&'static str> {
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let city = name.trim().replace(' ', "_");
    let is_city = |zone: &&str| {
        zone.rsplit('/')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case(&city))
    };
    names().find(is_city).or_else(|| nearest(name, names()))
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_unknown_zone_is_told() {
        let check = |name: &str, want: Option<&str>| {
            assert!(name.parse::<Zone>().is_err(), "{name}");
            assert_eq!(meant(name), want, "{name}");
        };
        check("europe/berlin", Some("Europe/Berlin"));
        check("Berlin", Some("Europe/Berlin"));
        check("new york", Some("America/New_York"));
        check("Europe/Berln", Some("Europe/Berlin"));
        check("CET ", Some("CET"));
        check("not a zone", None);
        check("", None);
    }
}
